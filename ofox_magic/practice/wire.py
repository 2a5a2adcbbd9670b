"""
An answer as bytes: `chat.completion` JSON, or a stream of `chat.completion.chunk` events.

Pure: the pace is data, seconds before each piece. Must not know sockets.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ofox_magic.practice.answer import Answer
from ofox_magic.practice.refusals import error_body
from ofox_magic.practice.request import Call
from ofox_magic.practice.script import Script

CHUNK_SIZE = 12
DONE = b"data: [DONE]\n\n"
BROKE_OFF = "the model behind the gateway broke off"

Piece: TypeAlias = tuple[float, bytes]
"""Seconds to wait, and then the bytes to send."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """What surrounds an answer: its id, its time, and the gateway's own *pace* in seconds a token."""

    id: str
    created: int
    pace: float = 0.0


def to_bytes(value: Any) -> bytes:
    """Return *value* as JSON; what is no Unicode (half a surrogate pair) becomes a question mark."""
    return json.dumps(value, ensure_ascii=False).encode("utf-8", "replace")


def completion(answer: Answer, envelope: Envelope, script: Script) -> bytes:
    """Return the whole *answer* as one JSON object."""
    if script.error_after is not None:
        return to_bytes(error_body(502, BROKE_OFF))
    message: dict[str, Any] = {"role": "assistant", "content": answer.text or (None if answer.calls else "")}
    if answer.reasoning:
        message["reasoning_content"] = answer.reasoning
    if answer.calls:
        message["tool_calls"] = [_call(call) for call in answer.calls]
    choice = {"index": 0, "message": message, "finish_reason": answer.finish_reason or None}
    whole = {**_head(answer, envelope, "chat.completion"), "choices": [choice]}
    return to_bytes({**whole, "usage": answer.usage} if answer.usage else whole)


def stream(answer: Answer, envelope: Envelope, script: Script, *, include_usage: bool) -> Iterator[Piece]:
    """Yield *answer* as events: the role, the deltas, the finish, usage where it is wanted, and `[DONE]`."""
    head = _head(answer, envelope, "chat.completion.chunk")
    delay = envelope.pace if script.delay is None else script.delay

    def event(delta: dict[str, Any], finish_reason: str | None = None) -> bytes:
        return _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": finish_reason}]})

    yield script.first_delay, event({"role": "assistant", "content": ""})
    for number, delta in enumerate(_deltas(answer, script.chunk_size or CHUNK_SIZE)):
        if number == script.error_after:
            break
        yield delay if number else 0.0, event(delta)
    if script.error_after is not None:
        yield 0.0, _event(error_body(502, BROKE_OFF))
        return
    if answer.finish_reason:
        yield 0.0, event({}, answer.finish_reason)
    if include_usage and answer.usage:
        yield 0.0, _event({**head, "choices": [], "usage": answer.usage})
    if script.done:
        yield 0.0, DONE


def raw(body: bytes, script: Script, pace: float) -> Iterator[Piece]:
    """Yield *body* as it is, in one piece unless the script says a size."""
    size = script.chunk_size or max(len(body), 1)
    delay = pace if script.delay is None else script.delay
    for start in range(0, max(len(body), 1), size):
        yield delay if start else script.first_delay, body[start : start + size]


def _deltas(answer: Answer, size: int) -> Iterator[dict[str, Any]]:
    for piece in _cut(answer.reasoning, size):
        yield {"reasoning_content": piece}
    for piece in _cut(answer.text, size):
        yield {"content": piece}
    for index, call in enumerate(answer.calls):
        opening = {**_call(call), "function": {"name": call.name, "arguments": ""}}
        yield {"tool_calls": [{"index": index, **opening}]}
        for piece in _cut(call.arguments, size):
            yield {"tool_calls": [{"index": index, "function": {"arguments": piece}}]}


def _head(answer: Answer, envelope: Envelope, kind: str) -> dict[str, Any]:
    return {"id": envelope.id, "object": kind, "created": envelope.created, "model": answer.model}


def _call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}


def _cut(text: str, size: int) -> Iterator[str]:
    return (text[start : start + size] for start in range(0, len(text), size))


def _event(value: dict[str, Any]) -> bytes:
    return b"data: " + to_bytes(value) + b"\n\n"
