"""What a session knows of tools: their description for the request, and that they can be run."""

from collections.abc import Iterable, Mapping
from typing import Any, Protocol

from ofox_magic.chat.messages import Message, tool
from ofox_magic.chat.parts import ToolCall

NOT_RUN = "This call was not run."


class Toolbox(Protocol):
    """The functions that a turn offers to the model."""

    @property
    def specs(self) -> tuple[Mapping[str, Any], ...]:
        """The entries of the request's `tools`."""
        ...

    def run(self, call: ToolCall) -> tuple[Message, ...]:
        """
        Run *call*, or refuse it, and return what the model is told: one tool message, and what it cannot hold.

        Raises nothing but what an interrupt is.
        """
        ...


def results_in_order(calls: Iterable[ToolCall], given: Iterable[Message]) -> tuple[Message, ...]:
    """Return one result for each of *calls*, whatever was *given*, and behind them the other messages."""
    given = tuple(given)
    results = {message.call_id: message for message in given if message.call_id is not None}
    closed = (results.get(call.id) or tool(NOT_RUN, call.id) for call in calls)
    return (*closed, *(message for message in given if message.call_id is None))
