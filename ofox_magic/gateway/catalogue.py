"""What `GET /models` says: records to ModelCards. Tolerates missing and odd fields."""

import json
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from ofox_magic.chat.transport import ModelCard
from ofox_magic.errors import ProtocolError

CHAT_ENDPOINT = "/v1/chat/completions"
_ABSURD_PRICE = 1000  # USD for one token, image or search; below 0 stands for "it depends"


class Catalogue:
    """The cards as last fetched, found by id and by alias. Empty until then."""

    def __init__(self, cards: Iterable[ModelCard] = ()) -> None:
        self.cards = tuple(sorted(cards, key=lambda card: card.id))
        aliases = {alias: card for card in reversed(self.cards) for alias in card.aliases}
        self._by_name = aliases | {card.id: card for card in self.cards}

    def card(self, name: str) -> ModelCard | None:
        """Return the card whose id or alias is *name*."""
        return self._by_name.get(name)


def records(body: bytes, mask: Callable[[str], str] = str) -> list[Any]:
    """
    Return the records in *body*, the answer to GET /models, with *mask* over all of their text.

    Raises ProtocolError where it is no list of models.
    """
    try:
        data = json.loads(body)
        text = json.dumps(data, ensure_ascii=False)  # written anew: an escape could hide what is to be masked
        masked = mask(text)
        data = data if masked == text else json.loads(masked)
    except (ValueError, RecursionError):
        data = None
    found = data.get("data") if isinstance(data, dict) else data
    if not isinstance(found, list):
        raise ProtocolError("expected a list of models from the gateway, got something else")
    return found


def of(found: Iterable[Any]) -> Catalogue:
    """Return the catalogue of those records in *found* that are models and can chat."""
    return Catalogue(_card(record) for record in found if _can_chat(record))


def _can_chat(record: Any) -> bool:
    """Models that only serve another endpoint are listed too; where the list of endpoints is missing, keep them."""
    if not isinstance(record, dict) or not isinstance(record.get("id"), str) or record.get("is_deprecated") is True:
        return False
    endpoints = record.get("supported_endpoints")
    return CHAT_ENDPOINT in endpoints if isinstance(endpoints, list) else True


def _card(record: Mapping[str, Any]) -> ModelCard:
    top = _mapping(record, "top_provider")
    architecture = _mapping(record, "architecture")
    return ModelCard(
        id=record["id"],
        name=record["name"] if isinstance(record.get("name"), str) else "",
        aliases=tuple(_strings(record.get("aliases"))),
        context_length=_tokens(record.get("context_length")) or _tokens(top.get("context_length")),
        prices=dict(_prices(_mapping(record, "pricing"))),
        abilities=frozenset(_strings(record.get("supported_parameters"))),
        inputs=frozenset(_strings(architecture.get("input_modalities"))),
    )


def _mapping(record: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = record.get(name)
    return value if isinstance(value, Mapping) else {}


def _strings(value: Any) -> Iterable[str]:
    return (item for item in value if isinstance(item, str)) if isinstance(value, list) else ()


def _tokens(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else None


def _prices(pricing: Mapping[str, Any]) -> Iterable[tuple[str, Decimal]]:
    """Prices are strings, in USD per token; Decimal keeps them exact."""
    for name, price in pricing.items():
        if not isinstance(price, str | int | float):
            continue
        try:
            amount = Decimal(str(price))
        except InvalidOperation:
            continue
        if amount.is_finite() and 0 <= amount < _ABSURD_PRICE:
            yield name, amount
