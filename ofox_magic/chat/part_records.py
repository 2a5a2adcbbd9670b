"""
Parts as plain dicts that JSON can hold, and back. Pure.

A picture's bytes are not in its record but apart, once, by their sha256. What is not known here (a part of a later
version) is kept as it is: an Opaque part, shown and never sent.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict, fields
from hashlib import sha256
from typing import Any, TypeAlias, TypeVar, cast, get_args

from ofox_magic.chat.parts import Detail, Image, Inserted, Opaque, Part, Reasoning, Table, Text, ToolCall, ToolResult
from ofox_magic.errors import ConfigError

Record: TypeAlias = dict[str, Any]
FindPicture: TypeAlias = Callable[[str], bytes | None]
"""The bytes with this sha256 (hex); None where they are not there, or are others."""
_Kind = TypeVar("_Kind")
_PLAIN: Mapping[str, type[Part]] = {
    "table": Table,
    "reasoning": Reasoning,
    "tool_call": ToolCall,
    "tool_result": ToolResult,
}
_NAMES = {kind: name for name, kind in _PLAIN.items()}
_DETAILS = get_args(Detail)


def not_stored(name: str, kind: str = "attachment") -> Part:
    """Return what stands for the attachment *name*, whose content is not there: it is shown, and not sent."""
    return _opaque({"type": "not_stored", "name": name, "kind": kind}, f"{kind} · not stored")


def part_record(part: Part) -> Record:
    """Return *part*; a picture without its bytes."""
    match part:
        case Opaque():
            return as_kind(dict, json.loads(part.record))
        case Text(text, inserted):
            return {"type": "text", "text": text} | ({"inserted": [asdict(i) for i in inserted]} if inserted else {})
        case Image():
            return _image_record(part)
        case _:
            return {"type": _NAMES[type(part)]} | asdict(part)


def part_of(record: Record, find: FindPicture) -> Part:
    """Return the part that *record* holds; an Opaque one where its type is not known. Raises ValueError."""
    kind = str(record.get("type"))
    if kind == "text":
        inserted = (filled(Inserted, as_kind(dict, each)) for each in get(record, "inserted", list, []))
        return Text(get(record, "text", str), tuple(inserted))
    if kind == "image":
        return _image(record, find)
    if kind in _PLAIN:
        return filled(_PLAIN[kind], record)
    return _opaque(record, f"{record.get('kind')} · not stored" if kind == "not_stored" else "unknown here")


def _image_record(image: Image) -> Record:
    return {
        "type": "image",
        "media_type": image.media_type,
        "width": image.width,
        "height": image.height,
        "bytes": len(image.data),
        "sha256": sha256(image.data).hexdigest() if image.data else None,
        "detail": image.detail,
        "source": image.url,
        "name": image.name,
    }


def _image(record: Record, find: FindPicture) -> Part:
    digest = maybe(record, "sha256", str)
    data = (find(digest) or b"") if digest else b""
    if digest and not data:
        return _opaque(record, "not stored")
    detail = record.get("detail")
    try:
        return Image(
            data,
            media_type=get(record, "media_type", str),
            url=maybe(record, "source", str),
            detail=detail if detail in _DETAILS else None,
            width=maybe(record, "width", int),
            height=maybe(record, "height", int),
            name=get(record, "name", str, ""),
        )
    except ConfigError:
        return _opaque(record, "unknown here")


def _opaque(record: Record, what: str) -> Part:
    kind = str(record.get("type"))
    return Opaque(kind, f"{record.get('name') or kind} · {what}", json.dumps(record))


def filled(kind: type[_Kind], record: Mapping[str, Any]) -> _Kind:
    """Return a *kind* (a dataclass of str and int) with those of its fields that *record* has."""
    types = {"str": str, "int": int}
    values: Any = {
        field.name: get(record, field.name, types[getattr(field.type, "__name__", str(field.type))])
        for field in fields(cast("Any", kind))
        if field.name in record
    }
    return kind(**values)


def get(record: Mapping[str, Any], name: str, kind: type[_Kind], *default: _Kind) -> _Kind:
    """Return what *record* has under *name*, or the *default*. Raises ValueError where it is no *kind*."""
    if name not in record and default:
        return default[0]
    return as_kind(kind, record.get(name), name)


def maybe(record: Mapping[str, Any], name: str, kind: type[_Kind]) -> _Kind | None:
    """Return what *record* has under *name*; None where it has nothing there."""
    return None if record.get(name) is None else get(record, name, kind)


def as_kind(kind: type[_Kind], value: object, name: str = "") -> _Kind:
    """Return *value* if it is a *kind*. Raises ValueError where it is not."""
    if not isinstance(value, kind) or isinstance(value, bool):
        where = f"{name!r} is" if name else "an entry is"
        raise ValueError(f"{where} {type(value).__name__} where {kind.__name__} belongs")  # noqa: TRY004 - data, not code
    return value
