"""Values to the request's JSON: exactly what was set, and nothing else."""

import json

import pytest

from ofox_magic import ConfigError, Image, Table, Text, ToolCall, assistant, system, tool, user
from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Reasoning
from ofox_magic.chat.transport import Request
from ofox_magic.gateway.wire import encode, request_body


def sent(*messages, **given):
    return json.loads(encode(request_body(Request("m/x", messages, **given))))


def test_what_was_not_set_is_not_sent():
    assert sent(user("hi")) == {
        "model": "m/x",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": True,
        "stream_options": {"include_usage": True},
    }


def test_without_streaming_no_stream_options_go_along():
    assert sent(user("hi"), stream=False) == {
        "model": "m/x",
        "messages": [{"role": "user", "content": "hi"}],
        "stream": False,
    }


def test_parameters_go_along_as_they_are_and_win():
    body = sent(user("hi"), params={"temperature": 0, "seed": None, "stream_options": {"x": 1}, "provider": {}})
    assert body["temperature"] == 0
    assert body["seed"] is None
    assert body["stream_options"] == {"x": 1}
    assert body["provider"] == {}


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (system("s"), {"role": "system", "content": "s"}),
        (user("u", name="Ada"), {"role": "user", "content": "u", "name": "Ada"}),
        (assistant("a"), {"role": "assistant", "content": "a"}),
        (
            assistant("a", ToolCall("c1", "f", '{"x": 1}')),
            {
                "role": "assistant",
                "content": "a",
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": '{"x": 1}'}}],
            },
        ),
        (
            assistant(ToolCall("c1", "f", "{}")),
            {
                "role": "assistant",
                "content": None,
                "tool_calls": [{"id": "c1", "type": "function", "function": {"name": "f", "arguments": "{}"}}],
            },
        ),
        (tool("42", call_id="c1"), {"role": "tool", "tool_call_id": "c1", "content": "42"}),
        (user("a", "b"), {"role": "user", "content": [{"type": "text", "text": "a"}, {"type": "text", "text": "b"}]}),
        (
            user("see", Image(url="https://a.example/p.png", detail="low")),
            {
                "role": "user",
                "content": [
                    {"type": "text", "text": "see"},
                    {"type": "image_url", "image_url": {"url": "https://a.example/p.png", "detail": "low"}},
                ],
            },
        ),
        (
            user(Image(b"\x01\x02", "image/jpeg")),
            {
                "role": "user",
                "content": [{"type": "image_url", "image_url": {"url": "data:image/jpeg;base64,AQI="}}],
            },
        ),
        (
            user(Table("a\n1", 1, 1, "df")),
            {"role": "user", "content": [{"type": "text", "text": "Table `df`: 1 row × 1 column\n```\na\n1\n```"}]},
        ),
        (Message("assistant", (Reasoning("hm"), Text("a"))), {"role": "assistant", "content": "a"}),
    ],
    ids=lambda value: value.role if isinstance(value, Message) else "",
)
def test_each_message_has_the_documented_shape(message, expected):
    assert sent(message)["messages"] == [expected]


def test_text_of_every_script_is_sent_as_it_is():
    assert encode(request_body(Request("m", (user("한국어"),), stream=False))) == (
        '{"model":"m","messages":[{"role":"user","content":"한국어"}],"stream":false}'.encode()
    )


@pytest.mark.parametrize("value", [object(), float("nan"), {1, 2}, b"bytes"])
def test_what_json_cannot_hold_is_refused_with_the_reason(value):
    with pytest.raises(ConfigError, match="cannot be written as JSON"):
        sent(user("hi"), params={"x": value})


def test_half_a_surrogate_pair_is_refused_and_not_sent_broken():
    with pytest.raises(ConfigError, match="cannot be written as JSON"):
        sent(user("\ud800"))


def test_a_picture_that_comes_twice_goes_once():
    picture = Image(b"png", name="fig")
    body = request_body(Request("m", (user("a", picture), user("b", picture, Image(b"png", detail="low")))))
    first, second = (message["content"] for message in body["messages"])
    assert first[1]["type"] == "image_url"
    assert second[1] == {"type": "text", "text": "[the same picture as picture 1 of this conversation]"}
    assert second[2]["type"] == "image_url", "another detail is another picture"


def test_more_pictures_than_a_request_may_hold_are_refused_in_one_line():
    many = [Image(bytes([number]) * (5 * 2**20)) for number in range(5)]
    with pytest.raises(ConfigError, match=r"25\.0 MiB, more than the 20 MiB of a request"):
        request_body(Request("m", (user(*many),)))
