"""Lines of prose broken between words, as they come. Pure."""

import re
from collections.abc import Callable
from unicodedata import category, east_asian_width

_EAST = "\u3040-\u30ff\u3400-\u9fff\uf900-\ufaff"  # kana and Han, which are written without spaces
_PIECES = re.compile(rf"\n|[ \t]+|[{_EAST}][^\w\s]*|[^ \t\n{_EAST}]+")
_EASTERN = re.compile(f"[{_EAST}]")
_MARK = r"(?:[-*+]|\d{1,9}[.)])[ \t]"  # of a list's item
_INDENT = re.compile(rf"(?:[ \t]*(?:{_MARK}|>))*[ \t]*")
_KEPT = re.compile(rf"[\s>]*(?:\||```|~~~)|(?: {{4}}|\t)(?!\s*{_MARK})")  # a table's row, a fence, indented code
_FENCE = re.compile(r"[\s>]*(`{3,}|~{3,})([^`]*)$")
_HEAD = 200  # characters at the begin of a line that tell what it is


class WordWrap:
    """
    Takes text in pieces of any size and gives it back with line ends where a line of prose would pass *width()*.

    A word is held back until it is known to fit, `flush` gives it out as far as it came. Code and tables keep their
    lines, and a word longer than a line, such as an address, stays whole, so that it can be copied.
    """

    def __init__(self, width: Callable[[], int]) -> None:
        self._width = width
        self._held = ""  # the begin of a word
        self._gap = ""  # what stands before the next word, unless the line ends there
        self._line = ""  # the begin of the line as it was written
        self._column = 0
        self._fence = ""
        self._in_word = False  # a part of the word is out already

    def feed(self, text: str) -> str:
        """Return what can be shown now that *text* came."""
        pieces = _PIECES.findall(self._held + text)
        self._held = pieces.pop() if pieces and not pieces[-1].isspace() else ""
        shown = "".join(map(self._place, pieces))
        return shown if len(self._held) < self._width() else shown + self.flush()

    def flush(self) -> str:
        """Return what was held back, because nothing comes at present."""
        held, self._held = self._held, ""
        shown = self._place(held) if held else ""
        self._in_word = not _EASTERN.match(held) and bool(held)
        return shown

    def _place(self, piece: str) -> str:
        if piece == "\n":
            return self._end_line()
        self._line += piece[: _HEAD - len(self._line)] if len(self._line) < _HEAD else ""
        if piece.isspace():
            self._gap += piece
            self._in_word = False
            return ""
        gap, self._gap = self._gap, ""
        before = "" if self._in_word else self._break_before(columns(gap) + columns(piece))
        self._in_word = False
        shown = before or gap
        self._column = (0 if before else self._column) + columns(shown) + columns(piece)
        self._column = (self._column - 1) % self._width() + 1  # the terminal itself breaks what is longer
        return shown + piece

    def _break_before(self, size: int) -> str:
        """Return the line end before what takes *size* columns, and what the next line begins with; "" to go on."""
        if self._column + size <= self._width() or self._fence or _KEPT.match(self._line):
            return ""
        indent = re.sub(r"[^>\s]", " ", next(_INDENT.finditer(self._line))[0])
        indent = indent if columns(indent) < self._width() // 2 else ""
        return f"\n{indent}" if self._column > columns(indent) else ""

    def _end_line(self) -> str:
        gap = self._gap if self._column + columns(self._gap) <= self._width() else ""
        if fence := _FENCE.match(self._line):
            if not self._fence:
                self._fence = fence[1]
            elif fence[1].startswith(self._fence) and not fence[2].strip():
                self._fence = ""
        self._line = self._gap = ""
        self._column = 0
        self._in_word = False
        return f"{gap}\n"


def columns(text: str) -> int:
    """Return how many columns of a terminal *text* takes."""
    return sum(_columns(char) for char in text)


def _columns(char: str) -> int:
    if category(char) in ("Mn", "Me", "Cf") or char == "\n":
        return 0
    return 2 if east_asian_width(char) in "WF" else 1
