"""
Answers a query of a table exactly: its library or engine filters, groups and counts, and only the answer comes here.

A NaN counts as missing, in every library. Medians and quantiles are those of sorted values, interpolated between
neighbours; what a library has of them for groups may be approximate, so they are asked for group by group.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import narwhals as nw

from ofox_magic.context.conditions import all_of
from ofox_magic.context.disclosure import SMALLEST, Disclosure
from ofox_magic.context.dtypes import dtype_text, is_listed, is_ranged, is_short, is_wide
from ofox_magic.context.eager import is_numpy_float, printed
from ofox_magic.context.frame_query import OF_NUMBERS, OF_VALUES, Figure, Query
from ofox_magic.context.lazy import collected, crossing
from ofox_magic.errors import ConfigError

_SIZE = "size"
_HALF = 2**32


@dataclass(frozen=True, slots=True)
class Told:
    """The answer: how many rows *matched*, how many *groups* there are, and of those told the *rows* of cells."""

    matched: int
    groups: int
    rows: Sequence[tuple[object, ...]]


class Aggregation:
    """*query* of *frame*, whose columns are those of *names*, under these names; told as far as *disclosure* lets."""

    def __init__(self, frame: Any, names: Mapping[str, str], query: Query, disclosure: Disclosure) -> None:
        self._query = query
        self._disclosure = disclosure
        self._names = names
        schema = frame.collect_schema()
        self._types = {name: schema[column] for name, column in names.items()}
        self._frame = _with(frame, self._without_nan(frame))

    def told(self, rows: int) -> Told:
        """Return the answer; the whole table has *rows*. Raises ConfigError for what cannot or must not be told."""
        for figure in self._query.figures:
            self._check(figure)
        for name in self._query.by:
            self._check_key(name)
        found = self._filtered()
        matched = self._count(found)
        self._disclosure.check_size(matched, rows)
        prepared = _with(found, self._prepared())
        if not self._query.by:
            return Told(matched, 1, [tuple(self._cells(prepared, self._one(prepared)))])
        return self._grouped(prepared, matched)

    # -- checks -------------------------------------------------------------------------------------------------------

    def _check(self, figure: Figure) -> None:
        if figure.of == "rows":
            return
        if figure.column is None:
            raise ConfigError(f"{figure.of} needs a column")
        if figure.of == "quantile" and not (figure.at is not None and 0 <= figure.at <= 1):
            raise ConfigError(f"{figure.label}: expected at from 0 to 1" if figure.at else "quantile needs at: 0 to 1")
        dtype = self._types[figure.column]
        has_numbers = dtype.is_numeric() or dtype == nw.Boolean
        if figure.of in OF_NUMBERS and not has_numbers:
            raise ConfigError(f"{figure.label}: that column is {dtype_text(dtype)}, and holds no numbers")
        if figure.of in ("min", "max") and not is_ranged(dtype):
            raise ConfigError(f"{figure.label}: that column is {dtype_text(dtype)}, and has no order here")

    def _check_key(self, name: str) -> None:
        if self._disclosure.guards_rows and not is_listed(self._types[name]):
            raise ConfigError(
                f"`{self._disclosure.name}` has the level stats: rows are grouped by text, categories and booleans "
                f"only, and `{name}` is {dtype_text(self._types[name])}"
            )

    # -- the rows -----------------------------------------------------------------------------------------------------

    def _without_nan(self, frame: Any) -> Iterator[Any]:
        for name, column in self._names.items():
            if self._types[name].is_float() and not _is_numpy(frame, column):
                value = nw.col(column)
                yield nw.when(~value.is_nan()).then(value).alias(column)

    def _filtered(self) -> Any:
        if not self._query.where:
            return self._frame
        return self._frame.filter(
            all_of([(each, nw.col(self._names[each.column]), self._types[each.column]) for each in self._query.where])
        )

    def _prepared(self) -> Iterator[Any]:
        """A column for each key and each figure, of a type in which the figure is not rounded more than it must."""
        for number, name in enumerate(self._query.by):
            yield nw.col(self._names[name]).alias(f"k{number}")
        for number, figure in enumerate(self._query.figures):
            if figure.column is None:
                continue
            dtype = self._types[figure.column]
            yield self._suited(figure, dtype).alias(f"f{number}")
            if self._is_split(figure):
                value = nw.col(self._names[figure.column])
                value = value if dtype == nw.UInt64 else value.cast(nw.Int64)
                upper = value // _HALF  # not every library that divides has a remainder
                yield upper.cast(nw.Int64).alias(f"f{number} upper")
                yield (value - upper * _HALF).cast(nw.Int64).alias(f"f{number} lower")

    def _is_split(self, figure: Figure) -> bool:
        """Whether its sum is made of two, of the upper and the lower halves of whole numbers: 64 bits overflow."""
        dtype = self._types[figure.column or ""] if figure.column else None
        is_whole = dtype is not None and (dtype.is_integer() or dtype == nw.Boolean) and not is_wide(dtype)
        return bool(is_whole and figure.of in ("sum", "mean"))

    def _suited(self, figure: Figure, dtype: Any) -> Any:
        value = nw.col(self._names[figure.column or ""])
        if dtype == nw.Boolean and figure.of in OF_NUMBERS:
            return value.cast(nw.Int64)
        if figure.of in OF_NUMBERS and is_short(dtype) and not (figure.of == "sum" and dtype.is_decimal()):
            return value.cast(nw.Float64)
        return value

    def _count(self, frame: Any) -> int:
        return int(collected(frame.select(nw.len().alias(_SIZE)))[_SIZE][0])

    # -- the figures --------------------------------------------------------------------------------------------------

    def _elementary(self) -> Iterator[Any]:
        """What every library has for groups and for all, exactly: a figure's parts, `f0 sum`."""
        yield nw.len().alias(_SIZE)
        for number, figure in enumerate(self._query.figures):
            if figure.column is None:
                continue
            value = nw.col(f"f{number}")
            yield value.count().alias(f"f{number} count")
            if self._is_split(figure):
                yield nw.col(f"f{number} upper").sum().alias(f"f{number} upper")
                yield nw.col(f"f{number} lower").sum().alias(f"f{number} lower")
            elif figure.of == "distinct":
                yield value.n_unique().alias(f"f{number} distinct")
            elif figure.of in OF_VALUES and figure.share is None:
                yield getattr(value, figure.of)().alias(f"f{number} {figure.of}")

    def _one(self, prepared: Any) -> dict[str, Any]:
        return next(_records(prepared.select(*self._elementary())))

    def _grouped(self, prepared: Any, matched: int) -> Told:
        keys = [f"k{number}" for number in range(len(self._query.by))]
        records = sorted(_records(prepared.group_by(*keys).agg(*self._elementary())), key=self._place)
        tellable = [record for record in records if not self._disclosure.guards_rows or record[_SIZE] >= SMALLEST]
        sizes = [record[_SIZE] for record in tellable]
        count = self._disclosure.tellable(sizes, matched, most=self._query.most)
        rows = [
            (*(record[key] for key in keys), *self._cells(self._members(prepared, record, keys), record))
            for record in tellable[:count]
        ]
        return Told(matched, len(records), rows)

    def _place(self, record: Mapping[str, Any]) -> tuple[Any, ...]:
        """Where a group stands: ties, and keys, in the order of their text or number; what is missing comes last."""
        keys = tuple(_sortable(record[f"k{number}"]) for number in range(len(self._query.by)))
        match self._query.order:
            case "key":
                return keys
            case "rows":
                return (-record[_SIZE], *keys)
        figure = self._query.figures[0] if self._query.figures else Figure("rows")
        if figure.share is not None:
            raise ConfigError(f"groups are not ordered by {figure.label}: put another figure first")
        value = self._value(0, figure, record)
        if value is None:
            return (1, 0, *keys)
        return (0, -value if self._query.order == "largest" else value, *keys)

    def _members(self, prepared: Any, record: Mapping[str, Any], keys: Sequence[str]) -> Any:
        """The rows of a group; they are asked for again only where a figure needs them."""
        if all(figure.share is None for figure in self._query.figures):
            return prepared
        for key in keys:
            value = nw.col(key)
            prepared = prepared.filter(value.is_null() if record[key] is None else value == record[key])
        if self._count(prepared) != record[_SIZE]:
            raise ConfigError("medians and quantiles cannot be told for these groups: group by another column")
        return prepared

    def _cells(self, members: Any, record: Mapping[str, Any]) -> Iterator[object]:
        for number, figure in enumerate(self._query.figures):
            if self._is_too_few(number, figure, record):
                yield "(too few values)"
            elif figure.share is None:
                yield self._value(number, figure, record)
            else:
                yield self._quantile(members, number, figure.share)

    def _is_too_few(self, number: int, figure: Figure, record: Mapping[str, Any]) -> bool:
        is_guarded = self._disclosure.guards_rows and not self._query.is_of_all and figure.of in OF_VALUES
        return is_guarded and record[f"f{number} count"] < SMALLEST

    def _value(self, number: int, figure: Figure, record: Mapping[str, Any]) -> Any:
        if figure.of == "rows":
            return record[_SIZE]
        there = int(record[f"f{number} count"])
        match figure.of:
            case "missing":
                return record[_SIZE] - there
            case "distinct":
                return int(record[f"f{number} distinct"]) - (there < record[_SIZE])
        if not there:
            return 0 if figure.of == "sum" else None
        if self._is_split(figure):
            total = int(record[f"f{number} upper"]) * _HALF + int(record[f"f{number} lower"])
            return total if figure.of == "sum" else total / there
        value = record[f"f{number} {figure.of}"]
        return None if value != value else value  # noqa: PLR0124 - the deviation of one value is NaN in some libraries

    def _quantile(self, members: Any, number: int, share: float) -> Any:
        value = nw.col(f"f{number}").quantile(share, interpolation="linear").alias("found")
        found = next(_records(members.select(value)))["found"]
        return None if found != found else found  # noqa: PLR0124 - NaN: there is none


def _with(frame: Any, columns: Iterator[Any]) -> Any:
    made = list(columns)
    return frame.with_columns(*made) if made else frame


def _is_numpy(frame: Any, column: str) -> bool:
    return isinstance(frame, nw.DataFrame) and is_numpy_float(frame[column])


def _crossed(query: Any) -> Any:
    """What no exchange between libraries would keep crosses over as text."""
    schema = query.collect_schema()
    return query.select(*(crossing(nw.col(name), dtype) for name, dtype in schema.items()))


def _records(frame: Any) -> Iterator[dict[str, Any]]:
    types = frame.collect_schema()
    whole = collected(_crossed(frame))
    columns = [_values(whole[name], types[name]) for name in whole.columns]
    return (dict(zip(whole.columns, row, strict=True)) for row in zip(*columns, strict=True))


def _values(series: Any, dtype: Any) -> list[Any]:
    there = zip(printed(series).to_list(), series.is_null().to_list(), strict=True)
    return [None if null else int(value) if is_wide(dtype) else value for value, null in there]


def _sortable(key: Any) -> tuple[Any, ...]:
    if key is None:
        return (2, "")
    return (0, key) if isinstance(key, int | float) else (1, str(key))
