"""Colours for fenced code: Pygments' tokens as spans of a few fixed classes. The only importer of pygments."""

import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from html import escape
from typing import Any

from ofox_magic.render.budget import TooMuch

PREFIX = "ofox-"
LANGUAGES = frozenset(
    [
        "bash",
        "bat",
        "c",
        "c++",
        "clojure",
        "cmake",
        "cpp",
        "cs",
        "csharp",
        "css",
        "cuda",
        "cypher",
        "cython",
        "dart",
        "diff",
        "docker",
        "dockerfile",
        "elixir",
        "erlang",
        "fortran",
        "go",
        "graphql",
        "groovy",
        "haskell",
        "hcl",
        "html",
        "http",
        "ini",
        "ipython",
        "ipython3",
        "java",
        "javascript",
        "js",
        "json",
        "jsonc",
        "jsx",
        "julia",
        "kotlin",
        "latex",
        "lua",
        "make",
        "makefile",
        "markdown",
        "matlab",
        "md",
        "nix",
        "numpy",
        "objective-c",
        "ocaml",
        "octave",
        "perl",
        "php",
        "powershell",
        "prolog",
        "protobuf",
        "ps1",
        "py",
        "pycon",
        "python",
        "python3",
        "r",
        "rb",
        "rst",
        "ruby",
        "rust",
        "s",
        "sas",
        "sass",
        "scala",
        "scheme",
        "scss",
        "sh",
        "shell",
        "solidity",
        "sparql",
        "sql",
        "stan",
        "stata",
        "svelte",
        "swift",
        "tex",
        "toml",
        "ts",
        "tsx",
        "typescript",
        "vb",
        "vim",
        "vue",
        "xml",
        "yaml",
        "yml",
        "zig",
        "zsh",
    ]
)
"""Lexers that models ask for. Others are not tried: what a lexer costs is only as good as its regular expressions."""
MAX_CODE = 32_000  # characters; more is shown without colours
_TRICKY = re.compile(r"[^\n]{1000}|\s{200}")
"""A line or a gap that no code has: a lexer can take seconds for one token of it, and nothing stops it there."""
CLASSES = {
    "Comment": "c",
    "Keyword": "k",
    "Literal.String": "s",
    "Literal.Number": "m",
    "Name.Builtin": "b",
    "Name.Function": "f",
    "Name.Class": "f",
    "Name.Decorator": "d",
    "Name.Tag": "k",
    "Name.Attribute": "b",
    "Operator.Word": "k",
    "Generic.Deleted": "x",
    "Generic.Inserted": "i",
    "Generic.Heading": "f",
    "Generic.Subheading": "f",
}
"""Token types, each with all below it, to the one letter of their class."""
CSS_CLASSES = frozenset(PREFIX + letter for letter in CLASSES.values())


def highlight(code: str, language: str, check: Callable[[], None]) -> str:
    """Return *code* as HTML: escaped, and coloured where *language* is one of LANGUAGES and *check* lets it go on."""
    name = language.strip().lower()
    if name not in LANGUAGES or len(code) > MAX_CODE or _TRICKY.search(code):
        return escape(code, quote=False)
    lexer = _lexer(name)
    if lexer is None:
        return escape(code, quote=False)
    try:
        return "".join(_span(letter, text) for letter, text in _merged(lexer.get_tokens(code), check))
    except TooMuch:
        return escape(code, quote=False)


def _merged(tokens: Iterable[tuple[Any, str]], check: Callable[[], None]) -> Iterator[tuple[str, str]]:
    """Neighbours of one class are one span."""
    letter = ""
    pieces: list[str] = []
    for kind, text in tokens:
        check()
        new = _letter(kind)
        if new != letter and pieces:
            yield letter, "".join(pieces)
            pieces = []
        letter = new
        pieces.append(text)
    if pieces:
        yield letter, "".join(pieces)


def _span(letter: str, text: str) -> str:
    shown = escape(text, quote=False)
    return f'<span class="{PREFIX}{letter}">{shown}</span>' if letter and not text.isspace() else shown


@cache
def _letter(kind: Any) -> str:
    """The class of a token type, or of the nearest type above it."""
    while kind:
        name = str(kind).removeprefix("Token.")
        if name in CLASSES:
            return CLASSES[name]
        kind = kind.parent
    return ""


@cache
def _lexer(name: str) -> Any:
    from pygments.lexers import get_lexer_by_name
    from pygments.util import ClassNotFound

    try:
        return get_lexer_by_name(name, stripnl=False, ensurenl=False)
    except ClassNotFound:
        return None


def language_of(info: str) -> str:
    """Return the language that a fence's *info* names; empty for what is no name of one."""
    word = next(iter(info.split()), "")
    return word if re.fullmatch(r"[A-Za-z0-9_+#.-]{1,32}", word) else ""
