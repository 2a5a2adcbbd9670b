"""
Which values are tables: told by the module and name of their type, so that nothing is imported to look.

No attribute of a value is read before its type is known to be a frame, an array or a list of records.
"""

from typing import Any

_FRAMES = {
    "pandas": {"DataFrame", "Series", "DataFrameGroupBy", "SeriesGroupBy", "Styler"},
    "modin": {"DataFrame", "Series"},
    "polars": {"DataFrame", "LazyFrame", "Series", "GroupBy", "LazyGroupBy"},
    "pyarrow": {"Table", "RecordBatch", "ChunkedArray"},
    "duckdb": {"DuckDBPyRelation"},
    "ibis": {"Table"},
    "dask": {"DataFrame", "Series"},
    "pyspark": {"DataFrame"},
    "narwhals": {"DataFrame", "LazyFrame", "Series"},
}
_ROOTS = {"_duckdb": "duckdb", "dask_expr": "dask"}  # where older releases kept the same types


def kind_of(value: object) -> tuple[str, str] | None:
    """Return the library and the type's name of a frame ("pandas", "DataFrame"); None for anything else."""
    for cls in type(value).__mro__:
        root = str(cls.__module__).partition(".")[0]
        library = _ROOTS.get(root, root)
        if cls.__name__ in _FRAMES.get(library, ()):
            return library, cls.__name__
    return None


def is_array(value: Any) -> bool:
    """Tell whether *value* is a numpy array of one or two dimensions."""
    named = any(cls.__module__ == "numpy" and cls.__name__ == "ndarray" for cls in type(value).__mro__)
    return named and value.ndim in {1, 2}


def is_records(value: object) -> bool:
    """Tell whether *value* is a non-empty list of dicts whose keys are all strings."""
    if type(value) is not list or not value:
        return False
    return all(type(record) is dict and all(type(key) is str for key in record) for record in value)


def is_table(value: object) -> bool:
    """Tell whether `table_part` takes *value*: a frame, Series, GroupBy, Styler, 1- or 2-d array, list of records."""
    return kind_of(value) is not None or is_array(value) or is_records(value)
