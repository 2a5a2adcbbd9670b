"""Markdown that is made to be slow, streamed in a hundred pieces: it ends soon, as plain text where it must."""

import re
import time
from html import unescape

import pytest

from ofox_magic.render import Flow, document, to_html
from ofox_magic.render.budget import Budget, TooMuch
from ofox_magic.render.code import highlight
from ofox_magic.render.flow import RESERVE
from ofox_magic.render.markdown import parse

from .budgets import endless, of_steps
from .pathological import TEXTS, TOO_DEEP, TOO_LONG, TOO_SLOW

PIECES = 100
PLAIN = "ofox-plain"


def streamed(text, flow):
    """The tails of *text*, one after each of a hundred pieces, and behind each all that was finished by then."""
    frozen, shown = [], []
    step = -(-len(text) // PIECES)
    for start in range(0, len(text), step):
        flow.feed(text[start : start + step])
        frozen += flow.take()
        shown.append(flow.tail())
    return frozen, shown


def words(html):
    return unescape(re.sub(r"<[^>]*>", "", html)).split()


@pytest.mark.parametrize("text", TEXTS.values(), ids=TEXTS)
def test_it_ends_within_a_second_or_three_on_a_slow_machine(text):
    begin = time.process_time()
    streamed(text, Flow(Budget(RESERVE)))  # nothing earned by waiting, which on a busy machine is a lot
    to_html(text)
    assert time.process_time() - begin < 3.0


@pytest.mark.parametrize("name", [*TOO_DEEP, *TOO_LONG])
def test_what_is_too_deep_or_too_long_is_plain_text_and_whole(name):
    text = TEXTS[name]
    frozen, tails = streamed(text, Flow(endless()))
    assert PLAIN in tails[-1] or PLAIN in frozen[-1]
    assert PLAIN in to_html(text)
    assert words(to_html(text)) == text.split()


@pytest.mark.parametrize("name", TOO_SLOW)
def test_what_is_too_slow_is_plain_text_and_costs_no_more_from_then_on(name):
    """Counted in looks at the clock, which the parser takes at every step: the same on every machine."""
    budget = of_steps(300)
    _, tails = streamed(TEXTS[name], Flow(budget))
    plain = [PLAIN in tail for tail in tails]
    assert plain == sorted(plain), "once plain, it stays plain"
    assert not plain[0]
    assert plain[-1]
    assert next(budget.looks) < 600


@pytest.mark.parametrize("name", [*TOO_SLOW, "rules in lines"])
def test_so_it_is_at_the_end(name, monkeypatch):
    budget = of_steps(300)
    monkeypatch.setattr(document, "Budget", lambda seconds: budget)
    assert PLAIN in to_html(TEXTS[name])
    assert next(budget.looks) < 600


def test_once_plain_it_stays_plain_though_there_is_time_again():
    """An answer that jumps between text and HTML could not be read."""
    flow = Flow(of_steps(20))
    flow.feed("[" * 3000 + "\n")
    assert list(flow.take()) == []  # it looked for what is finished, and had to give up
    flow._budget = endless()
    assert PLAIN in flow.tail()

    flow = Flow(of_steps(20))
    flow.feed("[" * 3000)
    assert PLAIN in flow.tail()
    flow._budget = endless()
    assert PLAIN in flow.tail()


def test_an_answer_that_went_plain_is_rendered_at_the_end_where_that_is_affordable():
    text = "**a** " * 1000
    _, tails = streamed(text, Flow(of_steps(100)))
    assert PLAIN in tails[-1]
    assert PLAIN not in to_html(text)


def test_text_before_what_is_too_deep_stays_rendered_while_it_streams():
    flow = Flow(endless())
    flow.feed("# A *title*\n\na text\n\n")
    assert list(flow.take()) == ["<h1>A <em>title</em></h1>\n"]
    flow.feed("> " * 30 + "a\n")
    assert list(flow.take()) == []
    assert PLAIN in flow.tail()
    assert words(flow.tail()) == ["a", "text", *[">"] * 30, "a"]


def test_lists_nine_deep_are_rendered_and_their_innermost_item_is_there():
    text = "".join("  " * level + f"- level {level}\n" for level in range(9))
    assert PLAIN not in to_html(text)
    assert "level 8" in to_html(text)


# -- the budget itself


def spend(budget, steps):
    with budget:
        for _ in range(steps):
            budget.check()


def test_work_goes_on_until_nothing_is_left():
    budget = of_steps(10)
    spend(budget, 64)
    with pytest.raises(TooMuch):
        spend(budget, 200)


def test_what_is_earned_makes_work_possible_again_but_never_more_than_at_first():
    now = 0.0
    budget = Budget(10, share=0.5, processor=of_steps(0).looks.__next__, clock=lambda: now)
    with pytest.raises(TooMuch):
        spend(budget, 1000)
    budget.earn(3)
    spend(budget, 16)
    now = 1000.0
    budget.earn(0)
    with pytest.raises(TooMuch):
        spend(budget, 16 * 14)


def test_a_text_that_is_refused_does_not_change_the_next_one():
    with pytest.raises(TooMuch):
        parse("[" * 5000, of_steps(1))
    assert parse("a", endless())


# -- code


def test_colours_end_where_the_budget_does_and_the_code_is_whole():
    budget = of_steps(5)
    with budget:
        assert highlight("x = 1\n" * 1000, "python", budget.check) == "x = 1\n" * 1000


@pytest.mark.parametrize("code", ["x = " + "1" * 1000, "x = 1" + "\n" * 200 + "y = 2", "x = 1" + " \n" * 200])
def test_lines_and_gaps_that_no_code_has_are_not_coloured(code):
    assert highlight(code, "python", endless().check) == code
    assert highlight("x = 1\n\n\ny = 2", "python", endless().check).count("<span") == 2
