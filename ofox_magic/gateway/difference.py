"""What one request asks that another does not, in a few words. Pure."""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any, TypeAlias

from ofox_magic.untrusted import one_line

Body: TypeAlias = Mapping[str, Any]
_Place: TypeAlias = tuple[str, int]
_NOTHING: Any = object()
_SHOWN = 48  # characters of each side
_BEFORE = 16  # of them before the place where they part


def nearest(asked: Body, recorded: Iterable[tuple[int, Body]]) -> tuple[int, Body] | None:
    """Return that one of *recorded* (number, request) which differs least from *asked*; None where there is none."""
    return min(recorded, key=lambda each: _distance(each[1], asked), default=None)


def difference(recorded: Body, asked: Body) -> str:
    """Return what differs first, both ways, and how much more does; empty for equal requests."""
    differing = _differing(recorded, asked)
    if not differing:
        return ""
    place, before, now = differing[0]
    where = _named(place, recorded if now is _NOTHING else asked)
    path, before, now = _deepest("", before, now)
    more = f" ({len(differing) - 1} more differ)" if len(differing) > 1 else ""
    return f"{where}{path}: recorded {_shown(before, now)}, asked {_shown(now, before)}{more}"


def _distance(recorded: Body, asked: Body) -> tuple[int, int]:
    """How many messages and parameters differ, then how little the first of these has in common."""
    differing = _differing(recorded, asked)
    if not differing:
        return 0, 0
    _, before, now = _deepest("", *differing[0][1:])
    shared = _shared(before, now) if isinstance(before, str) and isinstance(now, str) else 0
    return len(differing), -shared


def _differing(recorded: Body, asked: Body) -> list[tuple[_Place, Any, Any]]:
    before, now = dict(_items(recorded)), dict(_items(asked))
    pairs = ((place, before.get(place, _NOTHING), now.get(place, _NOTHING)) for place in (before | now))
    return [(place, one, other) for place, one, other in pairs if not _same(one, other)]


def _same(one: Any, other: Any) -> bool:
    """Equal as JSON: 1, 1.0 and true are three values there."""
    return one is other or (one == other and _NOTHING not in (one, other) and _text(one) == _text(other))


def _items(body: Body) -> Iterator[tuple[_Place, Any]]:
    for name, value in body.items():
        if name == "messages" and isinstance(value, list):
            yield from ((("messages", number), message) for number, message in enumerate(value, 1))
        else:
            yield (name, 0), value


def _named(place: _Place, body: Body) -> str:
    name, number = place
    if name != "messages" or not number:
        return one_line(name, _SHOWN)
    message = body["messages"][number - 1]
    role = message.get("role") if isinstance(message, dict) else None
    return f"message {number}" + (f" ({one_line(role, _SHOWN)})" if isinstance(role, str) else "")


def _deepest(path: str, one: Any, other: Any) -> tuple[str, Any, Any]:
    """Go down to the first value that differs."""
    if type(one) is not type(other) or not isinstance(one, dict | list):
        return path, one, other
    before, now = _children(one), _children(other)
    pairs = ((step, before.get(step, _NOTHING), now.get(step, _NOTHING)) for step in before | now)
    step, one, other = next(pair for pair in pairs if not _same(*pair[1:]))
    return _deepest(path + step, one, other)


def _children(value: dict[str, Any] | list[Any]) -> dict[str, Any]:
    if isinstance(value, dict):
        return {f".{one_line(name, _SHOWN)}": child for name, child in value.items()}
    return {f"[{number}]": child for number, child in enumerate(value)}


def _shown(value: Any, other: Any) -> str:
    if value is _NOTHING:
        return "nothing"
    if not isinstance(value, str):
        return one_line(_text(value), _SHOWN)
    start = max(0, _shared(value, other) - _BEFORE) if isinstance(other, str) else 0
    end = start + _SHOWN
    return f"“{'…' if start else ''}{one_line(value[start:end], _SHOWN)}{'…' if end < len(value) else ''}”"


def _shared(one: str, other: str) -> int:
    """How many characters they begin with in common."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def _text(value: Any) -> str:
    return json.dumps(value, sort_keys=True)
