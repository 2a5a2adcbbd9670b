"""What may be spent: caps in USD, and their check before a request leaves. Pure: arithmetic, and what to say."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from ofox_magic.chat.money import EXACT, Cost, approximately, dollars
from ofox_magic.errors import ConfigError

LEAST_ANSWER = 1000
"""Tokens that an answer is taken to have at least where nothing limits it."""
_LIMITS = ("max_tokens", "max_completion_tokens")
_MOST_CHOICES = 128


def answer_tokens(params: Mapping[str, Any], largest_answer: int = 0) -> int:
    """
    Return how many tokens the answer to a request with *params* is estimated at.

    That is its `max_tokens`; where none is set, the larger of 1,000 and *largest_answer*, the longest of the session
    in tokens. With `n` answers, n times that.
    """
    limits = [count for name in _LIMITS if (count := _count(params.get(name)))]
    choices = _count(params.get("n")) or 1
    return (min(limits) if limits else max(LEAST_ANSWER, largest_answer)) * min(choices, _MOST_CHOICES)


def _count(value: Any) -> int:
    """The number above 0 that *value* is, else 0: what a gateway would refuse sets no limit."""
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e9 else 0  # noqa: PLR2004


@dataclass(frozen=True, slots=True)
class Budget:
    """
    The caps that hold for a request, in USD, None where there is none.

    *session* is for all that the session spends, *turn* for one turn with all of its tool rounds.
    """

    session: Decimal | None = None
    turn: Decimal | None = None

    @property
    def needs_price(self) -> bool:
        """Whether there is anything to check."""
        return self.session is not None or self.turn is not None

    def check(self, model: str, estimate: Decimal | None, *, spent: Cost, in_turn: Cost | None = None) -> None:
        """
        Raise ConfigError, one line, where a request to *model* may not leave.

        *estimate* is what it will cost at most by what is known; None, for which *model* names those without a price,
        is refused. *spent* is what the session has spent so far, *in_turn* the share of the turn that runs.

        Call it before each request: a tool round is one. A try that failed before any output counts as free.
        """
        _check(self.turn, model, estimate, in_turn or Cost(), _TURN)
        _check(self.session, model, estimate, spent, _SESSION)


@dataclass(frozen=True, slots=True)
class _Cap:
    """How a cap is called, and what to do about it."""

    name: str
    lift: str
    raise_it: str


_TURN = _Cap("--max-cost", "leave --max-cost out", "give --max-cost more")
_SESSION = _Cap("the session's budget", "lift the budget with %ofox budget -", "raise it with %ofox budget USD")


def _check(cap: Decimal | None, model: str, estimate: Decimal | None, spent: Cost, called: _Cap) -> None:
    if cap is None:
        return
    if estimate is None:
        raise ConfigError(
            f"not sent: no price is known for {model}, so {called.name} of {dollars(cap)} cannot be kept. "
            f"Take a model that %ofox models lists with a price, or {called.lift}"
        )
    if EXACT.add(spent.counted, estimate) > cap:
        raise ConfigError(
            f"not sent: {_so_far(spent)}{approximately(estimate)} for this request would pass {called.name} "
            f"of {dollars(cap)}. Set a lower --max-tokens, take a cheaper model, or {called.raise_it}"
        )


def _so_far(spent: Cost) -> str:
    """What was spent, as the first half of a sum; nothing where that is nothing."""
    if not spent.counted and not spent.unknown:
        return ""
    said = f"{approximately(spent.counted)} spent"
    if spent.unknown:
        said += f" ({spent.without_cost}, counted as estimated: {approximately(spent.assumed)})"
    return f"{said}, and "
