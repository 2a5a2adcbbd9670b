"""Messages to the JSON of a request. Pure; the shapes are those of the gateway's page on chat completions."""

import json
from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, Part, Table, Text, ToolCall, ToolResult
from ofox_magic.chat.pictures import Pictures
from ofox_magic.chat.transport import Request
from ofox_magic.errors import ConfigError

_MIB = 2**20
MOST_PICTURE_BYTES = 20 * _MIB
"""Of one request, as the gateway takes them, before they are written as base64."""


def request_body(request: Request) -> dict[str, Any]:
    """
    Return the JSON body of *request*: model, messages, stream, and what the user set, nothing else.

    `stream_options` asks a stream for its usage; a user's own wins. A picture that comes twice goes once. Raises
    ConfigError where the pictures are more than a request may hold.
    """
    pictures = _Pictures()
    body: dict[str, Any] = {"model": request.model, "messages": [_message(m, pictures) for m in request.messages]}
    body["stream"] = request.stream
    if request.stream:
        body["stream_options"] = {"include_usage": True}
    return body | dict(request.params)


def encode(body: Mapping[str, Any]) -> bytes:
    """Return *body* as the bytes that are sent. Raises ConfigError where a value has no form in JSON."""
    try:
        return json.dumps(body, ensure_ascii=False, allow_nan=False, separators=(",", ":")).encode()
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"a parameter of the request cannot be written as JSON: {error}") from None


class _Pictures:
    """The pictures of one request, and their size."""

    def __init__(self) -> None:
        self._pictures = Pictures()
        self._size = 0

    def part(self, image: Image) -> dict[str, Any]:
        sent = self._pictures.sent_as(image)
        if isinstance(sent, Text):
            return _content_part(sent, self)
        self._size += len(image.data or image.url or "")
        if self._size > MOST_PICTURE_BYTES:
            raise ConfigError(
                f"the pictures of this conversation are {self._size / _MIB:.1f} MiB, more than the "
                f"{MOST_PICTURE_BYTES // _MIB} MiB of a request: attach fewer, or begin anew with %ofox clear"
            )
        image_url = {"url": image.url or f"data:{image.media_type};base64,{b64encode(image.data).decode()}"}
        return {"type": "image_url", "image_url": image_url | ({"detail": image.detail} if image.detail else {})}


def _message(message: Message, pictures: _Pictures) -> dict[str, Any]:
    result = next((part for part in message.parts if isinstance(part, ToolResult)), None)
    if result is not None:
        return {"role": "tool", "tool_call_id": result.call_id, "content": result.text}
    sent: dict[str, Any] = {"role": message.role, "content": _content(message.parts, pictures)}
    if message.name:
        sent["name"] = message.name
    calls = [_tool_call(part) for part in message.parts if isinstance(part, ToolCall)]
    return sent | {"tool_calls": calls} if calls else sent


def _content(parts: tuple[Part, ...], pictures: _Pictures) -> str | list[dict[str, Any]] | None:
    """A lone text goes as a string, which every model takes; null where an assistant only calls tools."""
    shown = [part for part in parts if isinstance(part, Text | Image | Table)]
    if not shown:
        return None
    if len(shown) == 1 and isinstance(shown[0], Text):
        return shown[0].text
    return [_content_part(part, pictures) for part in shown]


def _content_part(part: Text | Image | Table, pictures: _Pictures) -> dict[str, Any]:
    if isinstance(part, Text):
        return {"type": "text", "text": part.text}
    if isinstance(part, Table):
        return {"type": "text", "text": part.sent}
    return pictures.part(part)


def _tool_call(call: ToolCall) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": {"name": call.name, "arguments": call.arguments}}
