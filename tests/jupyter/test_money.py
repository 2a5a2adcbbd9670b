"""What answers cost and what may be spent, in a real kernel: from the gateway's prices to the line that is refused."""

import json
from decimal import Decimal

import pytest

from ofox_magic.chat.estimate import PER_MESSAGE
from ofox_magic.chat.events import Finished, TextDelta, UsageReported
from ofox_magic.chat.messages import Usage
from ofox_magic.jupyter.report_spending import budget
from ofox_magic.practice import Script
from ofox_magic.testing import scripted_session
from ofox_magic.tokenizer import tokens_of_text

from .kernel import Kernel
from .test_kernel import CHAT, sent, wait_until

CLEAN = """\
from ofox_magic import session
from ofox_magic.chat.ledger import Ledger
session()._account.ledger = Ledger(session()._account._prices.cost)
session().budget = None"""
REMOTE = "from ofox_magic.settings import Settings; Settings.is_local = property(lambda settings: False)"
KEY = "sk-of-costs-nothing-0123456789"


@pytest.fixture
def money(kernel):
    """The kernel, which has spent nothing and knows what models cost."""
    kernel.run(CLEAN)
    assert kernel.run("%ofox models").status == "ok"
    yield kernel
    kernel.run(CLEAN)


@pytest.fixture
def newborn(kernel_gateway, tmp_path):
    """Starts kernels that have no catalogue but the one that an earlier one of them kept."""
    kernels = []

    def start(**environment):
        own = {name: str(tmp_path) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}
        kernel = Kernel(tmp_path, OFOX_BASE_URL=kernel_gateway.base_url, **own, **environment)
        kernels.append(kernel)
        kernel.run("%load_ext ofox_magic")
        return kernel

    yield start
    for kernel in kernels:
        kernel.close()


def used(prompt, completion, cached=0, reasoning=0, **more):
    usage = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
        "prompt_tokens_details": {"cached_tokens": cached},
        "completion_tokens_details": {"reasoning_tokens": reasoning},
    }
    return Script(text="fine", usage=usage, **more)


def rows(kernel):
    """The table of `%ofox usage`, by model, and what stands below it."""
    head, *lines = kernel.run("%ofox usage").printed.splitlines()
    names = head.split()
    table = {}
    for line in lines:
        model, *cells = line.split(maxsplit=len(names) - 1)
        if len(cells) == len(names) - 1:
            table[model] = dict(zip(names[1:], cells, strict=True))
    return table, lines[-1]


def asked(gateway):
    return sum(entry.path.endswith(CHAT) for entry in gateway.received)


def refused(cell):
    assert cell.status == "error"
    assert cell.answers == []
    [line] = cell.error
    assert line.startswith("ConfigError: not sent: ")
    return line.removeprefix("ConfigError: not sent: ")


# -- what it cost


def test_usage_adds_up_over_models_with_what_was_cached_and_with_the_price_of_the_model_that_answered(
    money, kernel_gateway
):
    kernel_gateway.play(
        used(1000, 200, cached=400),
        used(500, 100),
        used(2000, 100, model="anthropic/claude-sonnet-4.5"),
        used(10, 5),
    )
    money.run("%%ofox --fresh\nhello")
    money.run("%%ofox gpt-4o-mini --fresh\nhello")
    money.run("%%ofox openai/gpt-4o --fallback anthropic/claude-sonnet-4.5 --fresh\nhello")
    money.run("%%ofox practice/echo --fresh\nhello")
    table, _ = rows(money)
    numbers = ("answers", "prompt", "cached", "completion", "total", "cost")
    assert {model: tuple(row[name] for name in numbers) for model, row in table.items()} == {
        # 600 fresh at 0.15, 400 cached at 0.075, 200 at 0.6, and 500 and 100, in millionths of a dollar
        "openai/gpt-4o-mini": ("2", "1,500", "400", "300", "1,800", "≈$0.00038"),
        "anthropic/claude-sonnet-4.5": ("1", "2,000", "0", "100", "2,100", "≈$0.0075"),
        "practice/echo": ("1", "10", "0", "5", "15", "$0"),
        "all": ("4", "3,510", "400", "405", "3,915", "≈$0.0079"),
    }
    exact = Decimal("0.000240") + Decimal("0.000135") + Decimal("0.0075")
    assert Decimal(money.run("print(session().ledger.spent().cost.known)").printed) == exact
    assert (
        money.run("%ofox budget").printed
        == "spent so far: ≈$0.0079; there is no budget, and %ofox budget USD sets one\n"
    )


def test_what_is_not_known_is_said_as_unknown_and_never_as_nothing(money, kernel_gateway):
    kernel_gateway.play(used(100, 10), used(100, 10), Script(text="fine", usage={}))
    money.run("%%ofox moonshotai/kimi-k2.6\nhello")
    table, _ = rows(money)
    assert table["moonshotai/kimi-k2.6"]["cost"] == "1 answer of unknown cost"
    money.run("%%ofox openai/gpt-4o\nhello")
    money.run("%%ofox openai/gpt-4o\nhello")
    table, note = rows(money)
    assert table["openai/gpt-4o"]["cost"] == "≈$0.00035, and 1 answer of unknown cost"
    assert table["all"]["cost"] == "≈$0.00035, and 2 answers of unknown cost"
    assert note == "1 answer came without a count of tokens"


def test_a_fallback_that_is_not_listed_has_no_price_and_not_that_of_the_model_asked(money, kernel_gateway):
    kernel_gateway.play(used(100, 10, model="somebody/unheard-of"))
    assert "≈$" not in money.run("%%ofox openai/gpt-4o\nhello").shown
    assert rows(money)[0]["somebody/unheard-of"]["cost"] == "1 answer of unknown cost"


@pytest.mark.parametrize("script", [Script(first_delay=30), Script(text="word " * 50, chunk_size=5, delay=0.1)])
def test_an_answer_that_was_stopped_counts_as_one_of_unknown_cost(money, kernel_gateway, script):
    """Before its first word too: it may have cost as much."""
    kernel_gateway.play(script)
    before = asked(kernel_gateway)
    cell = money.start("%%ofox openai/gpt-4o\nhello")
    wait_until(lambda: asked(kernel_gateway) > before and (cell.shown.startswith("word") or script.text is None))
    money.interrupt()
    money.finish()
    assert rows(money)[0]["openai/gpt-4o"]["cost"] == "1 answer of unknown cost"


def test_a_try_that_was_refused_costs_nothing_and_its_answer_counts_once(money, kernel_gateway):
    kernel_gateway.play(Script(status=503, headers={"retry-after-ms": "10"}), used(1000, 0))
    money.run("%%ofox openai/gpt-4o\nhello")
    kernel_gateway.play(Script(status=400))
    money.run("%%ofox openai/gpt-4o\nhello")
    row = rows(money)[0]["openai/gpt-4o"]
    assert (row["answers"], row["cost"]) == ("1", "≈$0.0025")


def test_what_was_undone_and_what_was_asked_again_has_been_paid(money, kernel_gateway):
    kernel_gateway.play(*[used(1000, 0)] * 3)
    money.run("%%ofox openai/gpt-4o\nhello", cell_id="a")
    money.run("%%ofox openai/gpt-4o\nhello", cell_id="a")
    money.run("session().ask('hello', model='openai/gpt-4o').result();")
    money.run("%ofox undo")
    assert rows(money)[0]["openai/gpt-4o"]["cost"] == "≈$0.0075"


def test_the_footer_says_what_an_answer_cost_while_cells_are_live_only(money, kernel_gateway):
    kernel_gateway.play(*[used(1000, 200, cached=400)] * 2)
    assert "openai/gpt-4o-mini · 1,000 + 200 tokens · ≈$0.00024 · " in money.run("%%ofox\nhello").shown
    money.run("import os; os.environ['OFOX_LIVE'] = '0'")
    try:
        shown = money.run("%%ofox\nhello").shown
    finally:
        money.run("del os.environ['OFOX_LIVE']")
    assert shown.endswith("openai/gpt-4o-mini · 1,000 + 200 tokens")


# -- what may be spent


def test_a_question_above_the_budget_is_refused_before_it_is_sent(money, kernel_gateway):
    before = asked(kernel_gateway)
    assert money.run("%ofox budget 0.001").printed == "$0 of $0.001\n"
    said = refused(money.run("%%ofox openai/gpt-4o\nhello"))
    assert said == (
        "≈$0.01 for this request would pass the session's budget of $0.001. Set a lower --max-tokens, take a cheaper "
        "model, or raise it with %ofox budget USD"
    )
    assert "not sent" in money.run("session().ask('hello', model='openai/gpt-4o').result()").error[0]
    assert asked(kernel_gateway) == before
    assert money.run("%%ofox openai/gpt-4o --max-tokens 50\nhello").status == "ok"
    assert asked(kernel_gateway) == before + 1
    assert money.run("%ofox budget -").printed.endswith("there is no budget, and %ofox budget USD sets one\n")
    assert money.run("%%ofox openai/gpt-4o\nhello").status == "ok"


def test_a_budget_is_passed_by_one_answer_at_most(money, kernel_gateway):
    kernel_gateway.play(used(1000, 10_000))
    money.run("%ofox budget 0.02")
    assert money.run("%%ofox openai/gpt-4o\nhello").status == "ok", "a running answer is not cut"
    assert money.run("%ofox budget").printed == "≈$0.10 of $0.02\n"
    before = asked(kernel_gateway)
    assert refused(money.run("%%ofox --max-tokens 1\nhello")).startswith("≈$0.10 spent, and ≈$0.0000")
    assert asked(kernel_gateway) == before
    assert "cost          ≈$0.10 of $0.02" in money.run("%ofox").printed


def test_an_answer_of_unknown_cost_counts_as_it_was_estimated(money, kernel_gateway):
    kernel_gateway.play(Script(text="fine", usage={}))
    money.run("%ofox budget 0.012")
    money.run("%%ofox openai/gpt-4o\nhello")
    said = refused(money.run("%%ofox openai/gpt-4o\nhello"))
    assert said.startswith("≈$0.01 spent (1 answer of unknown cost, counted as estimated: ≈$0.01), and ≈$0.01 for this")


def test_the_estimate_grows_with_the_longest_answer_of_the_session(money, kernel_gateway):
    kernel_gateway.play(used(10, 5000))
    money.run("%%ofox openai/gpt-4o\nhello")
    said = refused(money.run("%%ofox openai/gpt-4o --max-cost 0.02\nhello"))
    assert said.startswith("≈$0.05 for this request would pass --max-cost of $0.02.")


def test_max_cost_is_for_its_turn_alone(money, kernel_gateway):
    before = asked(kernel_gateway)
    said = refused(money.run("%%ofox openai/gpt-4o --max-cost 0.005\nhello"))
    assert said.endswith("or give --max-cost more")
    assert asked(kernel_gateway) == before
    for _ in range(3):
        assert money.run("%%ofox openai/gpt-4o --max-cost 0.02 --fresh\nhello").status == "ok"


@pytest.mark.parametrize("cap", ["%ofox budget 5", None])
def test_without_a_price_no_cap_can_be_kept_and_nothing_is_sent(money, kernel_gateway, cap):
    before = asked(kernel_gateway)
    line = "%%ofox moonshotai/kimi-k2.6"
    money.run(cap or "pass")
    said = refused(money.run(f"{line}\nhello" if cap else f"{line} --max-cost 5\nhello"))
    assert said.startswith("no price is known for moonshotai/kimi-k2.6, so ")
    assert asked(kernel_gateway) == before
    money.run(CLEAN)
    assert money.run(f"{line}\nhello").status == "ok"


def test_a_cap_counts_the_dearest_model_that_may_answer(money, kernel_gateway):
    before = asked(kernel_gateway)
    assert refused(money.run("%%ofox --fallback anthropic/claude-sonnet-4.5 --max-cost 0.01\nhello"))
    assert "no price is known for moonshotai/kimi-k2.6, so" in refused(
        money.run("%%ofox --fallback moonshotai/kimi-k2.6 --max-cost 0.01\nhello")
    )
    assert asked(kernel_gateway) == before


@pytest.mark.parametrize("amount", ["much", "-1", "1e99", "nan", "1,5", "0x1"])
def test_an_amount_that_is_none_is_refused_in_one_line(money, amount):
    [said] = money.run(f"%ofox budget {amount}").error
    assert said == f"ConfigError: expected an amount in US dollars, such as 2.00 or 0.05, got {amount!r}"
    assert money.run("print(session().budget)").printed == "None\n"


# -- before it is sent


def test_a_dry_run_shows_the_very_bytes_that_are_sent_then(money, kernel_gateway):
    before = asked(kernel_gateway)
    line = "%%ofox openai/gpt-4o -s 'Be brief.' --max-tokens 1000 --option seed=7"
    note, *_, body = money.run(f"{line} --dry-run\nGrüße").text.splitlines()
    assert asked(kernel_gateway) == before
    money.run(f"{line}\nGrüße")
    assert sent(kernel_gateway).body.decode() == body
    tokens = sum(PER_MESSAGE + tokens_of_text(text) for text in ("Be brief.", "Grüße"))
    assert note == f"openai/gpt-4o · {len(body.encode())} bytes · ≈{tokens} tokens · at most ≈$0.01 · not sent"
    assert json.loads(body)["max_tokens"] == 1000


def test_a_dry_run_sends_nothing_not_even_a_question_for_prices(kernel_gateway, newborn):
    kernel, before = newborn(), len(kernel_gateway.received)
    kernel.run("%ofox budget 5")
    title, hint, *_ = kernel.run("%%ofox openai/gpt-4o --dry-run\nhello").text.splitlines()
    assert title.endswith("at most unknown · not sent")
    assert hint == "no price of openai/gpt-4o is known here: %ofox models asks the gateway for all"
    assert len(kernel_gateway.received) == before
    kernel.run("%ofox models")
    assert "at most ≈$0.01 · not sent" in kernel.run("%%ofox openai/gpt-4o --dry-run\nhello").text.splitlines()[0]


def test_a_budget_asks_for_the_prices_that_it_needs_once(kernel_gateway, newborn):
    kernel, before = newborn(), len(kernel_gateway.received)
    kernel.run("%ofox budget 5")
    assert len(kernel_gateway.received) == before
    assert {kernel.run("%%ofox --fresh\nhello").status for _ in range(2)} == {"ok"}
    assert [entry.method for entry in kernel_gateway.received[before:]] == ["GET", "POST", "POST"]


# -- when the models are asked for


def test_a_remote_gateway_is_asked_for_its_models_once_beside_the_first_question(kernel_gateway, newborn):
    """The gateway on loopback is taken for one that is elsewhere, since one on this machine is not asked at all."""
    kernel, before = newborn(OFOX_API_KEY=KEY), len(kernel_gateway.received)
    kernel.run(REMOTE)
    for quiet in ("%ofox", "%ofox usage", "%ofox budget 5", "%ofox budget -", "%ofox model gpt-4o", "%ofox history"):
        kernel.run(quiet)
    kernel.client.complete("%%ofox --", reply=True, timeout=30)
    assert len(kernel_gateway.received) == before
    kernel.run("%%ofox\nhello")
    kernel_gateway.wait_for(before + 2)
    wait_until(lambda: "≈$" in kernel.run("%ofox usage").printed)
    kernel.run("%%ofox\nhello")
    kernel.run("%ofox usage")
    assert sorted(entry.method for entry in kernel_gateway.received[before:]) == ["GET", "POST", "POST"]
    later = newborn(OFOX_API_KEY=KEY)
    later.run(REMOTE)
    assert "≈$" in later.run("%%ofox\nhello").shown, "what one kernel asked for, the next one knows"
    assert [entry.method for entry in kernel_gateway.received[before + 3 :]] == ["POST"]


def test_a_gateway_on_this_machine_is_asked_for_its_models_by_whom_needs_them_only(kernel_gateway, newborn):
    kernel, before = newborn(), len(kernel_gateway.received)
    kernel.run("%%ofox\nhello")
    assert "1 answer of unknown cost" in kernel.run("%ofox usage").printed
    kernel.run("%ofox models")
    assert "≈$" in kernel.run("%ofox usage").printed, "what had no price then has one now"
    assert [entry.method for entry in kernel_gateway.received[before:]] == ["POST", "GET"]


def test_what_nobody_knows_the_price_of_yet_is_not_said_to_cost_nothing():
    session = scripted_session([TextDelta("fine"), UsageReported(Usage(10, 2, 12)), Finished()])
    session.ask("hello").wait()
    session.budget = Decimal(1)
    assert budget(session) == "$0 of $1.00, and 1 answer of unknown cost: prices are asked for before the next question"
