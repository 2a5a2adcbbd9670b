"""Tells subscribers what happened, in order, and never under a lock of the session."""

import warnings
from collections import deque
from collections.abc import Callable
from threading import Lock, get_ident
from typing import Any, TypeAlias

from ofox_magic.chat.notices import Notice

Subscriber: TypeAlias = Callable[[Notice], None]


class Subscribers:
    """
    Those who want to know; `seq` is the number of the last notice.

    Post under the session's lock, so that the order is its order; deliver outside it.
    """

    def __init__(self) -> None:
        self.seq = 0
        self._callbacks: list[Subscriber] = []
        self._outbox: deque[Notice] = deque()
        self._delivering = Lock()
        self._thread: int | None = None

    @property
    def told_here(self) -> bool:
        """Whether the calling thread is just now inside a subscriber."""
        return self._thread == get_ident()

    def add(self, callback: Subscriber) -> Callable[[], None]:
        """Tell *callback* from now on; the function that is returned ends it."""
        self._callbacks.append(callback)
        return lambda: self._remove(callback)

    def post(self, kind: Callable[..., Notice], *values: Any, **named: Any) -> None:
        """Number a notice of this *kind* and put it behind what is to be told."""
        self.seq += 1
        self._outbox.append(kind(*values, seq=self.seq, **named))

    def deliver(self) -> None:
        """Tell what was posted. Where another thread is at it, that one tells ours too, after what came before."""
        while self._outbox and self._delivering.acquire(blocking=False):
            self._thread = get_ident()
            try:
                self._empty_outbox()
            finally:
                self._thread = None
                self._delivering.release()

    def _empty_outbox(self) -> None:
        while self._outbox:
            notice = self._outbox.popleft()
            for callback in tuple(self._callbacks):
                try:
                    callback(notice)
                except Exception as error:  # noqa: BLE001 - somebody else's code, and the conversation goes on
                    self._remove(callback)
                    warnings.warn(
                        f"a subscriber raised {error!r} and is told nothing more",
                        RuntimeWarning,
                        stacklevel=2,
                    )

    def _remove(self, callback: Subscriber) -> None:
        if callback in self._callbacks:
            self._callbacks.remove(callback)
