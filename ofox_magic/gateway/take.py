"""
A recorded answer as a line of JSON, and back. Pure.

Reading is by `json` and a closed vocabulary: a line runs no code, whoever wrote it.
"""

import json
import re
from base64 import b64decode
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, TypeAlias

from ofox_magic.chat.events import Event, Finished, ReasoningDelta, TextDelta, ToolCallDelta
from ofox_magic.chat.part_records import Record, as_kind, get
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.transport import ModelCard, Request
from ofox_magic.errors import ConfigError
from ofox_magic.gateway.chunks import MAX_ANSWER
from ofox_magic.gateway.recorded import card_record, event_of, event_record, seconds
from ofox_magic.gateway.wire import encode, request_body

VERSION = 1
Mask: TypeAlias = Callable[[str], str]
_HOW_IT_TRAVELS = ("stream", "stream_options")
_PIECES = (TextDelta, ReasoningDelta, ToolCallDelta)
# keys that are not the one in use; with a digit in 20 characters, since `sk-learn` and the like are words. The bounds
# keep it linear, whatever an answer says
_KEY = re.compile(
    r"\bsk-(?=[A-Za-z_-]{0,64}\d)[A-Za-z0-9_-]{17,}|\b[Bb]earer (?=[A-Za-z._~+/-]{0,64}\d)[A-Za-z0-9._~+/-]{20,}"
)


@dataclass(frozen=True, slots=True)
class Take:
    """A recorded answer: its *events*, the seconds before each (*pace*), and the cards of the models it names."""

    request: Mapping[str, Any]
    events: tuple[Event, ...]
    pace: tuple[float, ...]
    cards: tuple[ModelCard, ...] = ()


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a cassette, not yet looked into: its *number*, counted from 1, and its bytes."""

    number: int
    data: bytes


def canonical(request: Request, mask: Mask) -> Record:
    """
    Return what *request* asks, however it travels: its body without `stream`, pictures by digest, keys masked.

    Raises ConfigError where it has no form in JSON.
    """
    body = request_body(request)
    asked = {name: value for name, value in body.items() if name not in _HOW_IT_TRAVELS}
    try:
        plain: Record = _texts(json.loads(encode(asked)), lambda text: without_keys(_by_digest(text), mask))
    except RecursionError:
        raise ConfigError("a parameter of the request is nested too deeply to be recorded") from None
    return plain


def digest(request: Mapping[str, Any]) -> str:
    """Return the SHA-256 (hex) of a canonical request; the order of its keys does not count."""
    return sha256(json.dumps(request, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def without_keys(text: str, mask: Mask) -> str:
    """Return *text* with `[key]` for what looks like a key, then with *mask* over it."""
    return mask(_KEY.sub("[key]", text))


def line_of(take: Take, mask: Mask) -> bytes:
    """Return *take* as a line, in ASCII, without a key in it: none that is whole, none that came in pieces."""

    def hidden(text: str) -> str:
        return without_keys(text, mask)

    events, pace = take.events, take.pace
    answer = _answer(events)
    pieces_are_clean = all(hidden(text) == text for text in _said(answer))
    if not pieces_are_clean:  # joined, they would show a key: then it is recorded as one piece
        events = tuple(answer.replay())
        pace = (0.0,) * len(events)
    records = ((event_record(event), pieces_are_clean and isinstance(event, _PIECES)) for event in events)
    entry: Record = {
        "v": VERSION,
        "digest": digest(take.request),
        "request": take.request,
        "events": [record if clean else _texts(record, hidden) for record, clean in records],
        "pace": [round(pause, 3) for pause in pace],
    }
    if take.cards:
        entry["cards"] = [card_record(card) for card in take.cards]
    return json.dumps(entry, separators=(",", ":")).encode() + b"\n"


def take_of(line: Line) -> Take:
    """Return what is recorded in *line*. Raises ValueError."""
    record = record_of(line)
    request = get(record, "request", dict)
    events = tuple(map(event_of, get(record, "events", list)))
    pace = tuple(map(seconds, get(record, "pace", list)))
    if digest(request) != record["digest"]:
        raise ValueError("its digest is not that of its request, which somebody changed")
    if len(pace) != len(events):
        raise ValueError(f"it has {len(events)} events and {len(pace)} pauses")
    if not events or [isinstance(event, Finished) for event in events].index(True) != len(events) - 1:
        raise ValueError("its events do not finish once, at the end")
    if sum(map(len, _said(_answer(events)))) > MAX_ANSWER:
        raise ValueError(f"its answer is longer than the {MAX_ANSWER:,} characters that one may have")
    return Take(request, events, pace)


def record_of(line: Line) -> Record:
    """Return the entry in *line*, looked into as far as finding it needs. Raises ValueError."""
    record: Record = as_kind(dict, json.loads(line.data))
    version = get(record, "v", int)
    if version > VERSION:
        raise ValueError(f"it is of version {version}, and {VERSION} is what is known here. Use a newer ofox_magic")
    if version != VERSION:
        raise ValueError(f"it is of version {version}, which there never was")
    get(record, "digest", str)
    return record


def _answer(events: Iterable[Event]) -> Reply:
    reply = Reply()
    for event in events:
        reply.feed(event)
    return reply


def _said(answer: Reply) -> tuple[str, ...]:
    calls = (text for call in answer.tool_calls for text in (call.id, call.name, call.arguments))
    return (answer.text, answer.reasoning, *calls)


def _texts(value: Any, change: Callable[[str], str]) -> Any:
    """Return *value* with *change* over every text in it, names too, however deep."""
    if isinstance(value, str):
        return change(value)
    if isinstance(value, dict):
        return {change(name): _texts(inner, change) for name, inner in value.items()}
    return [_texts(inner, change) for inner in value] if isinstance(value, list) else value


def _by_digest(text: str) -> str:
    """A picture's address as what it holds, which is long and says nothing to a reader."""
    if not text.startswith("data:image/"):
        return text
    about, _, content = text.partition(",")
    data = content.encode()
    if about.endswith(";base64"):
        with suppress(ValueError):
            data = b64decode(data, validate=True)
    return f"{about[5:60].removesuffix(';base64')} of {len(data)} bytes, sha256 {sha256(data).hexdigest()}"
