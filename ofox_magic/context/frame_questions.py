"""
Questions about tables as two functions that a model may call: read-only, exact, and no further than the rules allow.

Only the tables that are handed in can be asked about, each as the object that it was then.
"""

from collections.abc import Callable, Mapping, Sequence
from difflib import get_close_matches
from types import FunctionType
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

from ofox_magic.chat.parts import Table, Text
from ofox_magic.context.cells import csv_line, csv_lines
from ofox_magic.context.disclosure import Disclosure
from ofox_magic.context.figures import counted
from ofox_magic.context.frame_query import Condition, Figure, Order, Query
from ofox_magic.context.sharing import LEVELS, Level
from ofox_magic.context.table import label_of, masked_positions, table_part
from ofox_magic.errors import ConfigError, OfoxError
from ofox_magic.untrusted import one_line

if TYPE_CHECKING:
    from ofox_magic.context.frames import Frame

Rule: TypeAlias = Callable[[object, str], tuple[Level, frozenset[str]]]
"""Of a table and its name: how much may be told, and the masked columns."""
_MOST_COLUMNS, _MOST_CONDITIONS, _MOST_FIGURES = 8, 16, 16


class FrameQuestions:
    """*tables* by the names that the model knows them by; *rule* is asked at each question, so that a change counts."""

    def __init__(self, tables: Mapping[str, object], rule: Rule) -> None:
        self._tables = dict(tables)
        self._rule = rule

    @property
    def functions(self) -> tuple[FunctionType, ...]:
        """Functions with the types and words of a tool: `describe_frame` and `query_frame`."""

        def describe_frame(frame: str) -> object:
            """
            Describe a table of the notebook: its columns with their types and exact statistics, without its rows.

            Args:
                frame: name of the table
            """
            return self.describe(frame)

        def query_frame(
            frame: str,
            figures: Sequence[Figure],
            where: Sequence[Condition] = (),
            by: Sequence[str] = (),
            order: Order = "rows",
            most: int = 20,
        ) -> object:
            """
            Compute exact figures of a table of the notebook: filter its rows, group them, count and aggregate.

            Value counts are the figure rows, by that column. Some tables and columns are restricted by the user.

            Args:
                frame: name of the table
                figures: what to compute, for each group or for all rows
                where: conditions that all hold for the rows that count
                by: columns whose values make the groups
                order: of the groups: most rows first, largest or smallest first figure first, or by their keys
                most: how many groups to tell at most
            """
            query = Query(tuple(where), tuple(by), tuple(figures), order, most)
            return self.ask(frame, query)

        named: Any = Literal[tuple(self._tables)]
        describe_frame.__annotations__ = {"frame": named, "return": object}
        query_frame.__annotations__ = {
            "frame": named,
            "figures": list[Figure],
            "where": list[Condition],
            "by": list[str],
            "order": Order,
            "most": int,
            "return": object,
        }
        return cast("FunctionType", describe_frame), cast("FunctionType", query_frame)

    def describe(self, name: str) -> Table:
        """Return the profile of the table called *name*, without rows. Raises ConfigError."""
        value = self._tables[name]
        level, masked = self._rule(value, name)
        return table_part(value, name=name, level=min(level, "stats", key=LEVELS.index), mask=masked)

    def ask(self, name: str, query: Query) -> tuple[Text, Table]:
        """Return the answer to *query* of the table called *name*: a sentence, and the figures as CSV."""
        try:
            return self._answer(name, query)
        except OfoxError:
            raise
        except Exception as error:  # noqa: BLE001 - each library and engine has its own tree of errors
            said = one_line(f"{type(error).__name__}: {error}", 200)
            raise ConfigError(f"`{name}` could not be asked; its library says {said}") from None

    def _answer(self, name: str, query: Query) -> tuple[Text, Table]:
        from ofox_magic.context.aggregation import Aggregation
        from ofox_magic.context.frames import frame_of

        _check_size(query)
        value = self._tables[name]
        level, mask = self._rule(value, name)
        disclosure = Disclosure(name, level)
        disclosure.check(query)
        frame = frame_of(value)
        positions = _positions(frame, name, query.columns, mask)
        part = frame.part(list(positions.values()) or [0])
        names = {column: f"c{number}" for number, column in enumerate(positions)}
        rows = frame.rows
        told = Aggregation(part, names, query, disclosure).told(rows)
        header = csv_line([*query.by, *(figure.label for figure in query.figures)])
        lines = csv_lines(told.rows).rows
        which = counted(told.matched, "row") if query.where else f"all {counted(rows, 'row')}"
        of_all = f" of {rows:,}" if query.where else ""
        groups = f", {len(told.rows):,} of {counted(told.groups, 'group')}" if query.by else ""
        text = Text(f"`{name}`: {which}{of_all}{groups}")
        return text, Table("\n".join([header, *lines]), len(lines), len(query.by) + len(query.figures))


def _check_size(query: Query) -> None:
    if not query.figures:
        raise ConfigError("expected at least one figure, rows for a count")
    for what, most in ((query.by, _MOST_COLUMNS), (query.where, _MOST_CONDITIONS), (query.figures, _MOST_FIGURES)):
        if len(what) > most:
            raise ConfigError(
                f"expected at most {_MOST_COLUMNS} columns in by, {_MOST_CONDITIONS} conditions and "
                f"{_MOST_FIGURES} figures"
            )
    if len(set(query.by)) < len(query.by):
        raise ConfigError("by names a column twice")


def _positions(frame: "Frame", name: str, wanted: Sequence[str], mask: frozenset[str]) -> dict[str, int]:
    """Return the position of each column that is asked about. Raises ConfigError for an unknown or masked one."""
    schema = [(label_of(label), dtype) for label, dtype in frame.schema]
    masked = masked_positions(schema, mask, name)
    labels = [label for label, _ in schema]
    positions = {column: _position(column, labels, name) for column in wanted}
    for column, position in positions.items():
        if position in masked:
            raise ConfigError(f"`{column}` is masked by the user: nothing of its values is told, in no form")
    return positions


def _position(column: str, labels: Sequence[str], name: str) -> int:
    found = [position for position, label in enumerate(labels) if label == column]
    found = found or [position for position, label in enumerate(labels) if label.removeprefix("(index) ") == column]
    if len(found) > 1:
        raise ConfigError(f"`{name}` has {len(found)} columns called {column!r}, which cannot be told apart")
    if not found:
        close = get_close_matches(column, labels, n=1)
        listed = one_line(", ".join(labels), 200)
        meant = f"; is {close[0]!r} meant?" if close else ""
        raise ConfigError(f"`{name}` has no column {one_line(column, 80)!r}{meant} It has: {listed}")
    return found[0]
