"""How much of tables may leave the kernel."""

from collections.abc import Callable, Collection, Mapping

from IPython.core.error import UsageError

from ofox_magic.context.references import MISSING
from ofox_magic.context.sharing import DEFAULT_LEVEL, LEVELS
from ofox_magic.errors import ConfigError
from ofox_magic.jupyter import report
from ofox_magic.jupyter.commands.words import did_you_mean
from ofox_magic.jupyter.kit import Kit


class SharingCommands:
    """Commands over the rules of sharing."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._sharing = kit.sharing
        self.by_name: Mapping[str, Callable[[str], None]] = {"level": self._level}

    def _level(self, rest: str) -> None:
        words, mask = _without_mask(rest)
        if len(words) > 2:  # noqa: PLR2004 - a name and a level
            raise UsageError("%ofox level: expected [NAME] [LEVEL] [--mask A,B], for example %ofox level df stats")
        level = words.pop() if words and words[-1] in (*LEVELS, "-") else None
        name = words.pop() if words else ""
        if words or (name and not name.isidentifier()) or (mask is not None and not name):
            raise UsageError(
                f"%ofox level: expected a table's name and one of {', '.join(LEVELS)} (- forgets what was set), or a "
                f"name and --mask A,B; got {rest!r}"
            )
        if name and level is None and mask is None and not self._is_known(name):
            meant = did_you_mean(name, LEVELS)
            more = f"; {meant}" if meant else f": there are {', '.join(LEVELS)}"
            raise UsageError(f"%ofox level: {name} is no level and no table{more}")
        if level == "-" and name:
            self._sharing.forget(name)
        elif level:
            self._sharing.set_level(name, DEFAULT_LEVEL if level == "-" else level)
        if mask is not None:
            self._sharing.set_mask(name, mask)
        print(report.sharing(self._sharing))
        if name and level != "-" and (doubt := self._doubt(name, mask or ())):
            print(doubt)

    def _is_known(self, name: str) -> bool:
        return name in self._sharing.rules or self._kit.notebook.look_up(name) is not MISSING

    def _doubt(self, name: str, mask: Collection[str]) -> str:
        """What is odd about a rule: it may come to hold, or be a slip, for which the table would be refused."""
        from ofox_magic.context.frames import frame_of
        from ofox_magic.context.recognise import is_table
        from ofox_magic.context.table import label_of, masked_positions

        value = self._kit.notebook.look_up(name)
        if value is MISSING:
            return f"There is no {name} yet."
        if mask and is_table(value):
            try:
                masked_positions([(label_of(label), dtype) for label, dtype in frame_of(value).schema], mask, name)
            except ConfigError as error:
                return str(error)
        return ""


def _without_mask(text: str) -> tuple[list[str], list[str] | None]:
    before, found, mask = text.partition("--mask")
    columns = mask.removeprefix("=").strip().strip("'\"")
    return before.split(), [name.strip() for name in columns.split(",") if name.strip()] if found else None
