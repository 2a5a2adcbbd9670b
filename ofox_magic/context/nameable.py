"""Names that a reference can use, told by the types of their values alone: nothing is read, called or compared."""

from collections.abc import Container, Mapping
from numbers import Number
from typing import Any, Literal, TypeAlias

from ofox_magic.context.convert import SPEAKING
from ofox_magic.context.image import is_picture
from ofox_magic.context.recognise import is_array, kind_of

Kind: TypeAlias = Literal["table", "picture", "text", "number", "object"]


def kind(value: object) -> Kind | None:
    """Return as what a reference would bring *value* along; None where it would not count. A guess for lists."""
    if kind_of(value) is not None or is_array(value) or _begins_like_records(value):
        return "table"
    if is_picture(value):
        return "picture"
    if issubclass(type(value), str):
        return "text"
    if issubclass(type(value), Number):
        return "number"
    return "object" if _speaks(value) else None


def nameable(namespace: Mapping[str, Any], hidden: Container[str] = ()) -> list[tuple[str, Kind]]:
    """
    Return the names in *namespace* that count, without private ones and *hidden*, each with what it brings along.

    Tables and pictures come first, and of each the newest, which are what a question is likely about.
    """
    names = [(name, found) for name, value in visible(namespace, hidden) if (found := kind(value))]
    return sorted(names, key=lambda named: named[1] not in ("table", "picture"))


def visible(namespace: Mapping[str, Any], hidden: Container[str] = ()) -> list[tuple[str, Any]]:
    """Return the names in *namespace* with their values, the newest first, without private ones and *hidden*."""
    named = reversed(list(namespace.items()))
    return [(name, value) for name, value in named if not name.startswith("_") and name not in hidden]


def _begins_like_records(value: object) -> bool:
    return type(value) is list and bool(value) and type(value[0]) is dict


def _speaks(value: object) -> bool:
    kinds = type(value).__mro__
    return type not in kinds and any(name in vars(cls) for cls in kinds for name in SPEAKING)
