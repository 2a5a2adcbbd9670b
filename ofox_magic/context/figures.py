"""What is said of one column: exact counts and bounds, a rounded mean that is marked as such. Values only."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ofox_magic.untrusted import one_line, printable

TOP = 5  # how many of the most frequent values are listed
FEW = 1_000  # with more distinct values than this, no most frequent ones are listed
_DIGITS = 6
_WIDEST = 60  # characters of one value in a line of statistics
ALL_BUT_NULLS = ("all but nulls",)  # unknown, where a library refuses
_MOST_BITS = 10_000  # of an integer that is written out


@dataclass(frozen=True, slots=True)
class Figures:
    """
    Statistics of a column with *rows* values, of which *nulls* are missing and *nan* are not a number.

    *distinct*, *low*, *high*, *mean* and *top* are of the values that are left; None (or empty) where there is none or
    the engine does not offer it exactly, and then *unknown* names it. *infinite* counts ±inf. *kinds* counts the types
    in a column of mixed Python objects.
    """

    rows: int
    nulls: int = 0
    nan: int = 0
    infinite: int = 0
    distinct: int | None = None
    low: object = None
    high: object = None
    mean: float | Decimal | None = None
    top: tuple[tuple[object, int], ...] = ()
    kinds: tuple[tuple[str, int], ...] = ()
    unknown: tuple[str, ...] = ()

    def __str__(self) -> str:
        """The statistics as one line, "2 nulls, 5 distinct, min 1, mean ≈2.33333, max 9"."""
        return ", ".join(self._said())

    def _said(self) -> Iterable[str]:
        for count, word in ((self.nulls, "null"), (self.nan, "NaN"), (self.infinite, "infinite")):
            if count:
                yield "all null" if (word, count) == ("null", self.rows) else counted(count, word)
        if self.distinct:
            yield f"{self.distinct:,} distinct"
        yield from self._range()
        yield from self._named()

    def _range(self) -> Iterable[str]:
        if self.low is not None:
            yield f"min {exact(self.low)}"
        if self.mean is not None:
            yield f"mean {rounded(self.mean)}"
        if self.high is not None:
            yield f"max {exact(self.high)}"

    def _named(self) -> Iterable[str]:
        if self.top:
            yield "top " + " ".join(f"{quoted(value)}×{count}" for value, count in self.top)
        if self.kinds:
            yield "holds " + " ".join(f"{kind}×{count}" for kind, count in self.kinds)
        if self.unknown:
            yield f"not computed: {' '.join(self.unknown)}"


def counted(count: int, word: str) -> str:
    """Return "1 null", "1,234 nulls"; words that have no plural stay."""
    plural = "s" if count != 1 and word not in {"NaN", "infinite"} else ""
    return f"{count:,} {word}{plural}"


def is_null(value: Any) -> bool:
    """Tell whether *value* is None, pandas.NA or a NaT of any library."""
    return value is None or type(value).__name__ in {"NAType", "NaTType"} or _is_nat(value)


def _is_nat(value: Any) -> bool:
    return type(value).__name__ in {"datetime64", "timedelta64"} and str(value) == "NaT"


def is_nan(value: Any) -> bool:
    """Tell whether *value* is a float or Decimal that is not a number."""
    if isinstance(value, Decimal):
        return value.is_nan()
    return isinstance(value, float) and math.isnan(value)


def exact(value: object) -> str:
    """Return *value* in full, cut with an ellipsis past 60 characters; floats as the shortest text that reads back."""
    return clip(text_of(value), _WIDEST)


def rounded(mean: float | Decimal) -> str:
    """Return *mean* to six significant digits, with ≈ where that is not all of it."""
    short = f"{mean:.{_DIGITS}g}"
    if isinstance(mean, float) and math.isnan(mean):
        return "undefined"
    return short if float(short) == float(mean) else f"≈{short}"


def quoted(value: object) -> str:
    """Return *value* on one line, in quotes where it is text."""
    text = clip(text_of(value), _WIDEST)
    return json.dumps(text, ensure_ascii=False) if isinstance(value, str) else one_line(text)


def clip(text: str, limit: int) -> str:
    """Return *text* cut to *limit* characters, the last of them an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"


def text_of(value: Any) -> str:
    """Return *value* as text fit to send: no control characters, no lone surrogates. Never raises."""
    if isinstance(value, int) and not isinstance(value, bool) and value.bit_length() > _MOST_BITS:
        return f"an integer of {value.bit_length()} bits"  # str() refuses those
    if is_nan(value):
        return "NaN"
    try:
        text = str(value)
    except Exception:  # noqa: BLE001 - a cell's own __str__ may raise anything
        text = f"<{type(value).__name__}>"
    return printable(text.encode("utf-8", "replace").decode())


def most_frequent(counts: Iterable[tuple[object, int]]) -> tuple[tuple[object, int], ...]:
    """Return the five largest of *counts* above one, ties in the order of their text."""
    repeated = [(value, count) for value, count in counts if count > 1]
    return tuple(sorted(repeated, key=lambda pair: (-pair[1], text_of(pair[0])))[:TOP])
