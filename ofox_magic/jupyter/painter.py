"""Who shows a turn, and how: once at its end, or as plain text into a terminal; a live cell is in `live`."""

import time
from collections.abc import Callable
from typing import Protocol, TypeAlias

from ofox_magic.chat.events import Event, TextDelta
from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.bundle import AS_WRITTEN, Look, footer, of_turn
from ofox_magic.jupyter.chips import chips
from ofox_magic.jupyter.screen import StaticScreen, Terminal
from ofox_magic.untrusted import printable

Clock: TypeAlias = Callable[[], float]
STOP_PATIENCE = 1.0
"""Seconds that a stopped turn may take to settle; closing a connection takes milliseconds."""
STALL = 0.25
"""Seconds after which a terminal shows a word that may go on."""


class Painter(Protocol):
    """Shows a turn while it runs, and as it ended."""

    def beat(self, event: Event | None = None) -> None:
        """Take notice that *event* came, or (None) that time passed."""
        ...

    def end(self) -> None:
        """The turn has settled, or is given up."""
        ...


def follow(turn: Turn, painter: Painter) -> None:
    """Let *painter* follow *turn* until it has settled. An interrupt stops the turn; what came by then is painted."""
    try:
        with turn:
            painter.beat()
            for event in turn.watch():
                painter.beat(event)
    finally:
        turn.wait(STOP_PATIENCE)
        painter.end()


class StillCell:
    """One output when all is over, the same for the same answer: no seconds, no ids. For nbval, papermill, CI."""

    def __init__(self, turn: Turn, screen: StaticScreen, look: Look = AS_WRITTEN) -> None:
        self._turn = turn
        self._look = look
        self._screen = screen

    def beat(self, event: Event | None = None) -> None:
        """Wait."""

    def end(self) -> None:
        """Paint the whole; nothing where nothing was said, since an error says the rest."""
        if self._turn.reply.parts or not self._turn.reply.error:
            self._screen.show(of_turn(self._turn, footer(self._turn), look=self._look, stable=True))


class TerminalCell:
    """Plain text, as it comes; the footer below."""

    def __init__(self, turn: Turn, terminal: Terminal, clock: Clock = time.monotonic) -> None:
        self._turn = turn
        self._terminal = terminal
        self._clock = clock
        self._began = self._came = clock()
        self._held = ""
        for line in (*chips(turn.question), *turn.remarks):
            terminal.write_line(f"[{printable(line)}]")

    def beat(self, event: Event | None = None) -> None:
        """Write what is new. A CR at the end waits for its LF, so that CRLF stays one line end."""
        if isinstance(event, TextDelta):
            self._came = self._clock()
            text = self._held + event.text
            self._held = "\r" if text.endswith("\r") else ""
            self._terminal.write(printable(text.removesuffix("\r")))
        elif self._clock() - self._came > STALL:
            self._terminal.settle()

    def end(self) -> None:
        """Write the footer, on a line of its own."""
        self._terminal.write_line(f"[{footer(self._turn, self._clock() - self._began)}]")
