"""What an answer cost. The amounts are worked out by hand, in USD."""

import decimal
from decimal import Decimal

import pytest

from ofox_magic.chat.messages import Usage
from ofox_magic.chat.transport import ModelCard
from ofox_magic.gateway import pricing

MINI = ModelCard(
    "openai/gpt-4o-mini",
    aliases=("gpt-4o-mini",),
    prices={
        "prompt": Decimal("0.00000015"),
        "completion": Decimal("0.0000006"),
        "input_cache_read": Decimal("0.000000075"),
    },
)
GPT = ModelCard("openai/gpt-4o", prices={"prompt": Decimal("0.0000025"), "completion": Decimal("0.00001")})
SONNET = ModelCard(
    "anthropic/claude-sonnet-4.5",
    aliases=("claude-sonnet-4.5", "claude-sonnet-4-5-20250929"),
    prices={"prompt": Decimal("0.000003"), "completion": Decimal("0.000015"), "input_cache_read": Decimal("0.0000003")},
)
FREE = ModelCard("practice/echo", prices={"prompt": Decimal(0), "completion": Decimal(0)})
UNPRICED = ModelCard("moonshotai/kimi-k2.6")
CARDS = {name: card for card in (MINI, GPT, SONNET, FREE, UNPRICED) for name in (card.id, *card.aliases)}


def used(prompt=0, completion=0, total=None, cached=0, reasoning=0):
    return Usage(prompt, completion, prompt + completion if total is None else total, cached, reasoning)


@pytest.mark.parametrize(
    ("card", "usage", "amount"),
    [
        # 1000 × 0.15 + 500 × 0.60 per million
        (MINI, used(1000, 500), "0.00045"),
        # 200 × 0.15 + 800 × 0.075 + 500 × 0.60 per million
        (MINI, used(1000, 500, cached=800), "0.00039"),
        # all from the cache
        (MINI, used(1000, 0, cached=1000), "0.000075"),
        # no price for what the cache held: the prompt's own, 1000 × 2.5 + 10 × 10 per million
        (GPT, used(1000, 10, cached=900), "0.0026"),
        # 25 × 3 + 150 × 15 per million
        (SONNET, used(25, 150), "0.002325"),
        # reasoning is within the completion, and so counted once
        (SONNET, used(25, 150, reasoning=100), "0.002325"),
        # reasoning beside the completion: the total shows it. 25 × 3 + (150 + 100) × 15
        (SONNET, used(25, 150, total=275, reasoning=100), "0.003825"),
        # the cache beside the prompt: it is more than it. 25 × 3 + 4000 × 0.3 + 10 × 15
        (SONNET, used(25, 10, total=4035, cached=4000), "0.001425"),
        # one token is not rounded away
        (MINI, used(1, 0), "0.00000015"),
        # a million of each
        (MINI, used(10**6, 10**6), "0.75"),
        (FREE, used(1000, 500), "0"),
    ],
)
def test_an_answer_costs_its_tokens_at_their_prices(card, usage, amount):
    assert pricing.cost(usage, card) == Decimal(amount)


@pytest.mark.parametrize(
    ("card", "usage"),
    [
        (None, used(10, 10)),
        (MINI, None),
        (MINI, Usage()),  # the gateway sent an empty usage: no prompt has no tokens
        (MINI, Usage(total_tokens=175)),  # what of it was the prompt is not said
        (UNPRICED, used(10, 10)),
        (ModelCard("m", prices={"prompt": Decimal(1)}), used(10, 10)),
        (ModelCard("m", prices={"completion": Decimal(1)}), used(10, 10)),
    ],
)
def test_what_is_not_known_is_none_and_never_zero(card, usage):
    assert pricing.cost(usage, card) is None


def test_a_price_that_is_not_needed_need_not_be_known():
    assert pricing.cost(used(10, 0), ModelCard("m", prices={"prompt": Decimal("0.1")})) == Decimal(1)


def test_a_price_by_the_request_is_added():
    card = ModelCard("m", prices={**MINI.prices, "request": Decimal("0.01")})
    assert pricing.cost(used(1000, 500), card) == Decimal("0.01045")


def test_a_notebooks_own_decimal_context_changes_nothing():
    rough = decimal.Context(prec=2, traps=[decimal.Inexact, decimal.Rounded])
    with decimal.localcontext(rough):
        assert pricing.cost(used(123_457, 0), MINI) == Decimal("0.01851855")
        assert pricing.estimate(123_457, 0, MINI) == Decimal("0.01851855")


def test_an_estimate_is_the_prompt_and_the_longest_answer_none_of_it_from_the_cache():
    # 1000 × 0.15 + 1000 × 0.60 per million
    assert pricing.estimate(1000, 1000, MINI) == Decimal("0.00075")
    assert pricing.estimate(1000, 1000, FREE) == 0
    assert pricing.estimate(1000, 1000, UNPRICED) is None
    assert pricing.estimate(1000, 1000, None) is None


def test_of_several_that_may_answer_the_dearest_is_the_estimate_and_one_unknown_makes_it_unknown():
    assert pricing.dearest(1000, 1000, [MINI, SONNET, GPT]) == Decimal("0.018")
    assert pricing.dearest(1000, 1000, [MINI, None]) is None
    assert pricing.dearest(1000, 1000, []) is None


@pytest.mark.parametrize(
    ("model", "params", "models"),
    [
        ("a", {}, ("a",)),
        ("a", {"provider": {"fallback": ["b", "c", "a"]}}, ("a", "b", "c")),
        ("a", {"provider": {"fallback": "b"}}, ("a", "b")),
        ("a", {"provider": {"routing": "cost"}}, ("a",)),
        ("a", {"provider": "odd"}, ("a",)),
        ("auto", {"model_routing_config": {"models": ["b", "c"]}}, ("b", "c")),
        ("auto", {}, ("auto",)),
        ("a", {"model_routing_config": {"models": ["b"]}}, ("a",)),
    ],
)
def test_who_may_answer_is_the_model_its_fallbacks_and_those_of_auto(model, params, models):
    assert pricing.may_answer(model, params) == models


def test_those_without_a_price_are_named():
    names = ("openai/gpt-4o", "moonshotai/kimi-k2.6", "gpt-4o-mini", "no/card", "practice/echo")
    assert pricing.unpriced(names, CARDS.get) == ("moonshotai/kimi-k2.6", "no/card")


@pytest.mark.parametrize(
    ("answered", "card"),
    [
        (None, MINI),  # the gateway does not say who answered
        ("openai/gpt-4o-mini", MINI),
        ("gpt-4o-mini", MINI),
        ("gpt-4o-mini-2024-07-18", MINI),
        ("azure/gpt-4o-mini-20240718", MINI),
        ("openai/gpt-4o", GPT),  # a fallback answered: its own price
        ("claude-sonnet-4-5-20250929", SONNET),
        ("moonshotai/kimi-k2.6", UNPRICED),
        ("someone/else", None),  # a fallback of which nothing is known
        ("gpt-4o-mini-audio-2024-07-18", None),  # another model, though its name begins alike
        ("gpt-4o-mini-2", None),
    ],
)
def test_the_price_is_that_of_the_model_that_answered(answered, card):
    assert pricing.answering_card(answered, "openai/gpt-4o-mini", CARDS.get) is card
