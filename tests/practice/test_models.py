"""The catalogue."""

from decimal import Decimal

import httpx

from ofox_magic.practice import PracticeGateway


def test_models_are_listed_without_a_key():
    with PracticeGateway(api_key="sk-practice") as gateway:
        response = httpx.get(f"{gateway.base_url}/models")
    assert response.status_code == 200
    assert response.json()["object"] == "list"
    ids = [record["id"] for record in response.json()["data"]]
    assert {"practice/echo", "openai/gpt-4o-mini", "openai/gpt-4o", "anthropic/claude-sonnet-4.5"} <= set(ids)
    assert len(ids) == len(set(ids)) == 8


def test_records_have_what_the_documentation_shows(gateway):
    records = httpx.get(f"{gateway.base_url}/models").json()["data"]
    full = [record for record in records if "architecture" in record]
    assert len(full) == len(records) - 1, "one has hardly any keys, as real ones do"
    for record in full:
        assert record["context_length"] > 0
        assert all(isinstance(price, str) and Decimal(price) >= 0 for price in record["pricing"].values())
        assert "text" in record["architecture"]["input_modalities"]
        assert record["aliases"]
        assert record["supported_parameters"]


def test_one_model_takes_text_only_and_one_is_not_for_chat(gateway):
    records = {record["id"]: record for record in httpx.get(f"{gateway.base_url}/models").json()["data"]}
    assert records["deepseek/deepseek-v3.2"]["architecture"]["input_modalities"] == ["text"]
    assert records["openai/gpt-5.2-codex"]["supported_endpoints"] == ["/v1/responses"]


def test_one_record_is_found_by_its_id_however_its_slash_is_written(gateway):
    for name in ("openai/gpt-4o", "openai%2Fgpt-4o", "gpt-4o"):
        assert httpx.get(f"{gateway.base_url}/models/{name}").json()["id"] == "openai/gpt-4o"
    assert httpx.get(f"{gateway.base_url}/models/no/such").status_code == 404


def test_no_alias_names_two_models(gateway):
    records = httpx.get(f"{gateway.base_url}/models").json()["data"]
    names = [name for record in records for name in (record["id"], *record.get("aliases", ()))]
    assert len(names) == len(set(names))
