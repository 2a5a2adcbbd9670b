"""
What one chat request is answered with, as a value.

Pure; must not know how an answer travels. Its count of tokens is a stand-in, not any model's.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ofox_magic.practice.describe import as_data, describe
from ofox_magic.practice.instance import minimal_instance
from ofox_magic.practice.models import find_for_chat
from ofox_magic.practice.parameters import chosen_name
from ofox_magic.practice.request import Call, ChatRequest, ImagePart
from ofox_magic.practice.script import Script

CHARACTERS_PER_TOKEN = 4
TOKENS_PER_IMAGE = 85


@dataclass(frozen=True, slots=True)
class Answer:
    """A whole answer; where it has no *usage*, none is reported, and `""` is no finish reason."""

    model: str
    text: str
    reasoning: str
    calls: tuple[Call, ...]
    finish_reason: str
    usage: Mapping[str, Any]


def answer(request: ChatRequest, script: Script) -> Answer:
    """Return what *request* is answered with, as *script* wants it."""
    model = find_for_chat(request.model, request.parameters.get("model_routing_config"))
    calls = tuple(Call(*call) for call in script.tool_calls)
    if not calls and script.text is None:
        calls = _wanted_calls(request)
    text = script.text
    if text is None:
        text = "" if calls else _said(request)
    reason = script.finish_reason
    if reason is None:
        reason = "tool_calls" if calls else "stop"
    reasoning = script.reasoning or ""
    usage = _usage(request, text, reasoning, calls) if script.usage is None else script.usage
    return Answer(script.model or model, text, reasoning, calls, reason, usage)


def _wanted_calls(request: ChatRequest) -> tuple[Call, ...]:
    """Return a call of the function that is named, or of the first; none after a result, or where not wanted."""
    choice = request.parameters.get("tool_choice")
    if not request.tools or request.results or choice == "none":
        return ()
    name = chosen_name(choice) or request.tools[0]["name"]
    function = next(tool for tool in request.tools if tool["name"] == name)
    arguments = minimal_instance({"type": "object", **function.get("parameters", {})})
    number = sum(len(message.calls) for message in request.messages) + 1
    return (Call(f"call_practice_{number}", name, json.dumps(arguments, ensure_ascii=False)),)


def _said(request: ChatRequest) -> str:
    wanted = request.parameters.get("response_format") or {}
    match wanted.get("type"):
        case "json_object":
            return json.dumps(as_data(request), ensure_ascii=False, indent=2)
        case "json_schema":
            return json.dumps(minimal_instance(wanted["json_schema"]["schema"]), ensure_ascii=False)
        case _:
            return describe(request)


def _usage(request: ChatRequest, text: str, reasoning: str, calls: tuple[Call, ...]) -> dict[str, Any]:
    """
    Count tokens, so that a client has something to show: a stand-in for a tokenizer.

    A token is four characters, of a side's whole text, rounded up; an image is 85 more, whatever its size.
    """
    parts = [part for message in request.messages for part in message.parts]
    images = sum(isinstance(part, ImagePart) for part in parts)
    earlier = tuple(call for message in request.messages for call in message.calls)
    prompt = _tokens("".join(message.text for message in request.messages) + _spelled(earlier))
    prompt += TOKENS_PER_IMAGE * images
    completion = _tokens(reasoning + text + _spelled(calls))
    usage: dict[str, Any] = {
        "prompt_tokens": prompt,
        "completion_tokens": completion,
        "total_tokens": prompt + completion,
    }
    if reasoning:
        usage["completion_tokens_details"] = {"reasoning_tokens": _tokens(reasoning)}
    return usage


def _spelled(calls: tuple[Call, ...]) -> str:
    return "".join(call.name + call.arguments for call in calls)


def _tokens(text: str) -> int:
    return -(-len(text) // CHARACTERS_PER_TOKEN)
