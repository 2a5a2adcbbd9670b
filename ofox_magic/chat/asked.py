"""A question on its way: what its asker chose, and the requests that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ofox_magic.chat.conversation import with_calls_closed
from ofox_magic.chat.history import History
from ofox_magic.chat.messages import system
from ofox_magic.chat.toolbox import Toolbox
from ofox_magic.chat.transport import Cancel, Request
from ofox_magic.chat.turn import Turn

MOST_ROUNDS = 8
"""Of calls in one turn: what is called then is not run."""


@dataclass(frozen=True, slots=True)
class Choices:
    """What is chosen for one turn: see `Session.ask`, which documents each."""

    model: str | None = None
    system: str | None = None
    key: str | None = None
    timeout: float | None = None
    stream: bool = True
    name: str | None = None
    remarks: tuple[str, ...] = ()
    conversation: str | None = None
    max_history: int | None = None
    max_cost: Decimal | None = None
    toolbox: Toolbox | None = None


@dataclass(eq=False)
class Asked:
    """
    A turn that has not ended, and what its request needs.

    *max_history* is how many of the turns above go along (None: all), *max_cost* the cap of this turn in USD, *toolbox*
    what the model may call. *cancel* is there once the request has left, *estimate* is what it was taken to cost then;
    *entries* is how many the ledger had when the turn began, *serving* whether somebody runs its tools.
    """

    turn: Turn
    history: History
    system: str | None
    params: Mapping[str, Any]
    stream: bool
    timeout: float | None
    max_history: int | None = None
    max_cost: Decimal | None = None
    toolbox: Toolbox | None = None
    cancel: Cancel | None = None
    cancelled: bool = False
    estimate: Decimal | None = None
    entries: int | None = None
    rounds: int = 0
    serving: bool = False

    @property
    def calls_can_be_run(self) -> bool:
        """Whether the model asks for tools, where some are offered and a round is left; what was cut is never run."""
        reply = self.turn.reply
        may_be_run = self.toolbox is not None and self.rounds < MOST_ROUNDS and not self.cancelled
        return may_be_run and bool(reply.tool_calls) and reply.finish_reason not in ("length", "content_filter")

    def request(self) -> Request:
        """Put the request together as the history now stands."""
        first = (system(self.system),) if self.system else ()
        above = self.history.now.messages(above=self.turn.id, last=self.max_history)
        return Request(
            model=self.turn.model,
            messages=(*first, *with_calls_closed((*above, *self.turn.question, *self.turn.reply.steps))),
            params=self._params(),
            stream=self.stream,
            timeout=self.timeout,
        )

    def _params(self) -> Mapping[str, Any]:
        """With the toolbox; a choice that forces a call is for the first round, or there would be no end."""
        if self.toolbox is None:
            return self.params
        params: dict[str, Any] = {"tools": list(self.toolbox.specs), **self.params}
        if self.rounds:
            params.pop("tool_choice", None)
        return params
