"""The thread that keeps the front end up to date; the session's threads only enqueue."""

import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TypeAlias

from ofox_magic.chat.notices import Notice
from ofox_magic.jupyter.panel.board import Board

Work: TypeAlias = Callable[[], None]
PAINT_EVERY = 0.08
"""Seconds between two paints of what grows; more where painting takes long."""
_PAINT_SHARE = 4


class Feed:
    """Takes in notices and work from any thread, and does it all, in order, on one of its own over *board*."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._inbox: SimpleQueue[Notice | Work | None] = SimpleQueue()
        self._next_paint = 0.0
        self._thread = Thread(target=self._run, name="ofox-panel", daemon=True)
        self._thread.start()

    def tell(self, notice: Notice) -> None:
        """Take in what the session tells."""
        self._inbox.put(notice)

    def do(self, work: Work) -> None:
        """Do *work* after what came before."""
        self._inbox.put(work)

    def close(self) -> None:
        """End the thread when it has done what came before."""
        self._inbox.put(None)

    def wait(self, seconds: float) -> bool:
        """Wait until the thread has ended; returns whether it has."""
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while True:
            try:
                item = self._inbox.get(timeout=self._patience())
            except Empty:
                self._paint()
                continue
            if item is None:
                return
            if callable(item):
                item()
            else:
                self._board.take(item)
            if self._board.is_fresh and time.monotonic() >= self._next_paint:
                self._paint()

    def _patience(self) -> float | None:
        """How long to wait for what comes next: without an end, unless there is something to paint."""
        return max(0.0, self._next_paint - time.monotonic()) if self._board.is_fresh else None

    def _paint(self) -> None:
        began = time.monotonic()
        self._board.paint()
        ended = time.monotonic()
        self._next_paint = ended + max(PAINT_EVERY, _PAINT_SHARE * (ended - began))
