"""What a session spends, and whether the next request may leave."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Protocol

from ofox_magic.chat.budget import Budget
from ofox_magic.chat.ledger import Ledger
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.transport import Request


@dataclass(frozen=True, slots=True)
class Estimate:
    """
    What a request will cost at most, in USD, None where one of the models that may answer has no price.

    *prompt_tokens* is what it holds, by our own count; *unpriced* are those models.
    """

    cost: Decimal | None
    prompt_tokens: int
    unpriced: tuple[str, ...] = ()


class Prices(Protocol):
    """Knows what models cost."""

    def cost(self, usage: Usage | None, answered: str | None, asked: str) -> Decimal | None:
        """Return what an answer cost, in USD; None where that is unknown."""
        ...

    def estimate(self, request: Request, largest_answer: int) -> Estimate:
        """Return what *request* costs at most; *largest_answer* is in tokens."""
        ...

    def refresh(self) -> None:
        """Learn the prices of today, if there is a way: may take seconds, and never raises."""
        ...


class Account:
    """The *ledger* of a session, and its *cap* in USD (None: there is none), over *prices* (None: none is known)."""

    def __init__(self, prices: Prices | None = None) -> None:
        self.cap: Decimal | None = None
        self.ledger = Ledger(prices.cost) if prices else Ledger()
        self._prices = prices

    def cost(self, usage: Usage | None, answered: str | None, asked: str) -> Decimal | None:
        """Return what an answer cost, by what is known now; None where that is unknown."""
        return self._prices.cost(usage, answered, asked) if self._prices else None

    def estimate(self, request: Request) -> Estimate:
        """Return what *request* costs at most, by what is known now."""
        if self._prices is None:
            return Estimate(None, 0, (request.model,))
        return self._prices.estimate(request, self.ledger.largest_answer)

    def admit(self, request: Request, *, turn_cap: Decimal | None, since: int) -> Decimal | None:
        """
        Return the estimated cost of *request*. Raises ConfigError where it would pass a cap.

        *turn_cap* is for the turn alone, which has the entries of the ledger from number *since* on.
        """
        budget = Budget(session=self.cap, turn=turn_cap)
        estimate = self.estimate(request)
        if budget.needs_price and estimate.cost is None and self._prices:
            self._prices.refresh()
            estimate = self.estimate(request)
        budget.check(
            ", ".join(estimate.unpriced) or request.model,
            estimate.cost,
            spent=self.ledger.spent().cost,
            in_turn=self.ledger.spent(since).cost,
        )
        return estimate.cost
