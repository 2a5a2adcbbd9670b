"""What the list of models says, whole and broken."""

import json
from decimal import Decimal

import pytest

from ofox_magic import ProtocolError
from ofox_magic.gateway import catalogue
from ofox_magic.practice.models import listing
from ofox_magic.settings import Secret


def card_of(**record):
    (card,) = catalogue.of([{"id": "a/model", **record}]).cards
    return card


def test_a_whole_record_is_read_and_found_by_id_and_alias():
    known = catalogue.of(catalogue.records(json.dumps(listing()).encode()))
    card = known.card("claude-sonnet-4.5")
    assert card is known.card("anthropic/claude-sonnet-4.5")
    assert card.context_length == 1_000_000
    assert card.prices["prompt"] == Decimal("0.000003")
    assert card.prices["input_cache_read"] == Decimal("0.0000003")
    assert "image" in card.inputs
    assert "tools" in card.abilities


def test_models_that_cannot_chat_are_left_out_and_those_of_which_nothing_is_said_stay():
    known = catalogue.of(catalogue.records(json.dumps(listing()).encode()))
    assert known.card("openai/gpt-5.2-codex") is None
    assert known.card("moonshotai/kimi-k2.6").prices == {}


@pytest.mark.parametrize(
    ("price", "read"),
    [
        ("0.00000015", "0.00000015"),
        (1.5e-07, "0.00000015"),
        ("1.5e-7", "0.00000015"),
        ("0", "0"),
        (0, "0"),
        ("-1", None),  # "it depends"
        ("1e9", None),
        ("1e999999", None),
        ("NaN", None),
        ("Infinity", None),
        ("", None),
        ("free", None),
        (None, None),
        (True, None),
        (["0.1"], None),
        ({"usd": "0.1"}, None),
    ],
)
def test_a_price_is_exact_or_unknown(price, read):
    prices = card_of(pricing={"prompt": price}).prices
    assert prices == ({} if read is None else {"prompt": Decimal(read)})


@pytest.mark.parametrize(
    "record",
    [
        {"pricing": None, "architecture": [], "top_provider": "x", "aliases": "a", "supported_parameters": {}},
        {"context_length": True, "name": 7},
        {"context_length": "many", "aliases": [1, None, {}]},
        {"context_length": -5, "top_provider": {"context_length": 0, "max_completion_tokens": None}},
    ],
)
def test_odd_fields_are_not_known_and_break_nothing(record):
    card = card_of(**record)
    assert (card.id, card.name, card.aliases, card.context_length) == ("a/model", "", (), None)


@pytest.mark.parametrize("record", [None, 7, "a/model", [], {}, {"id": 7}, {"id": "old", "is_deprecated": True}])
def test_what_is_no_model_is_left_out(record):
    assert catalogue.of([record]).cards == ()


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>",
        b"{}",
        b"null",
        b"7",
        b'{"data": {}}',
        b'{"data": null}',
        b"\xff\xfe",
        b"[" * 100_000,
        b"1" * 5000,
    ],
    ids=lambda body: repr(body[:12]),
)
def test_what_is_no_list_of_models_is_one_error(body):
    with pytest.raises(ProtocolError, match="expected a list of models"):
        catalogue.records(body)


@pytest.mark.parametrize("echo", ["sk-of-0123456789abcdef", "\\u0073k-of-0123456789abcdef"])
def test_an_echo_of_the_key_is_masked_however_it_is_written_in_names_too(echo):
    body = f'{{"data": [{{"id": "a/{echo}", "name": "{echo}", "{echo}": "{echo}"}}]}}'.encode()
    found = catalogue.records(body, Secret("sk-of-0123456789abcdef").mask)
    assert "0123456789" not in repr(found)
    assert found[0]["name"] == "[key]"


def test_a_price_that_is_nested_deeply_breaks_nothing():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    assert card_of(pricing={"prompt": deep, "completion": "0.1"}).prices == {"completion": Decimal("0.1")}
