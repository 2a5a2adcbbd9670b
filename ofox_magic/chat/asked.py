"""A question on its way: what its asker chose, and the requests that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from itertools import takewhile
from typing import Any

from ofox_magic.chat.conversation import with_calls_closed
from ofox_magic.chat.history import History
from ofox_magic.chat.messages import system
from ofox_magic.chat.tool_round import Round
from ofox_magic.chat.tools import MOST_ROUNDS, Consent, Tools, has_whole_calls
from ofox_magic.chat.trail import Trail
from ofox_magic.chat.transport import Cancel, Request
from ofox_magic.chat.turn import Turn


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
    tools: Tools | list[Any] | None = None
    consent: Consent | None = None
    again: str | None = None


@dataclass(eq=False)
class Asked:
    """
    A turn that has not ended, and what its request needs.

    *max_history* is how many of the turns above go along (None: all), *max_cost* the cap of this turn in USD, *tools*
    what the model may call and *consent* who is asked before. *cancel* is there once the request has left, *estimate*
    is what it was taken to cost then; *entries* is how many the ledger had when the turn began; *round* are the calls
    that wait, and *served_by* is the thread that runs them. *ends_here*: it is stopped without the
    transport, which has nothing of it.
    """

    turn: Turn
    history: History
    system: str | None
    params: Mapping[str, Any]
    stream: bool
    timeout: float | None
    max_history: int | None = None
    max_cost: Decimal | None = None
    tools: Tools | None = None
    consent: Consent | None = None
    cancel: Cancel | None = None
    cancelled: bool = False
    ends_here: bool = False
    estimate: Decimal | None = None
    entries: int | None = None
    rounds: int = 0
    round: Round | None = None
    served_by: int | None = None

    @property
    def calls_can_be_run(self) -> bool:
        """Whether the model asks for tools, where some are offered and a round is left; what was cut is never run."""
        may_be_run = self.tools is not None and self.rounds < MOST_ROUNDS and not self.cancelled
        return may_be_run and has_whole_calls(self.turn.reply)

    def begin_calls(self) -> None:
        """Take the calls of the answer that came: each waits for its outcome."""
        self.round = Round.of(self.turn.reply, {call.id for call in self.turn.reply.calls})

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

    def trail(self, request: Request) -> Trail:
        """Return the trail of *request*: it goes on from this turn's last one, else from that of the turn above."""
        if self.turn.sent:
            return Trail.of(request, self.turn.sent[-1])
        above = takewhile(lambda exchange: exchange.id != self.turn.id, self.history.now.exchanges)
        trails = [exchange.version.sent for exchange in above if exchange.version.sent]
        return Trail.of(request, trails[-1][-1] if trails else None)

    def _params(self) -> Mapping[str, Any]:
        """With the tools; a choice that forces a call is for the first round, or there would be no end."""
        if self.tools is None:
            return self.params
        params: dict[str, Any] = {"tools": list(self.tools.definitions), **self.params}
        if self.rounds:
            params.pop("tool_choice", None)
        return params
