"""A frame in the kernel's memory: its columns one by one, through narwhals, and what pandas alone calls its own."""

import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import narwhals as nw

from ofox_magic.context import objects
from ofox_magic.context.dtypes import dtype_text, is_fine, is_listed, is_ranged, is_short
from ofox_magic.context.figures import ALL_BUT_NULLS, FEW, Figures, is_nan, is_null, most_frequent
from ofox_magic.errors import ConfigError


@dataclass(frozen=True, slots=True)
class Values:
    """A column of Python objects."""

    name: str
    values: Sequence[object]

    @property
    def dtype(self) -> str:
        """The types that occur."""
        return objects.dtype_of(self.values)

    def figures(self) -> Figures:
        """Return its statistics."""
        return objects.figures_of(self.values)

    def head(self, rows: int) -> list[object]:
        """Return the first *rows* values."""
        return list(self.values[:rows])


@dataclass(frozen=True, slots=True)
class Column:
    """A column that a dataframe library holds, as a narwhals *series*."""

    name: str
    dtype: str
    series: Any

    def figures(self) -> Figures:
        """Return the exact figures of the column; what its type has none of is left out."""
        series = self.series
        if holds_objects(series):
            return _of_objects(series)
        nulls, nan = _missing(series)
        figures = Figures(len(series), nulls, nan)
        if not (is_ranged(series.dtype) or is_listed(series.dtype)):
            return replace(figures, unknown=("distinct",))
        if nulls + nan == len(series):
            return replace(figures, distinct=0)
        if nan and not is_numpy_float(series):  # pandas itself leaves out numpy's NaN, without a copy
            series = series.filter(~series.is_nan())
        try:
            return _of_values(series, replace(figures, distinct=_distinct(series)))
        except Exception:  # noqa: BLE001 - each library has its own way to say that a type is not supported
            return replace(figures, unknown=ALL_BUT_NULLS)

    def head(self, rows: int) -> list[object]:
        """Return the first *rows* values, None for each that is null and no NaN of its own."""
        series = self.series.head(rows)
        values = printed(series).to_list()
        if is_numpy_float(series):
            return list(values)
        return [None if null else value for value, null in zip(values, series.is_null().to_list(), strict=True)]


@dataclass(frozen=True, slots=True)
class EagerFrame:
    """The *columns* of a frame in memory, all of *rows* values; the first *levels* of them are its index."""

    columns: Sequence[Values | Column]
    rows: int
    levels: int = 0
    ordered: bool = True

    @property
    def schema(self) -> list[tuple[str, str]]:
        """The columns' names and dtypes, in order."""
        return [(column.name, column.dtype) for column in self.columns]

    def part(self, positions: Sequence[int]) -> Any:
        """Return the columns at *positions* as a narwhals frame of c0, c1, …. Raises ConfigError for one of objects."""
        frames = []
        for number, position in enumerate(positions):
            column = self.columns[position]
            if not isinstance(column, Column) or holds_objects(column.series):
                raise ConfigError(f"`{column.name}` holds Python objects, which cannot be asked about")
            frames.append(nw.maybe_reset_index(column.series).alias(f"c{number}").to_frame())
        return nw.concat(frames, how="horizontal")

    def figures(self, positions: Iterable[int]) -> list[Figures]:
        """Return the figures of the columns at *positions*."""
        return [self.columns[position].figures() for position in positions]

    def head(self, rows: int, positions: Iterable[int]) -> list[tuple[object, ...]]:
        """Return the first *rows* rows of the columns at *positions*."""
        columns = [self.columns[position].head(rows) for position in positions]
        return list(zip(*columns, strict=True))


def _of_values(series: Any, figures: Figures) -> Figures:
    if is_listed(series.dtype):
        return replace(figures, top=_top(series)) if (figures.distinct or 0) <= FEW else figures
    low, high, mean = _range(series)
    unbounded = series.dtype.is_float() and not all(
        isinstance(end, float) and math.isfinite(end) for end in (low, high)
    )
    infinite = int(((series == math.inf) | (series == -math.inf)).sum()) if unbounded else 0
    return replace(figures, low=low, high=high, mean=mean, infinite=infinite)


def column_of(name: str, native: Any) -> Column:
    """Return the *native* Series or ChunkedArray as a column called *name*."""
    series = nw.from_native(native, series_only=True)
    return Column(name, dtype_text(series.dtype, native), series.alias("value"))


def printed(series: Any) -> Any:
    """Return *series* with what Python's own types would round (nanoseconds) as text or whole numbers."""
    if series.implementation.is_pandas_like() or not is_fine(series.dtype):
        return series
    return series.cast(nw.String if series.dtype == nw.Datetime else nw.Int64)


def _of_objects(series: Any) -> Figures:
    """To pandas a NaN among objects is one more missing value."""
    figures = objects.figures_of(series.to_list())
    return replace(figures, nulls=figures.nulls + figures.nan, nan=0)


def holds_objects(series: Any) -> bool:
    """
    Tell whether *series* is of pandas' dtype object and holds more than text.

    Narwhals looks at the first hundred values only and would call a mixed column text.
    """
    native = series.to_native()
    if not series.implementation.is_pandas_like() or str(native.dtype) != "object":
        return False
    return bool(sys.modules["pandas"].api.types.infer_dtype(native, skipna=True) != "string")


def _missing(series: Any) -> tuple[int, int]:
    """Nulls and NaN; numpy's floats have no other null than NaN."""
    missing = int(series.null_count())
    if not series.dtype.is_float():
        return missing, 0
    return (0, missing) if is_numpy_float(series) else (missing, int(series.is_nan().sum() or 0))


def is_numpy_float(series: Any) -> bool:
    """Tell whether *series* has numpy's floats, whose NaN is their null."""
    own = series.to_native()
    in_numpy = series.implementation.is_pandas_like() and type(own.dtype).__module__.partition(".")[0] == "numpy"
    return bool(in_numpy and series.dtype.is_float())


def _distinct(series: Any) -> int:
    """Distinct values but the missing ones, of which pandas may hold several kinds (None, NaN, NA)."""
    if series.dtype.is_float() and not is_numpy_float(series):
        series = series + 0.0  # Arrow holds 0.0 and -0.0 for two values; the sum makes them one
    if series.implementation.is_pandas_like():
        return int(series.to_native().nunique())
    return int(series.n_unique()) - bool(series.null_count())


def _range(series: Any) -> tuple[object, object, Any]:
    small = series.to_frame().select(low=nw.col("value").min(), high=nw.col("value").max())
    low, high = (nw.to_py_scalar(printed(small[name])[0]) for name in ("low", "high"))
    return low, high, _mean(series, low, high) if series.dtype.is_numeric() else None


def _mean(series: Any, low: object, high: object) -> Any:
    """In double precision: Arrow rounds the mean of decimals to their scale. What holds both infinities has none."""
    if (low, high) == (-math.inf, math.inf):
        return math.nan
    return (series.cast(nw.Float64) if is_short(series.dtype) else series).mean()


def _top(series: Any) -> tuple[tuple[object, int], ...]:
    counts = series.value_counts(name="count").rows()
    return most_frequent((value, count) for value, count in counts if count and not (is_null(value) or is_nan(value)))
