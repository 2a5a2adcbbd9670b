"""What a user should know of a question before it is answered, a line each. Pure."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from ofox_magic.chat.estimate import tokens as tokens_in
from ofox_magic.chat.parts import Image, Part, Text
from ofox_magic.chat.transport import ModelCard
from ofox_magic.context.prompt import NEW
from ofox_magic.context.recognise import is_table
from ofox_magic.jupyter.chips import size
from ofox_magic.untrusted import one_line

_NEARLY_FULL = 0.9  # of the model's context, by our own count, which is a few per cent off
_LARGE = 40_000  # bytes of a text that is inserted; about ten thousand tokens, six times what a table may take


def of_question(
    parts: Iterable[Part], card: ModelCard | None, *, tokens: int, turns: int, max_history: int | None
) -> Iterator[str]:
    """
    Yield what there is to say of a question made of *parts*.

    The whole request is about *tokens* long; of *turns* above it, *max_history* go along (None: all); *card* is what
    is known of the model.
    """
    parts = tuple(parts)
    yield from _blindness(parts, card)
    yield from _bulk(parts)
    yield from _crowding(card, tokens)
    if max_history and turns > max_history:
        yield f"the last {max_history:,} of {turns:,} turns go along (OfoxMagics.max_history)"


def of_sight(see: int | None, shown: Sequence[object]) -> Iterator[str]:
    """Yield what there is to say where `--see` was typed and nothing is *shown*; *see* is None where it was not."""
    if see is not None and not shown:
        since = " since the last question" if see == NEW else ""
        yield f"--see brought nothing along: no cell showed anything{since}"


def of_output(name: str | None, namespace: Mapping[str, Any]) -> Iterator[str]:
    """Yield what there is to say of the variable *name* that the answer is put into."""
    if name is not None and is_table(value := namespace.get(name)):
        yield f"-o {name} puts the answer in the place of a {type(value).__name__}"


def _blindness(parts: Iterable[Part], card: ModelCard | None) -> Iterator[str]:
    if card is None or not card.inputs or "image" in card.inputs or not any(isinstance(part, Image) for part in parts):
        return
    yield f"{card.id} is listed as taking {', '.join(sorted(card.inputs))} and no pictures: see %ofox models"


def _bulk(parts: Iterable[Part]) -> Iterator[str]:
    texts = (part for part in parts if isinstance(part, Text))
    for part, each in ((text, inserted) for text in texts for inserted in text.inserted if inserted.size > _LARGE):
        its_share = each.size / len(part.text.encode(errors="replace"))
        yield (
            f"{one_line(each.name, 40)} goes along whole: {size(each.size)} of text, "
            f"≈{tokens_in(part) * its_share:,.0f} tokens, with this question and each that follows; a part may do"
        )


def _crowding(card: ModelCard | None, tokens: int) -> Iterator[str]:
    """A remark and no refusal: the count is an estimate, and the gateway's own refusal costs nothing."""
    most = card.context_length if card else None
    if card is None or most is None or tokens < _NEARLY_FULL * most:
        return
    yield (
        f"this conversation is ≈{tokens:,} tokens and {card.id} takes {most:,}: %ofox fit leaves its oldest turns out, "
        f"--fresh asks without it"
    )
