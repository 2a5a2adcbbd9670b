"""Conditions of a query as narwhals expressions, with values of the type that the column has."""

import datetime as dt
from collections.abc import Callable
from functools import reduce
from operator import and_, eq, ge, gt, le, lt
from typing import Any
from zoneinfo import ZoneInfo

import narwhals as nw

from ofox_magic.context.frame_query import Condition, Value
from ofox_magic.errors import ConfigError

_COMPARISONS: dict[str, Callable[[Any, Any], Any]] = {"==": eq, "<": lt, "<=": le, ">": gt, ">=": ge}
_TEXT = (nw.String, nw.Categorical, nw.Enum)


def all_of(conditions: list[tuple[Condition, Any, Any]]) -> Any:
    """Return the expression that holds where all do: each a condition, its column's expression, and its dtype."""
    return reduce(and_, (_expression(*each) for each in conditions))


def is_text(dtype: Any) -> bool:
    """Tell whether the type holds text."""
    return any(dtype == text for text in _TEXT)


def _expression(condition: Condition, column: Any, dtype: Any) -> Any:
    match condition.op:
        case "missing":
            return column.is_null()
        case "not missing":
            return ~column.is_null()
    text = column.cast(nw.String) if is_text(dtype) and dtype != nw.String else column
    # to pandas a missing value differs from all others, and becomes text where it is cast
    return _found(condition, text, dtype) & ~column.is_null()


def _found(condition: Condition, column: Any, dtype: Any) -> Any:
    value = condition.value
    if condition.op in ("in", "not in"):
        if not isinstance(value, list) or not value:
            raise _wrong(condition, "a list of values")
        listed = column.is_in([_typed(condition, each, dtype) for each in value])
        return listed if condition.op == "in" else ~listed
    if isinstance(value, list) or value is None:
        raise _wrong(condition, "one value")
    if condition.op == "contains":
        if not isinstance(value, str) or not is_text(dtype):
            raise _wrong(condition, "text, and a column of text")
        return column.str.contains(value, literal=True)
    typed = _typed(condition, value, dtype)
    return ~(column == typed) if condition.op == "!=" else _COMPARISONS[condition.op](column, typed)


def _typed(condition: Condition, value: Value, dtype: Any) -> Any:
    expected: tuple[str, tuple[type, ...]] | None = None
    if dtype == nw.Boolean:
        expected = "true or false", (bool,)
    elif dtype.is_numeric():
        expected = "a number", (int, float)
    elif is_text(dtype):
        expected = "text", (str,)
    if expected:
        words, kinds = expected
        if type(value) not in kinds:  # True is no number here
            raise _wrong(condition, words)
        return value
    if dtype.is_temporal() and dtype != nw.Duration:
        return _moment(condition, str(value), dtype)
    raise ConfigError(f"values of `{condition.column}` cannot be compared: ask whether they are missing")


def _moment(condition: Condition, text: str, dtype: Any) -> Any:
    kind = dt.date if dtype == nw.Date else dt.time if dtype == nw.Time else dt.datetime
    try:
        moment = kind.fromisoformat(text)
    except ValueError:
        raise _wrong(condition, f"a {kind.__name__} in ISO 8601") from None
    zone = getattr(dtype, "time_zone", None)
    if not isinstance(moment, dt.datetime) or bool(zone) == bool(moment.tzinfo):
        return moment
    if not zone:
        raise _wrong(condition, "a datetime without a time zone, as the column has none")
    return moment.replace(tzinfo=ZoneInfo(zone))


def _wrong(condition: Condition, expected: str) -> ConfigError:
    return ConfigError(f"`{condition.column}` {condition.op}: expected {expected}, got {str(condition.value)[:60]!r}")
