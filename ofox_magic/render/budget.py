"""
What rendering a text may cost, in processor time of the thread that renders: a machine that is busy counts nothing.

Markdown can be written so that parsers take quadratic time and worse, so a parser asks at every step whether it may go
on.
"""

import gc
import time
from collections.abc import Callable
from typing import Self

_STEPS = 16  # between two looks at the clock, which costs as much as a step


class TooMuch(Exception):  # noqa: N818 - no error: the text is shown plain
    """A text that is not rendered: that would take too long, or lose what is nested too deep."""


class Budget:
    """
    Holds *seconds* and never more. Work inside `with budget` is paid from it, and `check` ends work that costs more.

    *share* of the time that goes by is earned back: somebody who renders all along lives on that. Garbage is collected
    after the work and not within: that goes through all objects of the process, which may be very many.
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
        self._collects = False

    def earn(self, seconds: float) -> None:
        """Add *seconds*, and what the time since the last call brings."""
        now = self._clock()
        self._left = min(self._most, self._left + seconds + self._share * (now - self._earned_at))
        self._earned_at = now

    def __enter__(self) -> Self:
        self._collects = gc.isenabled()
        gc.disable()
        self._began = self._processor()
        return self

    def __exit__(self, *_: object) -> None:
        self._left -= self._processor() - self._began
        if self._collects:
            gc.enable()

    def check(self, steps: int = 1) -> None:
        """Go on, or raise TooMuch where nothing is left. *steps*: how many of the usual ones the work is like."""
        self._steps += steps
        if self._steps < _STEPS:
            return
        self._steps = 0
        if self._processor() - self._began > self._left:
            raise TooMuch
