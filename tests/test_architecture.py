"""
Who may know whom. Every import counts, nested and lazy ones too; what only type checkers see does not.

The rules are the table below; the tests that follow it show that breaking one is noticed.
"""

import ast
from pathlib import Path
from textwrap import dedent

import pytest

PACKAGE = Path(__file__).parent.parent / "ofox_magic"
PURE = (
    "chat",
    "gateway.sse",
    "gateway.wire",
    "gateway.chunks",
    "gateway.failures",
    "gateway.difference",
    "gateway.halves",
    "gateway.recorded",
    "gateway.retry",
    "gateway.take",
    "gateway.stream",
    "context.mimebundle",
    "context.as_typed",
    "context.blocks",
    "context.mentions",
    "context.packed_arrays",
    "context.plain",
    "context.references",
    "context.verbatim",
    "context.sharing",
    "answer",
    "answer_frame",
    "formats",
    "json_value",
    "mending",
    "scrubbing",
    "strict_schema",
)
WITHOUT_IO = {"asyncio", "logging", "os", "pathlib", "socket", "subprocess", "time", "threading", "IPython"}
MAY_USE_LOCKS = {"chat.session", "chat.runner", "chat.turn", "chat.subscribers"}  # the session is the one shared object

LAYERS = {
    "untrusted": set(),
    "errors": {"untrusted"},
    "settings": {"errors"},
    "chat": {"errors", "untrusted"},
    "gateway": {"errors", "untrusted", "chat", "settings", "whole_file"},
    "context": {"chat", "errors", "untrusted"},
    "json_file": {"errors"},
    "whole_file": {"errors"},
    "conversation_file": {"chat", "errors", "json_file", "untrusted", "whole_file"},
    "journal": {"chat", "errors", "untrusted"},
    "notebook_file": {"chat", "errors", "json_file", "untrusted"},
    "render": {"untrusted"},
    "tools": {"chat", "errors", "untrusted"},
    "answer_frame": {"render"},
    "json_value": {"errors", "render", "untrusted"},
    "table_frames": {"render"},
    "answer": {*("chat", "errors", "render", "untrusted"), *("answer_frame", "json_value", "table_frames")},
    "formats": {"answer", "errors", "render", "untrusted"},
    "mending": {*("answer", "chat", "context", "formats"), *("render", "scrubbing", "untrusted")},
    "scrubbing": {"untrusted"},
    "strict_schema": set(),
    "tokenizer": {"chat"},
    "structured": {"chat", "errors", "strict_schema", "untrusted"},
    "wiring": {*("answer", "chat", "context", "errors"), *("gateway", "practice", "settings", "tokenizer", "tools")},
    "practice": {"errors"},
    "testing": {"answer", "chat", "errors", "practice"},
    "jupyter": {
        *("", "chat", "context", "errors", "render", "settings", "tools", "untrusted", "wiring"),
        *("answer", "answer_frame", "formats", "mending", "structured"),
        *("conversation_file", "journal", "notebook_file", "whole_file"),
    },
    "demo": {"", "errors", "settings", "untrusted"},
    "__main__": {"", "demo", "errors", "practice"},
    "": {"chat", "errors", "jupyter", "wiring"},
}
"""What each part of the package may import of the others; "" is the package itself."""

WITHIN_CHAT = "parts pictures messages estimate events transport trail arguments calls reply conversation part_records records history histories money ledger budget notices subscribers tools tool_round account turn sent asked runner session"
"""Down only: each may import those before it."""

ONLY_IN = {
    "httpx": {"gateway.client", "gateway.http_failures"},
    "asyncio": {"gateway.client", "gateway.body", "gateway.http_failures", "gateway.loop", "practice", "demo"},
    "markdown_it": {"render"},
    "nh3": {"render"},
    "keyring": {"settings"},
    "bpe_openai": {"tokenizer"},
    "IPython": {"jupyter", ""},
    "traitlets": {"jupyter"},
    "tornado": {"practice"},
    "PIL": {"context", "practice.images"},
    "narwhals": {"context"},
    "platformdirs": {"gateway.catalogue_file", "journal.storage"},
    "sqlite3": {"journal"},
    "pydantic": {"structured", "tools"},
    "pydantic_core": {"tools"},
    "docstring_parser": {"tools"},
    "jsonschema": {"structured"},
    "referencing": {"structured"},
    "anywidget": {"jupyter.panel"},
    "ipywidgets": {"jupyter.panel"},
    "latex2mathml": {"render.mathml"},
    "nbclient": {"demo", "__main__"},
    "nbformat": {"demo", "__main__"},
}
NEVER = {"pandas", "polars", "matplotlib", "plotly", "openai", "requests"}


class Import:
    def __init__(self, module: str, name: str, *, top: bool) -> None:
        self.module = module  # the importer, without the package's name: "chat.parts"
        self.name = name  # what it imports: "ofox_magic.chat.events", "httpx"
        self.top = top

    @property
    def root(self) -> str:
        return self.name.partition(".")[0]

    @property
    def inside(self) -> str | None:
        """The part of our own package that is imported, None for anything else."""
        return self.name.removeprefix("ofox_magic").lstrip(".") if self.root == "ofox_magic" else None


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        yield module_name(path.relative_to(PACKAGE)), path.read_text(encoding="utf-8")


def module_name(path: Path) -> str:
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


KNOWN = {name for name, _ in modules()}


def imports_of(module: str, source: str):
    tree = ast.parse(source)
    skipped = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    at_top = {id(node) for node in tree.body}
    for node in ast.walk(tree):
        if id(node) in skipped:
            continue
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield Import(module, alias.name, top=id(node) in at_top)
        elif isinstance(node, ast.ImportFrom):
            assert not node.level, f"{module} imports relatively; write the whole name"
            for alias in node.names:
                whole = f"{node.module}.{alias.name}"
                inner = whole.removeprefix("ofox_magic.")
                yield Import(module, whole if inner in KNOWN else node.module, top=id(node) in at_top)


def part(module: str) -> str:
    return module.partition(".")[0]


def within(module: str, place: str) -> bool:
    return module == place or (bool(place) and module.startswith(f"{place}."))


def broken_rules(module: str, source: str) -> list[str]:
    return [
        f"{module or 'ofox_magic'} imports {found.name}: {why}"
        for found in imports_of(module, source)
        for rule in (against_layers, against_order_in_chat, against_purity, against_places)
        if (why := rule(found))
    ]


def against_layers(found: Import) -> str | None:
    if found.inside is None or part(found.inside) == part(found.module):
        return None
    allowed = LAYERS[part(found.module)]
    return None if part(found.inside) in allowed else f"only {sorted(allowed)} may be known there"


def against_order_in_chat(found: Import) -> str | None:
    if not (found.module.startswith("chat.") and (found.inside or "").startswith("chat.")):
        return None
    order = WITHIN_CHAT.split()
    importer, imported = (name.removeprefix("chat.") for name in (found.module, found.inside))
    return None if order.index(imported) < order.index(importer) else f"the order is {WITHIN_CHAT}"


def against_purity(found: Import) -> str | None:
    if not any(within(found.module, place) for place in PURE):
        return None
    if found.root == "threading" and found.module in MAY_USE_LOCKS:
        return None
    if found.root in WITHOUT_IO:
        return "pure modules know no I/O, no clock and no Jupyter"
    standard = found.inside is not None or found.root in __import__("sys").stdlib_module_names
    return None if standard else "pure modules use the standard library only"


def against_places(found: Import) -> str | None:
    if found.root in NEVER:
        return "nothing here may import it"
    places = ONLY_IN.get(found.root)
    if places is not None and not any(within(found.module, place) for place in places):
        return f"it belongs into {sorted(places)}"
    return None


@pytest.mark.parametrize(("module", "source"), list(modules()), ids=lambda value: value if len(value) < 60 else "")
def test_every_module_keeps_the_rules(module, source):
    assert broken_rules(module, source) == []


def test_every_part_of_the_package_has_a_rule():
    assert {part(module) for module in KNOWN} <= set(LAYERS)


def test_nothing_imports_in_a_circle():
    graph = {
        module: {f.inside for f in imports_of(module, source) if f.inside in KNOWN and f.inside != module}
        for module, source in modules()
        # the package itself hands names on, lazily; that is what it is for
        if module
    }
    seen: dict[str, str] = {}

    def visit(module, path):
        assert seen.get(module) != "open", f"a circle: {' -> '.join([*path, module])}"
        if seen.setdefault(module, "open") == "done":
            return
        for imported in sorted(graph.get(module, ())):
            visit(imported, [*path, module])
        seen[module] = "done"

    for module in sorted(graph):
        visit(module, [])


@pytest.mark.parametrize(
    ("module", "source"),
    [
        ("chat.parts", "import os"),
        ("chat.parts", "def f():\n    import time"),
        ("chat.parts", "from ofox_magic.chat.session import Session"),
        ("chat.reply", "from ofox_magic.chat import session"),
        ("chat.events", "import threading"),
        ("chat.session", "from ofox_magic.gateway.client import GatewayClient"),
        ("chat.session", "import asyncio"),
        ("chat.turn", "import httpx"),
        ("gateway.sse", "import asyncio"),
        ("gateway.wire", "from pathlib import Path"),
        ("gateway.loop", "import httpx"),
        ("gateway.client", "from ofox_magic.jupyter.live import LiveCell"),
        ("gateway.client", "from ofox_magic.wiring import Wiring"),
        ("render.markdown", "from ofox_magic.chat.reply import Reply"),
        ("jupyter.live", "import nh3"),
        ("jupyter.magic", "from ofox_magic.gateway.client import GatewayClient"),
        ("jupyter.magic", "from ofox_magic.testing import ManualClock"),
        ("wiring", "import IPython"),
        ("practice.server", "from ofox_magic.chat.parts import Text"),
        ("jupyter.magic", "import pandas"),
        ("chat.tools", "import pydantic"),
        ("chat.runner", "from ofox_magic.tools import Toolbox"),
        ("tools.toolbox", "from ofox_magic.context.convert import Converter"),
    ],
)
def test_breaking_a_rule_is_noticed(module, source):
    assert broken_rules(module, dedent(source))


def test_what_only_type_checkers_see_is_no_import():
    source = "if TYPE_CHECKING:\n    from ofox_magic.gateway.client import GatewayClient"
    assert broken_rules("chat.session", source) == []
