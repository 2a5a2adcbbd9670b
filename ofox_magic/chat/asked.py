"""A question on its way: what its asker chose, and the request that it becomes."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ofox_magic.chat.conversation import with_calls_closed
from ofox_magic.chat.history import History
from ofox_magic.chat.messages import system
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


@dataclass(eq=False)
class Asked:
    """
    A turn that has not ended, and what its request needs.

    *max_history* is how many of the turns above go along (None: all), *max_cost* the cap of this turn in USD. *cancel*
    is there once the request has left, *estimate* is what it was taken to cost then.
    """

    turn: Turn
    history: History
    system: str | None
    params: Mapping[str, Any]
    stream: bool
    timeout: float | None
    max_history: int | None = None
    max_cost: Decimal | None = None
    cancel: Cancel | None = None
    cancelled: bool = False
    estimate: Decimal | None = None

    def request(self) -> Request:
        """Put the request together as the history now stands."""
        first = (system(self.system),) if self.system else ()
        above = self.history.now.messages(above=self.turn.id, last=self.max_history)
        return Request(
            model=self.turn.model,
            messages=(*first, *with_calls_closed((*above, *self.turn.question))),
            params=self.params,
            stream=self.stream,
            timeout=self.timeout,
        )
