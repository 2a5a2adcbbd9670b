"""
Server-sent events, by WHATWG HTML 9.2: bytes in, events out. Pure.

Lines end with LF, CR or CRLF and with nothing else: `str.splitlines` would also cut at U+2028 and U+0085, which are
legal inside JSON strings. These bytes are never part of a longer UTF-8 sequence, so lines are found in the bytes and
decoded whole; a fragment that waits for its end is kept apart and joined once, so the cost is linear.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

from ofox_magic.errors import ProtocolError

MAX_LINE = 1 << 20
"""The longest line that is taken, in bytes. Text comes in small deltas; nothing sensible is longer."""
MAX_EVENT = 4 << 20
"""The most data that one event may hold, in characters, over all its lines."""
_BOM = b"\xef\xbb\xbf"
_LINE_END = re.compile(rb"\r\n|\r|\n")


class ServerSentEvent(NamedTuple):
    """One event: its *data* lines joined by newlines, its *event* type, and the last *id* that the stream gave."""

    data: str
    event: str = "message"
    id: str = ""


class SSEParser:
    """Takes a stream's bytes, cut anywhere. `retry` is in milliseconds, None until the stream says it."""

    def __init__(self, max_line: int = MAX_LINE, max_event: int = MAX_EVENT) -> None:
        self.last_event_id = ""
        self.retry: int | None = None
        self._max_line = max_line
        self._max_event = max_event
        self._fragments: list[bytes] = []
        self._pending = 0
        self._at_start = True
        self._after_cr = False
        self._data: list[str] = []
        self._held = 0
        self._event = ""

    def feed(self, chunk: bytes) -> Iterator[ServerSentEvent]:
        """Yield the events that *chunk* completes. Raises ProtocolError for a line or an event beyond its cap."""
        for start in range(0, len(chunk), self._max_line):  # of so many bytes, only the first line can be too long
            for line in self._lines(chunk[start : start + self._max_line]):
                if event := self._take(line):
                    yield event

    def end(self) -> ServerSentEvent | None:
        """
        Return the event that the end of the stream cut off, None where there is none.

        The standard drops it. A gateway that forgets the last blank line has said all the same what it said, so
        whoever reads an answer may look at it.
        """
        return self._take(self._joined(b"").decode("utf-8", errors="replace")) or self._take("")

    def _lines(self, piece: bytes) -> list[str]:
        """The lines that *piece* ends; decoded at once, which takes a third of what it takes one by one."""
        if self._after_cr:
            piece = piece.removeprefix(b"\n")  # the other half of a CRLF that was cut in two
        self._after_cr = piece.endswith(b"\r")
        # nearly all streams have LF alone, and are split several times as fast without an expression
        *ended, rest = _LINE_END.split(piece) if b"\r" in piece else piece.split(b"\n")
        if ended:
            ended[0] = self._joined(ended[0])
        self._keep(rest)
        return b"\n".join(ended).decode("utf-8", errors="replace").split("\n") if ended else []

    def _keep(self, fragment: bytes) -> None:
        if fragment:
            self._fragments.append(fragment)
            self._pending += len(fragment)
        if self._pending > self._max_line:
            raise ProtocolError(f"expected lines of at most {self._max_line:,} bytes in the stream, got a longer one")

    def _joined(self, piece: bytes) -> bytes:
        self._keep(piece)
        line = b"".join(self._fragments)
        self._fragments.clear()
        self._pending = 0
        if self._at_start:
            self._at_start = False
            line = line.removeprefix(_BOM)
        return line

    def _take(self, line: str) -> ServerSentEvent | None:
        if not line:
            return self._dispatch()
        name, _, value = line.partition(":")
        value = value.removeprefix(" ")
        if name == "data":
            self._hold(value)
        elif name == "event":
            self._event = value
        elif name == "id" and "\0" not in value:
            self.last_event_id = value
        elif name == "retry" and value.isascii() and value.isdigit():
            self.retry = int(value[:18])  # int() refuses thousands of digits; 10^18 ms is for ever
        return None

    def _hold(self, value: str) -> None:
        self._data.append(value)
        self._held += len(value) + 1
        if self._held > self._max_event:
            raise ProtocolError(f"expected events of at most {self._max_event:,} characters, got a longer one")

    def _dispatch(self) -> ServerSentEvent | None:
        data, event = self._data, self._event
        self._event = ""
        if not data:
            return None
        self._data, self._held = [], 0
        return ServerSentEvent("\n".join(data), event or "message", self.last_event_id)
