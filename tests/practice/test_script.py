"""Scripts, as values and as what a request may ask for."""

from dataclasses import fields

import pytest

from ofox_magic.practice import HTML_PAGE, Script


def test_a_script_that_says_nothing_changes_nothing():
    assert Script.from_dict({}) == Script()
    assert not Script().is_raw


def test_all_that_a_script_knows_can_be_asked_for():
    wishes = {
        "status": 200,
        "headers": {"x-one": "1"},
        "body": None,
        "content_type": "text/plain",
        "text": "Hi",
        "reasoning": "Hm",
        "tool_calls": [["id", "name", "{}"]],
        "finish_reason": "length",
        "model": "other/model",
        "usage": {"total_tokens": 1},
        "header_delay": 0,
        "first_delay": 0.5,
        "delay": 0.1,
        "chunk_size": 3,
        "cut_after": 10,
        "error_after": 2,
        "done": False,
        "hold": True,
    }
    assert set(wishes) == {field.name for field in fields(Script)}
    assert Script.from_dict(wishes) == Script(**{**wishes, "tool_calls": (("id", "name", "{}"),)})


def test_an_unknown_name_is_refused_with_the_known_ones():
    with pytest.raises(ValueError, match=r"does not know colour, size; it knows: status, headers, .*hold"):
        Script.from_dict({"status": 200, "size": 1, "colour": 2})


def test_what_is_no_object_is_refused():
    with pytest.raises(ValueError, match="must be an object"):
        Script.from_dict('{"status": 429}')


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", 99), ("status", "429"), ("status", True), ("status", 600),
        ("headers", []), ("headers", {"a": None}), ("headers", {"a b": "c"}), ("headers", {"a": "b\r\nc: d"}),
        ("headers", {"Content-Length": "3"}), ("headers", {"transfer-encoding": "chunked"}),
        ("body", 3), ("content_type", "a\nb"), ("text", 3), ("reasoning", []),
        ("tool_calls", "x"), ("tool_calls", [1]), ("tool_calls", [["a", "b"]]), ("tool_calls", [{"id": "a"}]),
        ("finish_reason", 1), ("model", 1), ("usage", 1),
        ("header_delay", -1), ("first_delay", 1e9), ("delay", "slow"), ("delay", float("nan")),
        ("chunk_size", 0), ("cut_after", -1), ("error_after", 1.5), ("done", 1), ("hold", None),
    ],
)  # fmt: skip
def test_what_cannot_be_played_is_refused_by_name(name, value):
    with pytest.raises(ValueError, match=f"{name} must be"):
        Script.from_dict({name: value})


def test_people_may_write_numbers_in_headers_and_objects_for_json():
    script = Script.from_dict(
        {
            "headers": {"retry-after": 1},
            "body": {"error": "busy"},
            "tool_calls": [{"id": "a", "name": "f", "arguments": {"x": 1}}],
        }
    )
    assert script.headers == {"retry-after": "1"}
    assert script.body == '{"error": "busy"}'
    assert script.tool_calls == (("a", "f", '{"x": 1}'),)


def test_the_captive_portal_is_a_page_with_status_200():
    assert HTML_PAGE.is_raw
    assert HTML_PAGE.status == 200
    assert "<html>" in HTML_PAGE.body
