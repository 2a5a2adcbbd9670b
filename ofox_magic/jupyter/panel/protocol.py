"""
What the front end may say: a closed vocabulary of commands, each with its fields. Pure.

A page can hold other people's scripts, so what comes over the comm is checked like anything from outside: an unknown
command, a field too many, too few, of another type or too long, and nothing is done.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from ofox_magic.untrusted import one_line

MIB = 1 << 20
MOST_TEXT = 400_000  # characters of a question
MOST_FILES = 16
MOST_BYTES = 20 * MIB  # of all files of a question
MOST_TOOLS = 64
LONGEST_NAME = 200
_MOST_NUMBER = 2**53

Check: TypeAlias = Callable[[Any], bool]


class Refused(ValueError):  # noqa: N818 - what is refused is the message
    """A message that is none of ours; its text says why in a few words."""


@dataclass(frozen=True, slots=True)
class File:
    """A file that came along: its *name* in the user's folder, and its *data*."""

    name: str
    data: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Command:
    """What the front end wants: its own number of the command, the *name*, *values* by field, and *files*."""

    number: int
    name: str
    values: Mapping[str, Any]
    files: tuple[File, ...] = ()

    def __getitem__(self, name: str) -> Any:
        return self.values.get(name)


def _text(most: int, least: int = 0) -> Check:
    return lambda value: isinstance(value, str) and least <= len(value) <= most and _is_whole(value)


def _is_whole(text: str) -> bool:
    """Whether it can be encoded: half a character cannot."""
    return not any("\ud800" <= char <= "\udfff" for char in text)


def _flag(value: Any) -> bool:
    return isinstance(value, bool)


def _number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _MOST_NUMBER


def _optional(check: Check) -> Check:
    return lambda value: value is None or check(value)


def _names(most: int) -> Check:
    is_name = _text(LONGEST_NAME)
    return lambda value: isinstance(value, list) and len(value) <= most and all(map(is_name, value))


_id = _text(64, 1)
_name = _text(LONGEST_NAME, 1)

VOCABULARY: Mapping[str, Mapping[str, Check]] = {
    "hello": {},
    "older": {"before": _id},
    "ask": {
        "text": _text(MOST_TEXT),
        "see": _flag,
        "files": _names(MOST_FILES),
        "tools": _names(MOST_TOOLS),
        "again": _optional(_id),
    },
    "withdraw": {"question": _number},
    "again": {"turn": _id, "tools": _names(MOST_TOOLS)},
    "allow": {"turn": _id, "question": _number, "yes": _flag},
    "edit": {"turn": _id},
    "stop": {"turn": _id},
    "version": {"turn": _id, "index": _number},
    "undo": {},
    "redo": {},
    "clear": {},
    "fork": {"name": _name},
    "new": {"name": _name},
    "switch": {"name": _name},
    "model": {"model": _optional(_name)},
    "models": {},
    "tools": {},
    "complete": {"prefix": _text(LONGEST_NAME)},
    "measure": {"text": _text(MOST_TEXT), "see": _flag},
    "copy": {"turn": _id},
    "sent": {"turn": _id},
}
"""The fields of each command; every one has to be there."""


def parse(content: Any, buffers: Sequence[Any] = ()) -> Command:
    """Return the command that *content*, a custom message's, and its *buffers* are. Raises Refused."""
    if not isinstance(content, dict):
        raise Refused("a message is an object")
    name, number = content.get("do"), content.get("number")
    fields = VOCABULARY.get(name) if isinstance(name, str) else None
    if fields is None or not isinstance(name, str):
        raise Refused(f"there is no command {one_line(str(name), 40)!r}")
    if not isinstance(number, int) or not _number(number):
        raise Refused("a command has a number")
    values = {key: value for key, value in content.items() if key not in ("do", "number")}
    if values.keys() != fields.keys():
        raise Refused(f"{name} has the fields {', '.join(fields) or 'none'}")
    for key, check in fields.items():
        if not check(values[key]):
            raise Refused(f"{name}: {key} is not what it has to be")
    return Command(number, name, values, _files(values.get("files", []), buffers))


def _files(names: list[str], buffers: Sequence[Any]) -> tuple[File, ...]:
    if len(names) != len(buffers):
        raise Refused(f"{len(names)} files are named and {len(buffers)} came")
    try:
        sizes = [memoryview(buffer).nbytes for buffer in buffers]
    except TypeError:
        raise Refused("a file is bytes") from None
    if sum(sizes) > MOST_BYTES:
        raise Refused(f"files of {MOST_BYTES // MIB} MiB in all are the most")
    return tuple(File(_file_name(name), bytes(buffer)) for name, buffer in zip(names, buffers, strict=True))


def _file_name(name: str) -> str:
    """The last part of a path, on one line: it is shown, and never opened."""
    return one_line(name.replace("\\", "/").rpartition("/")[2], 80) or "file"
