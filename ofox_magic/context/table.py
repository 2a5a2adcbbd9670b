"""
Any DataFrame as a Table part: an exact profile under a token budget, at a level that the user chose.

Nothing heavy is imported before a table is really described; to recognise one imports nothing.
"""

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from ofox_magic.chat.estimate import tokens
from ofox_magic.chat.parts import Table
from ofox_magic.context.cells import WIDEST, csv_line, csv_lines
from ofox_magic.context.draft import Draft, Fits
from ofox_magic.context.recognise import is_table
from ofox_magic.context.sharing import LEVELS, Level
from ofox_magic.errors import ConfigError, OfoxError
from ofox_magic.untrusted import one_line

if TYPE_CHECKING:
    from ofox_magic.context.frames import Frame

__all__ = ["BUDGET", "Level", "is_table", "table_part"]

BUDGET = 1_500  # tokens
SAMPLE = 20  # rows
_WIDEST_NAME = 80  # characters of a column's name
_WITHHELD = {"schema": "statistics and rows, by the level schema", "stats": "rows, by the level stats"}


def table_part(
    value: object,
    *,
    name: str = "",
    level: Level = "sample",
    budget: int = BUDGET,
    mask: Collection[str] = (),
) -> Table:
    """
    Return *value* (whatever `is_table` says yes to), called *name*, as a Table of at most *budget* tokens.

    *level* says what leaves the kernel: schema (names and dtypes), stats (counts, ranges, means, most frequent values),
    sample (up to 20 rows too) or full (every row). Of the columns in *mask* only name and dtype do.
    Raises ConfigError for what is no table, a mask that names no column, an engine's own error, and for a full table
    over the budget.
    """
    if level not in LEVELS:
        raise ConfigError(f"a table's level is {', '.join(LEVELS)}; got {level!r}")
    from ofox_magic.context.frames import frame_of

    try:
        frame = frame_of(value)
        columns = [(label_of(label), dtype) for label, dtype in frame.schema]
        table = Table("", frame.rows, len(columns) - frame.levels, name, level)
        text = _described(frame, columns, table, masked_positions(columns, mask, name), budget)
    except OfoxError:
        raise
    except Exception as error:
        said = one_line(f"{type(error).__name__}: {error}", 200)
        raise ConfigError(
            f"{_called(name)} could not be read; its library says {said}. Pass a computed frame"
        ) from error
    return replace(table, text=text)


def masked_positions(columns: Sequence[tuple[str, str]], mask: Collection[str], name: str = "") -> frozenset[int]:
    """
    Return the positions of the *columns* that *mask* names: by label, by index level, or by one level of a MultiIndex.

    Raises ConfigError for a name that no column has: a typing error must not give the column away.
    """
    known = [_names_of(label) for label, _ in columns]
    for wanted in mask:
        if not any(wanted in names for names in known):
            listed = one_line(", ".join(label for label, _ in columns), 120)
            raise ConfigError(f"{_called(name)} has no column {wanted!r} to mask, but {listed}. Correct the mask")
    return frozenset(position for position, names in enumerate(known) if not names.isdisjoint(mask))


def _names_of(label: str) -> set[str]:
    own = label.removeprefix("(index) ")
    return {label, own, *own.split(" / ")}


def _described(
    frame: "Frame", columns: Sequence[tuple[str, str]], table: Table, masked: frozenset[int], budget: int
) -> str:
    def fits(text: str) -> bool:
        return tokens(replace(table, text=text)) <= budget

    full = table.level == "full"
    if full and (least := table.rows * len(columns) // 2) > budget:
        raise _too_large(least, budget, table.name)  # what ends a cell takes half a token: nothing need be read to know
    draft = _drafted(frame, columns, table, masked, fits)
    if full and not fits(draft.whole()):
        raise _too_large(tokens(draft.whole()), budget, table.name)
    return draft.fitted(fits)


def _drafted(
    frame: "Frame", columns: Sequence[tuple[str, str]], table: Table, masked: frozenset[int], fits: Fits
) -> Draft:
    lines = [
        f"{label} ({dtype}{', masked' if index in masked else ''})" for index, (label, dtype) in enumerate(columns)
    ]
    draft = Draft(table.rows, lines, withheld=_WITHHELD.get(table.level, ""), ordered=frame.ordered)
    if table.level == "schema":
        return draft
    draft = replace(draft, statistics=[""] * len(columns))
    shown = [index for index in range(len(columns)) if index not in masked]
    if not fits(draft.bare()):  # then figures and rows will be left out: they need not be computed
        return draft
    figures = dict(zip(shown, frame.figures(shown), strict=True))
    draft = replace(draft, statistics=[str(figures.get(index, "")) for index in range(len(columns))])
    if table.level == "stats" or not shown:
        return draft
    full = table.level == "full"
    rows = csv_lines(frame.head(table.rows if full else SAMPLE, shown), None if full else WIDEST)
    return replace(draft, header=csv_line(columns[index][0] for index in shown), sample=rows)


def label_of(label: str) -> str:
    """Return a column's *label* as it is told: on one line, and cut where it is very long."""
    return one_line(label.encode("utf-8", "replace").decode(), _WIDEST_NAME) or '""'


def _called(name: str) -> str:
    return f"`{name}`" if name else "the table"


def _too_large(size: int, budget: int, name: str) -> ConfigError:
    return ConfigError(
        f"{_called(name)} in full takes about {size:,} tokens, more than its budget of {budget:,}. "
        f"Take the level sample, or put fewer rows and columns into a variable of their own"
    )
