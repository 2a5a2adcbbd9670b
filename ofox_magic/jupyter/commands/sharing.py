"""How much of tables may leave the kernel."""

from collections.abc import Callable, Iterable, Iterator, Mapping

from IPython.core.error import UsageError

from ofox_magic.context.references import MISSING
from ofox_magic.context.sharing import DEFAULT_LEVEL, LEVELS
from ofox_magic.jupyter import report
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
        if level == "-" and name:
            self._sharing.forget(name)
        elif level:
            self._sharing.set_level(name, DEFAULT_LEVEL if level == "-" else level)
        if mask is not None:
            self._sharing.set_mask(name, mask)
        print(report.sharing(self._sharing))
        if name and level != "-":
            print(*self._doubts(name, mask or ()), sep="\n", end="")

    def _doubts(self, name: str, mask: Iterable[str]) -> Iterator[str]:
        """What of a rule holds for nothing: it may come to hold, or be a slip."""
        value = self._kit.notebook.look_up(name)
        if value is MISSING:
            yield f"There is no {name} yet.\n"
            return
        for column in _not_among_columns(value, mask):
            yield f"{name} has no column {column!r}: nothing is kept back by that.\n"


def _without_mask(text: str) -> tuple[list[str], list[str] | None]:
    before, found, mask = text.partition("--mask")
    columns = mask.removeprefix("=").strip().strip("'\"")
    return before.split(), [name.strip() for name in columns.split(",") if name.strip()] if found else None


def _not_among_columns(value: object, mask: Iterable[str]) -> Iterator[str]:
    from ofox_magic.context.frames import frame_of, label
    from ofox_magic.context.recognise import is_table

    if mask and is_table(value):
        labels = {label(name).removeprefix("(index) ") for name, _ in frame_of(value).schema}
        yield from (column for column in mask if column not in labels)
