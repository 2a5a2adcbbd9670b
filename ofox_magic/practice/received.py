"""
What reached the practice gateway, in order of arrival.

Knows threads and the clock; must not know what is answered.
"""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

REMEMBERED_REQUESTS = 1_000
REMEMBERED_BYTES = 128 * 1024 * 1024


@dataclass(eq=False, slots=True)
class Received:
    """One request. Header names are lower case; times are `time.monotonic()`."""

    number: int
    method: str
    path: str
    headers: dict[str, str] = field(repr=False)  # may hold a key
    body: bytes = field(repr=False)
    started: float = field(default_factory=time.monotonic)
    closed_early: float | None = None
    """When the server noticed that the client had left before the answer was complete."""

    @property
    def json(self) -> Any:
        """The body, parsed; raises ValueError where it is no JSON."""
        return json.loads(self.body)


class Log:
    """The newest requests, safe to read and to wait for from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._entries: deque[Received] = deque()
        self._count = 0
        self._bytes = 0

    def add(self, method: str, path: str, headers: Mapping[str, str], body: bytes) -> Received:
        """Keep a request, number it, and forget the oldest where there are too many."""
        with self._changed:
            self._count += 1
            entry = Received(self._count, method, path, dict(headers), body)
            self._entries.append(entry)
            self._bytes += len(body)
            while len(self._entries) > 1 and self._is_full():
                self._bytes -= len(self._entries.popleft().body)
            self._changed.notify_all()
        return entry

    def mark_closed(self, entry: Received) -> None:
        """Note that the client of *entry* left early; the first note counts."""
        with self._changed:
            if entry.closed_early is None:
                entry.closed_early = time.monotonic()
            self._changed.notify_all()

    def entries(self, path: str = "") -> list[Received]:
        """Return the requests whose path ends with *path*, oldest first."""
        with self._changed:
            return [entry for entry in self._entries if entry.path.endswith(path)]

    def recent(self, seconds: float) -> int:
        """Return how many requests came in the last *seconds*."""
        since = time.monotonic() - seconds
        with self._changed:
            return sum(entry.started > since for entry in self._entries)

    def wait(self, ready: Callable[[list[Received]], bool], timeout: float, path: str) -> list[Received]:
        """Return the requests to *path* as soon as they are *ready*; raise TimeoutError after *timeout*."""
        with self._changed:
            if self._changed.wait_for(lambda: ready(self.entries(path)), timeout):
                return self.entries(path)
        raise TimeoutError(f"waited {timeout:g} s for the practice gateway; it received {self.entries(path)}")

    def _is_full(self) -> bool:
        return len(self._entries) > REMEMBERED_REQUESTS or self._bytes > REMEMBERED_BYTES
