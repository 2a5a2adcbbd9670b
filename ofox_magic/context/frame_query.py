"""
What a model may ask of a table: a few words that are looked up, nothing that is evaluated. Pure.

The classes hold what JSON can say; whoever takes them from a model checks them against their types.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

Operator: TypeAlias = Literal["==", "!=", "<", "<=", ">", ">=", "in", "not in", "contains", "missing", "not missing"]
Of: TypeAlias = Literal["rows", "missing", "distinct", "sum", "mean", "std", "min", "max", "median", "quantile"]
Order: TypeAlias = Literal["rows", "largest", "smallest", "key"]
Value: TypeAlias = bool | int | float | str

OF_NUMBERS = ("sum", "mean", "std", "median", "quantile")
OF_VALUES = ("sum", "mean", "std", "min", "max", "median", "quantile")
"""Figures that are made of the values themselves, and not of how many there are."""
OF_SINGLE_ROWS = ("min", "max", "median", "quantile")
"""Figures that are the value of one row."""


@dataclass(frozen=True, slots=True)
class Condition:
    """
    A condition on the rows: the values of a column are compared with a value, or with a list of them (in, not in).

    Dates and times are ISO 8601 text. contains looks for a piece of text; missing and not missing take no value. A
    missing value fulfils no comparison.
    """

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012 - as pydantic reads it

    column: str
    op: Operator
    value: Value | list[Value] | None = None


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure of the values of a column (rows needs none); at is the share of a quantile, from 0 to 1."""

    __pydantic_config__ = {"extra": "forbid"}  # noqa: RUF012

    of: Of
    column: str | None = None
    at: float | None = None

    @property
    def label(self) -> str:
        """What it is called in an answer."""
        if self.of == "rows":
            return "rows"
        return f"quantile {self.at:g} of {self.column}" if self.of == "quantile" else f"{self.of} of {self.column}"

    @property
    def share(self) -> float | None:
        """The share of the quantile that it is, if it is one."""
        return 0.5 if self.of == "median" else self.at


@dataclass(frozen=True, slots=True)
class Query:
    """The rows that fulfil all of *where*, in groups *by* columns, and of each group the *figures*."""

    where: tuple[Condition, ...] = ()
    by: tuple[str, ...] = ()
    figures: tuple[Figure, ...] = ()
    order: Order = "rows"
    most: int = 20

    @property
    def is_of_all(self) -> bool:
        """Whether it is of the whole table."""
        return not self.where and not self.by

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that it names, each once."""
        named = [condition.column for condition in self.where]
        named += [*self.by, *(figure.column for figure in self.figures if figure.column is not None)]
        return tuple(dict.fromkeys(named))
