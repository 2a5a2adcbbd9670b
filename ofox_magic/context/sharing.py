"""How much of a table may leave the kernel: a level and masked columns for each name, and a default. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias, get_args

from ofox_magic.errors import ConfigError

Level: TypeAlias = Literal["schema", "stats", "sample", "full"]
LEVELS: tuple[Level, ...] = get_args(Level)
"""From the least to the most: no value at all, exact statistics, some rows too, all rows."""
DEFAULT_LEVEL: Level = "sample"


@dataclass(frozen=True, slots=True)
class Rule:
    """What may be told of a table: its *level* (None: the default), and of *masked* columns only name and dtype."""

    level: Level | None = None
    masked: frozenset[str] = frozenset()


class Sharing:
    """The rules by name. A table that goes by several names obeys the strictest of their rules."""

    def __init__(self) -> None:
        self.default: Level = DEFAULT_LEVEL
        self._rules: dict[str, Rule] = {}

    @property
    def rules(self) -> dict[str, Rule]:
        """A copy of the rules that were set, by name."""
        return dict(self._rules)

    @property
    def is_restricted(self) -> bool:
        """Whether values are kept back, so that the picture of a table, whose name is lost, must not go either."""
        levels = (self.default, *(rule.level for rule in self._rules.values()))
        return any(level in ("schema", "stats") for level in levels) or any(r.masked for r in self._rules.values())

    def set_level(self, name: str, level: str) -> None:
        """Set the level of *name*, or with an empty name the default of all others. Raises ConfigError."""
        known = next((each for each in LEVELS if each == level), None)
        if known is None:
            raise ConfigError(f"a level is one of {', '.join(LEVELS)}; got {level!r}")
        if name:
            self._rules[name] = replace(self._rules.get(name, Rule()), level=known)
        else:
            self.default = known

    def set_mask(self, name: str, columns: Iterable[str]) -> None:
        """Mask exactly *columns* of the table called *name*."""
        self._rules[name] = replace(self._rules.get(name, Rule()), masked=frozenset(columns))

    def forget(self, name: str) -> None:
        """Let the default hold for *name* again."""
        self._rules.pop(name, None)

    def rule(self, names: Iterable[str], level: Level | None = None) -> tuple[Level, frozenset[str]]:
        """
        Return the level and the masked columns of a table that goes by *names*.

        *level* is what a single turn asks for: it wins over the default, and can lower what was set, never lift it.
        """
        found = [self._rules[name] for name in names if name in self._rules]
        masked = frozenset[str]().union(*(rule.masked for rule in found))
        levels = [rule.level for rule in found if rule.level] + ([level] if level else [])
        return min(levels, key=LEVELS.index, default=self.default), masked
