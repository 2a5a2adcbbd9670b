"""Arrays that plotly packs, `{"dtype": "f8", "bdata": base64, "shape": "2, 3"}`, as lists that can be read. Pure."""

import struct
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

_CODES = {"i1": "b", "u1": "B", "i2": "h", "u2": "H", "i4": "i", "u4": "I", "i8": "q", "u8": "Q", "f4": "f", "f8": "d"}


def numbers_of(value: Mapping[str, Any]) -> list[Any] | None:
    """
    Return the numbers of a packed array, in rows where it has several dimensions; None where *value* is none.

    Raises ValueError for one that is broken.
    """
    code, packed = _CODES.get(str(value.get("dtype"))), value.get("bdata")
    if code is None or not isinstance(packed, str):
        return None
    try:
        numbers = [number for (number,) in struct.iter_unpack(f"<{code}", b64decode(packed, validate=True))]
    except struct.error as error:
        raise ValueError(str(error)) from None
    _, several, last = str(value.get("shape", "")).rpartition(",")
    width = int(last) if several else 0
    return [numbers[start : start + width] for start in range(0, len(numbers), width)] if width else numbers
