"""
Rows as CSV: a null is an empty cell, an empty text is "", a NaN is NaN. Pure.

The csv module of Python 3.11 writes a null and an empty text alike, so the quoting (RFC 4180) is done here.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from ofox_magic.context.figures import clip, is_null, text_of

WIDEST = 200  # characters of one cell
_QUOTED = frozenset(',"\n\r')


@dataclass(frozen=True, slots=True)
class Lines:
    """*rows* of CSV, one text each, and of each row how many cells were *cut*."""

    rows: tuple[str, ...] = ()
    cut: tuple[int, ...] = ()

    def first(self, count: int) -> str:
        """Return the first *count* rows."""
        return "\n".join(self.rows[:count])


def csv_line(cells: Iterable[str]) -> str:
    """Return *cells*, already text, as one line of CSV."""
    return ",".join(map(_escaped, cells))


def csv_lines(rows: Iterable[Sequence[object]], widest: int | None = WIDEST) -> Lines:
    """Return *rows* as CSV, their cells cut to *widest* characters (None: whole)."""
    lines, cut = [], []
    for row in rows:
        texts = [None if is_null(value) else text_of(value) for value in row]
        lines.append(",".join("" if text is None else _quoted(clip(text, widest or len(text))) for text in texts))
        cut.append(0 if widest is None else sum(text is not None and len(text) > widest for text in texts))
    return Lines(tuple(lines), tuple(cut))


def _quoted(text: str) -> str:
    return _escaped(text) if text else '""'


def _escaped(text: str) -> str:
    spaced = text != text.strip()
    return f'"{text.replace(chr(34), chr(34) * 2)}"' if spaced or not _QUOTED.isdisjoint(text) else text
