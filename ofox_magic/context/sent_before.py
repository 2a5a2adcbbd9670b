"""Which tables and figures were sent under their names, and what has become of them since."""

import weakref
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from ofox_magic.chat.parts import Image, Part, Table

_ABSENT: Any = object()


@dataclass(frozen=True, slots=True)
class _Sent:
    """What stood under a name when it was sent: the object, and the shape and columns of a table."""

    is_same: Callable[[object], bool]
    shape: tuple[int, int] | None
    columns: tuple[str, ...] | None


class SentBefore:
    """Remembers, for each name, what was last sent under it. Keeps no value alive."""

    def __init__(self) -> None:
        self._sent: dict[str, _Sent] = {}

    def note(self, parts: Iterable[Part], namespace: Mapping[str, Any]) -> None:
        """Remember the tables and pictures among *parts* that stand under a name of *namespace*."""
        for part in parts:
            if isinstance(part, Table | Image) and part.name in namespace:
                value = namespace[part.name]
                shape = (part.rows, part.columns) if isinstance(part, Table) else None
                self._sent[part.name] = _Sent(_identity(value), shape, _columns(value))

    def changes(self, namespace: Mapping[str, Any], parts: Iterable[Part] = ()) -> Iterator[str]:
        """Yield a line for each name that stands for something else now, but for those that *parts* send anew."""
        anew = {part.name for part in parts if isinstance(part, Table | Image)}
        for name, sent in list(self._sent.items()):
            if name in anew:
                continue
            value = namespace.get(name, _ABSENT)
            change = _change(sent, value)
            if change:
                del self._sent[name]  # it is said once
                yield f"{name} {change} since it was sent; the model knows it as it was. Name it again to send it anew"


def _change(sent: _Sent, value: Any) -> str:
    if value is _ABSENT:
        return "was deleted"
    shape = _shape(value)
    if sent.shape and shape and shape[0] != sent.shape[0]:
        return f"had {sent.shape[0]:,} rows and has {shape[0]:,}"
    if sent.columns is not None and _columns(value) != sent.columns:
        return f"has other columns ({_difference(sent.columns, _columns(value) or ())})"
    return "" if sent.is_same(value) else "is another object"


def _difference(before: tuple[str, ...], now: tuple[str, ...]) -> str:
    gone = [f"-{name}" for name in before if name not in now]
    added = [f"+{name}" for name in now if name not in before]
    return ", ".join((*gone, *added)[:4]) or "in another order"


def _identity(value: Any) -> Callable[[object], bool]:
    try:
        reference = weakref.ref(value)
    except TypeError:  # a list, a dict
        number = id(value)
        return lambda other: id(other) == number
    return lambda other: reference() is other


def _shape(value: Any) -> tuple[int, int] | None:
    """The shape of a table that knows it without work; a lazy one would have to count."""
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple) and len(shape) == 2 and all(isinstance(side, int) for side in shape):  # noqa: PLR2004
        return shape
    return (len(value), 0) if isinstance(value, list) else None


def _columns(value: Any) -> tuple[str, ...] | None:
    """The names of the columns of a table that has them at hand."""
    if _shape(value) is None:
        return None
    with suppress(Exception):  # somebody else's object
        return tuple(str(name) for name in value.columns)
    return None
