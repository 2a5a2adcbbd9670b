"""
What a gateway answers, chunk by chunk, to events. Pure.

Tolerates every shape of tests/golden/chunks.md, since what the real one sends is only partly documented.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from ofox_magic.chat.events import (
    Event,
    FinishReason,
    Identified,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from ofox_magic.chat.messages import Usage
from ofox_magic.errors import ProtocolError
from ofox_magic.gateway.failures import in_stream
from ofox_magic.gateway.halves import Halves
from ofox_magic.gateway.sse import ServerSentEvent

MAX_ANSWER = 4 << 20
"""The most that one answer may hold, in characters: text, reasoning and tool arguments together."""
_DECODER = json.JSONDecoder()
_ERROR_TYPES = ("error", "response.failed", "response.incomplete")
_ABSURD = 1e15  # no count of tokens


class AnswerReader:
    """
    Turns what a gateway sends into events.

    `complete` means that a finish reason or `[DONE]` was seen, `done` the latter; `delivered` that some output was, and
    `understood` that anything was that speaks the protocol.
    """

    def __init__(self, max_answer: int = MAX_ANSWER) -> None:
        self.complete = False
        self.done = False
        self.delivered = False
        self.understood = False
        self._max_answer = max_answer
        self._size = 0
        self._text: list[str] = []
        self._text_size = 0
        self._identity = Identified()
        self._named: tuple[Any, Any] = (None, None)
        self._calls: list[str] = []
        self._halves = Halves()

    def event(self, event: ServerSentEvent) -> Iterable[Event]:
        """Return what *event* says. Raises GatewayError for an error in the stream, ProtocolError beyond the cap."""
        text = event.data.strip()
        if text == "[DONE]":
            self.complete = self.done = True
            return ()
        data = _json(text)
        if event.event == "error":
            raise in_stream(data if data is not None else event.data)
        return self.chunk(data) if isinstance(data, dict) else ()

    def chunk(self, data: dict[str, Any]) -> Iterator[Event]:
        """Yield what *data* says: a chunk of a stream, or the whole answer where none was asked for."""
        choices = data.get("choices")
        for choice in choices if isinstance(choices, list) else ():
            if isinstance(choice, dict) and not choice.get("index"):
                yield from self._choice(choice)
        if data.get("error") or data.get("object") == "error" or data.get("type") in _ERROR_TYPES:
            raise in_stream(data)
        named = data.get("model"), data.get("id")
        if named != self._named and any(named):  # every chunk says it again
            self._named = named
            yield from self._identify(*named)
        usage = data.get("usage")
        if isinstance(usage, dict):
            yield UsageReported(_usage(usage))
        self.understood = self.understood or "choices" in data

    def _choice(self, choice: dict[str, Any]) -> list[Event]:
        events: list[Event] = []
        delta = choice.get("delta")
        if isinstance(delta, dict) and delta:
            self._take(delta, _text_of(delta.get("content")), events)
        elif isinstance(message := choice.get("message"), dict):
            content = _text_of(message.get("content"))
            self._take(message, "" if self._repeats(content) else content, events)
        reason = choice.get("finish_reason")
        # with "error" the error itself stands beside the choices; without one, the answer counts as broken off
        if reason and reason != "error" and isinstance(reason, str):
            self.complete = True
            events.append(FinishReason(reason))
        return events

    def _take(self, delta: dict[str, Any], content: str, events: list[Event]) -> None:
        """Add to *events* what *delta* brings. A list handed on, not generators: this runs for every token."""
        reasoning = delta.get("reasoning_content") or delta.get("reasoning")
        if reasoning and isinstance(reasoning, str) and (reasoning := self._halves.joined("reasoning", reasoning)):
            self._count(reasoning)
            events.append(ReasoningDelta(reasoning))
        for text in (content, delta.get("refusal")):
            if text and isinstance(text, str) and (text := self._halves.joined("text", text)):
                self._count(text)
                self._text.append(text)
                self._text_size += len(text)
                events.append(TextDelta(text))
        calls = delta.get("tool_calls")
        if isinstance(calls, list):
            events += [self._tool_call(call, place) for place, call in enumerate(calls) if isinstance(call, dict)]

    def _repeats(self, content: str) -> bool:
        """Whether *content* is all that came so far: some gateways end their deltas with the whole message."""
        return len(content) == self._text_size and content == "".join(self._text)

    def _tool_call(self, call: dict[str, Any], position: int) -> ToolCallDelta:
        function = call.get("function")
        function = function if isinstance(function, dict) else {}
        call_id = call["id"] if isinstance(call.get("id"), str) else ""
        arguments = function.get("arguments")
        if not isinstance(arguments, str):
            arguments = "" if arguments is None else json.dumps(arguments, ensure_ascii=False)
        name = function["name"] if isinstance(function.get("name"), str) else ""
        index = self._index(call.get("index"), call_id, position)
        arguments = self._halves.joined(index, arguments)
        self._count(arguments)
        return ToolCallDelta(index, call_id, name, arguments)

    def _index(self, index: Any, call_id: str, position: int) -> int:
        """Which call a fragment belongs to: by its index, else by its id, else by where it stands."""
        if isinstance(index, int) and not isinstance(index, bool):
            return index
        if call_id and call_id not in self._calls:
            self._calls.append(call_id)
        if call_id:
            return self._calls.index(call_id)
        return position if position or not self._calls else len(self._calls) - 1

    def _identify(self, model: Any, response_id: Any) -> Iterator[Event]:
        identity = Identified(
            model if isinstance(model, str) else None, response_id if isinstance(response_id, str) else None
        )
        if identity != self._identity:
            self._identity = identity
            yield identity

    def _count(self, text: str) -> None:
        self.delivered = True
        self._size += len(text)
        if self._size > self._max_answer:
            raise ProtocolError(f"expected an answer of at most {self._max_answer:,} characters; stopped reading there")


def _json(text: str) -> Any:
    """Return what *text*, without blanks around it, holds; None where it is no JSON."""
    try:
        value, end = _DECODER.raw_decode(text)  # without what json.loads does around it, which takes as long again
    except (ValueError, RecursionError):
        return None
    return value if end == len(text) else None


def _text_of(content: Any) -> str:
    """The text of a content that is a string, or a list of parts."""
    if isinstance(content, str):
        return content
    parts = content if isinstance(content, list) else ()
    texts = (part.get("text") if isinstance(part, dict) else part for part in parts)
    return "".join(text for text in texts if isinstance(text, str))


def _usage(usage: Mapping[str, Any]) -> Usage:
    prompt = _tokens(usage, "prompt_tokens", "input_tokens")
    completion = _tokens(usage, "completion_tokens", "output_tokens")
    return Usage(
        prompt_tokens=prompt,
        completion_tokens=completion,
        total_tokens=_tokens(usage, "total_tokens") or prompt + completion,
        cached_tokens=_tokens(_details(usage, "prompt_tokens_details"), "cached_tokens")
        or _tokens(usage, "cached_tokens", "cache_read_input_tokens"),
        reasoning_tokens=_tokens(_details(usage, "completion_tokens_details"), "reasoning_tokens"),
    )


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    return details if isinstance(details, Mapping) else {}


def _tokens(usage: Mapping[str, Any], *names: str) -> int:
    counts = (usage.get(name) for name in names)
    return next(
        (int(n) for n in counts if isinstance(n, int | float) and not isinstance(n, bool) and 0 < n < _ABSURD), 0
    )
