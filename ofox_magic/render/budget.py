"""
What rendering a text may cost, in processor time of the thread that renders: a machine that is busy counts nothing.

Markdown can be written so that parsers take quadratic time and worse, so a parser asks at every step whether it may go
on.
"""

import gc
import threading
import time
from collections.abc import Callable
from typing import Any, Self

_STEPS = 16  # between two looks at the clock, which costs as much as a step


class TooMuch(Exception):  # noqa: N818 - no error: the text is shown plain
    """A text that is not rendered: that would take too long, or lose what is nested too deep."""


class Budget:
    """
    Holds *seconds* and never more. Work inside `with budget` is paid from it, and `check` ends work that costs more.

    *share* of the time that goes by is earned back: somebody who renders all along lives on that. A garbage collection
    that falls into the work costs nothing: it goes through all objects of the process, which may be very many.
    """

    def __init__(
        self,
        seconds: float,
        *,
        share: float = 0.0,
        processor: Callable[[], float] = time.thread_time,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most = self._left = seconds
        self._share = share
        self._processor = processor
        self._clock = clock
        self._earned_at = clock()
        self._began = 0.0
        self._steps = 0
        self._thread = 0
        self._collecting_since = 0.0

    def earn(self, seconds: float) -> None:
        """Add *seconds*, and what the time since the last call brings."""
        now = self._clock()
        self._left = min(self._most, self._left + seconds + self._share * (now - self._earned_at))
        self._earned_at = now

    def __enter__(self) -> Self:
        self._thread = threading.get_ident()
        self._began = self._processor()
        gc.callbacks.append(self._collecting)
        return self

    def __exit__(self, *_: object) -> None:
        gc.callbacks.remove(self._collecting)
        self._left -= self._processor() - self._began

    def check(self, steps: int = 1) -> None:
        """Go on, or raise TooMuch where nothing is left. *steps*: how many of the usual ones the work is like."""
        self._steps += steps
        if self._steps < _STEPS:
            return
        self._steps = 0
        if self._processor() - self._began > self._left:
            raise TooMuch

    def _collecting(self, phase: str, _info: dict[str, Any]) -> None:
        if threading.get_ident() != self._thread:
            return
        if phase == "start":
            self._collecting_since = time.thread_time()
        else:
            self._began += time.thread_time() - self._collecting_since
