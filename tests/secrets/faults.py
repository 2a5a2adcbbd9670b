"""What goes wrong, and whatever of it can hold the key does: pure values, played by the practice gateway and friends."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from ofox_magic.practice import Script


@dataclass(frozen=True)
class Fault:
    """One thing to happen: what the gateway plays, and what holds in the process that asks."""

    name: str
    scripts: tuple[Script, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    passed: str | None = None
    """A key that Python code passes; cells cannot."""
    magic: str | None = "%%ofox\nhello"
    python: str = "turn = probe.asker().ask('hello'); turn.result()"
    interrupted: bool = False
    """Whether somebody presses Stop while the answer comes."""


@dataclass(frozen=True)
class Addresses:
    """Where the strangers are: one that answers as it is asked to, one that must never hear anything, and nobody."""

    stranger: str
    target: str
    nobody: str


def faults(key: str, addresses: Addresses) -> list[Fault]:
    return [
        Fault(
            "a list of models that holds it",
            environment={"OFOX_BASE_URL": f"{addresses.stranger}/lists/v1"},
            magic="%ofox models",
            python="probe.asker()._transport.client.models()",
        ),
        *_answers(key),
        *_refusals(key),
        *_streams(key),
        *_places_elsewhere(key, addresses),
        *_keys_that_are_none(key),
        Fault("a key that was passed", (_refusal(401, key),), passed=key, magic=None),
        Fault(
            "a deadline",
            (Script(header_delay=30, headers=_headers(key)),),
            {"OFOX_TOTAL_TIMEOUT": "0.2"},
        ),
        Fault("a deadline that is none", environment={"OFOX_IDLE_TIMEOUT": "soon"}),
        Fault("an interrupt", (Script(text="word " * 200, delay=0.05, headers=_headers(key)),), interrupted=True),
    ]


def stranger_answers(key: str) -> dict[str, bytes]:
    """Return what the stranger says, by the first word of the path that it is asked for."""
    body = _error_body(key)
    lines = [f"{name}: {value}" for name, value in {**_headers(key), "content-length": str(len(body))}.items()]
    head = "\r\n".join(["HTTP/1.1 401 " + key, "content-type: application/json", *lines])
    price = {"prompt": "0.000001", "completion": "0.000002", key: key}
    model = {"id": f"of/{key}", "name": f"Model of {key}", "pricing": price, "architecture": {"modality": "text->text"}}
    models = json.dumps({"object": "list", "data": [model | {"description": f"for {key}", "aliases": [key]}]})
    listed = f"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {len(models)}\r\n\r\n{models}"
    return {
        "no-http": f"{key} is no status line\r\n\r\n".encode(),
        "refuses": f"{head}\r\n\r\n{body}".encode(),
        "lists": listed.encode(),
    }


# -- the gateway answers ------------------------------------------------------------------------------------------


def _answers(key: str) -> list[Fault]:
    chunk = {"id": f"chatcmpl-{key}", "choices": [{"delta": {"content": "fine"}, "finish_reason": "stop"}]}
    return [
        Fault("a good turn", (Script(text="fine"),)),
        Fault("a good turn whose ids hold it", (_events(f"data: {json.dumps(chunk)}\n\n", _headers(key)),)),
    ]


def _refusals(key: str) -> list[Fault]:
    page = f"<!doctype html><title>Denied to {key}</title><body>Your key {key} is <b>{key}</b></body>"
    nested = {"error": {"message": {"authorization": f"Bearer {key}"}, "type": key[:20], "code": key[-20:]}}
    unavailable = _refusal(503, key, {"retry-after": "0.4"})
    return [
        Fault("a 401", (_refusal(401, key),)),
        Fault("a 400", (_refusal(400, key),)),
        Fault("a 400 with pieces of it", (Script(status=400, body=json.dumps(nested)),)),
        Fault("a 503 that is tried again", (unavailable, Script(text="fine"))),
        Fault("a 429 that asks for too long a wait", (_refusal(429, key, {"retry-after": "100"}),)),
        Fault("a page", (Script(body=page, content_type="text/html", headers=_headers(key)),)),
        Fault("a page with status 403", (Script(status=403, body=page, content_type="text/html"),)),
        Fault("text", (Script(body=f"{key} is no answer", content_type="text/plain"),)),
        Fault("a compression", (Script(text="fine", headers={"Content-Encoding": key[:39]}),)),
    ]


def _streams(key: str) -> list[Fault]:
    begun = f"data: {json.dumps({'choices': [{'delta': {'content': 'begun'}}]})}\n\n"
    return [
        Fault("an error in the stream", (_events(f"{begun}data: {_error_body(key)}\n\n"),)),
        Fault("an error event", (_events(f"{begun}event: error\ndata: {key} broke it\n\n"),)),
        Fault("an error event at the start", (_events(f"event: error\ndata: {_error_body(key)}\n\n"),)),
        Fault("a broken stream", (Script(text="fine " * 20, headers=_headers(key), cut_after=700),)),
        Fault("a broken answer", (Script(body=f'{{"choices": [], "key": "{key}"', content_type="application/json"),)),
    ]


# -- somebody else answers, or nobody -----------------------------------------------------------------------------


def _places_elsewhere(key: str, addresses: Addresses) -> list[Fault]:
    with_it = f"{addresses.target}/v1/{key}?key={key}#{key}"
    host = re.sub(r"[^A-Za-z0-9-]", "", key)
    refuses = {"OFOX_BASE_URL": f"{addresses.stranger}/refuses/v1"}
    return [
        Fault("a redirect", (Script(status=307, headers={"Location": with_it}),)),
        Fault("a redirect to a host named by it", (Script(status=302, headers={"Location": f"https://{host}.a/"}),)),
        Fault("no HTTP", environment={"OFOX_BASE_URL": f"{addresses.stranger}/no-http/v1"}),
        Fault("nobody", environment={"OFOX_BASE_URL": f"{addresses.nobody}/v1"}),
        Fault("a stranger", environment=refuses),
        Fault("an address with it", environment={"OFOX_BASE_URL": f"https://u:{key}@127.0.0.1/v1"}),
        Fault(
            "no list of models",
            environment=refuses,
            magic="%ofox models",
            python="probe.asker()._transport.client.models()",
        ),
    ]


def _keys_that_are_none(key: str) -> list[Fault]:
    def broken(by: str) -> str:
        return f"{key[:20]}{by}{key[20:]}"

    return [
        Fault("a newline in it", environment={"OFOX_API_KEY": broken("\n")}),
        Fault("a space in it", environment={"OFOX_API_KEY": broken(" ")}),
        Fault("a typographic quote in it", environment={"OFOX_API_KEY": broken("’")}),
        Fault("a NUL in it", passed=broken("\0"), magic=None),  # no environment can hold it
    ]


# -- how it is said -----------------------------------------------------------------------------------------------


def _refusal(status: int, key: str, headers: Mapping[str, str] = {}) -> Script:
    return Script(status=status, headers={**_headers(key), **headers}, body=_error_body(key))


def _error_body(key: str) -> str:
    message = f"Incorrect API key provided: {key}. You sent Authorization: Bearer {key}"
    return json.dumps({"error": {"message": message, "type": f"refused_{key}", "code": key, "param": key}})


def _headers(key: str) -> dict[str, str]:
    return {"X-Request-Id": f"req-{key}", "X-Echo": f"Bearer {key}", "WWW-Authenticate": f'Bearer realm="{key}"'}


def _events(body: str, headers: Mapping[str, str] = {}) -> Script:
    return Script(body=body, content_type="text/event-stream", headers=headers)
