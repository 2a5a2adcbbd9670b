"""How much of tables may leave the kernel."""

from collections.abc import Callable, Mapping

from IPython.core.error import UsageError

from ofox_magic.context.sharing import LEVELS
from ofox_magic.jupyter import report
from ofox_magic.jupyter.kit import Kit


class SharingCommands:
    """Commands over the rules of sharing."""

    def __init__(self, kit: Kit) -> None:
        self._sharing = kit.sharing
        self.by_name: Mapping[str, Callable[[str], None]] = {"level": self._level}

    def _level(self, rest: str) -> None:
        words, mask = _without_mask(rest)
        if len(words) > 2:  # noqa: PLR2004 - a name and a level
            raise UsageError("%ofox level: expected [NAME] [LEVEL] [--mask A,B], for example %ofox level df stats")
        level = words.pop() if words and words[-1] in LEVELS else None
        name = words.pop() if words else ""
        if words or (name and not name.isidentifier()) or (mask is not None and not name):
            raise UsageError(f"%ofox level: expected a table's name and one of {', '.join(LEVELS)}, got {rest!r}")
        if level:
            self._sharing.set_level(name, level)
        if mask is not None:
            self._sharing.set_mask(name, mask)
        print(report.sharing(self._sharing))


def _without_mask(text: str) -> tuple[list[str], list[str] | None]:
    before, found, mask = text.partition("--mask")
    columns = mask.removeprefix("=").strip().strip("'\"")
    return before.split(), [name.strip() for name in columns.split(",") if name.strip()] if found else None
