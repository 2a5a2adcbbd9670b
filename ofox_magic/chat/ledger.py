"""What a session has used and what it cost, by model that answered; undone turns and earlier versions included."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from decimal import Decimal
from typing import TypeAlias

from ofox_magic.chat.messages import Usage
from ofox_magic.chat.money import ZERO, Cost

Price: TypeAlias = Callable[[Usage, str | None, str], Decimal | None]
"""What an answer cost in USD: its usage, the model that says it answered (None: not said), the one that was asked."""


@dataclass(frozen=True, slots=True)
class Entry:
    """An answer: the models *asked* and *answered*; *cost* and the *estimate* from before in USD, None: unknown."""

    asked: str
    answered: str | None
    usage: Usage | None
    cost: Decimal | None
    estimate: Decimal | None

    @property
    def model(self) -> str:
        """The model that answered, as far as that was said."""
        return self.answered or self.asked


@dataclass(frozen=True, slots=True)
class Spent:
    """*requests* that brought an answer, *unknown* of them without a count of tokens; tokens and cost of all."""

    requests: int = 0
    unknown: int = 0
    usage: Usage = field(default_factory=Usage)
    cost: Cost = field(default_factory=Cost)

    def __add__(self, other: "Spent") -> "Spent":
        return Spent(
            self.requests + other.requests,
            self.unknown + other.unknown,
            self.usage + other.usage,
            self.cost + other.cost,
        )


class Ledger:
    """
    An entry for each answer. `len` is how many there are.

    An answer is priced by *price* when it is written down. What had no price then, since the catalogue was still on
    its way, gets one when it is read later.
    """

    def __init__(self, price: Price = lambda *_: None) -> None:
        self._price = price
        self._entries: list[Entry] = []  # only ever appended to, so that any thread may read
        self._counted = _Counted()

    def __len__(self) -> int:
        return len(self._entries)

    def add(
        self, asked: str, usage: Usage | None, *, answered: str | None = None, estimate: Decimal | None = None
    ) -> Decimal | None:
        """Write down an answer, and return its cost. *usage* is None where the gateway did not say what it used."""
        cost = self._price(usage, answered, asked) if usage else None
        self._entries.append(Entry(asked, answered, usage, cost, estimate))
        return cost

    @property
    def lines(self) -> dict[str, Spent]:
        """What each model was used for, in the order of first use."""
        lines: dict[str, Spent] = {}
        for entry in tuple(self._entries):
            lines[entry.model] = lines.get(entry.model, Spent()) + self._spent(entry)
        return lines

    def spent(self, since: int = 0) -> Spent:
        """
        Return what all entries from number *since* on come to: those of a turn, from what `len` was before it.

        All of them cost no more than those that are new since the last time, however long the session is.
        """
        if since:
            return sum((self._spent(entry) for entry in self._entries[since:]), Spent())
        return self._count().spent

    @property
    def largest_answer(self) -> int:
        """The tokens of the longest answer so far, reasoning included; 0 where none is known."""
        return self._count().largest_answer

    def _count(self) -> "_Counted":
        """Count what is new; where a price has come to be known meanwhile, all of it once more."""
        counted = self._counted
        if any(self._priced(entry) is not None for entry in counted.unpriced.values()):
            counted = _Counted()
        for entry in self._entries[counted.entries :]:
            counted = counted.with_entry(entry, self._spent(entry))
        self._counted = counted
        return counted

    def _spent(self, entry: Entry) -> Spent:
        if entry.usage is None:
            return Spent(1, 1, cost=Cost(unknown=1, assumed=entry.estimate or ZERO))
        cost = self._priced(entry)
        if cost is None:
            return Spent(1, 0, entry.usage, Cost(unknown=1, assumed=entry.estimate or ZERO))
        return Spent(1, 0, entry.usage, Cost(cost))

    def _priced(self, entry: Entry) -> Decimal | None:
        if entry.cost is not None or entry.usage is None:
            return entry.cost
        return self._price(entry.usage, entry.answered, entry.asked)


@dataclass(frozen=True, slots=True)
class _Counted:
    """
    The sum of the first so many *entries*. One value, swapped whole, so that any thread may read.

    *unpriced* has one of each kind among them that had no price; a price is for a kind, so that one tells for all.
    """

    entries: int = 0
    spent: Spent = field(default_factory=Spent)
    largest_answer: int = 0
    unpriced: Mapping[tuple[object, ...], Entry] = field(default_factory=dict)

    def with_entry(self, entry: Entry, spent: Spent) -> "_Counted":
        """Return the sum with one *entry* more, which comes to *spent*."""
        usage, unpriced = entry.usage, self.unpriced
        if usage and spent.cost.unknown:
            # which prices are needed is a matter of which counts there are
            kind = (entry.asked, entry.answered, *(bool(getattr(usage, each.name)) for each in fields(usage)))
            unpriced = {kind: entry, **unpriced}
        largest = max(self.largest_answer, generated_tokens(usage) if usage else 0)
        return _Counted(self.entries + 1, self.spent + spent, largest, unpriced)


def generated_tokens(usage: Usage) -> int:
    """
    Return the tokens that were generated, reasoning included.

    Some gateways count reasoning within the total but not within the completion, and what the cache held beside the
    prompt instead of within it; that shows where it is more than the prompt.
    """
    taken_in = usage.prompt_tokens + (usage.cached_tokens if usage.cached_tokens > usage.prompt_tokens else 0)
    return max(usage.completion_tokens, usage.total_tokens - taken_in)
