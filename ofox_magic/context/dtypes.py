"""What a column's type is called, without a value in it, and which statistics a type has."""

import re
from typing import Any

import narwhals as nw

_WIDEST = 80  # characters; a struct can have a thousand fields
_LISTED = (nw.String, nw.Categorical, nw.Enum, nw.Boolean)
_NESTED = ("List", "Array", "Struct")


def dtype_text(dtype: Any, native: Any = None) -> str:
    """Return the type's name as its library writes it for *native* pandas data, else as `datetime[us, UTC]`."""
    own = getattr(native, "dtype", None) if nw.dependencies.is_pandas_like_series(native) else None
    text = _named(dtype) if own is None else _without_values(str(own))
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _without_values(text: str) -> str:
    """A sparse type names its fill value."""
    return re.sub(r"^Sparse\[([^,\]]*),.*\]$", r"Sparse[\1]", text)


def _named(dtype: Any) -> str:
    name = type(dtype).__name__ if not isinstance(dtype, type) else dtype.__name__
    if name == "Datetime":
        return f"datetime[{dtype.time_unit}{f', {dtype.time_zone}' if dtype.time_zone else ''}]"
    if name == "Struct":
        return f"struct{{{', '.join(f'{field.name}: {_named(field.dtype)}' for field in dtype.fields)}}}"
    if name in _NESTED:
        return f"{name.lower()}[{_named(dtype.inner)}]"
    return name.lower()


def is_listed(dtype: Any) -> bool:
    """Tell whether the most frequent values say something: text, categories and booleans."""
    return any(dtype == listed for listed in _LISTED)


def is_ranged(dtype: Any) -> bool:
    """Tell whether the type has a smallest and a largest value: numbers, dates, times and durations."""
    return bool(dtype.is_numeric() or dtype.is_temporal())


def is_fine(dtype: Any) -> bool:
    """Tell whether Python's own datetime would lose the type's nanoseconds."""
    return bool(dtype in (nw.Datetime, nw.Duration) and dtype.time_unit == "ns")


def is_wide(dtype: Any) -> bool:
    """Tell whether the type holds integers of 128 bits, which not every exchange between libraries keeps."""
    return bool(dtype in (nw.Int128, nw.UInt128))


def is_short(dtype: Any) -> bool:
    """Tell whether a mean in the type itself would be rounded more than one in double precision."""
    return bool(dtype.is_decimal() or (dtype.is_float() and dtype != nw.Float64))
