"""
What a level lets a query of a table tell. Pure.

At `stats` no row's values are told, so none that a query could single out: of groups and of filtered rows only sums,
means and counts, only where they are of ten rows or more and leave out none or ten or more. Many such questions can
still narrow values down; a column that must not be known is masked.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from ofox_magic.context.figures import TOP
from ofox_magic.context.frame_query import OF_SINGLE_ROWS, Query
from ofox_magic.context.sharing import Level
from ofox_magic.errors import ConfigError

SMALLEST = 10
"""Rows of what is told at the level stats."""
_SHARES = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
_MOST_GROUPS = {"stats": TOP, "sample": 20, "full": 100}


@dataclass(frozen=True, slots=True)
class Disclosure:
    """What may be told of the table called *name* at *level*."""

    name: str
    level: Level

    @property
    def guards_rows(self) -> bool:
        """Whether no single row's values may be told."""
        return self.level == "stats"

    def most_groups(self, wanted: int) -> int:
        """Return how many groups may be told where *wanted* are asked for."""
        return max(1, min(wanted, _MOST_GROUPS[self.level]))

    def check(self, query: Query) -> None:
        """Raise ConfigError where the level does not allow *query*, whatever the rows are."""
        if self.level == "schema":
            raise ConfigError(f"`{self.name}` has the level schema: no value or count of it is told, only its columns")
        if not self.guards_rows:
            return
        for figure in query.figures:
            if figure.of in OF_SINGLE_ROWS and not query.is_of_all:
                raise ConfigError(
                    f"`{self.name}` has the level stats: {figure.label} of a part of its rows is the value of one row, "
                    f"which is not told. Ask for mean, sum, std, rows, distinct or missing, or of the whole table"
                )
            if figure.of == "quantile" and figure.at not in _SHARES:
                raise ConfigError(
                    f"`{self.name}` has the level stats: quantiles are told at {', '.join(map(str, _SHARES))}"
                )

    def check_size(self, matched: int, rows: int) -> None:
        """Raise ConfigError where the *matched* of all *rows* could single rows out."""
        if self.guards_rows and matched != rows and not (matched >= SMALLEST and rows - matched >= SMALLEST):
            raise ConfigError(
                f"`{self.name}` has the level stats: nothing is told of fewer than {SMALLEST} rows, nor of all but so "
                f"few. Ask with wider conditions"
            )

    def tellable(self, sizes: Sequence[int], matched: int, *, most: int) -> int:
        """
        Return how many of the groups with these *sizes*, in the order in which they are told, may be told.

        Those of fewer than ten rows must be left out by then. What is left over of the *matched* rows must be none or
        ten or more, or it could be found by subtraction.
        """
        count = min(len(sizes), self.most_groups(most))
        if self.guards_rows:
            while count and 0 < matched - sum(sizes[:count]) < SMALLEST:
                count -= 1
        return count
