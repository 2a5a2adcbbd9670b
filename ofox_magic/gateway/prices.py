"""What a session asks about money, answered from what is known of the models."""

from collections.abc import Callable
from decimal import Decimal

from ofox_magic.chat.account import Estimate
from ofox_magic.chat.budget import answer_tokens
from ofox_magic.chat.estimate import Count, tokens_of, tokens_of_options, tokens_of_text
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.transport import Request
from ofox_magic.gateway import pricing
from ofox_magic.gateway.pricing import FindCard


class CataloguePrices:
    """
    The Prices of a session: *card* finds what is known of a model, *refresh* has the gateway asked for it.

    *count* says how many tokens a text is.
    """

    def __init__(self, card: FindCard, refresh: Callable[[], None], count: Count = tokens_of_text) -> None:
        self._card = card
        self._count = count
        self.refresh = refresh

    def cost(self, usage: Usage | None, answered: str | None, asked: str) -> Decimal | None:
        """Return what an answer cost, in USD; None where that is unknown."""
        return pricing.cost(usage, pricing.answering_card(answered, asked, self._card))

    def estimate(self, request: Request, largest_answer: int) -> Estimate:
        """Return what *request* costs at most, if its answer has *largest_answer* tokens where nothing limits it."""
        models = pricing.may_answer(request.model, request.params)
        prompt = tokens_of(request.messages, self._count) + tokens_of_options(request.params, self._count)
        answer = answer_tokens(request.params, largest_answer)
        return Estimate(
            pricing.dearest(prompt, answer, map(self._card, models)), prompt, pricing.unpriced(models, self._card)
        )
