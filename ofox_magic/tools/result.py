"""What a function returned, as an Outcome: parts for the eye, and a text within a budget for the model."""

import datetime as dt
import inspect
import json
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from dataclasses import is_dataclass
from decimal import Decimal
from enum import Enum
from pathlib import PurePath
from uuid import UUID

from ofox_magic.chat.estimate import tokens
from ofox_magic.chat.messages import ToParts
from ofox_magic.chat.parts import Image, Part, Table, Text, ToolCall
from ofox_magic.chat.tool_round import picture_heading
from ofox_magic.chat.tools import Outcome
from ofox_magic.errors import ConfigError
from ofox_magic.tools.failure import in_words
from ofox_magic.untrusted import printable, redact

BUDGET = 4_000
"""Tokens of one result."""
MOST_PICTURES = 4
"""Of one result."""
_WIDEST_TOKEN = 8  # characters; no more stand for one token in what is not blank
_VALUES = (int, float, Decimal, dt.date, dt.time, dt.timedelta, UUID, Enum, PurePath, type(None))
_ROOM = 40  # tokens of the line that says what was cut


def outcome_of(call: ToolCall, value: object, to_parts: ToParts, budget: int = BUDGET) -> Outcome:
    """Return the outcome of *call*, whose function returned *value*. A path that it returned is a name, and no file."""
    if inspect.isawaitable(value):
        if inspect.iscoroutine(value):
            value.close()
        return failed(call, "it returned something to be awaited, and nobody awaits it here")
    try:
        parts = tuple(_few(_parts(value, to_parts)))
    except Exception as error:  # noqa: BLE001 - what a value says of itself is somebody else's code
        return failed(call, f"its result cannot be sent ({in_words(error)})")
    text = cut("\n\n".join(_texts(call, parts)), budget)
    text = text if text.strip() else "(nothing but blanks)"  # an empty message is refused by some models
    return Outcome(call, "done", text, f"{call.name}: done", parts)


def failed(call: ToolCall, why: str) -> Outcome:
    """Return the outcome of a *call* that ran and gave nothing, for the reason *why*."""
    return Outcome(call, "failed", cut(f"{call.name} ran and failed: {why}", BUDGET), f"{call.name} failed: {why}")


def cut(text: str, budget: int) -> str:
    """Return *text* fit to be sent, within *budget* tokens; its last line says what was left out."""
    kept = _fit(text[: budget * _WIDEST_TOKEN])
    if len(text) <= budget * _WIDEST_TOKEN and tokens(kept) <= budget:
        return kept
    end = bisect_right(range(len(kept)), budget - _ROOM, key=lambda length: tokens(kept[:length])) - 1
    kept = kept[: max(0, end)]
    return (
        f"{kept}\n[Cut here: about {len(text) - len(kept):,} of {len(text):,} characters are left out. Ask for less.]"
    )


def _fit(text: str) -> str:
    return redact(printable(text.encode("utf-8", "replace").decode()))


def _parts(value: object, to_parts: ToParts) -> Iterable[Part]:
    if isinstance(value, list | tuple) and value and not (_is_value(value) or _has_dicts(value)):
        return [part for each in value for part in _parts(each, to_parts)]
    if _is_value(value) and not _has_schema(value):
        return (Text(_json(value)),)
    try:
        return to_parts(value)
    except ConfigError:
        if isinstance(value, dict) or _has_schema(value):
            return (Text(_json(value)),)
        raise


def _is_value(value: object) -> bool:
    """Whether *value* says all of itself as JSON. A list of dicts may be a table, whose rules are not known here."""
    if isinstance(value, list | tuple | set | frozenset):
        return all(isinstance(each, str) or _is_value(each) for each in value)
    return isinstance(value, _VALUES) or _has_schema(value)


def _has_dicts(value: Iterable[object]) -> bool:
    return any(isinstance(each, dict) for each in value)


def _has_schema(value: object) -> bool:
    """Whether *value* is a dataclass's or a pydantic model's, and no part."""
    is_described = is_dataclass(value) or hasattr(type(value), "__pydantic_core_schema__")
    return is_described and not isinstance(value, type | Part)


def _json(value: object) -> str:
    from pydantic_core import to_jsonable_python

    data = to_jsonable_python(value)
    return data if isinstance(data, str) else json.dumps(data, ensure_ascii=False)


def _few(parts: Iterable[Part]) -> Iterator[Part]:
    """The parts that a result may have: texts, tables, and not too many pictures. A call is none of them."""
    pictures = 0
    for part in parts:
        pictures += isinstance(part, Image)
        if isinstance(part, Text | Table) or (isinstance(part, Image) and pictures <= MOST_PICTURES):
            yield part
    if pictures > MOST_PICTURES:
        yield Text(f"[{pictures - MOST_PICTURES} of {pictures} pictures are left out]")


def _texts(call: ToolCall, parts: Iterable[Part]) -> Iterator[str]:
    pictures = 0
    for part in parts:
        match part:
            case Text(text):
                yield text
            case Table():
                yield part.sent
            case Image():
                pictures += 1
                yield f"{picture_heading(call, pictures, part)[:-1]}: see the message below]"
