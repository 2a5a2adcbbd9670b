"""
How one request is to be answered, when not in the usual way.

Pure values; must not know the server that plays them.
"""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from typing import Any

LONGEST_WAIT = 600.0
_FRAMING = ("content-length", "transfer-encoding", "connection")
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    """How one request is answered. What is not set is as usual. Raises ValueError for what cannot be played."""

    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    """More headers of the response; they replace the usual ones of the same name."""
    body: bytes | str | None = None
    """The raw body, instead of an answer."""
    content_type: str | None = None
    text: str | None = None
    """Say this, instead of describing what was received."""
    reasoning: str | None = None
    tool_calls: tuple[tuple[str, str, str], ...] = ()
    """Calls as (id, name, arguments), arguments being JSON text."""
    finish_reason: str | None = None
    """`""` sends no finish chunk."""
    model: str | None = None
    """The model that "really answered"."""
    usage: Mapping[str, Any] | None = None
    """Instead of what is counted; `{}` reports none."""
    header_delay: float = 0.0
    """Seconds before the headers."""
    first_delay: float = 0.0
    """Seconds between the headers of a stream and its first token."""
    delay: float | None = None
    """Seconds between tokens; None is the gateway's own pace."""
    chunk_size: int | None = None
    """Characters of a delta (12), or bytes of a piece of a raw body (all of it)."""
    cut_after: int | None = None
    """Bytes of the body after which the connection is closed, in the middle of whatever it is."""
    error_after: int | None = None
    """Deltas after which the stream says an error and ends; without streaming the error is the whole answer."""
    done: bool = True
    """Whether the stream ends with `[DONE]`."""
    hold: bool = False
    """Never end or close, but wait for the client to leave, a minute at most."""

    def __post_init__(self) -> None:
        for name, (fits, expected) in _EXPECTED.items():
            value = getattr(self, name)
            if not fits(value):
                raise ValueError(f"{name} must be {expected}; got {_shown(value)}")

    @classmethod
    def from_dict(cls, wishes: object) -> "Script":
        """Return the script that a request's own `practice` object asks for; raise ValueError where it cannot."""
        names = [each.name for each in fields(cls)]
        if not isinstance(wishes, Mapping):
            raise ValueError(f"practice must be an object with some of: {', '.join(names)}; got {_shown(wishes)}")  # noqa: TRY004
        unknown = sorted(str(name) for name in wishes if name not in names)
        if unknown:
            raise ValueError(f"practice does not know {', '.join(unknown)}; it knows: {', '.join(names)}")
        return cls(**{name: _READ.get(name, _as_is)(value) for name, value in wishes.items()})

    @property
    def is_raw(self) -> bool:
        """Whether the body is not an answer of the protocol, but *body*, an error, or nothing."""
        return self.body is not None or self.status >= 300 or self.status == 204  # noqa: PLR2004 - HTTP's own


def _as_is(value: Any) -> Any:
    return value


def _read_headers(value: Any) -> Any:
    # `{"retry-after": 1}` is what people write
    if not isinstance(value, Mapping):
        return value
    return {name: str(said) if _is_number(said) else said for name, said in value.items()}


def _read_body(value: Any) -> Any:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else value


def _read_calls(value: Any) -> Any:
    return tuple(_read_call(call) for call in value) if isinstance(value, list) else value


def _read_call(call: Any) -> Any:
    if isinstance(call, Mapping):
        call = [call.get("id"), call.get("name"), call.get("arguments", "{}")]
    if not isinstance(call, list):
        return call
    return tuple(json.dumps(each) if isinstance(each, dict) else each for each in call)


_READ: dict[str, Callable[[Any], Any]] = {
    "headers": _read_headers,
    "body": _read_body,
    "tool_calls": _read_calls,
}


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _is_whole(value: Any, low: int, high: float = float("inf")) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and low <= value <= high


def _is_wait(value: Any) -> bool:
    return _is_number(value) and 0 <= value <= LONGEST_WAIT


def _is_call(value: Any) -> bool:
    return isinstance(value, tuple) and len(value) == 3 and all(isinstance(each, str) for each in value)  # noqa: PLR2004


def _is_header(name: Any, value: Any) -> bool:
    if not isinstance(name, str) or not isinstance(value, str) or name.lower() in _FRAMING:
        return False
    return bool(_HEADER_NAME.fullmatch(name) and _HEADER_VALUE.fullmatch(value))


def _is_headers(value: Any) -> bool:
    return isinstance(value, Mapping) and all(_is_header(*pair) for pair in value.items())


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:79] + "…"  # noqa: PLR2004 - a line


_Check = tuple[Callable[[Any], bool], str]
_TEXT: _Check = (lambda value: value is None or isinstance(value, str), "a string")
_FLAG: _Check = (lambda value: isinstance(value, bool), "true or false")
_WAIT: _Check = (_is_wait, f"seconds from 0 to {LONGEST_WAIT:g}")
_COUNT: _Check = (lambda value: value is None or _is_whole(value, 0), "a whole number from 0")
_EXPECTED: dict[str, _Check] = {
    "status": (lambda value: _is_whole(value, 200, 599), "a whole number from 200 to 599"),
    "headers": (_is_headers, "an object of header names and strings, without " + ", ".join(_FRAMING)),
    "body": (lambda value: value is None or isinstance(value, str | bytes), "a string, an object or a list"),
    "content_type": (lambda value: value is None or _is_header("content-type", value), "a header's value"),
    "text": _TEXT,
    "reasoning": _TEXT,
    "tool_calls": (
        lambda value: isinstance(value, tuple) and all(map(_is_call, value)),
        "a list of [id, name, arguments]",
    ),
    "finish_reason": _TEXT,
    "model": _TEXT,
    "usage": (lambda value: value is None or isinstance(value, Mapping), "an object"),
    "header_delay": _WAIT,
    "first_delay": _WAIT,
    "delay": (lambda value: value is None or _is_wait(value), _WAIT[1]),
    "chunk_size": (lambda value: value is None or _is_whole(value, 1), "a whole number from 1"),
    "cut_after": _COUNT,
    "error_after": _COUNT,
    "done": _FLAG,
    "hold": _FLAG,
}

HTML_PAGE = Script(
    body="<!doctype html><html><head><title>Sign in</title></head>"
    "<body><h1>Welcome to the guest network</h1><p>Please sign in to go online.</p></body></html>\n",
    content_type="text/html; charset=utf-8",
)
"""What a captive portal says to everything."""
