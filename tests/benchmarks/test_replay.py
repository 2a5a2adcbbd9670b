"""The server that all sides are measured with says what it should, whole and in order, to whoever asks."""

import pytest

from . import loops, spoken, tables
from .replay import Replay, pieces


@pytest.fixture(scope="module")
def server():
    with Replay() as running:
        yield running


@pytest.mark.parametrize("tokens", [20, 50, 2000])
def test_an_answer_has_its_tokens_and_begins_and_ends_with_what_is_looked_for(tokens):
    said = spoken.text(tokens)
    assert len(said) == 4 * tokens
    assert said[:4] == spoken.FIRST
    assert said.endswith(f"\n\n{spoken.LAST}")
    assert said.count("```") % 2 == 0


@pytest.mark.parametrize("name", ["raw", "httpx_bytes", "gateway_client", "session"])
@pytest.mark.parametrize("rate", [0, 1000])
def test_every_loop_reads_the_whole_answer_twice_over_one_connection(server, name, rate):
    ask = loops.LOOPS[name](server.url)
    for _ in range(2):
        assert "".join(ask(spoken.PROMPT.format(tokens=200, rate=rate))) == spoken.text(200)
        times = server.served()
        assert times.first <= times.last
        assert times.last - times.first >= (0.19 if rate else 0)


def test_a_paced_answer_goes_out_token_by_token_and_a_fast_one_in_large_pieces():
    assert len(pieces(2000, 100)) == len(spoken.events(2000))
    assert len(pieces(2000, 0)) < len(spoken.events(2000)) / 20


def test_the_last_prompt_counts():
    history = b"".join(spoken.PROMPT.format(tokens=n, rate=7).encode() for n in (1, 2))
    assert spoken.asked(history) == (2, 7)


def test_ratios_are_those_within_a_round():
    assert tables.ratio([2, 20, 6], [1, 10, 2]) == "× 2.00"
    assert tables.spread([3.0, 1.0, 2.0], "{:.0f}".format) == "2 (1–3)"
