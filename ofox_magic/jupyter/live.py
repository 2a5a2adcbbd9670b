"""Paints a growing answer: into one live output, once at the end, or as plain text into a terminal."""

import time
from collections.abc import Callable
from typing import Protocol, TypeAlias

from ofox_magic.chat.events import Event, TextDelta
from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.bundle import footer, of_turn
from ofox_magic.jupyter.screen import Screen, Terminal
from ofox_magic.settings import Deadlines
from ofox_magic.untrusted import printable

Clock: TypeAlias = Callable[[], float]
PAINT_EVERY = 0.08
"""Seconds between two paints; more where a paint takes long, so that painting never eats the cell."""
_PAINT_SHARE = 4  # a paint is followed by at least this many times its own length without one
_PATIENCE_SHOWN_AFTER = 20.0
STOP_PATIENCE = 1.0
"""Seconds that a stopped turn may take to settle; closing a connection takes milliseconds."""


class Painter(Protocol):
    """Shows a turn while it runs, and as it ended."""

    def beat(self, event: Event | None = None) -> None:
        """Take notice that *event* came, or (None) that time passed."""
        ...

    def end(self) -> None:
        """The turn has settled, or is given up."""
        ...


class LiveCell:
    """One output that follows the turn: a status line, the text as it grows, the text with its footer."""

    def __init__(self, turn: Turn, screen: Screen, deadlines: Deadlines, clock: Clock = time.monotonic) -> None:
        self._turn = turn
        self._screen = screen
        self._deadlines = deadlines
        self._clock = clock
        self._began = clock()
        self._next_paint = self._began
        self._painted: tuple[int, str] | None = None

    def beat(self, event: Event | None = None) -> None:  # noqa: ARG002 - the reply has all of them
        """Paint where there is something new and the last paint is long enough ago. The first text does not wait."""
        if self._turn.reply.settled:
            return  # the end is painted once, by `end`
        first = self._turn.state == "streaming" and not (self._painted and self._painted[0])
        if self._clock() < self._next_paint and not first:
            return
        note = self._status()
        reply = self._turn.reply
        painted = (len(reply.text) + len(reply.reasoning), note)
        if painted != self._painted:
            self._paint(note)
            self._painted = painted

    def end(self) -> None:
        """Paint the whole with its footer; nothing where nothing was shown or said, and an error says the rest."""
        if self._painted is None and not self._turn.reply.parts and self._turn.reply.error:
            return
        self._screen.show(of_turn(self._turn, footer(self._turn, self._clock() - self._began)))

    def _paint(self, note: str) -> None:
        start = self._clock()
        self._screen.show(of_turn(self._turn, note))
        end = self._clock()
        self._next_paint = end + max(PAINT_EVERY, _PAINT_SHARE * (end - start))

    def _status(self) -> str:
        """The line while no text comes: what is waited for, and how long already."""
        if self._turn.state == "streaming":
            return ""
        waited = int(self._clock() - self._began)
        if self._turn.state == "queued":
            return f"queued: another answer comes first · {waited} s"
        if retrying := self._turn.reply.retrying:
            return f"{retrying.reason} · next try in {retrying.wait:.0f} s · {waited} s"
        patience = f" of at most {self._deadlines.first_token:.0f} s" if waited >= _PATIENCE_SHOWN_AFTER else ""
        return f"{self._turn.model} · waiting{f' {waited} s{patience}' if waited else ''}"


class StillCell:
    """One output when all is over, the same for the same answer: no seconds, no ids. For nbval, papermill, CI."""

    def __init__(self, turn: Turn, screen: Screen) -> None:
        self._turn = turn
        self._screen = screen

    def beat(self, event: Event | None = None) -> None:
        """Wait."""

    def end(self) -> None:
        """Paint the whole; nothing where nothing was said, since an error says the rest."""
        if self._turn.reply.parts or not self._turn.reply.error:
            self._screen.show(of_turn(self._turn, footer(self._turn)))


class TerminalCell:
    """Plain text, as it comes; the footer below."""

    def __init__(self, turn: Turn, terminal: Terminal, clock: Clock = time.monotonic) -> None:
        self._turn = turn
        self._terminal = terminal
        self._clock = clock
        self._began = clock()
        self._line_open = False
        self._held = ""

    def beat(self, event: Event | None = None) -> None:
        """Write what is new. A CR at the end waits for its LF, so that CRLF stays one line end."""
        if isinstance(event, TextDelta):
            text = self._held + event.text
            self._held = "\r" if text.endswith("\r") else ""
            self._write(text.removesuffix("\r"))

    def end(self) -> None:
        """Write the footer, on a line of its own."""
        new_line = "\n" if self._line_open else ""
        self._terminal.write(f"{new_line}[{footer(self._turn, self._clock() - self._began)}]\n")

    def _write(self, text: str) -> None:
        if shown := printable(text):
            self._terminal.write(shown)
            self._line_open = not shown.endswith("\n")


def follow(turn: Turn, painter: Painter) -> None:
    """Let *painter* follow *turn* until it has settled. An interrupt stops the turn; what came by then is painted."""
    painter.beat()
    try:
        with turn:
            for event in turn.watch():
                painter.beat(event)
    finally:
        turn.wait(STOP_PATIENCE)
        painter.end()
