"""
What requests cost, from the catalogue's prices: USD in Decimal, exact, and None where it is unknown. Pure.

An estimate all the same: some models cost more for long prompts, and a web search is priced by the call, but how many
were made is not told.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from decimal import Decimal
from typing import Any, TypeAlias

from ofox_magic.chat.ledger import generated_tokens
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.money import EXACT, total
from ofox_magic.chat.transport import ModelCard

FindCard: TypeAlias = Callable[[str], ModelCard | None]
_AUTO = "auto"
"""The model that stands for whichever the gateway chooses."""
_SNAPSHOT = re.compile(r"[-@]\d{4}-?\d{2}-?\d{2}")  # gpt-4o-2024-08-06, claude-…-20250929


def cost(usage: Usage | None, card: ModelCard | None) -> Decimal | None:
    """
    Return what an answer that used *usage* cost by the prices of *card*, in USD; None where it is unknown.

    Unknown it is without a count of the prompt's tokens (no prompt has none), and where a price that is needed is
    missing. What was read from the cache has its own price; where none is listed, that of the prompt.
    """
    if usage is None or card is None or not usage.prompt_tokens + usage.cached_tokens:
        return None
    within = usage.cached_tokens <= usage.prompt_tokens
    fresh = usage.prompt_tokens - usage.cached_tokens if within else usage.prompt_tokens
    return _sum(card, fresh, usage.cached_tokens, generated_tokens(usage))


def estimate(prompt_tokens: int, max_tokens: int, card: ModelCard | None) -> Decimal | None:
    """
    Return what a request costs at most, in USD, with *prompt_tokens* and an answer of *max_tokens*; None: unknown.

    Nothing is taken to come from the cache.
    """
    return None if card is None else _sum(card, prompt_tokens, 0, max_tokens)


def dearest(prompt_tokens: int, max_tokens: int, cards: Iterable[ModelCard | None]) -> Decimal | None:
    """Return the highest `estimate` of *cards*, all of which may answer; None where that of one is unknown."""
    highest: Decimal | None = None
    for card in cards:
        amount = estimate(prompt_tokens, max_tokens, card)
        if amount is None:
            return None
        highest = amount if highest is None else max(highest, amount)
    return highest


def may_answer(model: str, params: Mapping[str, Any]) -> tuple[str, ...]:
    """
    Return the models that may answer a request to *model* with *params*: it and its fallbacks, those of `auto`.

    Fallbacks that are set in the gateway's console are not known here.
    """
    chosen = _names(params.get("model_routing_config"), "models") if model == _AUTO else ()
    return tuple(dict.fromkeys((*(chosen or (model,)), *_names(params.get("provider"), "fallback"))))


def unpriced(models: Iterable[str], card: FindCard) -> tuple[str, ...]:
    """Return those of *models* of which no price is known, for the refusal that names them."""
    return tuple(model for model in models if estimate(1, 1, card(model)) is None)


def answering_card(answered: str | None, asked: str, card: FindCard) -> ModelCard | None:
    """
    Return the card of the model that answered; *card* finds one by id or alias.

    That is *answered* where the gateway names one: a fallback has its own price, or none that is known. A dated
    snapshot of what was *asked* counts as that; so does an answer that names no model.
    """
    if not answered or _is_snapshot(answered, asked):
        return (card(answered) if answered else None) or card(asked)
    return card(answered)


def _is_snapshot(answered: str, asked: str) -> bool:
    full, short = (name.rpartition("/")[2] for name in (answered, asked))
    return full.startswith(short) and bool(short and _SNAPSHOT.fullmatch(full, len(short)))


def _sum(card: ModelCard, fresh: int, cached: int, generated: int) -> Decimal | None:
    """USD for so many tokens and one request. What costs nothing needs no price."""
    amounts = []
    for tokens, price in _priced(card.prices, fresh, cached, generated):
        if tokens and price is None:
            return None
        amounts.append(EXACT.multiply(Decimal(tokens), price or Decimal(0)))
    return total(amounts)


def _priced(
    prices: Mapping[str, Decimal], fresh: int, cached: int, generated: int
) -> Iterator[tuple[int, Decimal | None]]:
    prompt = prices.get("prompt")
    yield fresh, prompt
    yield cached, prices.get("input_cache_read", prompt)
    yield generated, prices.get("completion")
    yield 1, prices.get("request", Decimal(0))


def _names(holder: Any, name: str) -> tuple[str, ...]:
    names = holder.get(name) if isinstance(holder, Mapping) else None
    names = [names] if isinstance(names, str) else names
    return tuple(each for each in names if isinstance(each, str)) if isinstance(names, list | tuple) else ()
