"""US dollars: what answers cost, as far as that is known, and how amounts are written. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Context, Decimal

from ofox_magic.errors import ConfigError

EXACT = Context(prec=60, traps=[])
"""For all sums here: a notebook may have set its own context to three digits, or to raise where one is lost."""
ZERO = Decimal(0)
_CENTS = 2  # decimals; amounts below a dollar are shown with two significant digits instead where that is more
_LEAST = Decimal("0.000000001")  # shown; no token costs less
_LARGEST_CAP = 12  # digits before the point


@dataclass(frozen=True, slots=True)
class Cost:
    """
    What some answers cost, in USD.

    *known* is the sum of those whose price and tokens are known, *unknown* counts the others; *assumed* is what these
    were estimated at before they were sent, as far as they were.
    """

    known: Decimal = ZERO
    unknown: int = 0
    assumed: Decimal = ZERO

    def __add__(self, other: "Cost") -> "Cost":
        return Cost(
            EXACT.add(self.known, other.known), self.unknown + other.unknown, EXACT.add(self.assumed, other.assumed)
        )

    def __str__(self) -> str:
        known = () if self.unknown and not self.known else (approximately(self.known),)
        return ", and ".join((*known, *((self.without_cost,) if self.unknown else ())))

    @property
    def without_cost(self) -> str:
        """How many answers have no known cost, in words."""
        return f"{'1 answer' if self.unknown == 1 else f'{self.unknown:,} answers'} of unknown cost"

    @property
    def counted(self) -> Decimal:
        """What counts against a cap: an answer of unknown cost as its estimate, so that no cap is evaded."""
        return EXACT.add(self.known, self.assumed)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """Return the exact sum of *amounts*."""
    result = ZERO
    for amount in amounts:
        result = EXACT.add(result, amount)
    return result


def dollars(amount: Decimal) -> str:
    """Return *amount* as `$12.30`, and below a dollar with two digits that count: `$0.0021`. Nothing is `$0`."""
    if not amount:
        return "$0"
    if amount < _LEAST:
        return f"<${_LEAST:f}"
    rounded = _rounded(amount, max(_CENTS, 1 - amount.adjusted()))
    decimals = -int(rounded.normalize(EXACT).as_tuple().exponent)
    return f"${_rounded(rounded, max(_CENTS, decimals)):,f}"


def _rounded(amount: Decimal, decimals: int) -> Decimal:
    return amount.quantize(Decimal(1).scaleb(-decimals, EXACT), ROUND_HALF_UP, EXACT)


def approximately(amount: Decimal | None) -> str:
    """Return an estimated *amount* as `≈$0.0021`; None is `unknown`, and what is free is `$0`."""
    if amount is None:
        return "unknown"
    return f"≈{dollars(amount)}" if amount else dollars(amount)


def amount_of(text: str) -> Decimal:
    """Return the amount that a user wrote: `2`, `2.00` or `$0.05`. Raises ConfigError."""
    digits = text.strip().removeprefix("$").strip()
    amount = EXACT.create_decimal(digits) if digits.isascii() else Decimal("NaN")
    if not amount.is_finite() or amount.is_signed() or amount.adjusted() > _LARGEST_CAP:
        raise ConfigError(f"expected an amount in US dollars, such as 2.00 or 0.05, got {text.strip()[:40]!r}")
    return amount
