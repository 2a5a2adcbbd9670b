"""
A chat request, read once: what the protocol allows becomes values, all else a Refusal that says what is wrong.

Pure; must not know models, answers or the server.
"""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

from ofox_magic.practice.parameters import check_parameters
from ofox_magic.practice.refusals import Refusal

ROLES = ("system", "user", "assistant", "tool")
DETAILS = ("auto", "low", "high")
NOT_PARAMETERS = ("messages", "stream", "stream_options", "practice")


@dataclass(frozen=True, slots=True)
class TextPart:
    """Text of a message."""

    text: str


@dataclass(frozen=True, slots=True)
class ImagePart:
    """A picture of a message, as its address."""

    url: str
    detail: str | None = None


Part: TypeAlias = TextPart | ImagePart


@dataclass(frozen=True, slots=True)
class Call:
    """A call that an earlier answer asked for."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class Message:
    """One message; *call_id* is that of the call whose result it is."""

    role: str
    parts: tuple[Part, ...]
    calls: tuple[Call, ...] = ()
    call_id: str | None = None

    @property
    def text(self) -> str:
        """All of its text."""
        return "".join(part.text for part in self.parts if isinstance(part, TextPart))


@dataclass(frozen=True, slots=True)
class ChatRequest:
    """A request that may be answered; *parameters* is all of it but the messages and how to stream."""

    messages: tuple[Message, ...]
    parameters: Mapping[str, Any]
    stream: bool = False
    include_usage: bool = False

    @property
    def model(self) -> str:
        """The model that is asked for."""
        return str(self.parameters["model"])

    @property
    def tools(self) -> list[dict[str, Any]]:
        """The functions that may be called."""
        return [tool["function"] for tool in self.parameters.get("tools") or ()]

    @property
    def results(self) -> tuple[Message, ...]:
        """The tool results at the very end, in order; none where something else came after them."""
        count = 0
        while count < len(self.messages) and self.messages[-1 - count].role == "tool":
            count += 1
        return self.messages[len(self.messages) - count :]


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in *body*; refuse anything else."""
    try:
        value = json.loads(body, parse_constant=_no_constant)
    except ValueError as error:
        raise Refusal(f"the body is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise Refusal(f"the body must be a JSON object; got {_kind(value)}")
    return value


def read_request(fields: Mapping[str, Any]) -> ChatRequest:
    """Return *fields*, the body of a chat request, as values; refuse what the protocol does not allow."""
    check_parameters(fields)
    options = fields.get("stream_options") or {}
    return ChatRequest(
        messages=_messages(fields.get("messages")),
        parameters={name: value for name, value in fields.items() if name not in NOT_PARAMETERS},
        stream=bool(fields.get("stream")),
        include_usage=bool(options.get("include_usage")),
    )


def _messages(value: Any) -> tuple[Message, ...]:
    if not isinstance(value, list) or not value:
        raise Refusal("messages must be a list with at least one message")
    messages = tuple(_message(each, f"messages[{index}]") for index, each in enumerate(value))
    _check_results(messages)
    return messages


def _message(value: Any, place: str) -> Message:
    if not isinstance(value, Mapping):
        raise Refusal(f"{place} must be an object; got {_kind(value)}")
    role = value.get("role")
    if role not in ROLES:
        raise Refusal(f"{place}.role must be one of {', '.join(ROLES)}; got {json.dumps(role)[:80]}")
    calls = _calls(value.get("tool_calls") or [], place) if role == "assistant" else ()
    call_id = value.get("tool_call_id")
    if role == "tool" and not (isinstance(call_id, str) and call_id):
        raise Refusal(f"{place} is a tool result and must have a tool_call_id")
    may_be_null = bool(calls)
    return Message(role, _parts(value.get("content"), f"{place}.content", may_be_null=may_be_null), calls, call_id)


def _parts(content: Any, place: str, *, may_be_null: bool) -> tuple[Part, ...]:
    if isinstance(content, str):
        return (TextPart(content),)
    if content is None and may_be_null:
        return ()
    if not isinstance(content, list) or not content:
        raise Refusal(f"{place} must be a string or a list of parts; got {_kind(content)}")
    return tuple(_part(each, f"{place}[{index}]") for index, each in enumerate(content))


def _part(value: Any, place: str) -> Part:
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind == "text" and isinstance(value.get("text"), str):
        return TextPart(value["text"])
    if kind == "image_url":
        return _image(value.get("image_url"), f"{place}.image_url")
    raise Refusal(f"{place} must be of type text (with a string text) or image_url; got {json.dumps(kind)[:80]}")


def _image(value: Any, place: str) -> ImagePart:
    url = value.get("url") if isinstance(value, Mapping) else None
    if not isinstance(url, str) or not url.startswith(("data:", "https://", "http://")):
        raise Refusal(f"{place}.url must start with data:, https:// or http://")
    detail = value.get("detail")
    if detail is not None and detail not in DETAILS:
        raise Refusal(f"{place}.detail must be one of {', '.join(DETAILS)}; got {json.dumps(detail)[:80]}")
    return ImagePart(url, detail)


def _calls(value: Any, place: str) -> tuple[Call, ...]:
    if not isinstance(value, list):
        raise Refusal(f"{place}.tool_calls must be a list; got {_kind(value)}")
    return tuple(_call(each, f"{place}.tool_calls[{index}]") for index, each in enumerate(value))


def _call(value: Any, place: str) -> Call:
    function = value.get("function") if isinstance(value, Mapping) else None
    if isinstance(function, Mapping):
        call = Call(value.get("id", ""), function.get("name", ""), function.get("arguments", ""))
        if call.id and call.name and all(isinstance(each, str) for each in (call.id, call.name, call.arguments)):
            return call
    raise Refusal(f"{place} must have an id, and a function with a name and arguments, all strings")


def _check_results(messages: Iterable[Message]) -> None:
    """Refuse a call without its result directly after it, and a result without its call."""
    open_calls: list[str] = []
    for index, message in enumerate(messages):
        if message.role != "tool":
            _refuse_open(open_calls)
            open_calls = [call.id for call in message.calls]
        elif message.call_id in open_calls:
            open_calls.remove(message.call_id)
        else:
            raise Refusal(f"messages[{index}] answers {message.call_id!r}, which no call before it is waiting for")
    _refuse_open(open_calls)


def _refuse_open(open_calls: list[str]) -> None:
    if open_calls:
        raise Refusal(
            "an assistant message with tool_calls must be followed by one tool message for each of them; "
            f"missing: {', '.join(open_calls)}"
        )


def _no_constant(name: str) -> float:
    raise ValueError(f"{name} is not allowed")


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "a string", bool: "true or false", type(None): "nothing"}
    return names.get(type(value), "a number")
