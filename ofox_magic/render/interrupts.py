"""Holds an interrupt back for a moment, and passes it on."""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def held_back() -> Iterator[None]:
    """
    Hold an interrupt until the block has ended, then let it do what it does.

    For compiled code that calls Python and drops what that raises: an interrupt that arrived there would be lost.
    Only the main thread ever gets one, and only a handler that Python knows can be called later.
    """
    handler = signal.getsignal(signal.SIGINT)
    if threading.current_thread() is not threading.main_thread() or not callable(handler):
        yield
        return
    arrived: list[tuple[Any, ...]] = []
    signal.signal(signal.SIGINT, lambda *interrupt: arrived.append(interrupt))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)
        if arrived:
            handler(*arrived[0])
