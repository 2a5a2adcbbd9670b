"""Answers over real HTTP, streamed and whole."""

import json
import time

import httpx
import jsonschema
import pytest

from ofox_magic.practice import PracticeGateway, Script

from .conftest import deltas, picture

TOOLS = [
    {
        "type": "function",
        "function": {
            "name": "weather",
            "parameters": {"type": "object", "properties": {"city": {"type": "string"}}, "required": ["city"]},
        },
    },
    {"type": "function", "function": {"name": "clock"}},
]
SCHEMA = {
    "type": "object",
    "properties": {"title": {"type": "string"}, "score": {"type": "integer", "minimum": 1}},
    "required": ["title", "score"],
    "additionalProperties": False,
}


def test_an_answer_has_the_documented_shape(client):
    whole = client.post(model="openai/gpt-4o").json()
    assert list(whole) == ["id", "object", "created", "model", "choices", "usage"]
    assert whole["id"].startswith("chatcmpl-")
    assert whole["object"] == "chat.completion"
    assert abs(whole["created"] - time.time()) < 60
    assert whole["model"] == "openai/gpt-4o"
    [choice] = whole["choices"]
    assert choice["index"] == 0
    assert choice["message"]["role"] == "assistant"
    assert "no language model" in choice["message"]["content"]
    assert choice["finish_reason"] == "stop"


def test_a_stream_has_the_documented_form(client):
    events = client.events(practice={"text": "Hello, how are you?"})
    head = {key: events[0][key] for key in ("id", "object", "created", "model")}
    assert head["object"] == "chat.completion.chunk"
    expected = [({"role": "assistant", "content": ""}, None), ({"content": "Hello, how a"}, None)]
    expected += [({"content": "re you?"}, None), ({}, "stop")]
    assert events == [
        *({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": end}]} for delta, end in expected),
        "[DONE]",
    ]


def test_a_stream_says_the_same_as_a_whole_answer(client):
    question = {"messages": [{"role": "user", "content": "Was ist 한국어? 🦊\n```\ncode\n```"}]}
    streamed = "".join(delta.get("content", "") for delta in deltas(client.events(**question)))
    assert streamed == client.say(**question)["content"]


def test_the_same_request_gets_the_same_answer(client):
    assert client.say() == client.say()


def test_usage_comes_last_and_without_choices_when_it_is_wanted(client):
    text = "x" * 41
    whole = client.post(practice={"text": text}).json()["usage"]
    events = client.events(practice={"text": text}, stream_options={"include_usage": True})
    assert events[-1] == "[DONE]"
    assert events[-2]["choices"] == []
    assert events[-2]["usage"] == whole == {"prompt_tokens": 2, "completion_tokens": 11, "total_tokens": 13}


def test_usage_does_not_come_unasked_in_a_stream(client):
    assert all("usage" not in event for event in client.events()[:-1])


def test_an_image_counts_eighty_five_tokens(client):
    parts = [{"type": "image_url", "image_url": {"url": picture()}}, {"type": "text", "text": "four"}]
    usage = client.post(messages=[{"role": "user", "content": parts}]).json()["usage"]
    assert usage["prompt_tokens"] == 86


def test_an_image_is_described(client):
    parts = [{"type": "text", "text": "What is this?"}, {"type": "image_url", "image_url": {"url": picture("WEBP")}}]
    assert "WEBP, 7 × 5 pixels" in client.say(messages=[{"role": "user", "content": parts}])["content"]


def test_an_image_at_an_address_is_not_fetched(client):
    with PracticeGateway() as other:
        url = f"{other.base_url}/models"
        parts = [{"type": "image_url", "image_url": {"url": url}}]
        assert "not fetched" in client.say(messages=[{"role": "user", "content": parts}])["content"]
        with pytest.raises(TimeoutError):
            other.wait_for(1, timeout=0.1)


def test_a_json_object_is_answered_where_one_is_wanted(client):
    data = json.loads(client.say(response_format={"type": "json_object"})["content"])
    assert data["text"] == "Hello"
    assert data["messages"] == {"user": 1}


def test_a_schema_is_answered_with_a_value_that_satisfies_it(client):
    wanted = {"type": "json_schema", "json_schema": {"name": "review", "strict": True, "schema": SCHEMA}}
    jsonschema.validate(json.loads(client.say(response_format=wanted)["content"]), SCHEMA)


def test_the_first_tool_is_called(client):
    choice = client.post(tools=TOOLS).json()["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    assert choice["message"]["content"] is None
    [call] = choice["message"]["tool_calls"]
    assert call["type"] == "function"
    assert call["function"] == {"name": "weather", "arguments": '{"city": "practice"}'}


def test_the_named_tool_is_called_and_one_without_parameters_gets_an_empty_object(client):
    message = client.say(tools=TOOLS, tool_choice={"type": "function", "function": {"name": "clock"}})
    assert message["tool_calls"][0]["function"] == {"name": "clock", "arguments": "{}"}


def test_no_tool_is_called_where_none_is_wanted(client):
    assert "tool_calls" not in client.say(tools=TOOLS, tool_choice="none")


def test_a_tool_call_streams_in_fragments(client):
    events = client.events(tools=TOOLS, practice={"chunk_size": 8})
    fragments = [call for delta in deltas(events) for call in delta.get("tool_calls", [])]
    assert fragments[0]["id"]
    assert fragments[0]["function"]["name"] == "weather"
    assert all(set(fragment) == {"index", "function"} for fragment in fragments[1:])
    assert "".join(fragment["function"]["arguments"] for fragment in fragments) == '{"city": "practice"}'
    assert len(fragments) > 2
    assert events[-2]["choices"][0]["finish_reason"] == "tool_calls"


def test_a_round_of_tools_ends_with_text_about_the_results(client):
    question = {"role": "user", "content": "Weather?"}
    asked = client.say(tools=TOOLS, messages=[question])
    result = {"role": "tool", "tool_call_id": asked["tool_calls"][0]["id"], "content": "sunny, 21 degrees"}
    told = client.say(tools=TOOLS, messages=[question, asked, result])
    assert "`weather`: `sunny, 21 degrees`" in told["content"]
    assert "tool_calls" not in told
    again = client.say(tools=TOOLS, messages=[question, asked, result, told, question])
    assert again["tool_calls"][0]["id"] != asked["tool_calls"][0]["id"]


def test_reasoning_comes_before_the_text(client, gateway):
    gateway.play(*[Script(reasoning="Let me think about it.", text="Yes.")] * 2)
    kinds = [key for delta in deltas(client.events()) for key in delta if key != "role"]
    assert kinds == ["content", "reasoning_content", "reasoning_content", "content"]
    message = client.say()
    assert (message["reasoning_content"], message["content"]) == ("Let me think about it.", "Yes.")


def test_an_alias_is_answered_by_the_model_it_stands_for(client):
    assert client.post(model="claude-sonnet-4-5").json()["model"] == "anthropic/claude-sonnet-4.5"


def test_auto_is_answered_by_the_first_of_the_routing(client):
    assert client.post(model="auto").json()["model"] == "practice/echo"
    routing = {"models": ["gpt-4o", "practice/echo"]}
    assert client.post(model="auto", model_routing_config=routing).json()["model"] == "openai/gpt-4o"


def test_an_unknown_model_is_not_found_and_named(client):
    status, error = client.refusal(model="openai/gpt-17", provider={"fallback": ["openai/gpt-4o"]})
    assert status == 404
    assert (error["type"], error["code"]) == ("not_found_error", "model_not_found")
    assert "openai/gpt-17" in error["message"]


def test_a_model_of_another_endpoint_is_refused(client):
    status, error = client.refusal(model="openai/gpt-5.2-codex")
    assert status == 400
    assert "/v1/responses" in error["message"]


def test_deltas_arrive_one_by_one_and_not_at_the_end(client):
    with client.open(practice={"text": "abcd", "chunk_size": 1, "delay": 0.05}) as response:
        lines = ((line, time.monotonic()) for line in response.iter_lines())
        arrivals = [arrived for line, arrived in lines if '"content": "' in line and '"content": ""' not in line]
    assert len(arrivals) == 4
    assert arrivals[-1] - arrivals[0] > 0.12


def test_the_gateways_own_pace_is_for_streams_without_one():
    with PracticeGateway(delay=0.2) as slow, httpx.Client(base_url=slow.base_url) as http:
        body = {"model": "practice/echo", "messages": [{"role": "user", "content": "x"}], "stream": True}
        times = []
        for practice in ({"text": "abc", "chunk_size": 1}, {"text": "abc", "chunk_size": 1, "delay": 0}):
            start = time.monotonic()
            http.post("/chat/completions", json={**body, "practice": practice})
            times.append(time.monotonic() - start)
    assert times[0] > 0.39 > times[1]


def test_calls_that_a_request_wishes_for_are_made_once_and_not_again_after_their_results(client):
    wished = {"tool_calls": [["c1", "look_up", {"city": "Seoul"}]]}
    said = client.say(tools=TOOLS, practice=wished)
    assert [call["function"]["name"] for call in said["tool_calls"]] == ["look_up"]
    result = {"role": "tool", "tool_call_id": "c1", "content": "12 degrees"}
    asked = {"role": "user", "content": "How is it?"}
    after = client.say(
        messages=[asked, {"role": "assistant", "content": None, "tool_calls": said["tool_calls"]}, result],
        tools=TOOLS,
        practice=wished,
    )
    assert not after.get("tool_calls")
    assert "12 degrees" in after["content"]
