"""
From a request's path, headers and body to the response: status, headers and paced pieces.

Pure but for the clock that dates an answer; must not know sockets, threads or tornado.
"""

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from urllib.parse import unquote

from ofox_magic.practice.answer import answer
from ofox_magic.practice.models import CHAT, find, listing
from ofox_magic.practice.received import Received
from ofox_magic.practice.refusals import Refusal, error_body
from ofox_magic.practice.request import read_object, read_request
from ofox_magic.practice.script import Script
from ofox_magic.practice.wire import Envelope, Piece, completion, raw, stream, to_bytes

MODELS = "/v1/models"
JSON = "application/json"
EVENTS = "text/event-stream"
BODILESS = (204, 304)
_USUAL = Script()


@dataclass(frozen=True, slots=True)
class Response:
    """What goes back; *script* still says how it is sent: when, how much of it, and whether it ends."""

    pieces: Iterable[Piece]
    content_type: str = JSON
    status: int = 200
    script: Script = _USUAL
    live: bool = False
    """Whether its pieces go out one by one."""


def respond(received: Received, script: Script | None, *, api_key: str | None = None, pace: float = 0.0) -> Response:
    """Return the response to *received*; *script* is the one that was queued for it, if any."""
    try:
        return _routed(received, script, api_key, pace)
    except Refusal as refusal:
        return _whole(refusal.body(), refusal.status)
    except RecursionError:
        return _whole(Refusal("the body is nested too deeply").body(), 400)


def _routed(received: Received, script: Script | None, api_key: str | None, pace: float) -> Response:
    path = received.path
    wanted = "POST" if path == CHAT else "GET"
    if path not in (CHAT, MODELS) and not path.startswith(f"{MODELS}/"):
        raise Refusal(f"there is no {path[:100]} here; the base URL ends in /v1", status=404)
    if received.method != wanted:
        raise Refusal(f"{path[:100]} takes {wanted}, not {received.method}", status=405)
    if path == CHAT:
        _check_key(received.headers, api_key)
        return _chat(received, script, pace)
    return _whole(listing() if path == MODELS else find(unquote(path.removeprefix(f"{MODELS}/"))))


def _check_key(headers: Mapping[str, str], api_key: str | None) -> None:
    if api_key is not None and headers.get("authorization") != f"Bearer {api_key}":
        raise Refusal("the API key is missing or wrong; send it as Authorization: Bearer KEY", status=401)


def _chat(received: Received, script: Script | None, pace: float) -> Response:
    fields = read_object(received.body)
    own = script is None
    if script is None:
        script = _own_script(fields)
    if script.is_raw:
        return _scripted(script, pace, streamed=fields.get("stream") is True)
    request = read_request(fields)
    if own and request.results:  # the calls that were wished for were made; a client wishes the same in each round
        script = replace(script, tool_calls=())
    said = answer(request, script)
    envelope = Envelope(f"chatcmpl-practice-{received.number:06d}", int(time.time()), pace)
    if request.stream:
        events = stream(said, envelope, script, include_usage=request.include_usage)
        return Response(events, script.content_type or EVENTS, script=script, live=True)
    whole = completion(said, envelope, script)
    return Response(((script.first_delay, whole),), script.content_type or JSON, script=script)


def _own_script(fields: Mapping[str, object]) -> Script:
    try:
        return Script.from_dict(fields.get("practice", {}))
    except ValueError as error:
        raise Refusal(str(error)) from None


def _scripted(script: Script, pace: float, *, streamed: bool) -> Response:
    """Return the raw body of *script*, the error body of its status, or nothing."""
    usual_type = EVENTS if streamed and script.status < 400 else JSON  # noqa: PLR2004 - where HTTP's errors begin
    body = script.body
    if body is None:
        error = error_body(script.status, script.text or f"the practice gateway was asked for a {script.status}")
        body = to_bytes(error) if script.status >= 400 else b""  # noqa: PLR2004
    data = body.encode("utf-8", "replace") if isinstance(body, str) else body
    pieces = raw(b"" if script.status in BODILESS else data, script, pace)
    return Response(pieces, script.content_type or usual_type, script.status, script, live=bool(script.chunk_size))


def _whole(value: object, status: int = 200) -> Response:
    return Response(((0.0, to_bytes(value)),), status=status)
