"""What models cost and what was spent, in words. Pure: values in, text out."""

from collections.abc import Iterable, Mapping

from ofox_magic.chat.ledger import Spent
from ofox_magic.chat.money import Cost, approximately, dollars
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import ModelCard
from ofox_magic.jupyter.columns import count, table
from ofox_magic.untrusted import printable

_MILLION = 1_000_000


def usage(lines: Mapping[str, Spent], width: int | None = None) -> str:
    """Tokens by model, as the gateway counted them."""
    if not lines:
        return "nothing was used yet"
    columns = ("model", "answers", "prompt", "cached", "completion", "reasoning", "total", "cost")
    rows: list[tuple[str, ...]] = [columns]
    rows += [_usage_row(model, spent) for model, spent in lines.items()]
    if len(lines) > 1:
        rows.append(_usage_row("all", sum(lines.values(), Spent())))
    unknown = sum(spent.unknown for spent in lines.values())
    note = f"\n{count(unknown, 'answer')} came without a count of tokens" if unknown else ""
    return table(rows, width) + note


def budget(session: Session) -> str:
    """What was spent, and of how much."""
    spent = session.ledger.spent().cost
    if session.budget is None:
        return str(spent)
    return f"{approximately(spent.known)} of {dollars(session.budget)}{_besides(spent) if spent.unknown else ''}"


def _besides(spent: Cost) -> str:
    if spent.assumed:
        return f", and {spent.without_cost}, counted as {approximately(spent.assumed)}"
    return f", and {spent.without_cost}: prices are asked for before the next question"


def models(cards: Iterable[ModelCard], words: str, width: int | None = None) -> str:
    """The models whose id, name or alias holds *words*, with their price per million tokens."""
    found = [card for card in cards if words.lower() in " ".join((card.id, card.name, *card.aliases)).lower()]
    if not found:
        return f"no model is called like {words!r}; %ofox models lists all"
    rows: list[tuple[str, ...]] = [("model", "context", "USD/M in", "USD/M out", "takes", "aliases")]
    rows += [_model_row(card) for card in found]
    return table(rows, width)


def _usage_row(model: str, spent: Spent) -> tuple[str, ...]:
    used = spent.usage
    numbers = (spent.requests, used.prompt_tokens, used.cached_tokens, used.completion_tokens, used.reasoning_tokens)
    return (printable(model), *(f"{number:,}" for number in (*numbers, used.total_tokens)), str(spent.cost))


def _model_row(card: ModelCard) -> tuple[str, ...]:
    prices = (f"{card.prices[kind] * _MILLION:f}" if kind in card.prices else "?" for kind in ("prompt", "completion"))
    per_million = (_trimmed(price) for price in prices)
    context = f"{card.context_length:,}" if card.context_length else "?"
    row = (card.id, context, *per_million, ", ".join(sorted(card.inputs)) or "?", ", ".join(card.aliases[:2]))
    return tuple(printable(cell) for cell in row)


def _trimmed(price: str) -> str:
    return price.rstrip("0").rstrip(".") if "." in price else price
