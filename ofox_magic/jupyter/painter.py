"""Who shows a turn, and how: once at its end, or as plain text into a terminal; a live cell is in `live`."""

import time
from typing import Protocol

from ofox_magic.chat.events import Event, TextDelta
from ofox_magic.chat.tools import Outcome, ReadyCall
from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter import call_bundle
from ofox_magic.jupyter.bundle import AS_WRITTEN, Look, footer, of_turn
from ofox_magic.jupyter.chips import chips
from ofox_magic.jupyter.screen import StaticScreen, Terminal
from ofox_magic.jupyter.shown_tools import CallScreen
from ofox_magic.jupyter.waiting import Clock, Waiting
from ofox_magic.settings import Deadlines
from ofox_magic.untrusted import printable

STOP_PATIENCE = 1.0
"""Seconds that a stopped turn may take to settle; closing a connection takes milliseconds."""
STALL = 0.25
"""Seconds after which a terminal shows a word that may go on."""
_WAIT_SHOWN_AFTER = 1.0


class Painter(CallScreen, Protocol):
    """Shows a turn while it runs, the calls of its tools, and how it ended."""

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
        self._call = ""

    def beat(self, event: Event | None = None) -> None:
        """Wait."""

    def begin_call(self, ready: ReadyCall) -> None:
        """Wait for how it ends: what is shown once cannot change."""
        self._call = call_bundle.call_line(ready.described)

    def end_call(self, outcome: Outcome) -> None:
        """Show the call, above the answer."""
        line, self._call = self._call or call_bundle.line_of_refused(outcome.call), ""
        for bundle in (call_bundle.ended(line, outcome), *call_bundle.pictures(outcome)):
            self._screen.show(bundle)

    def end(self) -> None:
        """Paint the whole; nothing where nothing was said, since an error says the rest."""
        if self._turn.reply.parts or not self._turn.reply.error:
            self._screen.show(of_turn(self._turn, footer(self._turn), look=self._look, stable=True))


class TerminalCell:
    """Plain text, as it comes; the footer below."""

    def __init__(self, turn: Turn, terminal: Terminal, deadlines: Deadlines, clock: Clock = time.monotonic) -> None:
        self._turn = turn
        self._terminal = terminal
        self._clock = clock
        self._waiting = Waiting(turn, deadlines, clock)
        self._came = clock()
        self._is_text_due = True
        self._held = ""
        self._began_call = False
        for line in (*chips(turn.question), *turn.remarks):
            terminal.write_line(f"[{printable(line)}]")

    def beat(self, event: Event | None = None) -> None:
        """Write what is new. A CR at the end waits for its LF, so that CRLF stays one line end."""
        self._waiting.note(event)
        if isinstance(event, TextDelta):
            self._came = self._clock()
            self._is_text_due = False
            text = self._held + event.text
            self._held = "\r" if text.endswith("\r") else ""
            self._terminal.write(printable(text.removesuffix("\r")))
            return
        quiet = self._clock() - self._came
        if quiet > STALL:
            self._terminal.settle()
        if quiet > _WAIT_SHOWN_AFTER and self._is_text_due and not self._turn.reply.settled:
            self._terminal.show_for_now(f"[{printable(self._waiting.line())}]")

    def begin_call(self, ready: ReadyCall) -> None:
        """Write the call; what it prints comes below."""
        self._began_call = True
        self._terminal.write_line(f"[{call_bundle.call_line(ready.described)}]")

    def end_call(self, outcome: Outcome) -> None:
        """Write how it ended."""
        line = "" if self._began_call else f"{call_bundle.line_of_refused(outcome.call)}: "
        self._began_call = False
        self._came, self._is_text_due = self._clock(), True
        self._terminal.write_line(f"[{line}{call_bundle.ending_of(outcome)}]")

    def end(self) -> None:
        """Write the footer, on a line of its own."""
        self._terminal.write_line(f"[{footer(self._turn, self._waiting.seconds)}]")
