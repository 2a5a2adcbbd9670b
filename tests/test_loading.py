"""What loading imports, and what waits until it is used: a notebook that loads the extension pays for little."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = {
    *(
        "PIL",
        "anywidget",
        "docstring_parser",
        "httpcore",
        "httpx",
        "ipywidgets",
        "jsonschema",
        "keyring",
        "latex2mathml",
    ),
    *("markdown_it", "matplotlib", "mdit_py_plugins", "narwhals", "nbclient", "nbformat", "nh3", "numpy", "pandas"),
    *("plotly", "polars", "psygnal", "pydantic", "pydantic_core", "referencing", "rpds", "sqlite3"),
}
"""What only an answer, a table, a picture, a tool or the panel needs."""
LATER = {
    "chat.session",
    "context.convert",
    "gateway",
    "journal",
    "jupyter.commands",
    "jupyter.live",
    "render",
    "wiring",
}
"""The parts of the package itself that the first question brings."""
PROGRAM = """\
import json, sys
sys.path.insert(0, {root!r})
from IPython.core.interactiveshell import InteractiveShell
import ipykernel.ipkernel
shell = InteractiveShell.instance()
for name in {heavy!r}:  # a kernel that has one already says nothing of who imports it
    for module in [found for found in sys.modules if found == name or found.startswith(name + ".")]:
        del sys.modules[module]
known = set(sys.modules)
{code}
print("\\n" + json.dumps(sorted(set(sys.modules) - known)))
"""
LOAD = 'shell.run_line_magic("load_ext", "ofox_magic")'


def imported(code, tmp_path):
    """The modules that *code* imports in a fresh shell."""
    program = PROGRAM.format(root=str(Path(__file__).parents[1]), heavy=sorted(HEAVY), code=code)
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, cwd=tmp_path, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    return set(json.loads(done.stdout.splitlines()[-1]))


def heavy(modules):
    return {module.partition(".")[0] for module in modules} & HEAVY


@pytest.fixture
def loading(tmp_path):
    return imported(LOAD, tmp_path)


def test_loading_the_extension_imports_nothing_heavy(loading):
    assert "ofox_magic.jupyter.magic" in loading
    assert heavy(loading) == set()


def test_loading_the_extension_leaves_what_asks_and_shows_to_the_first_question(loading):
    assert {part for part in LATER if f"ofox_magic.{part}" in loading} == set()


@pytest.mark.parametrize("command", ["", "help", "history", "model", "version"])
def test_a_first_command_imports_nothing_heavy(command, tmp_path):
    modules = imported(f'{LOAD}\nshell.run_line_magic("ofox", {command!r})', tmp_path)
    assert "ofox_magic.chat.session" in modules
    assert heavy(modules) == set()


def test_a_program_that_imports_the_package_imports_nothing_of_jupyter(tmp_path):
    modules = imported("import ofox_magic", tmp_path)
    assert "ofox_magic.chat.messages" in modules
    assert heavy(modules) == set()
    assert not any(module.startswith(("ofox_magic.jupyter", "ofox_magic.context")) for module in modules)


def test_a_module_that_is_imported_is_seen(tmp_path):
    assert heavy(imported("import nh3, PIL.Image", tmp_path)) == {"nh3", "PIL"}
