r"""
The lines of a markdown text as blocks: fences and formulas, and the paragraphs between them. Pure, linear in time.

By CommonMark's rules, as far as they tell how far a fence or a code span reaches: lists and quotes are followed,
tables, links and HTML are not, and an indented block is read as a paragraph.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

Range = tuple[int, int]

_LINE = re.compile(r"[^\r\n]*(?:\r\n?|\n|\Z)")
_LEADING = re.compile(r"[ \t>]*")
_MARKER = re.compile(r"(?:[-+*]|[0-9]{1,9}[.)])(?=[ \t]|$)")
_FENCE = re.compile(r"(?P<run>`{3,})[^`]*$|(?P<tildes>~{3,})")
_ALONE = re.compile(r"#{1,6}(?:[ \t]|$)|=+[ \t]*$|-+[ \t]*$|(?:[-*_][ \t]*){3,}$")
_BLOCK_MATH = {"$$": "$$", r"\[": r"\]"}
_INDENT_OF_CODE = 4
_DEEPEST_LIST = 20


@dataclass(frozen=True, slots=True)
class _Line:
    """
    A line's place among block quotes (*quotes* deep) and lists, in columns.

    Its own *indent*, where its quote's text may begin (*quoted*), and the *column* where its *content* does.
    """

    quotes: int
    indent: int
    quoted: int
    column: int
    content: str

    @classmethod
    def of(cls, line: str, column: int = 0) -> "_Line":
        leading = _LEADING.match(line).group()  # type: ignore[union-attr] # it matches anything
        width = column + len(leading.expandtabs(4))
        quote = leading.rfind(">") + 1
        quoted = column + len(leading[:quote].expandtabs(4)) + (quote < len(leading)) if quote else 0
        indent = column + leading.index(">") if quote else width
        return cls(leading.count(">"), indent, quoted, width, line[len(leading) :])

    def begins_block(self, column: int) -> bool:
        """Whether this is no indented code, in a list whose text begins in *column*."""
        return self.column < max(column, self.quoted) + _INDENT_OF_CODE


class _Lists:
    """The columns where the text of the open list items begins, the outermost first."""

    def __init__(self) -> None:
        self._columns: list[int] = []

    @property
    def column(self) -> int:
        return self._columns[-1] if self._columns else 0

    def enter(self, line: _Line) -> tuple[_Line, bool]:
        """Return what *line* says behind its list markers, and whether it has any."""
        while self._columns and line.column < self.column:
            self._columns.pop()
        has_items = False
        while line.begins_block(self.column) and len(self._columns) < _DEEPEST_LIST:
            marker = _MARKER.match(line.content)
            if not marker:
                break
            start = line.column + marker.end()
            inner = _Line.of(line.content[marker.end() :], start)
            blank = inner.indent - start
            self._columns.append(start + (blank if 0 < blank <= _INDENT_OF_CODE else 1))
            line = replace(inner, quotes=line.quotes + inner.quotes, quoted=max(line.quoted, inner.quoted))
            has_items = True
        return line, has_items


@dataclass(frozen=True, slots=True)
class _Block:
    """A fence or formula that is open since *start*, and the quotes and the list that it stands in."""

    start: int
    quotes: int
    column: int
    closer: str

    def holds(self, line: _Line) -> bool:
        indent = line.column if self.quotes else line.indent
        return line.quotes >= self.quotes and (indent >= self.column or not (line.content or line.quotes))


class _Fence(_Block):
    """Ends with a line of at least as many backticks or tildes."""

    def ends_with(self, line: _Line) -> bool:
        run = line.content.rstrip(" \t")
        within = line.quotes == self.quotes and line.begins_block(self.column)
        return within and len(run) >= len(self.closer) and not run.strip(self.closer[0])


class _Formula(_Block):
    """Began a line, and ends with a line that ends with its closer, or before a blank line: TeX allows none."""

    def holds(self, line: _Line) -> bool:
        return bool(line.content) and super().holds(line)

    def ends_with(self, line: _Line) -> bool:
        return line.content.rstrip().endswith(self.closer)


def _opened(line: _Line, start: int, column: int) -> _Fence | _Formula | None:
    if not line.begins_block(column):
        return None
    if fence := _FENCE.match(line.content):
        return _Fence(start, line.quotes, column, fence["run"] or fence["tildes"])
    closer, rest = _BLOCK_MATH.get(line.content[:2]), line.content[2:]
    return _Formula(start, line.quotes, column, closer) if closer and closer not in rest else None


def lines(text: str) -> list[Range]:
    """Return where the lines of *text* start and end, the end of line included."""
    return [found.span() for found in _LINE.finditer(text) if found.group()]


def blocks(text: str) -> Iterator[tuple[int, int, bool]]:
    """Yield the fences and formulas of *text* as (start, end, True), each paragraph as (start, end, False)."""
    lists, quotes, was_alone = _Lists(), 0, False
    block: _Fence | _Formula | None = None
    paragraph: int | None = None
    for start, end in [*lines(text), (len(text), len(text))]:
        line = _Line.of(text[start:end].rstrip("\r\n"))
        if block:
            if block.holds(line):
                if block.ends_with(line):
                    yield block.start, end, True
                    block = None
                continue
            yield block.start, start, True
        line, begins = lists.enter(line) if line.content else (line, True)
        block = _opened(line, start, lists.column)
        is_alone = bool(_ALONE.match(line.content))
        if paragraph is not None and (block or begins or is_alone or was_alone or line.quotes > quotes):
            yield paragraph, start, False
            paragraph = None
        if paragraph is None and line.content and not block:
            paragraph = start
        quotes, was_alone = line.quotes, is_alone
    if block:
        yield block.start, len(text), True
