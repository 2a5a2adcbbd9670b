"""
One round of a turn with tools, as the messages that a request carries: the answer once, then every result. Pure.

Well formed at any moment, whatever was interrupted: a call without an outcome is answered as one that was not run.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace

from ofox_magic.chat.calls import sendable, with_ids
from ofox_magic.chat.conversation import NOT_RUN
from ofox_magic.chat.messages import Message, tool
from ofox_magic.chat.parts import Image, Part, Text, ToolCall
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.tools import MOST_CALLS, Outcome, has_whole_calls
from ofox_magic.untrusted import one_line

_INTERRUPTED = "The user stopped this call while it ran; what it had done by then stays done. It gave no result."
_CUT = "This call was cut off before its end, so it was not run."
_TOO_MANY = f"This call was not run: of the calls in one answer only the first {MOST_CALLS} are. Call again with fewer."


@dataclass(frozen=True, slots=True)
class Round:
    """An answer's *text* and *calls* (as the model wrote them, but with ids that tell them apart), and *outcomes*."""

    text: str
    calls: tuple[ToolCall, ...]
    outcomes: tuple[Outcome, ...] = ()

    @classmethod
    def of(cls, reply: Reply, taken: Collection[str] = ()) -> "Round":
        """
        Return the round that *reply* begins; *taken* are the ids of the calls before it.

        Calls that were cut off, and those beyond MOST_CALLS, are refused already.
        """
        calls = tuple(with_ids(reply.tool_calls, taken))
        if not has_whole_calls(reply):
            return cls(reply.message.text, calls, tuple(_unrun(call, _CUT) for call in calls))
        return cls(reply.message.text, calls, tuple(_unrun(call, _TOO_MANY) for call in calls[MOST_CALLS:]))

    @property
    def open_calls(self) -> tuple[ToolCall, ...]:
        """The calls that have no outcome yet, in order."""
        known = {outcome.call.id for outcome in self.outcomes}
        return tuple(call for call in self.calls if call.id not in known)

    def with_outcome(self, outcome: Outcome) -> "Round":
        """Return the round with one outcome more. Raises ValueError for a call that waits for none."""
        if outcome.call not in self.open_calls:
            raise ValueError(f"no call {outcome.call.id!r} waits for an outcome")
        return replace(self, outcomes=(*self.outcomes, outcome))

    def stopped(self, running: ToolCall | None = None) -> "Round":
        """Return the round closed by the user, who stopped *running*; the calls behind it were not run."""
        if running is None or running not in self.open_calls:
            return self
        return self.with_outcome(Outcome(running, "stopped", _INTERRUPTED, f"{one_line(running.name)}: stopped"))

    @property
    def messages(self) -> tuple[Message, ...]:
        """The assistant's message, a result for each call in order, and the pictures among the results."""
        return tuple(self._messages())

    def _messages(self) -> Iterator[Message]:
        said = (Text(self.text),) if self.text else ()
        yield Message("assistant", (*said, *map(sendable, self.calls)))
        found = {outcome.call.id: outcome for outcome in self.outcomes}
        for call in self.calls:
            yield tool(found[call.id].text if call.id in found else NOT_RUN, call.id)
        pictures = tuple(_pictures(found[call.id] for call in self.calls if call.id in found))
        if pictures:
            # not within the results, which most models take as text only, and not between them, which none takes
            yield Message("user", pictures)


def _unrun(call: ToolCall, why: str) -> Outcome:
    return Outcome(call, "refused", why, f"{one_line(call.name)}: {why}")


def _pictures(outcomes: Iterable[Outcome]) -> Iterator[Part]:
    for outcome in outcomes:
        for number, picture in enumerate(outcome.pictures, 1):
            yield Text(picture_heading(outcome.call, number, picture))
            yield picture


def picture_heading(call: ToolCall, number: int, picture: Image) -> str:
    """Return what goes before the picture *number* of a result, and stands for it in the result's text."""
    size = f", {picture.width}×{picture.height} px" if picture.width and picture.height else ""
    return f"[Picture {number} that {one_line(call.name, 80)}() returned{size}]"
