"""
The sides that are compared in a kernel: what each needs, what its user loads once and what its cell says.

Versions are pinned here. All ask the same server, with the same words, for the same answer.
"""

from dataclasses import dataclass
from pathlib import Path

from .environments import ROOT, environment

REQUIREMENTS = {
    "kernel": (),
    "ofox_magic": (str(ROOT),),
    "openai": ("openai==3.57.0",),
    "chatlas": ("chatlas==0.23.0", "openai==3.57.0"),
    "jupyter_ai": ("jupyter-ai-magic-commands==0.0.4",),
}
"""What is installed for each beside the kernel."""
COMMON = {
    "PYTHONPATH": str(ROOT),
    "PYTHONDONTWRITEBYTECODE": "",  # an installed package is compiled once, and so must the checkout be
    "NO_PROXY": "127.0.0.1",
    "OPENAI_API_KEY": "none-of-anyones",
    "OFOX_API_KEY": "none-of-anyones",  # with one, answers are searched for it
    "LITELLM_LOCAL_MODEL_COST_MAP": "True",  # it would fetch prices from the network when imported
}
"""What the kernels' environments have; the checkout itself is what is measured of ours."""


@dataclass(frozen=True)
class Side:
    """
    One way to ask from a notebook.

    *load* is what its user's first cell says, *prepare* runs before each measured cell and is not measured; `{url}`
    stands in both. *ask* is the measured cell, with `{prompt}`.
    """

    name: str
    environment: str
    load: str
    ask: str
    prepare: str = "pass"


_OPENAI = """\
from openai import OpenAI
from IPython.display import Markdown, display
client = OpenAI(base_url="{url}")
"""
_STREAM = """\
chunks = client.chat.completions.create(
    model="gpt-4o-mini", messages=[{{"role": "user", "content": "{prompt}"}}], stream=True)
"""
OURS = Side(
    "ofox_magic",
    "ofox_magic",
    "%load_ext ofox_magic",
    "%%ofox\n{prompt}",
    'import os; os.environ["OFOX_BASE_URL"] = "{url}"; from ofox_magic import session; session().clear()',
)
SIDES = (
    OURS,
    Side(
        "openai-python, print loop",
        "openai",
        _OPENAI,
        _STREAM
        + 'for chunk in chunks:\n    if chunk.choices:\n        print(chunk.choices[0].delta.content or "", end="")',
    ),
    Side(
        "openai-python, update_display(Markdown)",
        "openai",
        _OPENAI,
        _STREAM
        + 'shown, text = display(Markdown(""), display_id=True), ""\nfor chunk in chunks:\n    if chunk.choices:\n'
        '        text += chunk.choices[0].delta.content or ""\n        shown.update(Markdown(text))',
    ),
    Side(
        "chatlas",
        "chatlas",
        "from chatlas import ChatOpenAICompletions",
        'chat.chat("{prompt}")',
        'chat = ChatOpenAICompletions(model="gpt-4o-mini", base_url="{url}")',
    ),
    Side(
        "jupyter-ai, %%ai",
        "jupyter_ai",
        "%load_ext jupyter_ai_magic_commands",
        "%%ai openai/gpt-4o-mini --api-base {url}\n{prompt}",
        "%ai reset",
    ),
)
RAW = Side(
    "raw socket, first text and whole shown",
    "kernel",
    "from tests.benchmarks import loops",
    'chunks = ask("{prompt}")\nprint(next(filter(None, chunks)), flush=True)\nprint("".join(chunks))',
    'ask = loops.raw("{url}")',
)
"""The limit: nothing reads an answer with less."""


def python(folder: Path, name: str) -> Path:
    """Return the interpreter of the environment *name*, made under *folder* where it is not there yet."""
    return environment(folder, name, REQUIREMENTS[name])
