"""Tells of the next text that is printed, for which a clearing of the output may wait."""

import sys
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from ofox_magic.context.wrapping import wrap_method


class NextText:
    """Calls *tell* once when something is written to stdout or stderr after `expect`. In between nothing is watched."""

    def __init__(self, tell: Callable[[], None]) -> None:
        self._tell = tell
        self._undo: list[Callable[[], None]] = []

    def expect(self) -> None:
        """Watch the streams of now until the next text."""
        self.stop()  # IPython 9 puts its own `write` there for each cell, and takes ours away with it
        for stream in (sys.stdout, sys.stderr):
            with suppress(AttributeError, TypeError):  # one of the user's own that cannot be wrapped
                self._undo.append(wrap_method(stream, "write", self._write))

    def stop(self) -> None:
        """Watch no longer."""
        with suppress(IndexError):  # another thread was faster
            while self._undo:
                self._undo.pop()()

    def _write(self, original: Callable[..., Any], text: Any, *args: Any, **named: Any) -> Any:
        returned = original(text, *args, **named)
        if text and self._undo:
            self.stop()
            self._tell()
        return returned
