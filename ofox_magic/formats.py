"""
What `-f` means: what each format adds to the request, how the answer is shown, and what comes of it. Pure.

Nothing here runs what a model wrote. The code of an answer is put together for a new cell, which waits for its user.
"""

import ast
import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, get_args
from warnings import catch_warnings

from ofox_magic.answer import Answer, Code, json_of
from ofox_magic.errors import AnswerError, BadRequest, OfoxError
from ofox_magic.untrusted import fenced, printable

if TYPE_CHECKING:
    from ofox_magic.structured import Schema

Format: TypeAlias = Literal["markdown", "text", "json", "code"]
FORMATS: tuple[Format, ...] = get_args(Format)
PLAIN: frozenset[Format] = frozenset(("text", "json"))
"""Those of which a part is shown as it is: it is no markdown."""
PYTHON = frozenset(("python", "py", "python3", "ipython", "ipython3"))
"""What fences call the language of this kernel."""
_SHELL_MAGICS = {"bash": "%%bash", "sh": "%%sh", "shell": "%%bash"}


@dataclass(frozen=True, slots=True)
class Demand:
    """What goes along with a question: *params* of the request, and an *instruction* for the system message."""

    params: Mapping[str, Any] = field(default_factory=dict)
    instruction: str = ""

    def system(self, own: str | None) -> str | None:
        """Return the system message: the user's *own*, and the instruction."""
        return "\n\n".join(text for text in (own, self.instruction) if text) or None


_INSTRUCTIONS: Mapping[Format, str] = {
    "text": "Answer in plain text, without Markdown.",
    "json": "Answer with one JSON value and nothing else.",  # JSON mode is refused where no message says JSON
    "code": "Answer with Python code only, in one fenced block, and explain nothing outside its comments.",
}


def demand(wanted: Format, schema: "Schema | None" = None) -> Demand:
    """
    Return what *wanted*, or *schema*, adds to the request; nothing for markdown.

    `response_format` is the gateway's JSON mode, and the schema goes in the shape that its models know from elsewhere.
    """
    if schema is not None:
        shape = schema.response_format
        return Demand({"response_format": shape} if shape else {}, schema.instruction)
    params = {"response_format": {"type": "json_object"}} if wanted == "json" else {}
    return Demand(params, _INSTRUCTIONS.get(wanted, ""))


def is_refused(error: OfoxError) -> bool:
    """Whether *error* says that a model takes no `response_format`, so that asking without it would help."""
    words = ("response_format", "json_schema", "json_object", "structured output")
    return isinstance(error, BadRequest) and any(word in str(error).lower() for word in words)


def value_of(answer: Answer, wanted: Format, schema: "Schema | None" = None) -> Any:
    """
    Return what `-o NAME` gets: the JSON value, what *schema* makes of it, or the Answer itself.

    Raises AnswerError where the answer is not what was asked for.
    """
    if schema is not None:
        return schema.take(json_of(answer))
    return json_of(answer) if wanted == "json" else answer


def next_cell(answer: Answer) -> str | None:
    """
    Return the source of one new cell with the code of *answer*; None where there is none for this kernel.

    The blocks that are called Python, joined; else those without a name; else a shell's, under its magic. An answer
    without a fence that is a Python program by itself is the source.
    """
    blocks = answer.code
    fences = [block for block in blocks if block.fenced]
    if not fences:
        return printable(answer.text).strip("\n") if _is_program(answer.text) else _joined(blocks)
    languages = [block.language.lower() for block in fences]
    for wanted in (PYTHON, {""}):
        if source := _joined(block for block, language in zip(fences, languages, strict=True) if language in wanted):
            return source
    magic = _SHELL_MAGICS.get(languages[0]) if len(set(languages)) == 1 else None
    return f"{magic}\n{_joined(fences)}" if magic else None


def to_html(answer: Answer, wanted: Format) -> str:
    """
    Return the HTML, safe in any page, of what *answer* says: plain text, indented JSON, its code, or markdown.

    What is not as it was asked for is shown as it is.
    """
    from ofox_magic.render import to_html as rendered

    block = _block(answer, wanted)
    return html_of(answer.text, wanted) if block is None else rendered(block)


def html_of(text: str, wanted: Format) -> str:
    """Return the HTML, safe in any page, of *text*, a part of an answer."""
    from ofox_magic.render import plain_html
    from ofox_magic.render import to_html as rendered

    return plain_html(printable(text)) if wanted in PLAIN else rendered(text)


def _block(answer: Answer, wanted: Format) -> str | None:
    """The one block of code that is all of *answer*; None where it is not."""
    try:
        if wanted == "json":
            return fenced(json.dumps(answer.json, ensure_ascii=False, indent=2), "json")
        source = next_cell(answer) if wanted == "code" else None
    except AnswerError:
        return None
    return fenced(source, "python") if source else None


def _joined(blocks: Iterable[Code]) -> str | None:
    return "\n\n".join(block.strip("\n") for block in blocks if block.strip()) or None


def _is_program(text: str) -> bool:
    """Whether all of *text* is Python that does something: `Done` and `a is b` are Python too."""
    try:
        with catch_warnings(action="ignore"):  # of `\d` and the like, which is the model's
            statements = ast.parse(text).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return any(not isinstance(each, ast.Expr) or isinstance(each.value, ast.Call | ast.Await) for each in statements)
