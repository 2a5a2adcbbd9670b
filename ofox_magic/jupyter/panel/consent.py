"""Consent from the page: a call is shown in full beside two buttons, and waits until one of them is pressed."""

from collections.abc import Callable
from dataclasses import dataclass

from ofox_magic.chat.parts import ToolCall


@dataclass(frozen=True, slots=True)
class Asking:
    """Which call the user is asked about, how it was *described*, in full, and the *number* of the question."""

    number: int
    call_id: str
    described: str


class PageConsent:
    """
    Consent for the calls of one turn, asked for one after the other; each answer is for one run of one call.

    *changed* is told, on whichever thread asks, that `asking` is another one.
    """

    def __init__(self, changed: Callable[[], None]) -> None:
        self._asking: Asking | None = None
        self._number = 0
        self._answer: bool | None = None
        self._changed = changed

    @property
    def asking(self) -> Asking | None:
        """What the user has still to answer."""
        return self._asking if self._answer is None else None

    def ask(self, call: ToolCall, described: str) -> bool | None:
        """Return what was answered to exactly this call as *described*; None where it was not yet."""
        asking = self._asking
        if asking is None or (asking.call_id, asking.described) != (call.id, described):
            self._number += 1
            self._answer = None
            self._asking = Asking(self._number, call.id, described)
            self._changed()
            return None
        answer = self._answer
        if answer is not None:
            self._asking = self._answer = None
        return answer

    def answer(self, number: int, *, yes: bool) -> bool:
        """Take the user's answer; returns whether the question of that *number* is open and had none yet."""
        if self.asking is None or self.asking.number != number:
            return False
        self._answer = yes
        return True
