"""What a user should know of a question before it is answered, a line each. Pure."""

from collections.abc import Iterable, Iterator

from ofox_magic.chat.parts import Image, Part
from ofox_magic.chat.transport import ModelCard

_NEARLY_FULL = 0.9  # of the model's context, by our own count, which is a few per cent off


def of_question(
    parts: Iterable[Part], card: ModelCard | None, *, tokens: int, turns: int, max_history: int | None
) -> Iterator[str]:
    """
    Yield what there is to say of a question made of *parts*.

    The whole request is about *tokens* long; of *turns* above it, *max_history* go along (None: all); *card* is what
    is known of the model.
    """
    yield from _blindness(parts, card)
    yield from _crowding(card, tokens)
    if max_history and turns > max_history:
        yield f"the last {max_history:,} of {turns:,} turns go along (OfoxMagics.max_history)"


def _blindness(parts: Iterable[Part], card: ModelCard | None) -> Iterator[str]:
    if card is None or not card.inputs or "image" in card.inputs or not any(isinstance(part, Image) for part in parts):
        return
    yield f"{card.id} is listed as taking {', '.join(sorted(card.inputs))} and no pictures: see %ofox models"


def _crowding(card: ModelCard | None, tokens: int) -> Iterator[str]:
    """A remark and no refusal: the count is an estimate, and the gateway's own refusal costs nothing."""
    most = card.context_length if card else None
    if card is None or most is None or tokens < _NEARLY_FULL * most:
        return
    yield (
        f"this conversation is ≈{tokens:,} tokens and {card.id} takes {most:,}: %ofox fit leaves its oldest turns out, "
        f"--fresh asks without it"
    )
