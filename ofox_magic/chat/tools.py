"""
What a session asks of whatever holds a user's functions: calls go in, outcomes come back. Knows no function.

A model's call is text. It becomes a ReadyCall only where its name is registered and its arguments fit, and runs only
after consent; whatever happens, there is one Outcome for it.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeAlias

from ofox_magic.chat.parts import Image, Part, ToolCall
from ofox_magic.chat.reply import Reply

MOST_ROUNDS = 8
"""Of calls and results in one turn."""
MOST_CALLS = 16
"""In one answer; those beyond are not run."""
_WHOLE = {None, "tool_calls", "function_call", "tool_use", "stop", "end_turn"}

Ending: TypeAlias = Literal["done", "failed", "refused", "denied", "stopped"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """
    What came of *call*: how it ended, the *text* for the model, and one line for the user (*said*).

    *parts* are what the result is made of, for showing it; its pictures follow in a message of their own, since the
    result of a call is text.
    """

    call: ToolCall
    ending: Ending
    text: str
    said: str
    parts: tuple[Part, ...] = ()

    @property
    def pictures(self) -> tuple[Image, ...]:
        """The pictures among the parts."""
        return tuple(part for part in self.parts if isinstance(part, Image))


@dataclass(frozen=True, slots=True)
class Refusal:
    """A *call* that cannot run, with the reason in a *text* for the model and in a line for the user (*said*)."""

    call: ToolCall
    text: str
    said: str

    @property
    def outcome(self) -> Outcome:
        """What stands in the place of a result."""
        return Outcome(self.call, "refused", self.text, self.said)


@dataclass(frozen=True, slots=True)
class ReadyCall:
    """
    A *call* whose name and arguments were found good.

    *described* shows it to the user in full, one line for its name and one for each argument. *safe*: it needs no
    consent. *function* takes nothing more: what runs is what was described, whatever is registered meanwhile.
    """

    call: ToolCall
    described: str
    safe: bool
    function: Callable[[], object] = field(repr=False, compare=False)


class Consent(Protocol):
    """Somebody who can be asked: at the keyboard, or in the panel. Never what a model wrote."""

    def ask(self, call: ToolCall, described: str) -> bool | None:
        """
        Return True if the user wants *call* to run, now and this once. *described* shows it in full.

        None: the user was asked and has not answered yet. The call waits, `ask` comes again with whoever serves next,
        and who learns the answer sees that somebody does: see `Session.serve`.
        """
        ...


class Tools(Protocol):
    """The functions that are offered in one turn."""

    @property
    def definitions(self) -> Sequence[dict[str, Any]]:
        """What goes into a request as `tools`."""
        ...

    def call_of(self, call: ToolCall) -> ReadyCall | Refusal:
        """Check *call* against what is offered. Runs nothing, but the checks of the user's own types."""
        ...

    def run(self, ready: ReadyCall, consent: Consent | None) -> Outcome | None:
        """
        Run *ready*, after asking *consent* (None: nobody is there to be asked) unless it is safe.

        Returns None where the user has not answered yet. Raises what is no Exception (KeyboardInterrupt), and nothing
        else.
        """
        ...


def has_whole_calls(reply: Reply) -> bool:
    """
    Tell whether the calls of *reply* came to their end, so that they may be looked at.

    What was stopped, broke off, or ran into a limit may hold the beginning of a call, and a beginning without arguments
    reads like a call that has none.
    """
    reason = reply.finish_reason.lower() if reply.finish_reason else None
    is_whole = reply.status not in ("stopped", "incomplete", "failed")
    return is_whole and bool(reply.tool_calls) and reason in _WHOLE
