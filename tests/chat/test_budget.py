"""Caps, what counts against them, and how amounts are said."""

import decimal
from decimal import Decimal

import pytest

from ofox_magic import ConfigError
from ofox_magic.chat.budget import Budget, answer_tokens
from ofox_magic.chat.ledger import Ledger, Spent, generated_tokens
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.money import Cost, amount_of, approximately, dollars

PRICES = {"cheap": Decimal("0.001"), "dear": Decimal("0.01")}


def price(usage, answered, asked):
    """USD by the token in all, for those models that have a price."""
    each = PRICES.get(answered or asked)
    return each and each * usage.total_tokens


def used(tokens):
    return Usage(tokens, 0, tokens)


NOTHING = Cost()


def refused(budget, estimate, *, spent=NOTHING, in_turn=None):
    with pytest.raises(ConfigError) as caught:
        budget.check("a/model", estimate, spent=spent, in_turn=in_turn)
    assert "\n" not in str(caught.value)
    return str(caught.value)


# -- the caps


@pytest.mark.parametrize(
    ("cap", "spent", "estimate"),
    [("2.00", "0", "2.00"), ("2.00", "1.99", "0.01"), ("0", "0", "0"), ("2", "1.9999999999", "0.0000000001")],
)
def test_what_comes_to_the_cap_exactly_may_leave(cap, spent, estimate):
    Budget(Decimal(cap)).check("a/model", Decimal(estimate), spent=Cost(Decimal(spent)))


@pytest.mark.parametrize(
    ("cap", "spent", "estimate"),
    [("2.00", "0", "2.0000000001"), ("2.00", "1.99", "0.010001"), ("0", "0", "0.00000015"), ("2", "3", "0")],
)
def test_what_would_pass_the_cap_is_refused(cap, spent, estimate):
    refused(Budget(Decimal(cap)), Decimal(estimate), spent=Cost(Decimal(spent)))


def test_the_refusal_says_what_was_spent_what_this_costs_the_cap_and_what_to_do():
    said = refused(Budget(Decimal("2.00")), Decimal("0.0521"), spent=Cost(Decimal("1.98")))
    assert "≈$1.98 spent, and ≈$0.052 for this request would pass the session's budget of $2.00" in said
    assert "%ofox budget" in said
    assert "--max-tokens" in said


def test_with_nothing_spent_yet_the_refusal_speaks_of_the_request_alone():
    assert refused(Budget(Decimal("0.01")), Decimal("0.5")).startswith("not sent: ≈$0.50 for this request would pass")


def test_with_a_cap_and_no_known_price_nothing_is_sent():
    said = refused(Budget(Decimal("2.00")), None)
    assert "no price is known for a/model, so the session's budget of $2.00 cannot be kept" in said
    assert "%ofox budget -" in said


def test_without_a_cap_nothing_is_checked():
    assert not Budget().needs_price
    Budget().check("a/model", None, spent=Cost(Decimal(10**6), unknown=3))


def test_a_cap_of_the_turn_counts_the_rounds_of_the_turn_only():
    budget = Budget(turn=Decimal("0.10"))
    budget.check("a/model", Decimal("0.05"), spent=Cost(Decimal(50)), in_turn=Cost(Decimal("0.05")))
    said = refused(budget, Decimal("0.05"), spent=Cost(Decimal(50)), in_turn=Cost(Decimal("0.06")))
    assert "would pass --max-cost of $0.10" in said
    assert "no price is known" in refused(budget, None)


def test_both_caps_hold():
    both = Budget(session=Decimal(1), turn=Decimal("0.10"))
    assert "--max-cost" in refused(both, Decimal("0.2"))
    assert "the session's budget" in refused(both, Decimal("0.05"), spent=Cost(Decimal("0.96")))


def test_answers_of_unknown_cost_count_as_estimated_and_that_is_said():
    spent = Cost(Decimal("0.50"), unknown=2, assumed=Decimal("0.40"))
    Budget(Decimal(1)).check("a/model", Decimal("0.10"), spent=spent)
    said = refused(Budget(Decimal(1)), Decimal("0.11"), spent=spent)
    assert "≈$0.90 spent (2 answers of unknown cost, counted as estimated: ≈$0.40), and ≈$0.11" in said


def test_a_notebooks_own_decimal_context_lets_nothing_pass():
    rough = decimal.Context(prec=1, traps=[decimal.Inexact])
    with decimal.localcontext(rough):
        refused(Budget(Decimal("1.0")), Decimal("0.04"), spent=Cost(Decimal("0.97")) + Cost(Decimal("0.0001")))


# -- how long an answer is taken to be


@pytest.mark.parametrize(
    ("params", "largest", "tokens"),
    [
        ({"max_tokens": 200}, 5000, 200),
        ({"max_completion_tokens": 300}, 0, 300),
        ({"max_tokens": 200, "max_completion_tokens": 100}, 0, 100),
        ({}, 0, 1000),
        ({}, 999, 1000),
        ({}, 4321, 4321),
        ({"max_tokens": 200, "n": 3}, 0, 600),
        ({"n": 10**9}, 0, 1000),
        ({"max_tokens": 0}, 0, 1000),
        ({"max_tokens": -5}, 0, 1000),
        ({"max_tokens": True}, 0, 1000),
        ({"max_tokens": "many"}, 0, 1000),
        ({"max_tokens": float("nan")}, 0, 1000),
    ],
)
def test_an_answer_is_as_long_as_its_limit_else_as_the_longest_but_1000_at_least(params, largest, tokens):
    assert answer_tokens(params, largest) == tokens


# -- what was spent


def test_the_ledger_adds_up_by_model_that_answered():
    ledger = Ledger(price)
    ledger.add("cheap", used(100))
    ledger.add("cheap", used(50))
    ledger.add("cheap", used(100), answered="dear")
    assert {model: line.cost for model, line in ledger.lines.items()} == {
        "cheap": Cost(Decimal("0.150")),
        "dear": Cost(Decimal("1.00")),
    }
    assert ledger.spent().cost == Cost(Decimal("1.15"))
    assert (ledger.spent().requests, ledger.spent().usage.total_tokens) == (3, 250)


def test_an_answer_without_a_count_or_price_is_unknown_and_counts_as_its_estimate():
    ledger = Ledger(price)
    ledger.add("cheap", None, estimate=Decimal("0.25"))
    ledger.add("cheap", used(10), answered="nobody", estimate=Decimal("0.50"))
    ledger.add("cheap", None)
    assert ledger.spent().cost == Cost(unknown=3, assumed=Decimal("0.75"))
    assert ledger.spent().unknown == 2  # two of them without a count of tokens
    assert ledger.spent().cost.counted == Decimal("0.75")


def test_what_had_no_price_when_it_came_gets_one_when_the_catalogue_has_come():
    prices = {}
    ledger = Ledger(lambda usage, answered, asked: prices.get(asked))
    assert ledger.add("late", used(10), estimate=Decimal(5)) is None
    assert ledger.spent().cost == Cost(unknown=1, assumed=Decimal(5))
    prices["late"] = Decimal("0.01")
    assert ledger.spent().cost == Cost(Decimal("0.01"))
    assert ledger.add("late", used(10)) == Decimal("0.01")


def test_a_price_that_changes_later_changes_nothing_that_was_written_down():
    prices = {"m": Decimal(1)}
    ledger = Ledger(lambda usage, answered, asked: prices.get(asked))
    ledger.add("m", used(10))
    prices["m"] = Decimal(99)
    assert ledger.spent().cost == Cost(Decimal(1))


def test_the_share_of_a_turn_is_what_came_since_it_began():
    ledger = Ledger(price)
    ledger.add("dear", used(1))
    begin = len(ledger)
    ledger.add("cheap", used(1))
    ledger.add("cheap", used(2))
    assert ledger.spent(since=begin).cost == Cost(Decimal("0.003"))


def test_the_longest_answer_is_remembered_reasoning_included():
    ledger = Ledger()
    assert ledger.largest_answer == 0
    ledger.add("m", Usage(10, 20, 30))
    ledger.add("m", Usage(10, 5, 115))  # 100 of reasoning, counted beside the completion
    ledger.add("m", None)
    assert ledger.largest_answer == 105


@pytest.mark.parametrize(
    ("usage", "tokens"),
    [
        (Usage(10, 20, 30), 20),
        (Usage(10, 20), 20),
        (Usage(10, 20, 45, reasoning_tokens=15), 35),
        (Usage(10, 20, 30, cached_tokens=10), 20),
        (Usage(10, 20, 130, cached_tokens=100), 20),
    ],
)
def test_what_was_generated_is_the_completion_and_what_the_total_shows_beside_it(usage, tokens):
    assert generated_tokens(usage) == tokens


# -- how amounts are said


@pytest.mark.parametrize(
    ("amount", "said"),
    [
        ("0", "$0"),
        ("12.3", "$12.30"),
        ("1234567.891", "$1,234,567.89"),
        ("0.5", "$0.50"),
        ("0.0021", "$0.0021"),
        ("0.00215", "$0.0022"),
        ("0.00045", "$0.00045"),
        ("0.00000015", "$0.00000015"),
        ("0.999", "$1.00"),
        ("0.0999", "$0.10"),
        ("0.01", "$0.01"),
        ("0.00999", "$0.01"),
        ("100", "$100.00"),
        ("0.995", "$1.00"),
        ("0.000000001", "$0.000000001"),
        ("1E-999999", "<$0.000000001"),
    ],
)
def test_amounts_are_said_in_cents_and_below_with_two_digits_that_count(amount, said):
    assert dollars(Decimal(amount)) == said


def test_an_estimate_is_marked_free_is_free_and_unknown_is_said():
    assert approximately(Decimal("0.0021")) == "≈$0.0021"
    assert approximately(Decimal(0)) == "$0"
    assert approximately(None) == "unknown"


@pytest.mark.parametrize(
    ("cost", "said"),
    [
        (Cost(), "$0"),
        (Cost(Decimal("0.0021")), "≈$0.0021"),
        (Cost(unknown=1), "1 answer of unknown cost"),
        (Cost(unknown=2, assumed=Decimal(1)), "2 answers of unknown cost"),
        (Cost(Decimal("0.01"), unknown=2), "≈$0.01, and 2 answers of unknown cost"),
        (Cost(Decimal("0.01"), unknown=1), "≈$0.01, and 1 answer of unknown cost"),
    ],
)
def test_what_is_known_in_part_is_said_to_be_so(cost, said):
    assert str(cost) == said


@pytest.mark.parametrize(
    ("text", "amount"),
    [("2", "2"), ("2.00", "2.00"), ("$0.05", "0.05"), (" $ 3 ", "3"), ("0", "0"), (".5", "0.5"), ("1e-3", "0.001")],
)
def test_a_user_writes_amounts_as_people_do(text, amount):
    assert amount_of(text) == Decimal(amount)


@pytest.mark.parametrize(
    "text", ["", "two", "-1", "$", "nan", "inf", "-0", "2,00", "1_000", "٣", "1e99", "2.00 USD", "x" * 9999]
)
def test_what_is_no_amount_is_refused_in_one_line(text):
    with pytest.raises(ConfigError, match="expected an amount in US dollars") as caught:
        amount_of(text)
    assert len(str(caught.value)) < 150


def test_the_sum_of_a_ledger_is_kept_and_counted_anew_when_a_price_comes_to_be_known():
    known = {}
    looked_up = []

    def price(usage, answered, asked):
        looked_up.append(asked)
        return known.get(asked)

    ledger = Ledger(price)
    for _ in range(500):
        ledger.add("a", Usage(10, 5, 15))
    ledger.add("b", None, estimate=Decimal(3))
    assert ledger.spent().cost.unknown == 501
    assert ledger.largest_answer == 5
    looked_up.clear()
    ledger.add("a", Usage(10, 7, 17))
    assert ledger.spent().usage.total_tokens == 500 * 15 + 17
    assert ledger.largest_answer == 7
    assert len(looked_up) < 10, "an answer more costs no look at those before it"
    known["a"] = Decimal(2)
    assert ledger.spent().cost.known == 501 * 2
    assert ledger.spent().cost.unknown == 1
    assert ledger.spent() == sum(ledger.lines.values(), Spent())
