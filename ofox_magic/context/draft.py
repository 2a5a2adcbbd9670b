"""
A table's description, as long as three dials say: rows of the sample, columns with statistics, columns. Pure.

Where it does not fit its budget the dials are turned down in that order, each no further than needed, and the last
line says what was left out.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from ofox_magic.context.cells import WIDEST, Lines
from ofox_magic.context.figures import counted

Fits = Callable[[str], bool]
NO_LINES = Lines()


@dataclass(frozen=True, slots=True)
class Draft:
    """
    What there is to say of a table of *rows* rows.

    *columns* are lines of name and dtype, *statistics* what follows each of them, *sample* the rows as CSV below their
    *header*; *withheld* names what the level does not give away. *ordered*: the sample is the table's first rows.
    """

    rows: int
    columns: Sequence[str]
    statistics: Sequence[str] = ()
    header: str = ""
    sample: Lines = NO_LINES
    withheld: str = ""
    ordered: bool = True

    def whole(self) -> str:
        """Return all of it."""
        return self._text(len(self.sample.rows), len(self.statistics), len(self.columns))

    def bare(self) -> str:
        """Return all columns, without statistics and rows."""
        return self._text(0, 0, len(self.columns))

    def fitted(self, fits: Fits) -> str:
        """Return the longest text that *fits*, cut in the fixed order; not even one column may."""
        statistics, columns = len(self.statistics), len(self.columns)
        dials: tuple[tuple[int, Callable[[int], str]], ...] = (
            (len(self.sample.rows), lambda count: self._text(count, statistics, columns)),
            (statistics, lambda count: self._text(0, count, columns)),
            (columns, lambda count: self._text(0, 0, count)),
        )
        for most, text in dials:
            if fits(text(most)):
                return text(most)
            if fits(text(0)):
                # the first count from 0 up that is too much, less one
                return text(bisect_left(range(most), 1, key=lambda count: int(not fits(text(count)))) - 1)
        return self._text(0, 0, 0)

    def _text(self, rows: int, statistics: int, columns: int) -> str:
        parts = self._columns(statistics, columns), self._rows(rows), self._left_out(rows, statistics, columns)
        return "\n".join(filter(None, parts))

    def _columns(self, statistics: int, columns: int) -> str:
        said = [*self.statistics[:statistics], *[""] * (columns - statistics)]
        told = zip(self.columns[:columns], said, strict=False)
        lines = [f"- {line}: {text}" if text else f"- {line}" for line, text in told]
        title = "Columns (dtype): statistics of the values; nulls are counted where there are any; ≈ is rounded"
        return "\n".join([title if statistics else "Columns (dtype):", *lines]) if lines else "No columns"

    def _rows(self, rows: int) -> str:
        if not rows:
            return ""
        which = "All" if rows == self.rows else "The first" if self.ordered else "Some"
        return (
            f"{which} {counted(rows, 'row')} as CSV, an empty cell is null:\n{self.header}\n{self.sample.first(rows)}"
        )

    def _left_out(self, rows: int, statistics: int, columns: int) -> str:
        said = "; ".join(self._omissions(rows, statistics, columns))
        return f"Left out: {said}" if said else ""

    def _omissions(self, rows: int, statistics: int, columns: int) -> Iterable[str]:
        if self.withheld:
            yield self.withheld
        if not self.withheld and self.columns and rows < self.rows:
            yield f"{self.rows - rows:,} of {self.rows:,} rows"
        if cut := sum(self.sample.cut[:rows]):
            yield f"the ends of {counted(cut, 'cell')} longer than {WIDEST} characters"
        if statistics < len(self.statistics):
            yield f"statistics of {len(self.statistics) - statistics:,} of {len(self.columns):,} columns"
        if columns < len(self.columns):
            yield f"{len(self.columns) - columns:,} of {len(self.columns):,} columns"
