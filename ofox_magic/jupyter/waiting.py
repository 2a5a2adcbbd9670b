"""The line that stands where an answer will: what is waited for, and how long already."""

from collections.abc import Callable
from typing import TypeAlias

from ofox_magic.chat.events import Event, Retrying
from ofox_magic.chat.turn import Turn
from ofox_magic.settings import Deadlines
from ofox_magic.untrusted import one_line

Clock: TypeAlias = Callable[[], float]
"""Returns seconds, from whenever."""
_PATIENCE_SHOWN_AFTER = 20.0


class Waiting:
    """Waits for *turn* from now on; tell it the events that come."""

    def __init__(self, turn: Turn, deadlines: Deadlines, clock: Clock) -> None:
        self._turn = turn
        self._deadlines = deadlines
        self._clock = clock
        self._began = clock()
        self._retry_at = 0.0

    @property
    def seconds(self) -> float:
        """How long already."""
        return self._clock() - self._began

    def note(self, event: Event | None) -> None:
        """Take notice of a wait that has an end."""
        if isinstance(event, Retrying):
            self._retry_at = self._clock() + event.wait

    def line(self) -> str:
        """Return the line as it reads now."""
        waited = int(self.seconds)
        if self._turn.state == "queued":
            return f"queued: another answer comes first · {waited} s"
        if retrying := self._turn.reply.retrying:
            return f"{retrying.reason} · trying again in {max(self._retry_at - self._clock(), 0.0):.0f} s"
        model = one_line(self._turn.model, 80)
        if self._turn.state == "streaming":
            return f"{model} · thinking{f' {waited} s' if waited else ''}"
        patience = f" of at most {self._deadlines.first_token:.0f} s" if waited >= _PATIENCE_SHOWN_AFTER else ""
        return f"{model} · waiting{f' {waited} s{patience}' if waited else ''}"
