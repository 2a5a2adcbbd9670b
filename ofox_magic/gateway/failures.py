"""What goes wrong, as our errors: refusals, errors in a stream, deadlines. Pure, and the one such place."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from ofox_magic.errors import (
    AuthError,
    BadRequest,
    ContextTooLong,
    GatewayError,
    NotFound,
    OfoxError,
    PermissionDenied,
    RateLimited,
    ServerError,
    TransportError,
)
from ofox_magic.gateway.retry import wait_asked
from ofox_magic.untrusted import excerpt, one_line

_STATUS_OF_TYPE = {
    "invalid_request_error": 400,
    "authentication_error": 401,
    "invalid_api_key": 401,
    "insufficient_credits": 402,
    "permission_error": 403,
    "not_found_error": 404,
    "model_not_found": 404,
    "rate_limit_error": 429,
    "rate_limit_exceeded": 429,
    "internal_error": 500,
    "upstream_error": 502,
    "service_unavailable": 503,
    "overloaded_error": 503,
}
_KINDS: dict[int, type[GatewayError]] = {
    401: AuthError,
    402: PermissionDenied,
    403: PermissionDenied,
    404: NotFound,
    429: RateLimited,
}
_HINTS = {
    401: "check the key in OFOX_API_KEY",
    402: "the balance may be used up: see the wallet in the console",
    403: "the key may not do this, or its quota is used up: see the console",
    404: "see `%ofox models` for what there is",
    413: "send less: fewer or smaller images and tables, or `%ofox clear`",
    429: "wait a little, or ask less often",
}
_LATER = "it or the model behind it is overloaded or out of order: try again later, or ask another model"
_TOO_LONG = re.compile(
    r"context[_ ](?:length|window|size|limit)|maximum context|string_above_max_length|string too long"
    r"|(?:maximum|max) (?:prompt|input)|max(?:imum)?[_ ](?:model|input)[_ ](?:len|tokens)|range of input length"
    r"|(?:prompt|inputs?|request|messages?)(?: \w+)? (?:is|are|was)? ?too (?:long|large)|too many (?:input )?tokens"
    r"|tokens? (?:count )?(?:\([\d,]+\) )?exceeds?|exceeds? the maximum number of tokens"
    r"|reduce the (?:length|number) of|`?inputs`? tokens \+ `?max_new_tokens",
    re.IGNORECASE,
)
_TOO_LONG_HINT = "the conversation is longer than the model's context: `%ofox undo`, `%ofox clear`, or another model"
_STILL_MISSING = {
    "first token": "nothing of the answer came",
    "idle": "nothing more of the answer came",
    "total": "the answer was not complete",
}
_REQUEST_IDS = ("x-request-id", "x-generation-id", "request-id")


@dataclass(frozen=True, slots=True)
class _Said:
    """What an error object says, in whichever shape."""

    message: str = ""
    type: str | None = None
    code: str | int | None = None


def refusal(status: int, headers: Mapping[str, str], body: bytes, *, now: datetime) -> GatewayError:
    """Return the error that an HTTP answer with this *status*, these *headers* (lower case) and this *body* means."""
    said = _said(_json(body))
    if not said.message:
        said = _Said(_page_summary(body, headers.get("content-type", "")), said.type, said.code)
    error = _error(status, said, request_id=request_id(headers))
    if isinstance(error, RateLimited):
        error.retry_after = wait_asked(status, headers, now=now)
    return error


def in_stream(data: Any) -> GatewayError:
    """Return the error that *data*, an event of a stream that began with 200, reports."""
    said = _said(data)
    code = said.code if isinstance(said.code, int) and 400 <= said.code < 600 else None  # noqa: PLR2004 - HTTP's errors
    status = code or _STATUS_OF_TYPE.get(said.type or "") or _STATUS_OF_TYPE.get(str(said.code))
    return _error(status, said)


def request_id(headers: Mapping[str, str]) -> str | None:
    """Return the id by which the gateway's support finds a request, where the answer's *headers* hold one."""
    return next((one_line(headers[name], 100) for name in _REQUEST_IDS if headers.get(name)), None)


def deadline(which: str, seconds: float, setting: str = "") -> TransportError:
    """Return the error for the deadline *which* (first token, idle, total) that passed after *seconds*."""
    more = f"; {setting} allows more" if setting else ""
    return TransportError(f"{_STILL_MISSING[which]} within {seconds:g} s{more}", deadline=which)


def with_time(error: OfoxError, wait: float, now: datetime) -> OfoxError:
    """Return *error*, saying that the gateway wants no further request for *wait* seconds."""
    when = (now + timedelta(seconds=min(wait, 10**8))).astimezone()
    error.args = (f"{error} It asks to wait until {when:%Y-%m-%d %H:%M:%S} ({wait:,.0f} s).",)
    return error


def _error(status: int | None, said: _Said, request_id: str | None = None) -> GatewayError:
    too_long = status in (None, 400, 413, 422) and _TOO_LONG.search(f"{said.code} {said.type} {said.message}")
    kind = ContextTooLong if too_long else _kind(status)
    is_server = (status or 0) >= 500  # noqa: PLR2004 - HTTP's server errors
    hint = _TOO_LONG_HINT if too_long else _HINTS.get(status or 0) or (_LATER if is_server else None)
    label = " ".join(str(item) for item in dict.fromkeys((status, said.type, said.code)) if item)
    verb = "failed" if is_server else "refused"
    what = f"the gateway {verb} ({label})" if label else "the gateway reported an error"
    text = f"{what}: {one_line(said.message, 500) or 'it gave no reason'}"
    return kind(
        f"{text.rstrip('.')}. {hint[0].upper()}{hint[1:]}." if hint else text,
        status=status,
        type=said.type,
        code=said.code,
        request_id=request_id,
    )


def _kind(status: int | None) -> type[GatewayError]:
    if status is None:
        return ServerError
    return _KINDS.get(status) or (ServerError if status >= 500 else BadRequest)  # noqa: PLR2004 - HTTP's server errors


def _said(data: Any) -> _Said:
    """Read an error object: documented, plain string, vLLM's flat one, Responses' and Anthropic's nested ones."""
    if isinstance(data, str):
        return _Said(data)
    if not isinstance(data, dict):
        return _Said()
    response = data.get("response")
    nested = data.get("error") or (response.get("error") if isinstance(response, dict) else None)
    if nested:
        return _said(nested)
    message = data.get("message") or data.get("detail") or data.get("error_description") or ""
    kind, code = data.get("type"), data.get("code")
    return _Said(
        message=message if isinstance(message, str) else json.dumps(message),
        type=one_line(kind, 80) if isinstance(kind, str) else None,
        code=one_line(code, 80) if isinstance(code, str) else code if isinstance(code, int) else None,
    )


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return None


def _page_summary(body: bytes, content_type: str) -> str:
    text = body[:4096].decode("utf-8", errors="replace")
    if "html" in content_type or text.lstrip().startswith("<"):
        title = re.search(r"<title[^>]*>([^<]{1,200})", text, re.IGNORECASE)
        named = f" titled “{one_line(title[1], 80)}”" if title else ""
        return f"it sent a web page{named} instead of JSON; something between here and the gateway may have answered"
    return excerpt(body, 200)
