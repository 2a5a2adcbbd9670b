"""What the protocol does not allow is refused, and the refusal says what is wrong."""

import json

import httpx
import pytest

USER = {"role": "user", "content": "Hello"}
CALL = {"id": "a", "type": "function", "function": {"name": "f", "arguments": "{}"}}
CALLED = {"role": "assistant", "content": None, "tool_calls": [CALL]}
RESULT = {"role": "tool", "tool_call_id": "a", "content": "done"}
TOOL = {"type": "function", "function": {"name": "f", "parameters": {"type": "object"}}}


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"model": None}, "model must be given"),
        ({"messages": []}, "messages must be a list"),
        ({"messages": "Hello"}, "messages must be a list"),
        ({"messages": ["Hello"]}, "messages[0] must be an object; got a string"),
        ({"messages": [USER, {"role": "wizard", "content": "x"}]}, "messages[1].role must be one of system"),
        ({"messages": [{"role": "user", "content": 3}]}, "messages[0].content must be a string or a list of parts"),
        ({"messages": [{"role": "user", "content": None}]}, "messages[0].content must be"),
        ({"messages": [{"role": "user", "content": []}]}, "messages[0].content must be"),
        ({"messages": [{"role": "assistant", "content": None}]}, "messages[0].content must be"),
        ({"messages": [{"role": "user", "content": [{"type": "audio"}]}]}, "messages[0].content[0] must be of type text"),
        ({"messages": [{"role": "user", "content": [{"type": "text"}]}]}, "messages[0].content[0] must be of type text"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": "x"}]}]}, "image_url.url must start"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "file:///etc/passwd"}}]}]}, "image_url.url must start"),
        ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "data:,", "detail": "huge"}}]}]}, "detail must be one of auto"),
        ({"messages": [USER, CALLED, {"role": "tool", "content": "x"}]}, "messages[2] is a tool result and must have a tool_call_id"),
        ({"messages": [USER, CALLED]}, "must be followed by one tool message for each of them; missing: a"),
        ({"messages": [USER, CALLED, USER, RESULT]}, "missing: a"),
        ({"messages": [USER, CALLED, RESULT, RESULT]}, "messages[3] answers 'a', which no call before it is waiting for"),
        ({"messages": [USER, RESULT]}, "no call before it"),
        ({"messages": [{**CALLED, "tool_calls": [{"id": "a"}]}]}, "messages[0].tool_calls[0] must have an id"),
        ({"messages": [{**CALLED, "tool_calls": 3}]}, "messages[0].tool_calls must be a list"),
        ({"temperature": 2.1}, "temperature must be a number from 0 to 2; got 2.1"),
        ({"temperature": -0.1}, "temperature must be"),
        ({"temperature": "hot"}, "temperature must be"),
        ({"top_p": 1.5}, "top_p must be a number from 0 to 1"),
        ({"frequency_penalty": 3}, "frequency_penalty must be a number from -2 to 2"),
        ({"presence_penalty": -3}, "presence_penalty must be"),
        ({"max_tokens": 0}, "max_tokens must be a whole number from 1"),
        ({"max_tokens": 1.5}, "max_tokens must be"),
        ({"stream": "yes"}, "stream must be true or false"),
        ({"stream_options": {"include_usage": True}}, "stream_options goes with stream: true only"),
        ({"stream": True, "stream_options": 3}, "stream_options must be an object"),
        ({"response_format": {"type": "xml"}}, "response_format.type must be one of text"),
        ({"response_format": {"type": "json_schema"}}, "response_format.json_schema must be"),
        ({"tools": []}, "tools must be a list"),
        ({"tools": [{"type": "function"}]}, "tools[0] must have a function with a name"),
        ({"tools": [{"function": {"name": "f", "parameters": 3}}]}, "tools[0].function.parameters must be"),
        ({"tool_choice": "auto"}, "tool_choice goes with tools only"),
        ({"tools": [TOOL], "tool_choice": "sometimes"}, "tool_choice must be one of none, auto, required"),
        ({"tools": [TOOL], "tool_choice": {"type": "function", "function": {"name": "g"}}}, "tool_choice names 'g'"),
        ({"practice": {"colour": 1}}, "practice does not know colour; it knows: status,"),
        ({"practice": "429"}, "practice must be an object"),
    ],
)  # fmt: skip
def test_it_is_refused_and_named(client, fields, message):
    status, error = client.refusal(**fields)
    assert status == 400
    assert error["type"] == "invalid_request_error"
    assert message in error["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b'"text"', b"\xff\xfe", b'{"model": NaN}', b"[" * 200_000, b'{"a":' * 100_000],
    ids=["empty", "cut", "list", "string", "not UTF-8", "NaN", "deep list", "deep object"],
)
def test_a_body_that_is_no_json_object_is_refused(gateway, body):
    response = httpx.post(f"{gateway.base_url}/chat/completions", content=body)
    assert response.status_code == 400
    assert "the body" in response.json()["error"]["message"]


@pytest.mark.parametrize(
    "fields",
    [
        {"temperature": 0}, {"temperature": 2}, {"frequency_penalty": -2}, {"presence_penalty": 2}, {"top_p": 1},
        {"temperature": None}, {"stop": ["x"]}, {"provider": {"fallback": ["a/b"]}}, {"seed": 3}, {"anything": {"at": "all"}},
        {"messages": [{"role": "assistant", "content": ""}, USER]},
        {"messages": [USER, CALLED, RESULT]},
        {"messages": [USER, {**CALLED, "tool_calls": [CALL, {**CALL, "id": "b"}]}, {**RESULT, "tool_call_id": "b"}, RESULT]},
        {"messages": [{**USER, "name": "ada"}]},
        {"response_format": {"type": "text"}},
    ],
)  # fmt: skip
def test_what_the_protocol_allows_is_answered(client, fields):
    assert client.say(**fields)["content"]


def test_text_with_half_a_surrogate_pair_is_answered(gateway):
    body = json.dumps({"model": "practice/echo", "messages": [{"role": "user", "content": "\ud83d"}]}).encode()
    response = httpx.post(f"{gateway.base_url}/chat/completions", content=body)
    assert response.status_code == 200
    assert "1 character" in response.json()["choices"][0]["message"]["content"]


def test_a_refusal_uses_no_more_than_the_request(client):
    client.refusal(temperature=9)
    assert client.say()["content"]
