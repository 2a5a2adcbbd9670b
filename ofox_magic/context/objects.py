"""
Figures of a column that is a sequence of Python objects, whatever they are.

What user-defined types would have to be asked (`__hash__`, `__eq__`, `__lt__`) is not computed for them.
"""

import datetime as dt
import math
import statistics
import uuid
from collections import Counter
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ofox_magic.context.figures import FEW, Figures, is_nan, is_null, most_frequent

_NUMBERS = {int, float, Decimal, Fraction}
_ORDERED: tuple[set[type], ...] = (
    {dt.date},
    {dt.datetime},
    {dt.time},
    {dt.timedelta},
    {int, float},
    {Decimal},
    {Fraction},
)
_HASHED = {*_NUMBERS, bool, str, bytes, dt.date, dt.datetime, dt.time, dt.timedelta, uuid.UUID}
_LISTED = {str, bool}


def dtype_of(values: Sequence[object]) -> str:
    """Return the names of the types in *values*, "int | str"; "null" where all are missing."""
    return " | ".join(sorted({type(value).__name__ for value in values if not is_null(value)})) or "null"


def figures_of(values: Sequence[object]) -> Figures:
    """Return the exact figures of *values*."""
    filled = [value for value in values if not is_null(value)]
    present = [value for value in filled if not is_nan(value)]
    kinds = Counter(map(type, present))
    numeric = set(kinds) <= _NUMBERS
    counts = Counter(present) if set(kinds) <= _HASHED else None
    low, high = _bounds(present, set(kinds))
    mean = _mean(present) if kinds and numeric else None
    return Figures(
        rows=len(values),
        nulls=len(values) - len(filled),
        nan=len(filled) - len(present),
        infinite=sum(type(value) is float and math.isinf(value) for value in present),
        distinct=None if counts is None else len(counts),
        low=low,
        high=high,
        mean=mean,
        top=most_frequent(counts.items()) if counts and set(kinds) <= _LISTED and len(counts) <= FEW else (),
        kinds=_named(kinds) if len(kinds) > 1 else (),
        unknown=tuple(_unknown(counts is None, bool(kinds) and numeric and mean is None)),
    )


def _bounds(present: Sequence[Any], kinds: set[type]) -> tuple[object, object]:
    if not present or not any(kinds <= ordered for ordered in _ORDERED):
        return None, None
    try:
        return min(present), max(present)
    except TypeError:  # a naive and an aware datetime have no order
        return None, None


def _mean(present: Sequence[Any]) -> float | Decimal | None:
    try:
        return float(statistics.mean(present))
    except (OverflowError, TypeError, ValueError, ArithmeticError):
        return None


def _named(kinds: Counter[type]) -> tuple[tuple[str, int], ...]:
    return tuple(
        sorted(((kind.__name__, count) for kind, count in kinds.items()), key=lambda pair: (-pair[1], pair[0]))
    )


def _unknown(no_counts: bool, no_mean: bool) -> Iterable[str]:
    if no_counts:
        yield "distinct"
    if no_mean:
        yield "mean"
