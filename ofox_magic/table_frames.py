"""
Tables of an answer as frames of the library at hand, or as records where there is none. Nothing is imported to look.

A cell becomes a number only where the text of that number is all that is lost; what can be read in two ways stays text.
"""

import re
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    from ofox_magic.render import TableBlock

_MINUS = "\u2212"  # the true one, which models write too
_INTEGER = re.compile(r"0|[-\u2212]?[1-9][0-9]{0,17}")  # more digits do not fit into 64 bits
_DECIMAL = re.compile(r"[-\u2212]?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]{1,2})?")
_EXACT_DIGITS = 15  # that every double keeps
_EXACT_INTEGER = 2**53
_LIBRARIES = ("pandas", "polars")

Column: TypeAlias = "list[str] | list[int | None] | list[float | None]"


def frame_of(table: "TableBlock") -> Any:
    """
    Return *table* as a DataFrame: of pandas or polars, the one that is imported, else the one that is installed.

    Without either, a list of dicts. See `columns_of` for what becomes a number.
    """
    columns = columns_of(table.header, table.rows)
    library = _at_hand()
    if library == "pandas":
        return _pandas(import_module(library), columns)
    if library == "polars":
        polars = import_module(library)
        kind = None if table.rows else polars.String  # of no value polars makes a type that little can be done with
        series = [polars.Series(name, values, dtype=kind) for name, values in columns.items()]
        return polars.DataFrame(series)
    return [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]


def columns_of(header: Sequence[str], rows: Iterable[Sequence[str]]) -> dict[str, Column]:
    """
    Return the columns by name; the second `a` is called `a (2)`.

    A column whose cells all are plain numbers (`12`, `-3.5`, `1e6`; an empty cell is None) holds int or float. What
    could mean something else stays text, and so does its column: `1,234`, `12 %`, `007`, `+49`, dates, and numbers of
    more digits than a float keeps.
    """
    cells = list(zip(*rows, strict=True)) or [()] * len(header)
    return {name: _column(column) for name, column in zip(_unique(header), cells, strict=True)}


def _unique(names: Sequence[str]) -> list[str]:
    taken: list[str] = []
    for name in names:
        number, free = 2, name
        while free in taken or (free != name and free in names):
            free, number = f"{name} ({number})", number + 1
        taken.append(free)
    return taken


def _column(cells: Sequence[str]) -> Column:
    given = [cell for cell in cells if cell]
    if given and all(map(_INTEGER.fullmatch, given)):
        return [int(_ascii(cell)) if cell else None for cell in cells]
    if given and all(map(_is_exact, given)):
        return [float(_ascii(cell)) if cell else None for cell in cells]
    return list(cells)


def _is_exact(cell: str) -> bool:
    """Whether a double gives back all digits of *cell*."""
    if _INTEGER.fullmatch(cell):
        return abs(int(_ascii(cell))) <= _EXACT_INTEGER
    digits = re.split("[eE]", cell)[0].lstrip(f"-{_MINUS}0.").replace(".", "")
    return _DECIMAL.fullmatch(cell) is not None and len(digits) <= _EXACT_DIGITS


def _ascii(cell: str) -> str:
    return cell.replace(_MINUS, "-")


def _at_hand() -> str | None:
    imported = [name for name in _LIBRARIES if sys.modules.get(name)]
    return next(iter(imported or [name for name in _LIBRARIES if find_spec(name)]), None)


def _pandas(pandas: Any, columns: dict[str, Column]) -> Any:
    """Integers with an empty cell among them stay integers, by pandas' own nullable type."""
    series = {}
    for name, values in columns.items():
        with_gaps = None in values and any(isinstance(value, int) for value in values)
        series[name] = pandas.Series(values, dtype="Int64" if with_gaps else None if values else "object")
    return pandas.DataFrame(series)
