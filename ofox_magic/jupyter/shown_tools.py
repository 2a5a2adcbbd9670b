"""Tools whose calls are seen in the cell that they run in."""

from collections.abc import Sequence
from typing import Any, Protocol

from ofox_magic.chat.parts import ToolCall
from ofox_magic.chat.tools import Consent, Outcome, ReadyCall, Refusal, Tools


class CallScreen(Protocol):
    """Shows calls, one after the other, between the stretches of the answer."""

    def begin_call(self, ready: ReadyCall) -> None:
        """*ready* is about to run, or to be asked for."""
        ...

    def end_call(self, outcome: Outcome) -> None:
        """The call that began last has its outcome; one that could not run has it without having begun."""
        ...


class ShownTools:
    """*tools*, and every call of them on `screen`, once there is one."""

    def __init__(self, tools: Tools) -> None:
        self.screen: CallScreen | None = None
        self._tools = tools

    @property
    def definitions(self) -> Sequence[dict[str, Any]]:
        """What goes into a request as `tools`."""
        return self._tools.definitions

    def call_of(self, call: ToolCall) -> ReadyCall | Refusal:
        """Check *call*; a refusal is shown."""
        ready = self._tools.call_of(call)
        if isinstance(ready, Refusal):
            self._end(ready.outcome)
        return ready

    def run(self, ready: ReadyCall, consent: Consent | None) -> Outcome | None:
        """Run *ready* between its begin and its end on the screen; one that waits for consent has begun."""
        if self.screen is not None:
            self.screen.begin_call(ready)
        try:
            outcome = self._tools.run(ready, consent)
        except BaseException:
            self._end(Outcome(ready.call, "stopped", "", "stopped"))
            raise
        if outcome is not None:
            self._end(outcome)
        return outcome

    def _end(self, outcome: Outcome) -> None:
        if self.screen is not None:
            self.screen.end_call(outcome)
