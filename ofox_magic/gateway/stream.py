"""
The body of a successful answer, as its bytes come: an event stream, or JSON where a stream was promised. Pure.

What it is shows in its first byte, whatever its Content-Type says: no line of an event stream that means anything
begins with `{` or `<`.
"""

import json
from collections.abc import Iterable, Iterator

from ofox_magic.chat.events import Event, TextDelta
from ofox_magic.errors import ProtocolError
from ofox_magic.gateway.chunks import AnswerReader
from ofox_magic.gateway.sse import SSEParser
from ofox_magic.untrusted import excerpt

MAX_STREAM = 64 << 20
"""The most bytes that one answer may take on the wire, everything included."""
MAX_JSON = 8 << 20
"""The most bytes of an answer that is no event stream: they are kept, and JSON takes up to 25 times as many."""
_SHOWN = 400  # bytes of an answer that is none, kept to be shown
_BLANK = b" \t\r\n\xef\xbb\xbf"


def joined(events: Iterable[Event]) -> Iterator[Event]:
    """
    Yield *events* with texts that follow each other as one: whoever takes them pays for each.

    What came before *events* raises is yielded first.
    """
    texts: list[str] = []
    try:
        for event in events:
            if isinstance(event, TextDelta):
                texts.append(event.text)
                continue
            if texts:
                yield TextDelta("".join(texts))
                texts.clear()
            yield event
    except Exception:
        if texts:
            yield TextDelta("".join(texts))
        raise
    if texts:
        yield TextDelta("".join(texts))


class AnswerStream:
    """Feed it, then `end` it. `delivered`: some output came; `complete`: it may end here; `done`: `[DONE]` was seen."""

    def __init__(self, max_stream: int = MAX_STREAM, max_json: int = MAX_JSON) -> None:
        self._reader = AnswerReader()
        self._parser = SSEParser()
        self._max_stream = max_stream
        self._max_json = max_json
        self._size = 0
        self._start = b""
        self._events = False
        self._other = bytearray()
        self._json = False

    @property
    def delivered(self) -> bool:
        """Whether some of the answer came."""
        return self._reader.delivered

    @property
    def complete(self) -> bool:
        """Whether a finish reason or `[DONE]` was seen."""
        return self._reader.complete

    @property
    def done(self) -> bool:
        """Whether nothing more is to be expected."""
        return self._reader.done

    def feed(self, chunk: bytes) -> Iterator[Event]:
        """Yield what *chunk* completes. Raises GatewayError for an error in the stream, ProtocolError beyond a cap."""
        self._size += len(chunk)
        if self._size > self._max_stream:
            raise ProtocolError(f"expected an answer of at most {self._max_stream:,} bytes; stopped reading there")
        if len(self._start) < _SHOWN:
            self._start += chunk[:_SHOWN]
        if not self._events and not self._other:
            first = chunk.lstrip(_BLANK)[:1]
            if not first:
                return  # blank lines to keep the connection alive say nothing of what will follow
            self._events = first not in b"{[<"
        if not self._events:
            self._keep(chunk)
            return
        for event in self._parser.feed(chunk):
            yield from self._reader.event(event)

    def end(self) -> Iterator[Event]:
        """Yield what only the end completes. Raises ProtocolError where the answer is not complete by then."""
        if self._events and (last := self._parser.end()):
            yield from self._reader.event(last)
        if self._other:
            yield from self._read_json(self._other)
        if not self._reader.complete:
            raise ProtocolError(self._what_is_missing())

    def _keep(self, chunk: bytes) -> None:
        if len(self._other) + len(chunk) > self._max_json:
            raise ProtocolError(f"expected a JSON answer of at most {self._max_json:,} bytes; stopped reading there")
        self._other += chunk

    def _read_json(self, body: bytearray) -> Iterator[Event]:
        try:
            data = json.loads(body.lstrip(_BLANK))
        except (ValueError, RecursionError):
            return
        self._json = True
        if isinstance(data, dict):
            yield from self._reader.chunk(data)
            # a whole answer is complete without a reason for its end
            self._reader.complete = self._reader.complete or self._reader.delivered

    def _what_is_missing(self) -> str:
        if self.delivered:
            return "the answer broke off: neither a finish reason nor [DONE] came. What came until then is kept"
        if self._reader.understood:
            return "the answer broke off before any of it came: neither text, a finish reason nor [DONE]"
        if not self._size:
            return "expected an answer, got an empty one (status 200). Try again, or look at OFOX_BASE_URL"
        start = excerpt(self._start)
        if start.startswith("{") and self._other and not self._json:
            return "the answer broke off: its JSON has no end. Nothing of it could be used"
        what = "a web page" if start.startswith("<") else f"“{start}”"
        return f"expected an answer of the chat protocol, got {what}: does OFOX_BASE_URL point to the gateway's /v1?"
