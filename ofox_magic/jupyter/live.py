"""
Paints an answer that grows into the outputs of a cell.

Finished blocks are sent once, the tail at most a dozen times a second, and when the answer has ended one output takes
the place of all. Where somebody else writes into the cell meanwhile, what was painted by then becomes a segment of its
own, and nothing of anyone's is cleared.
"""

import time

from ofox_magic.chat.events import Event, TextDelta
from ofox_magic.chat.tools import Outcome, ReadyCall
from ofox_magic.chat.turn import Turn
from ofox_magic.formats import PLAIN
from ofox_magic.jupyter import call_bundle
from ofox_magic.jupyter.bundle import AS_WRITTEN, Bundle, Look, footer, of_text, of_turn
from ofox_magic.jupyter.screen import Screen
from ofox_magic.jupyter.segment import Segment
from ofox_magic.jupyter.waiting import Clock, Waiting
from ofox_magic.settings import Deadlines

PAINT_EVERY = 0.08
"""Seconds between two paints; more where a paint takes long, so that painting never eats the cell."""
_PAINT_SHARE = 4  # a paint is followed by at least this many times its own length without one
_LONG = 8_000  # characters of an answer whose last words are shown before all of it becomes one output
_FREE_TAIL, _TAIL_RATE = 800, 4000  # characters that are sent again for free, and characters a second beyond


class LiveCell:
    """Follows *turn* on *screen*: a status line, the text as it grows, and at the end the whole with its footer."""

    def __init__(
        self,
        turn: Turn,
        screen: Screen,
        deadlines: Deadlines,
        clock: Clock = time.monotonic,
        *,
        look: Look = AS_WRITTEN,
    ) -> None:
        self._turn = turn
        self._look = look
        self._screen = screen
        self._clock = clock
        self._waiting = Waiting(turn, deadlines, clock)
        self._next_paint = clock()
        self._note = ""
        self._fresh: list[str] = []  # text that no segment has yet
        self._segment: Segment | None = None
        self._segments_closed = 0
        self._call: tuple[int, str] | None = None  # its output, and its line
        self._has_calls = False
        self._is_waiting_again = False  # after calls, until there is text

    def beat(self, event: Event | None = None) -> None:
        """Paint where there is something new and the last paint is long enough ago. The first text does not wait."""
        self._waiting.note(event)
        if isinstance(event, TextDelta):
            self._fresh.append(event.text)
            self._is_waiting_again = False
        if self._turn.reply.settled:
            return  # the end is painted by `end`
        first = bool(self._fresh) and not (self._segment and self._segment.text)
        if first or self._clock() >= self._next_paint:
            self._paint()

    def begin_call(self, ready: ReadyCall) -> None:
        """Show the call below what was said so far; what it prints comes below that."""
        line = call_bundle.call_line(ready.described)
        self._call = self._add_call(call_bundle.begun(ready)), line

    def end_call(self, outcome: Outcome) -> None:
        """Show how it ended where it began, and its pictures."""
        if self._call is None:
            self._add_call(call_bundle.ended(call_bundle.line_of_refused(outcome.call), outcome))
        else:
            number, line = self._call
            self._screen.change(number, call_bundle.ended(line, outcome))
        self._call = None
        for picture in call_bundle.pictures(outcome):
            self._screen.add(picture)

    def end(self) -> None:
        """Make one output of it. An answer that brought nothing but an error leaves the error to speak."""
        try:
            reply = self._turn.reply
            bare_error = not reply.parts and reply.error is not None
            note = footer(self._turn, self._waiting.seconds)
            if bare_error and self._segment is None:
                return
            if self._fresh and len(reply.text) > _LONG:
                self._paint()
            whole = None if bare_error else of_turn(self._turn, note, look=self._look)
            if self._has_calls or not self._screen.replace(whole):
                self._close_if_interrupted()
                self._grown_segment()
                self._close_segment(note)
        finally:
            self._screen.close()

    def _paint(self) -> None:
        self._close_if_interrupted()
        note = "" if self._turn.reply.text and not self._is_waiting_again else self._waiting.line()
        if not self._fresh and note == self._note:
            return
        start = self._clock()
        size = self._grown_segment().paint(note)
        self._note = note
        end = self._clock()
        wait = max(PAINT_EVERY, _PAINT_SHARE * (end - start), (size - _FREE_TAIL) / _TAIL_RATE)
        self._next_paint = end + wait

    def _add_call(self, bundle: Bundle) -> int:
        """What was said so far becomes whole, and stays; *bundle* goes below."""
        if self._fresh:
            self._grown_segment()
        self._close_segment()
        self._has_calls = self._is_waiting_again = True
        self._note = ""
        return self._screen.add(bundle)

    def _grown_segment(self) -> Segment:
        """The segment that is written to, with all the text that came."""
        if self._segment is None:
            is_plain, is_first = self._look.format in PLAIN, not self._segments_closed
            self._segment = Segment(self._turn, self._screen, is_first=is_first, is_plain=is_plain)
        self._segment.grow("".join(self._fresh))
        self._fresh.clear()
        return self._segment

    def _close_if_interrupted(self) -> None:
        """What came since somebody else wrote goes below that, into the next segment."""
        if self._segment and self._segment.is_interrupted:
            self._close_segment()

    def _close_segment(self, note: str = "") -> None:
        """Gather what the segment has into its first output, whole and final."""
        segment, self._segment = self._segment, None
        if segment is not None:
            reasoning = "" if self._segments_closed else self._turn.reply.reasoning
            segment.close(of_text(self._turn, segment.text, reasoning=reasoning, note=note, look=self._look))
            self._segments_closed += bool(segment.text)
