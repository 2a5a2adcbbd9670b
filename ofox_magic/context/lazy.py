"""
A frame that lives in an engine (DuckDB, Ibis, Dask, PySpark, a lazy polars query): the engine does the counting.

What comes to the kernel is one row of aggregates for each 50 columns, at most five values for each column of text, and
the rows of the sample.
"""

import math
from collections.abc import Iterator, Sequence
from functools import cached_property
from importlib.util import find_spec
from typing import Any

import narwhals as nw

from ofox_magic.context.dtypes import dtype_text, is_listed, is_ranged, is_short, is_wide
from ofox_magic.context.eager import printed
from ofox_magic.context.figures import ALL_BUT_NULLS, FEW, TOP, Figures

_AT_ONCE = 50  # columns in one query
_COUNT = "ofox count"  # a name that no column has


class LazyFrame:
    """A narwhals LazyFrame as *query*; *names* are those to show, where they differ from the query's own."""

    levels = 0

    def __init__(self, query: Any, names: Sequence[str] = ()) -> None:
        self._query = query
        self._types = list(query.collect_schema().items())
        self.ordered = bool(query.implementation.is_polars() or query.implementation.is_dask())
        self._names = names or [name for name, _ in self._types]

    @cached_property
    def rows(self) -> int:
        """How many rows there are; the engine counts them, once."""
        return int(collected(self._query.select(nw.len().alias(_COUNT)))[_COUNT][0])

    @property
    def schema(self) -> list[tuple[str, str]]:
        """The columns' names and dtypes, in order."""
        return [(name, dtype_text(dtype)) for name, (_, dtype) in zip(self._names, self._types, strict=True)]

    def part(self, positions: Sequence[int]) -> Any:
        """Return the columns at *positions* as a narwhals frame of c0, c1, …, not computed yet."""
        columns = (nw.col(self._types[position][0]).alias(f"c{number}") for number, position in enumerate(positions))
        return self._query.select(*columns)

    def figures(self, positions: Sequence[int]) -> list[Figures]:
        """Return the figures of the columns at *positions*, computed by the engine."""
        batches = (positions[start : start + _AT_ONCE] for start in range(0, len(positions), _AT_ONCE))
        return [figures for batch in batches for figures in self._figures(batch)]

    def head(self, rows: int, positions: Sequence[int]) -> list[tuple[object, ...]]:
        """Return *rows* rows as the engine gives them, of the columns at *positions*."""
        columns = [self._types[position] for position in positions]
        frame = collected(self._query.select(*(crossing(nw.col(name), dtype) for name, dtype in columns)).head(rows))
        return list(zip(*(printed(frame[name]).to_list() for name, _ in columns), strict=True))

    def _figures(self, positions: Sequence[int]) -> Iterator[Figures]:
        columns = [self._types[position] for position in positions]
        asked = [
            expression.alias(f"{index} {statistic}")
            for index, (name, dtype) in enumerate(columns)
            for statistic, expression in _statistics(nw.col(name), dtype)
        ]
        try:
            found = _one_row(self._query.select(*asked))
        except Exception:
            if len(positions) == 1:
                raise
            for position in positions:  # one that the engine cannot compute must not cost the others theirs
                yield from self._alone(position)
            return
        for index, (name, dtype) in enumerate(columns):
            yield self._told(
                name,
                dtype,
                {key.partition(" ")[2]: value for key, value in found.items() if key.startswith(f"{index} ")},
            )

    def _alone(self, position: int) -> Iterator[Figures]:
        try:
            yield from self._figures([position])
        except Exception:  # noqa: BLE001 - each engine has its own tree of errors
            nulls = _how_many(nw.col(self._types[position][0]).is_null()).alias("nulls")
            yield Figures(self.rows, int(_one_row(self._query.select(nulls))["nulls"] or 0), unknown=ALL_BUT_NULLS)

    def _told(self, name: str, dtype: Any, found: dict[str, Any]) -> Figures:
        nulls, nan = int(found["nulls"] or 0), int(found.get("nan") or 0)
        if "distinct" not in found:
            return Figures(self.rows, nulls, unknown=("distinct",))
        distinct = int(found["distinct"] or 0) - (nulls + nan > 0) if nulls + nan < self.rows else 0
        return Figures(
            self.rows,
            nulls,
            nan,
            infinite=int(found.get("infinite") or 0),
            distinct=distinct,
            low=found.get("low"),
            high=found.get("high"),
            mean=found.get("mean"),
            top=self._top(name) if distinct and is_listed(dtype) and distinct <= FEW else (),
        )

    def _top(self, name: str) -> tuple[tuple[object, int], ...]:
        column = nw.col(name)
        counts = self._query.filter(~column.is_null()).group_by(name).agg(nw.len().alias(_COUNT))
        most = counts.filter(nw.col(_COUNT) > 1).sort(_COUNT, name, descending=[True, False]).head(TOP)
        return tuple((value, int(count)) for value, count in collected(most.select(name, _COUNT)).rows())


def _statistics(column: Any, dtype: Any) -> Iterator[tuple[str, Any]]:
    yield "nulls", _how_many(column.is_null())
    if not (is_ranged(dtype) or is_listed(dtype)):
        return
    if dtype.is_float():
        yield "nan", _how_many(column.is_nan())
        yield "infinite", _how_many((column == math.inf) | (column == -math.inf))
        column = nw.when(~column.is_nan()).then(column)
    yield "distinct", column.n_unique()
    if is_ranged(dtype):
        yield "low", crossing(column.min(), dtype)
        yield "high", crossing(column.max(), dtype)
    if dtype.is_numeric():
        yield "mean", (column.cast(nw.Float64) if is_short(dtype) else column).mean()


def _how_many(condition: Any) -> Any:
    return condition.cast(nw.Int64).sum()  # Spark adds numbers only


def crossing(expression: Any, dtype: Any) -> Any:
    """Return *expression* as it crosses over: integers of 128 bits as text, since Arrow would make them floats."""
    return expression.cast(nw.String) if is_wide(dtype) else expression


def _one_row(query: Any) -> dict[str, Any]:
    frame = collected(query)
    return {name: nw.to_py_scalar(printed(frame[name])[0]) for name in frame.columns}


def collected(query: Any) -> Any:
    """Return what *query* gives: the one place where anything is pulled, aggregates and the sample's rows."""
    if isinstance(query, nw.DataFrame):
        return query
    own = query.implementation.is_polars() or query.implementation.is_dask()
    return query.collect() if own else query.collect(backend=_exchange())


def _exchange() -> str:
    """Arrow, where it is installed, is what all the engines hand over without a detour."""
    return next((name for name in ("pyarrow", "polars", "pandas") if find_spec(name)), "pyarrow")
