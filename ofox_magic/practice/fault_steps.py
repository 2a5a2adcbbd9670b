"""
What can go wrong on the wire, and when: every kind of fault, at every point of an answer, as steps over bytes. Pure.

What comes before a fault is well-formed, so that it is known to the character what a client has shown by then. A fault
of the body that strikes before there is one comes in a body of its own: at `connect` in an answer that does not wait
for the request, at `headers` in one with the status 503.
"""

import random
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from ofox_magic.practice.refusals import error_body
from ofox_magic.practice.script import HTML_PAGE
from ofox_magic.practice.wire import DONE, to_bytes

KINDS = {
    "refused": "nothing listens at the address",
    "dns": "the address has a name that nobody knows",
    "tls": "https, to a port that speaks no TLS",
    "stall": "silence; the connection stays open",
    "reset": "the connection is reset (RST)",
    "fin": "the connection is closed (FIN) without an end of the body",
    "fin_mid_chunk": "the connection is closed inside a chunk of the body",
    "fin_mid_json": "the body ends as it should, but inside an event's JSON",
    "ends_early": "the body ends as it should, the answer does not",
    "garbage": "random bytes where HTTP is expected",
    "noise": "random bytes in a well-formed chunk of the body",
    "html": "a web page",
    "json_error": "an error object",
    "error_event": "an event of the type error",
    "bad_status": "a status that says no, and no body",
    "gzip_cut": "a compressed body that ends inside its compression",
    "gzip_bomb": "a compressed body that grows a thousandfold",
    "endless_comments": "comments for ever: signs of life, and no answer",
    "endless_line": "a line that never ends",
    "slow_drip": "one byte at a time",
}
"""The kinds of faults, each in a few words."""
POINTS = {
    "connect": "before the request is read",
    "headers": "when the request was read, before or within the headers",
    "first_token": "after the headers, before any text",
    "mid_text": "within the text",
    "mid_tool": "within the arguments of a tool call",
    "finish": "after the finish reason",
    "done": "after [DONE]",
}
"""When a fault strikes, in the order of an answer."""
HELLO = ("Hello", " wor", "ld")
"""The text that an answer streams, by deltas; `mid_text` is before the last."""
LOOK = "Let me look"
"""The text before the tool call."""
CALL = ("call_1", "look_up", ('{"city": "Se', 'oul"}'))
"""The tool call's id, name and arguments, by deltas; `mid_tool` is before the last."""
DRIP, COMMENT = 0.02, 0.05  # seconds between two bytes, and between two comments
BOMB = 64 << 20
"""The bytes that a bomb unpacks to."""
_ID, _MODEL = "chatcmpl-fault", "practice/faults"
_CONNECTING = ("refused", "dns", "tls")
_OVERTAKEN = 0.1  # seconds; a reset overtakes what was sent before it, and then nobody could say what was shown
_LONG = 4096  # bytes that at one byte at a time take longer than any deadline of a test
_LAST = "Connection: close"  # said, since else a client may send its next try on a connection that is closing
_LONG_LINE = 512 << 10  # bytes; shorter ones would pack less well than a thousandfold
_PING = b": ping\n\n"
_END = b"0\r\n\r\n"


@dataclass(frozen=True, slots=True)
class Fault:
    """One of KINDS, at one of POINTS. Raises ValueError for what does not exist, or cannot happen there."""

    kind: str
    point: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS or self.point not in POINTS:
            expected = f"a kind of {', '.join(KINDS)} at a point of {', '.join(POINTS)}"
            raise ValueError(f"expected {expected}; got {self.kind!r} at {self.point!r}")
        if reason := why_not(self.kind, self.point):
            raise ValueError(f"{self.kind} cannot happen at {self.point}: {reason}")

    def __str__(self) -> str:
        return f"{self.kind}-{self.point}"


def why_not(kind: str, point: str) -> str | None:
    """Return why *kind* cannot happen at *point*; None where it can."""
    if kind in _CONNECTING and point != "connect":
        return "the connection stands by then"
    if kind == "bad_status" and point not in ("connect", "headers"):
        return "the status was sent by then"
    if kind == "ends_early" and point == "done":
        return "an answer that ends after [DONE] ends as it should"
    return None


# -- the steps, which a server takes one after the other


@dataclass(frozen=True, slots=True)
class Read:
    """Read the whole request."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Let *seconds* pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Send:
    """Send *data*."""

    data: bytes


@dataclass(frozen=True, slots=True)
class Drip:
    """Send *data* byte by byte, *every* so many seconds."""

    data: bytes
    every: float = DRIP


@dataclass(frozen=True, slots=True)
class Repeat:
    """Send *data* *every* so many seconds (0: as fast as it is taken), until the client has gone."""

    data: bytes
    every: float = 0.0


@dataclass(frozen=True, slots=True)
class Hold:
    """Send nothing more, and wait until the client has gone."""


@dataclass(frozen=True, slots=True)
class Reset:
    """Reset the connection."""


@dataclass(frozen=True, slots=True)
class Close:
    """Say that nothing more comes, and wait until the client has gone too."""


Step: TypeAlias = Read | Wait | Send | Drip | Repeat | Hold | Reset | Close


def healthy() -> tuple[Step, ...]:
    """Return the steps of an answer without a fault, once its request was read; the connection can be used again."""
    return (Send(_head(200) + b"".join(map(_chunk, _until("done"))) + _END),)


@cache
def steps(fault: Fault) -> tuple[Step, ...]:
    """Return what a server does so that *fault* happens; none for those that happen where there is no server."""
    if (fault.kind, fault.point) in _EARLY:
        return _EARLY[fault.kind, fault.point]
    read = () if fault.point == "connect" else (Read(),)
    if fault.kind in ("gzip_cut", "gzip_bomb"):
        return (*read, *_compressed(fault))
    before = b"".join(map(_chunk, _until(fault.point)))
    head = _head(503 if fault.point == "headers" else 200, _content_type(fault), _LAST)
    return (*read, Send(head + before), *_IN_THE_BODY[fault.kind](fault))


# -- what an answer looks like


def _event(value: Any, name: str = "") -> bytes:
    return (f"event: {name}\n".encode() if name else b"") + b"data: " + to_bytes(value) + b"\n\n"


def _delta(delta: dict[str, Any], finish_reason: str | None = None, **more: Any) -> bytes:
    choice = {"index": 0, "delta": delta, "finish_reason": finish_reason}
    return _event({"id": _ID, "model": _MODEL, **more, "choices": [choice]})


def _tool_delta(**function: str) -> bytes:
    opening = {"id": CALL[0], "type": "function"} if "name" in function else {}
    return _delta({"tool_calls": [{"index": 0, **opening, "function": function}]})


_USAGE = _event({"id": _ID, "choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2, "total_tokens": 5}})


def _until(point: str) -> tuple[bytes, ...]:
    """The events that come before *point*."""
    role = _delta({"role": "assistant", "content": ""})
    first, second, last = (_delta({"content": text}) for text in HELLO)
    finish = _delta({}, "stop")
    opening = _tool_delta(name=CALL[1], arguments="")
    return {
        "first_token": (role,),
        "mid_text": (role, first, second),
        "mid_tool": (role, _delta({"content": LOOK}), opening, _tool_delta(arguments=CALL[2][0])),
        "finish": (role, first, second, last, finish),
        "done": (role, first, second, last, finish, DONE),
    }.get(point, ())


def _after(point: str) -> bytes:
    """What would come next at *point*, which a fault may cut."""
    return {
        "connect": to_bytes({"id": _ID, "model": _MODEL, "choices": [{"message": {"content": "".join(HELLO)}}]}),
        "headers": to_bytes(_error()),
        "mid_tool": _tool_delta(arguments=CALL[2][1]),
        "finish": _USAGE,
        "done": _USAGE,
    }.get(point, _delta({"content": HELLO[-1]}))


def _error() -> dict[str, Any]:
    return error_body(503, "the model behind the gateway is overloaded")


def _head(status: int, content_type: str = "text/event-stream", *more: str) -> bytes:
    reason = {200: "OK", 503: "Service Unavailable"}[status]
    lines = (f"HTTP/1.1 {status} {reason}", f"Content-Type: {content_type}", "Transfer-Encoding: chunked", *more)
    return "".join(f"{line}\r\n" for line in (*lines, "")).encode()


def _bare(status: str) -> bytes:
    return f"HTTP/1.1 {status}\r\n{_LAST}\r\nContent-Length: 0\r\n\r\n".encode()


def _content_type(fault: Fault) -> str:
    early = {"html": "text/html; charset=utf-8", "json_error": "application/json", "fin_mid_json": "application/json"}
    return early.get(fault.kind, "text/event-stream") if fault.point in ("connect", "headers") else "text/event-stream"


def _chunk(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _random_bytes(fault: Fault) -> bytes:
    drawn = random.Random(str(fault)).randbytes(512)  # noqa: S311 - the same at each run, and no secret
    return drawn + b"\r\n\r\n"  # an end, since else a client only waits for the line to go on


# -- faults of the body


def _whole(data: bytes) -> tuple[Step, ...]:
    """*data* as the last chunk of a body that ends as it should."""
    return Send(_chunk(data) + _END), Close()


def _mid_chunk(fault: Fault) -> tuple[Step, ...]:
    return Send(b"1000\r\n" + _after(fault.point)[:-20]), Close()


def _json_error(fault: Fault) -> tuple[Step, ...]:
    return _whole(to_bytes(_error()) if fault.point in ("connect", "headers") else _event(_error()))


def _reset(_: Fault) -> tuple[Step, ...]:
    return Wait(_OVERTAKEN), Reset()


def _slow_drip(_: Fault) -> tuple[Step, ...]:
    return Drip(_chunk(_delta({"content": HELLO[-1]}, padding="x" * _LONG))), Hold()


_IN_THE_BODY: dict[str, Callable[[Fault], tuple[Step, ...]]] = {
    "stall": lambda _: (Hold(),),
    "reset": _reset,
    "fin": lambda _: (Close(),),
    "fin_mid_chunk": _mid_chunk,
    "fin_mid_json": lambda fault: _whole(_after(fault.point)[:-20]),
    "ends_early": lambda _: (Send(_END), Close()),
    "garbage": lambda fault: (Send(_random_bytes(fault)), Close()),
    "noise": lambda fault: _whole(_random_bytes(fault)),
    "html": lambda _: _whole(str(HTML_PAGE.body).encode()),
    "json_error": _json_error,
    "error_event": lambda _: _whole(_event(_error(), "error")),
    "endless_comments": lambda _: (Repeat(_chunk(_PING), COMMENT),),
    "endless_line": lambda _: (Send(_chunk(b"data: ")), Repeat(_chunk(b"x" * 16384))),
    "slow_drip": _slow_drip,
}


# -- faults before the body

_HALF_A_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/ev"
_LONG_HEAD = _head(200, "text/event-stream", f"X-Padding: {'x' * _LONG}")
_EARLY: dict[tuple[str, str], tuple[Step, ...]] = {
    ("refused", "connect"): (),
    ("dns", "connect"): (),
    ("tls", "connect"): (Send(_bare("400 Bad Request")), Close()),
    ("stall", "connect"): (),
    ("stall", "headers"): (Read(), Send(_HALF_A_HEAD), Hold()),
    ("reset", "connect"): (Reset(),),
    ("reset", "headers"): (Read(), Send(_HALF_A_HEAD), Reset()),
    ("fin", "connect"): (Close(),),
    ("fin", "headers"): (Read(), Send(_HALF_A_HEAD), Close()),
    ("garbage", "connect"): (Send(_random_bytes(Fault("garbage", "connect"))), Close()),
    ("garbage", "headers"): (Read(), Send(_random_bytes(Fault("garbage", "headers"))), Close()),
    ("bad_status", "connect"): (Send(_bare("408 Request Timeout")), Close()),
    ("bad_status", "headers"): (Read(), Send(_bare("500 Internal Server Error")), Close()),
    ("endless_comments", "headers"): (Read(), Repeat(b"HTTP/1.1 102 Processing\r\n\r\n", COMMENT)),
    ("endless_line", "headers"): (Read(), Send(b"HTTP/1.1 200 OK\r\nX-Padding: "), Repeat(b"x" * 16384)),
    ("slow_drip", "connect"): (Drip(_LONG_HEAD), Hold()),
    ("slow_drip", "headers"): (Read(), Drip(_LONG_HEAD), Hold()),
}


# -- faults of the compression


def _compressed(fault: Fault) -> tuple[Step, ...]:
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    before = [packer.compress(event) + packer.flush(zlib.Z_SYNC_FLUSH) for event in _until(fault.point)]
    head = _head(503 if fault.point == "headers" else 200, "text/event-stream", _LAST, "Content-Encoding: gzip")
    opening = Send(head + b"".join(map(_chunk, before)))
    if fault.kind == "gzip_bomb":
        comment = b":".ljust(_LONG_LINE - 1) + b"\n"  # lines that mean nothing, so that no other limit is in the way
        bomb = b"".join(packer.compress(comment) for _ in range(BOMB // _LONG_LINE)) + packer.flush()
        return opening, Send(_chunk(bomb)), Hold()
    # cut before the event's own end, not only the compression's: half of the packed bytes may hold all of an event
    rest = packer.compress(_after(fault.point)[:-20]) + packer.flush(zlib.Z_SYNC_FLUSH)
    return opening, *_whole(rest)
