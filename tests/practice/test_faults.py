"""Scripts over real HTTP: statuses, cuts, silence, and clients that leave."""

import json
import socket
import threading
import time
from contextlib import suppress

import httpx
import pytest

from ofox_magic.practice import HTML_PAGE, Script, serving

from .conftest import deltas, parsed

CHAT = "/chat/completions"


@pytest.mark.parametrize(
    ("status", "kind", "code"),
    [
        (400, "invalid_request_error", None),
        (401, "authentication_error", "invalid_api_key"),
        (403, "permission_error", None),
        (404, "not_found_error", None),
        (408, "invalid_request_error", None),
        (413, "invalid_request_error", None),
        (418, "invalid_request_error", None),
        (429, "rate_limit_error", "rate_limit_exceeded"),
        (500, "internal_error", None),
        (502, "upstream_error", "upstream_error"),
        (503, "service_unavailable", None),
        (529, "internal_error", None),
    ],
)
@pytest.mark.parametrize("stream", [False, True])
def test_a_status_comes_with_the_documented_body(client, status, kind, code, stream):
    got, error = client.refusal(practice={"status": status}, stream=stream)
    assert (got, error["type"]) == (status, kind)
    assert error["code"] == code or code is None
    assert str(status) in error["message"]


def test_a_request_may_ask_for_headers(client):
    response = client.post(practice={"status": 429, "headers": {"Retry-After": 1, "x-ratelimit-reset-requests": "9s"}})
    assert response.headers["retry-after"] == "1"
    assert response.headers.get_list("x-ratelimit-reset-requests") == ["9s"]


def test_every_response_carries_its_number_and_the_limits(client):
    responses = [client.http.get("/models"), client.post(), client.post(temperature=9), client.http.get("/nowhere")]
    assert [response.headers["x-request-id"] for response in responses] == [f"practice-{n:06d}" for n in (1, 2, 3, 4)]
    for response in responses:
        assert response.headers["x-ratelimit-limit-requests"] == "100"
        assert 96 <= int(response.headers["x-ratelimit-remaining-requests"]) < 100
        assert response.headers["x-ratelimit-reset-requests"] == "1s"


def test_scripts_are_played_in_order_and_then_no_more(client, gateway):
    gateway.play(Script(status=503), Script(text="second"))
    assert client.post().status_code == 503
    assert client.say()["content"] == "second"
    assert "no language model" in client.say()["content"]


def test_the_catalogue_takes_no_script(client, gateway):
    gateway.play(Script(status=503))
    assert client.http.get("/models").status_code == 200
    assert client.post().status_code == 503


def test_a_script_says_who_answered_why_it_ended_and_what_it_used(client):
    practice = {"model": "openai/gpt-4o", "finish_reason": "length", "usage": {"total_tokens": 7}}
    whole = client.post(practice=practice).json()
    assert (whole["model"], whole["choices"][0]["finish_reason"]) == ("openai/gpt-4o", "length")
    assert whole["usage"] == {"total_tokens": 7}
    assert "usage" not in client.post(practice={"usage": {}}).json()


def test_a_script_calls_several_tools(client):
    practice = {"tool_calls": [["a", "one", '{"x": 1}'], ["b", "two", "{}"]], "text": "Wait."}
    message = client.say(practice=practice)
    assert message["content"] == "Wait."
    assert [call["id"] for call in message["tool_calls"]] == ["a", "b"]
    fragments = [call for delta in deltas(client.events(practice=practice)) for call in delta.get("tool_calls", [])]
    assert [(call["index"], call["id"]) for call in fragments if "id" in call] == [(0, "a"), (1, "b")]


def test_a_stream_may_end_without_done_or_without_a_finish(client):
    events = client.events(practice={"text": "Hi", "done": False})
    assert events[-1]["choices"][0]["finish_reason"] == "stop"
    events = client.events(practice={"text": "Hi", "done": False, "finish_reason": ""})
    assert events[-1]["choices"][0] == {"index": 0, "delta": {"content": "Hi"}, "finish_reason": None}


def test_an_error_comes_in_the_middle_of_a_stream(client):
    events = client.events(practice={"text": "abcdef", "chunk_size": 2, "error_after": 2})
    assert [delta.get("content") for delta in deltas(events)] == ["", "ab", "cd"]
    assert events[-1]["error"]["type"] == "upstream_error"
    assert "choices" not in events[-1]


def test_an_error_comes_with_status_200_where_nothing_is_streamed(client):
    response = client.post(practice={"error_after": 0})
    assert response.status_code == 200
    assert response.json()["error"]["type"] == "upstream_error"


def test_a_raw_body_goes_out_as_it_is(client, gateway):
    body = b"data: {}\r\n\r\n: ping\r\n\r\n\xff"
    gateway.play(Script(body=body), Script(body=body, chunk_size=1), Script(body=body))
    with client.open() as response:
        assert response.headers["content-type"] == "text/event-stream"
        assert response.read() == body
    with client.open() as response:
        assert response.read() == body
    assert client.post().headers["content-type"] == "application/json"


def test_a_captive_portal_answers_with_a_page(client, gateway):
    gateway.play(HTML_PAGE)
    response = client.post(stream=True)
    assert response.status_code == 200
    assert response.headers["content-type"].startswith("text/html")
    assert "<h1>" in response.text


@pytest.mark.parametrize("practice", [{"status": 204}, {"status": 204, "body": "x"}, {"status": 302}, {"status": 304}])
def test_a_status_without_a_body_is_framed_right(client, practice):
    response = client.post(practice={**practice, "headers": {"location": "/elsewhere"}})
    assert (response.status_code, response.content) == (practice["status"], b"")
    assert ("content-length" in response.headers) == (practice["status"] == 302)
    assert client.say()["content"], "the connection goes on"


def test_an_empty_body_may_be_late_too(client):
    start = time.monotonic()
    assert client.post(practice={"body": "", "first_delay": 0.2}).content == b""
    assert time.monotonic() - start > 0.19


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("after", [0, 1, 100])
def test_a_cut_answer_is_an_incomplete_body_of_just_so_many_bytes(client, stream, after):
    whole = client.post(stream=stream, practice={"text": "x" * 50}).content
    got = bytearray()
    with client.open(stream=stream, practice={"text": "x" * 50, "cut_after": after}) as response:
        assert response.status_code == 200
        pieces = response.iter_raw()
        with pytest.raises(httpx.RemoteProtocolError, match="incomplete chunked read"):
            _read_into(got, pieces)
    got = bytes(got)
    assert len(got) == after
    assert got[:20] == whole[:20][:after]


def _read_into(got, pieces):
    for piece in pieces:
        got += piece


def test_a_cut_behind_the_last_byte_is_none_but_a_cut_at_it_is(client, gateway):
    gateway.play(Script(body="12345", cut_after=6), Script(body="12345", cut_after=5))
    assert client.post().text == "12345"
    with pytest.raises(httpx.RemoteProtocolError):
        client.post()


def test_a_cut_error_is_cut_too(client):
    with pytest.raises(httpx.RemoteProtocolError):
        client.post(practice={"status": 503, "cut_after": 10})


def test_the_first_token_may_be_late_while_the_headers_are_not(client):
    with client.open(practice={"text": "x", "first_delay": 0.4}) as response:
        headers = time.monotonic()
        next(response.iter_raw())
        assert time.monotonic() - headers > 0.2


def test_the_headers_may_be_late(client):
    start = time.monotonic()
    with client.open(practice={"text": "x", "header_delay": 0.2}) as response:
        assert time.monotonic() - start > 0.19
        assert response.read()


@pytest.mark.parametrize(
    "practice",
    [
        {"header_delay": 30},
        {"first_delay": 30},
        {"text": "x" * 1000, "chunk_size": 1, "delay": 0.02},
        {"text": "x" * 1000, "chunk_size": 1, "delay": 30},
        {"text": "x", "hold": True},
        {"text": "x", "cut_after": 3, "hold": True},
    ],
    ids=["before the headers", "before the first token", "slow stream", "long pause", "held end", "held cut"],
)
def test_a_client_that_leaves_early_is_noticed_at_once(gateway, practice):
    http = httpx.Client(base_url=gateway.base_url)
    with pytest.raises(httpx.ReadTimeout):
        _read_six_pieces(http, practice)
    left = time.monotonic()
    http.close()
    closed = gateway.wait_closed(0, timeout=1)
    assert left - 0.2 <= closed.closed_early < left + 1
    assert _tasks_end(gateway)


def _read_six_pieces(http, practice):
    body = {"model": "practice/echo", "messages": [{"role": "user", "content": "x"}], "stream": True}
    with http.stream("POST", CHAT, json={**body, "practice": practice}, timeout=0.2) as response:
        for number, _ in enumerate(response.iter_raw()):
            if number == 5:
                raise httpx.ReadTimeout("enough")


def _tasks_end(gateway):
    end = time.monotonic() + 1
    while gateway._desk._tasks and time.monotonic() < end:
        time.sleep(0.01)
    return not gateway._desk._tasks


def test_a_client_that_leaves_while_nothing_is_waited_for_is_noticed(gateway):
    with httpx.Client(base_url=gateway.base_url) as http:
        body = {"model": "practice/echo", "messages": [{"role": "user", "content": "x"}], "stream": True}
        practice = {"text": "x" * 2_000_000, "chunk_size": 10}
        with http.stream("POST", CHAT, json={**body, "practice": practice}) as response:
            next(response.iter_raw())
    assert gateway.wait_closed(0, timeout=1).closed_early


def test_a_client_that_leaves_together_with_its_request_is_noticed(gateway):
    port = int(gateway.base_url.split(":")[2].removesuffix("/v1"))
    body = json.dumps({"practice": {"first_delay": 30}, "model": "echo", "messages": [{"role": "user", "content": ""}]})
    head = f"POST /v1{CHAT} HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
    for _ in range(20):
        with socket.create_connection(("127.0.0.1", port)) as raw:
            raw.sendall((head + body).encode())
    for index in range(20):
        assert gateway.wait_closed(index, timeout=1)
    assert _tasks_end(gateway)


def test_a_client_that_read_everything_did_not_leave_early(gateway):
    with httpx.Client(base_url=gateway.base_url) as http:
        http.post(CHAT, json={"model": "practice/echo", "messages": [{"role": "user", "content": "x"}]})
        http.post(CHAT, json={"model": "practice/echo", "messages": [{"role": "user", "content": "x"}], "stream": True})
    with pytest.raises(TimeoutError):
        gateway.wait_closed(0, timeout=0.1)
    assert [each.closed_early for each in gateway.received] == [None, None]


def test_what_is_held_ends_in_the_end(client, monkeypatch):
    monkeypatch.setattr(serving, "LONGEST_HOLD", 0.2)
    start = time.monotonic()
    events = client.events(practice={"text": "x", "hold": True})
    assert events[-1] == "[DONE]"
    assert time.monotonic() - start > 0.19
    with (
        client.open(practice={"text": "x", "cut_after": 8, "hold": True}) as response,
        pytest.raises(httpx.RemoteProtocolError),
    ):
        response.read()


def test_one_slow_answer_does_not_hold_up_another(client, gateway):
    def ask_slowly():
        with suppress(httpx.RemoteProtocolError):
            client.post(practice={"first_delay": 4})

    slow = threading.Thread(target=ask_slowly)
    slow.start()
    gateway.wait_for(1)
    assert httpx.get(f"{gateway.base_url}/models").status_code == 200
    assert slow.is_alive()
    gateway.stop()
    slow.join()


def test_a_stream_is_valid_utf8_only_when_whole(client):
    with client.open(practice={"text": "🦊" * 30, "chunk_size": 1}) as response:
        body = response.read()
    assert body.decode().count("🦊") == 30
    assert json.dumps("🦊").encode() not in body, "real UTF-8, which a client must put together"
    assert parsed(body.decode())[-1] == "[DONE]"
