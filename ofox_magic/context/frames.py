"""
Any table as a Frame: names, dtypes, figures by column and first rows, whatever library holds it.

The user's frame is never changed: columns are taken by position, and an index becomes leading columns.
"""

import sys
from collections.abc import Callable, Sequence
from typing import Any, Protocol

import narwhals as nw

from ofox_magic.context.eager import EagerFrame, Values, column_of
from ofox_magic.context.figures import Figures
from ofox_magic.context.lazy import LazyFrame
from ofox_magic.context.recognise import is_array, is_records, kind_of
from ofox_magic.errors import ConfigError

_IN_GROUP = "rows in group"


class Frame(Protocol):
    """
    A table that can be asked for its *schema* (names and dtypes), figures, and first rows.

    The first *levels* columns are its index; *ordered* tells whether it has an order, so that "first" means something.
    """

    @property
    def levels(self) -> int:
        """How many of the first columns are the index."""
        ...

    @property
    def ordered(self) -> bool:
        """Whether the rows have an order."""
        ...

    @property
    def rows(self) -> int:
        """How many rows there are, exactly."""
        ...

    @property
    def schema(self) -> list[tuple[str, str]]:
        """Names and dtypes, in order."""
        ...

    def part(self, positions: Sequence[int]) -> Any:
        """Return the columns at *positions* as a narwhals frame, eager or lazy, in which they are c0, c1, …."""
        ...

    def figures(self, positions: Sequence[int]) -> list[Figures]:
        """Return the statistics of the columns at *positions*."""
        ...

    def head(self, rows: int, positions: Sequence[int]) -> list[tuple[object, ...]]:
        """Return the first *rows* rows of the columns at *positions*."""
        ...


def frame_of(value: Any) -> Frame:
    """
    Return *value* as a Frame.

    A Styler is the frame it styles, without what it hides; a GroupBy is the size of each group.
    Raises ConfigError for what is no table.
    """
    kind = kind_of(value)
    if kind is None:
        return _without_library(value)
    library, name = kind
    if library == "narwhals":
        return frame_of(value.to_native())
    if "GroupBy" in name:
        return frame_of(_sizes(value, library))
    if name == "Styler":
        return _styled(value)
    return _FROM[library](value)


def _sizes(groups: Any, library: str) -> Any:
    if library == "polars":
        return groups.len(name=_IN_GROUP)
    sizes = groups.size()
    return sizes.rename(_IN_GROUP) if sizes.ndim == 1 else sizes.rename(columns={"size": _IN_GROUP})


def _without_library(value: Any) -> Frame:
    if is_records(value):
        names = list(dict.fromkeys(key for record in value for key in record))
        return EagerFrame([Values(name, [record.get(name) for record in value]) for name in names], len(value))
    if is_array(value):
        return _array(value)
    raise ConfigError(f"a table is a DataFrame, Series, 1- or 2-d array or list of dicts; got {type(value).__name__}")


def _array(value: Any) -> Frame:
    """Through pandas where it is there anyhow: it shares the array's memory and counts in C."""
    if value.dtype.names:
        names, columns = list(value.dtype.names), [value[name] for name in value.dtype.names]
    else:
        columns = [value] if value.ndim == 1 else [value[:, index] for index in range(value.shape[1])]
        names = [str(index) for index in range(len(columns))]
    pandas = sys.modules.get("pandas")
    made = [
        column_of(name, pandas.Series(column, copy=False))
        if pandas and column.ndim == 1
        else Values(name, column.tolist())
        for name, column in zip(names, columns, strict=True)
    ]
    return EagerFrame(made, value.shape[0])


def _pandas(value: Any, shown: Sequence[int] | None = None, levels: Sequence[int] | None = None) -> Frame:
    index = _levels(value.index) if levels is None else [_levels(value.index)[level] for level in levels]
    if value.ndim == 1:
        own = [("value" if value.name is None else label(value.name), value)]
    else:
        positions = range(value.shape[1]) if shown is None else shown
        own = [(label(value.columns[position]), value.iloc[:, position]) for position in positions]
    return EagerFrame([column_of(name, series) for name, series in [*index, *own]], len(value), levels=len(index))


def _levels(index: Any) -> list[tuple[str, Any]]:
    """The index as columns; one that only numbers the rows from 0 says nothing."""
    if type(index).__name__ == "RangeIndex" and (index.name, index.start, index.step) == (None, 0, 1):
        return []
    names = ["(index)" if name is None else f"(index) {label(name)}" for name in index.names]
    frame = index.to_frame(index=False, name=range(index.nlevels))
    return [(name, frame.iloc[:, position]) for position, name in enumerate(names)]


def _styled(styler: Any) -> Frame:
    data = styler.data
    hidden = set(styler.hidden_columns)
    shown = [position for position in range(data.shape[1]) if position not in hidden]
    levels = [level for level in range(len(_levels(data.index))) if not styler.hide_index_[level]]
    return _pandas(data, shown, levels)


def label(name: object) -> str:
    """Return a column's label as text; the levels of a MultiIndex are joined by " / "."""
    return " / ".join(str(level) for level in name) if isinstance(name, tuple) else str(name)


def _polars(value: Any) -> Frame:
    if type(value).__name__ == "LazyFrame":
        return LazyFrame(nw.from_native(value))
    columns = value.get_columns() if hasattr(value, "get_columns") else [value]
    return EagerFrame([column_of(column.name or "value", column) for column in columns], len(value))


def _pyarrow(value: Any) -> Frame:
    if not hasattr(value, "column_names"):
        return EagerFrame([column_of("value", value)], len(value))
    table = sys.modules["pyarrow"].table(value) if type(value).__name__ == "RecordBatch" else value
    columns = [column_of(name, table.column(position)) for position, name in enumerate(table.column_names)]
    return EagerFrame(columns, table.num_rows)


def _duckdb(value: Any) -> Frame:
    """A relation may have two columns of one name, which only their positions tell apart."""
    names = list(value.columns)
    if len(set(names)) < len(names):
        value = value.project(", ".join(f"#{position} AS c{position}" for position in range(1, len(names) + 1)))
    return LazyFrame(nw.from_native(value), names)


def _dask(value: Any) -> Frame:
    frame = value.to_frame(name="value" if value.name is None else value.name) if value.ndim == 1 else value
    frame = frame.reset_index() if frame.index.name is not None else frame
    names = [label(name) for name in frame.columns]
    unique = frame.rename(columns=str) if len(set(names)) == len(names) else frame
    return LazyFrame(nw.from_native(unique), names)


def _lazy(value: Any) -> Frame:
    return LazyFrame(nw.from_native(value))


_FROM: dict[str, Callable[[Any], Frame]] = {
    "pandas": _pandas,
    "modin": _pandas,
    "polars": _polars,
    "pyarrow": _pyarrow,
    "duckdb": _duckdb,
    "dask": _dask,
    "ibis": _lazy,
    "pyspark": _lazy,
}
