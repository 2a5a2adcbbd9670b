"""A running gateway, and ways to talk to it as any client would."""

import base64
import io
import json

import httpx
import pytest
from hypothesis import settings
from PIL import Image

from ofox_magic.practice import PracticeGateway

unhurried = settings(deadline=None, database=None)  # a first call imports, and no file is left behind


class Client:
    """Sends what a test wants sent, over real HTTP, and reads streams as a client reads them."""

    def __init__(self, gateway):
        self.gateway = gateway
        self.http = httpx.Client(base_url=gateway.base_url, timeout=5, trust_env=False)

    def post(self, *, headers=None, **fields):
        return self.http.post("/chat/completions", json=_request(fields), headers=headers)

    def say(self, **fields):
        """Return the message of an answer that is not streamed."""
        response = self.post(**fields)
        assert response.status_code == 200, response.text
        return response.json()["choices"][0]["message"]

    def refusal(self, **fields):
        """Return the status and the error of an answer that is none."""
        response = self.post(**fields)
        error = response.json()["error"]
        assert set(error) == {"code", "message", "type"}
        return response.status_code, error

    def open(self, **fields):
        """Return a context with the response of a stream."""
        return self.http.stream("POST", "/chat/completions", json=_request({"stream": True, **fields}))

    def events(self, **fields):
        """Return all `data:` lines of a stream, parsed but for `[DONE]`."""
        with self.open(**fields) as response:
            assert response.status_code == 200, response.read()
            assert response.headers["content-type"] == "text/event-stream"
            return parsed(response.read().decode())


def _request(fields):
    return {"model": "practice/echo", "messages": [{"role": "user", "content": "Hello"}], **fields}


def parsed(body):
    """Return the events of an SSE body, which must be framed as documented."""
    events = body.split("\n\n")
    assert events.pop() == ""
    assert all(event.startswith("data: ") and "\n" not in event for event in events)
    data = [event.removeprefix("data: ") for event in events]
    return [each if each == "[DONE]" else json.loads(each) for each in data]


def deltas(events):
    """Return the deltas of the events that have one."""
    return [event["choices"][0]["delta"] for event in events if event != "[DONE]" and event.get("choices")]


def picture(kind="PNG", size=(7, 5), mime=None):
    """Return the data URL of a real picture."""
    buffer = io.BytesIO()
    Image.new("RGB", size, "teal").save(buffer, kind)
    return as_url(buffer.getvalue(), mime or f"image/{kind.lower()}")


def as_url(data, mime):
    return f"data:{mime};base64,{base64.b64encode(data).decode()}"


@pytest.fixture
def gateway():
    with PracticeGateway() as running:
        yield running


@pytest.fixture
def client(gateway):
    client = Client(gateway)
    yield client
    client.http.close()
