"""The client against a real server on loopback: what leaves, what comes back, and how fast it stops."""

import _thread
import os
import socket
import threading
import time
from queue import Empty, SimpleQueue

import pytest

from ofox_magic import ConfigError, ProtocolError, RateLimited, TransportError, user
from ofox_magic.chat.events import Finished, FinishReason, Identified, Retrying, TextDelta, UsageReported
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.transport import Abandoned, Request
from ofox_magic.errors import AuthError, ServerError
from ofox_magic.gateway.client import GatewayClient
from ofox_magic.practice import HTML_PAGE, Script
from ofox_magic.settings import Deadlines, Secret, Settings

CHAT = "/chat/completions"


class Run:
    """One request as it goes, its events in order with the time at which they came."""

    def __init__(self, client, request):
        self.queue = SimpleQueue()
        self.events = []
        self.reply = Reply()
        self.cancel = client.start(request, self.queue.put)

    def take(self, timeout=10.0):
        event = self.queue.get(timeout=timeout)
        self.events.append(event)
        self.reply.feed(event)
        return event

    def until(self, kind):
        while not isinstance(event := self.take(), kind):
            pass
        return event

    def end(self):
        self.until(Finished)
        with pytest.raises(Empty):
            self.queue.get(timeout=0.01)
        return self.reply


@pytest.fixture
def connect(gateway):
    clients = []

    def make(base_url=None, key=None, jitter=0.0, **deadlines):
        settings = Settings(base_url or gateway.base_url, key and Secret(key), deadlines=Deadlines(**deadlines))
        clients.append(GatewayClient(lambda: settings, jitter=lambda: jitter))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def ask(text="hi", **given):
    return Request("practice/echo", (user(text),), **given)


# -- what leaves and what comes back


def test_an_answer_streams_as_events_that_end_once(connect, gateway):
    gateway.play(Script(text="Hello there", chunk_size=6))
    run = Run(connect(key="sk-of-test"), ask())
    reply = run.end()
    assert (reply.status, reply.text, reply.model) == ("done", "Hello there", "practice/echo")
    assert [type(e) for e in run.events if not isinstance(e, Identified)] == [
        TextDelta,
        TextDelta,
        FinishReason,
        UsageReported,
        Finished,
    ]
    assert reply.request_id == "practice-000001"


def test_without_streaming_the_same_answer_comes_whole(connect, gateway):
    client = connect()
    gateway.play(Script(text="Hello"), Script(text="Hello"))
    assert Run(client, ask(stream=False)).end().text == Run(client, ask()).end().text == "Hello"
    streamed, whole = gateway.received[1].json, gateway.received[0].json
    assert (whole["stream"], streamed["stream"]) == (False, True)


def test_the_request_carries_the_key_in_its_header_and_nowhere_else(connect, gateway):
    Run(connect(key="sk-of-test-0123456789"), ask()).end()
    got = gateway.received[0]
    assert got.headers["authorization"] == "Bearer sk-of-test-0123456789"
    assert b"sk-of-test" not in got.body
    assert "sk-of-test" not in got.path
    assert got.headers["accept"] == "text/event-stream"
    assert got.headers["accept-encoding"] == "identity"


def test_a_gateway_on_this_machine_needs_no_key(connect, gateway):
    Run(connect(), ask()).end()
    assert "authorization" not in gateway.received[0].headers


def test_without_a_key_nothing_is_sent_anywhere_else(connect):
    with pytest.raises(ConfigError, match="OFOX_API_KEY"):
        connect(base_url="https://api.ofox.example/v1").start(ask(), lambda event: None)


def test_a_value_that_json_cannot_hold_is_said_at_once(connect):
    with pytest.raises(ConfigError, match="cannot be written as JSON"):
        connect().start(ask(params={"x": object()}), lambda event: None)


def test_a_connection_is_used_again(connect, gateway):
    client = connect()
    for _ in range(3):
        Run(client, ask()).end()
    assert len(client._http._transport._pool.connections) == 1


def test_the_settings_are_read_at_each_turn(gateway):
    keys = iter(["first-key", "second-key"])
    client = GatewayClient(lambda: Settings(gateway.base_url, Secret(next(keys))))
    Run(client, ask()).end()
    Run(client, ask()).end()
    client.close()
    assert [e.headers["authorization"] for e in gateway.received] == ["Bearer first-key", "Bearer second-key"]


def test_a_model_that_knows_no_stream_options_is_asked_once_more_without(connect, gateway):
    refusal = '{"error":{"message":"Unrecognized request argument: stream_options","type":"invalid_request_error"}}'
    gateway.play(Script(status=400, body=refusal), Script(text="fine"))
    assert Run(connect(), ask()).end().text == "fine"
    first, second = gateway.received
    assert "stream_options" in first.json
    assert "stream_options" not in second.json


# -- stopping


@pytest.mark.parametrize(
    ("script", "wait_for_text"),
    [
        (Script(text="late", header_delay=30), False),
        (Script(text="late", first_delay=30), False),
        (Script(text="slow " * 50, delay=5, chunk_size=5), True),
    ],
    ids=["before the headers", "before the first token", "between tokens"],
)
def test_cancelling_closes_the_connection_at_once(connect, gateway, script, wait_for_text):
    gateway.play(script)
    run = Run(connect(), ask())
    gateway.wait_for(1, path=CHAT)
    if wait_for_text:
        run.until(TextDelta)
    begin = time.monotonic()
    run.cancel()
    reply = run.end()
    assert time.monotonic() - begin < 1
    assert reply.status == "stopped"
    assert reply.text == ("slow " if wait_for_text else "")
    gateway.wait_closed(0, timeout=1, path=CHAT)


def test_cancelling_after_the_end_does_nothing(connect, gateway):
    client = connect()
    run = Run(client, ask())
    run.end()
    run.cancel()
    assert Run(client, ask()).end().status == "done"


def test_cancelling_at_once_still_ends_the_turn(connect, gateway):
    for _ in range(20):
        run = Run(connect(), ask())
        run.cancel()
        assert run.end().status in ("stopped", "done")


def test_a_receiver_that_gave_up_closes_the_connection(connect, gateway):
    gateway.play(Script(text="slow " * 50, delay=0.05, chunk_size=5))
    calls = []

    def refuse(event):
        calls.append(event)
        raise Abandoned

    connect().start(ask(), refuse)
    gateway.wait_closed(0, timeout=2, path=CHAT)
    assert len(calls) == 1


def test_cancelling_breaks_the_wait_before_a_retry(connect, gateway):
    gateway.play(Script(status=429, headers={"retry-after": "50"}))
    run = Run(connect(), ask())
    assert run.until(Retrying).wait == 50
    run.cancel()
    assert run.end().status == "stopped"


def test_closing_the_client_stops_what_runs_and_the_next_request_works(connect, gateway):
    gateway.play(Script(text="slow", first_delay=30))
    client = connect()
    run = Run(client, ask())
    gateway.wait_for(1, path=CHAT)
    client.close()
    assert run.end().status == "stopped"
    assert Run(client, ask()).end().status == "done"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
def test_a_forked_process_gets_a_loop_of_its_own(connect, gateway):
    client = connect()
    Run(client, ask()).end()
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.write(write, Run(client, ask()).end().status.encode())
        finally:
            os._exit(0)
    os.close(write)
    assert os.read(read, 10) == b"done"
    os.waitpid(child, 0)


# -- retries


@pytest.mark.parametrize("status", [408, 409, 429, 500, 502, 503, 524])
def test_what_a_second_try_can_mend_is_tried_again(connect, gateway, status):
    soon = Script(status=status, headers={"retry-after": "0"})
    gateway.play(soon, soon, Script(text="fine"))
    run = Run(connect(), ask())
    assert run.end().text == "fine"
    assert [e.attempt for e in run.events if isinstance(e, Retrying)] == [1, 2]
    assert len(gateway.received) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_other_refusals_are_final(connect, gateway, status):
    gateway.play(Script(status=status))
    assert Run(connect(), ask()).end().error.status == status
    assert len(gateway.received) == 1


def test_after_two_retries_it_gives_up(connect, gateway):
    gateway.play(*[Script(status=503)] * 5)
    reply = Run(connect(), ask()).end()
    assert isinstance(reply.error, ServerError)
    assert len(gateway.received) == 3


def test_a_wait_longer_than_a_minute_is_not_waited_for(connect, gateway):
    gateway.play(Script(status=429, headers={"retry-after": "100"}))
    error = Run(connect(), ask()).end().error
    assert isinstance(error, RateLimited)
    assert error.retry_after == 100
    assert "It asks to wait until 20" in str(error)
    assert len(gateway.received) == 1


def test_nothing_is_tried_again_once_output_came(connect, gateway):
    gateway.play(Script(text="Hello there", chunk_size=5, error_after=1))
    reply = Run(connect(), ask()).end()
    assert (reply.status, reply.text) == ("incomplete", "Hello")
    assert len(gateway.received) == 1


def test_a_connection_lost_after_the_headers_is_not_tried_again(connect, gateway):
    gateway.play(Script(text="Hello", cut_after=0))
    reply = Run(connect(), ask()).end()
    assert (reply.status, type(reply.error)) == ("failed", TransportError)
    assert len(gateway.received) == 1


def test_a_refused_connection_is_tried_again_and_then_said(connect):
    run = Run(connect(base_url="http://127.0.0.1:9/v1"), ask())
    error = run.end().error
    assert isinstance(error, TransportError)
    assert "could not connect to 127.0.0.1:9" in str(error)
    assert len([e for e in run.events if isinstance(e, Retrying)]) == 2


# -- deadlines


def test_the_first_token_has_a_deadline(connect, gateway):
    gateway.play(Script(text="late", first_delay=30))
    error = Run(connect(first_token=0.2), ask()).end().error
    assert (type(error), error.deadline) == (TransportError, "first token")
    assert "within 0.2 s; OFOX_FIRST_TOKEN_TIMEOUT allows more" in str(error)
    gateway.wait_closed(0, timeout=1, path=CHAT)


def test_a_stream_that_stands_still_has_a_deadline(connect, gateway):
    gateway.play(Script(text="Hello there", chunk_size=5, delay=30))
    reply = Run(connect(first_token=20, idle=0.2), ask()).end()
    assert (reply.status, reply.text, reply.error.deadline) == ("incomplete", "Hello", "idle")


def test_the_whole_request_has_a_deadline(connect, gateway):
    gateway.play(Script(text="word " * 100, chunk_size=5, delay=0.05))
    reply = Run(connect(), ask(timeout=0.4)).end()
    assert reply.status == "incomplete"
    assert reply.error.deadline == "total"
    assert reply.text.startswith("word word")


def test_without_streaming_only_the_whole_has_a_deadline(connect, gateway):
    gateway.play(Script(text="late", header_delay=0.5))
    assert Run(connect(first_token=0.1, idle=0.1), ask(stream=False)).end().text == "late"


def test_connecting_has_a_deadline(connect):
    # the backlog of a socket that nobody accepts from fills up; then connecting hangs
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(("127.0.0.1", port))
        time.sleep(0.05)
        error = Run(connect(base_url=f"http://127.0.0.1:{port}/v1", connect=0.2), ask()).end().error
        for filler in fillers:
            filler.close()
    assert (type(error), error.deadline) == (TransportError, "connect")


# -- what is no answer


def test_a_web_page_with_status_200_is_no_answer(connect, gateway):
    gateway.play(HTML_PAGE)
    error = Run(connect(), ask()).end().error
    assert isinstance(error, ProtocolError)
    assert "got a web page" in str(error)


def test_a_redirect_is_not_followed(connect, gateway):
    gateway.play(Script(status=307, headers={"location": "https://evil.example/v1/chat?x=1"}))
    error = Run(connect(key="sk-of-0123456789abcdef"), ask()).end().error
    assert "redirect to evil.example" in str(error)
    assert "x=1" not in str(error)
    assert len(gateway.received) == 1


def test_a_stream_cut_in_the_middle_keeps_its_text(connect, gateway):
    gateway.play(Script(text="Hello there", chunk_size=5, cut_after=700))
    reply = Run(connect(), ask()).end()
    assert reply.status == "incomplete"
    assert reply.text.startswith("Hello")
    assert "was lost" in str(reply.error)


def test_what_happens_after_a_finish_reason_does_not_spoil_the_answer(connect, gateway):
    gateway.play(Script(text="Hello", done=False, hold=True))
    begin = time.monotonic()
    assert Run(connect(), ask()).end().status == "done"
    assert time.monotonic() - begin < 5


def test_a_key_that_is_echoed_is_masked(connect, gateway):
    key = "abcdefghijklmnopqrstuvwxyz0123456789"
    gateway.play(Script(status=401, body=f'{{"error":{{"message":"no {key}","code":"{key[5:25]}"}}}}'))
    error = Run(connect(key=key), ask()).end().error
    assert isinstance(error, AuthError)
    assert "no [key]" in str(error)
    assert error.code == "[key]"


def test_an_error_brings_no_frames_and_no_causes_along(connect):
    error = Run(connect(base_url="http://127.0.0.1:9/v1", key="sk-of-0123456789abcdef"), ask()).end().error
    assert error.__cause__ is error.__context__ is error.__traceback__ is None


# -- the models


def test_the_models_that_can_chat_are_listed_and_known_by_alias(connect, gateway):
    client = connect()
    assert client.card("gpt-4o-mini") is None
    ids = [card.id for card in client.models()]
    assert "openai/gpt-4o-mini" in ids
    assert "openai/gpt-5.2-codex" not in ids  # it serves another endpoint only
    assert client.card("gpt-4o-mini").id == "openai/gpt-4o-mini"


def test_models_that_cannot_be_fetched_are_one_clear_error(connect):
    with pytest.raises(TransportError, match="could not connect to 127"):
        connect(base_url="http://127.0.0.1:9/v1").models()


def test_waiting_for_the_models_hears_an_interrupt(connect):
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        client = connect(base_url=f"http://127.0.0.1:{silent.getsockname()[1]}/v1")
        with pytest.raises(TransportError):  # all that is imported at first is there then
            connect(base_url="http://127.0.0.1:9/v1").models()
        threading.Timer(0.3, _thread.interrupt_main).start()
        begin = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            client.models()
        assert time.monotonic() - begin < 5, "it gives up by itself after 15 s"


def test_one_thread_serves_all_requests_of_a_client(connect, gateway):
    before = set(threading.enumerate())
    client = connect()
    for _ in range(3):
        Run(client, ask()).end()
    loops = [thread for thread in set(threading.enumerate()) - before if thread.name == "ofox-loop"]
    assert len(loops) == 1
