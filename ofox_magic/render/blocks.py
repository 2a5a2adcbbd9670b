"""
The code and the tables of a text, as plain values: for programs that go on with what the page shows.

Found by the parser that renders them, so that what shows as code is code here too, wherever it stands.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markdown_it.token import Token

from ofox_magic.render.budget import Budget
from ofox_magic.render.code import language_of
from ofox_magic.render.markdown import parse_blocks, parse_line
from ofox_magic.render.math import DELIMITERS, DISPLAY, INLINE
from ofox_magic.untrusted import printable

MAX_SECONDS = 30.0
"""Of processor time; the longest answer that is accepted takes six. Somebody asked for the blocks and waits."""


@dataclass(frozen=True, slots=True)
class CodeBlock:
    """A block of *code* without its last line end, the *language* its fence names; *fenced*, else indented."""

    code: str
    language: str = ""
    fenced: bool = True


@dataclass(frozen=True, slots=True)
class TableBlock:
    """A table's *header* and *rows*: the words of its cells, as many in each row."""

    header: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()


def blocks_of(markdown: str) -> tuple[CodeBlock | TableBlock, ...]:
    """
    Return the blocks of code and the tables of *markdown*, in order, without what is not printable.

    A fence that is not closed counts. Raises TooMuch for a text that is nested too deep or takes too long.
    """
    budget = Budget(MAX_SECONDS)
    return tuple(_found(parse_blocks(printable(markdown), budget), budget))


def _found(tokens: Sequence[Token], budget: Budget) -> Iterator[CodeBlock | TableBlock]:
    rows: list[list[str]] = []
    for token in tokens:
        match token.type:
            case "fence" | "code_block":
                is_fence = token.type == "fence"
                yield CodeBlock(token.content.removesuffix("\n"), language_of(token.info) if is_fence else "", is_fence)
            case "table_open":
                rows = []
            case "tr_open":
                rows.append([])
            case "inline" if rows:  # a table has nothing but cells
                rows[-1].append(_words(token.content, budget))
            case "table_close":
                yield TableBlock(tuple(rows[0]), tuple(map(tuple, rows[1:])))
                rows = []


def _words(cell: str, budget: Budget) -> str:
    return "".join(_word(token) for token in parse_line(cell, budget)).strip()


def _word(token: Token) -> str:
    closing = DELIMITERS[token.markup][0] if token.type in (INLINE, DISPLAY) else ""
    return f"{token.markup}{token.content}{closing}" if closing else token.content
