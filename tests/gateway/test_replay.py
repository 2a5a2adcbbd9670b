"""Recorded against a real server on loopback, played with no network: the same answers, or one line that says why not."""

import json
import os
import socket
import stat
import subprocess
import sys
import threading
import time
from decimal import Decimal
from queue import SimpleQueue
from typing import get_args

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofox_magic import ConfigError, Image, errors, user
from ofox_magic.chat.events import (
    Event,
    Finished,
    FinishReason,
    Identified,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolCallDelta,
    ToolsAsked,
    ToolsRan,
    UsageReported,
)
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import Abandoned, ModelCard, Request
from ofox_magic.gateway.cassette import Cassette
from ofox_magic.gateway.client import GatewayClient
from ofox_magic.gateway.difference import difference
from ofox_magic.gateway.recorded import card_of, card_record, event_of, event_record
from ofox_magic.gateway.replay import Off, Recorder, Replayer, cassette_path
from ofox_magic.gateway.take import canonical, digest
from ofox_magic.practice import Script
from ofox_magic.settings import Secret, Settings
from ofox_magic.testing import ScriptedTransport

KEY = "sk-of-test-0123456789abcdef"
OTHER_KEY = "plain_key_that_looks_like_none"
PNG = b"\x89PNG\r\n\x1a\n"
USAGE = Usage(5, 7, 12, 1, 2)
TAKE = (
    Identified("m/x", "chatcmpl-1", "req-1"),
    ReasoningDelta("hm"),
    TextDelta("Hel"),
    TextDelta("lo"),
    ToolCallDelta(0, "c1", "f", '{"x"'),
    ToolCallDelta(0, arguments=": 1}"),
    FinishReason("tool_calls"),
    UsageReported(USAGE),
)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "tour.ofox.jsonl"


@pytest.fixture
def no_network(monkeypatch):
    def refuse(*args, **kwargs):
        raise AssertionError("a replay reached for the network")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)


def ask(text="hi", model="practice/echo", **given):
    return Request(model, (user(text),), **given)


def run(transport, request, timeout=10.0):
    """The reply, and its events."""
    queue = SimpleQueue()
    transport.start(request, queue.put)
    reply, events = Reply(), []
    while not reply.settled:
        events.append(queue.get(timeout=timeout))
        reply.feed(events[-1])
    return reply, events


def seen(reply):
    """What a replay has to give back."""
    error = reply.error and (type(reply.error), str(reply.error))
    return (
        reply.status,
        reply.text,
        reply.reasoning,
        reply.tool_calls,
        reply.usage,
        reply.model,
        reply.finish_reason,
        error,
    )


def record(path, *answers, requests=None, cards=(), **given):
    transport = Recorder(ScriptedTransport(*answers, cards=cards), path, **given)
    return [run(transport, request)[0] for request in requests or [ask()] * len(answers)]


def lines(path):
    return [json.loads(line) for line in path.read_text().splitlines()]


def change(path, **fields):
    path.write_text("".join(json.dumps(line | fields) + "\n" for line in lines(path)))


def refusal(path, request=None):
    with pytest.raises(ConfigError) as caught:
        Replayer(path).start(request or ask(), lambda event: None)
    said = str(caught.value)
    assert "\n" not in said
    assert len(said) < 700
    return said


# -- the same answer again


def test_what_a_gateway_answered_plays_again_without_network_and_key(gateway, path, monkeypatch):
    gateway.play(
        Script(text="Grüße 😀\n\n* one\n", reasoning="hm …", chunk_size=3),
        Script(tool_calls=(("c1", "f", '{"x": 1}'), ("c2", "g", "{}"))),
        Script(status=400, body=json.dumps({"error": {"message": "no such thing", "type": "bad", "code": "x"}})),
        Script(text="a long answer that is cut", error_after=2),
    )
    client = GatewayClient(lambda: Settings(gateway.base_url, Secret(KEY)), jitter=lambda: 0.0)
    recorder = Recorder(client, path, mask=Secret(KEY).mask)
    requests = [ask(text) for text in ("one", "two", "three", "four", "five")]
    try:
        live = [run(recorder, request)[0] for request in requests]
    finally:
        client.close()
    assert [reply.status for reply in live] == ["done", "done", "failed", "incomplete", "done"]
    gateway.stop()
    player = Replayer(path)
    assert [seen(run(player, request)[0]) for request in requests] == [seen(reply) for reply in live]


def test_a_replay_opens_no_socket(path, no_network):
    record(path, "Hello")
    assert run(Replayer(path), ask())[0].text == "Hello"


def test_every_delta_comes_again_as_it_was_cut(path):
    record(path, TAKE)
    events = run(Replayer(path), ask())[1]
    assert events == [Identified("m/x"), *TAKE[1:], Finished()]


def test_two_replays_are_the_same_to_the_byte(path):
    record(path, TAKE)
    before = path.read_bytes()
    first, second = (run(Replayer(path), ask())[1] for _ in range(2))
    assert repr(first) == repr(second)
    assert path.read_bytes() == before


def test_a_whole_conversation_plays_again(path):
    def talk(transport):
        session = Session(transport, default_model=lambda: "practice/echo")
        return [session.ask(text).result().text for text in ("one", "two", "two")]

    live = talk(Recorder(ScriptedTransport("first", "second", "third"), path))
    assert talk(Replayer(path)) == live == ["first", "second", "third"]


def test_the_same_request_gets_its_answers_in_the_order_of_asking(path):
    record(path, "first", "second")
    player = Replayer(path)
    assert [run(player, ask())[0].text for _ in range(2)] == ["first", "second"]


def test_one_use_more_than_was_recorded_is_a_miss(path):
    record(path, "first", "second")
    player = Replayer(path)
    run(player, ask())
    run(player, ask())
    with pytest.raises(ConfigError, match=r"was played \(2\): restart the kernel"):
        player.start(ask(), lambda event: None)


def test_recording_again_appends(path):
    record(path, "first")
    record(path, "second")
    assert [line["events"][0] for line in lines(path)] == [{"text": "first"}, {"text": "second"}]


def test_how_an_answer_travels_and_how_long_it_may_take_are_not_part_of_the_question(path):
    record(path, "Hello", requests=[ask(stream=True, timeout=5, params={"temperature": 0, "seed": 1})])
    again = ask(stream=False, timeout=None, params={"seed": 1, "temperature": 0})
    assert run(Replayer(path), again)[0].text == "Hello"


# -- what is recorded, and what is not


@pytest.mark.parametrize(
    "answer",
    [
        (TextDelta("some"), Finished(errors.TransportError("lost", deadline="idle"))),
        (TextDelta("some"), Finished(errors.ProtocolError("broke off"))),
        errors.BadRequest("no", status=400, type="t", code="c"),
        errors.ContextTooLong("long", status=413, code=7),
        errors.ServerError("fails", status=500),
        errors.NotFound("no model", status=404),
        (Retrying(1, 0.5, "busy"), TextDelta("some")),
    ],
    ids=str,
)
def test_what_the_gateway_answered_is_recorded_even_where_it_is_a_refusal(path, answer):
    (live,) = record(path, answer)
    again, events = run(Replayer(path), ask())
    assert seen(again) == seen(live)
    for name in ("status", "type", "code", "deadline"):
        assert getattr(again.error, name, None) == getattr(live.error, name, None)
    assert any(isinstance(event, Retrying) for event in events) == (
        isinstance(answer, tuple) and len(events) == 3 and isinstance(answer[0], Retrying)
    )


@pytest.mark.parametrize("wait", [None, 0.0, 1.5, 172_800.0])
def test_a_limit_plays_again_with_the_time_to_wait(path, wait):
    limited = errors.RateLimited("slow down", status=429)
    limited.retry_after = wait
    record(path, limited)
    assert run(Replayer(path), ask())[0].error.retry_after == wait


def test_an_answer_that_took_hours_plays_again(path):
    record(path, "Hello", clock=iter([0.0, 20_000.0, 20_000.0, 20_000.0]).__next__)
    assert run(Replayer(path), ask())[0].text == "Hello"


@pytest.mark.parametrize(
    "answer",
    [
        (TextDelta("some"), Finished(stopped=True)),
        errors.AuthError("bad key", status=401),
        errors.PermissionDenied("no balance", status=402),
        errors.TransportError("could not connect", deadline="connect"),
        errors.ConfigError("OFOX_BASE_URL is no address"),
        (Retrying(1, 0.5, "busy"), Finished(errors.TransportError("could not connect"))),
    ],
    ids=str,
)
def test_what_says_nothing_of_the_request_is_not_recorded(path, answer):
    record(path, answer)
    assert path.read_bytes() == b""


def test_the_file_is_for_its_owner_alone(path):
    record(path, "Hello")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_answer_is_in_the_file_before_the_turn_ends(path):
    there = SimpleQueue()
    Recorder(ScriptedTransport("Hello"), path).start(
        ask(), lambda event: there.put(path.read_bytes()) if isinstance(event, Finished) else None
    )
    assert there.get(timeout=5).endswith(b"\n")


def test_where_nothing_can_be_recorded_nothing_is_sent(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    inner = ScriptedTransport("Hello")
    for place in (tmp_path, tmp_path / "missing" / "x.jsonl", tmp_path / "pipe"):
        with pytest.raises(ConfigError, match="cannot record into"):
            Recorder(inner, place).start(ask(), lambda event: None)
    assert inner.requests == []


@pytest.fixture
def disk_that_fills(path, monkeypatch):
    record(path, "before")
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, data: write(file, data[: len(data) // 2]))


def test_an_answer_that_could_not_be_recorded_is_kept_and_says_so(path, disk_that_fills):
    before = path.read_bytes()
    (reply,) = record(path, "Hello")
    assert (reply.status, reply.text) == ("incomplete", "Hello")
    assert "could not be recorded: No space left" in str(reply.error)
    assert path.read_bytes() == before


def test_a_turn_ends_whatever_goes_wrong_while_it_is_recorded(path):
    class Broken(ScriptedTransport):
        def card(self, model):
            raise ConfigError("OFOX_BASE_URL is no address")

    reply = run(Recorder(Broken("Hello"), path), ask())[0]
    assert (reply.text, str(reply.error)) == (
        "Hello",
        "the answer came, and could not be recorded: OFOX_BASE_URL is no address",
    )


def test_why_an_answer_failed_counts_more_than_that_it_was_not_recorded(path, disk_that_fills):
    (reply,) = record(path, errors.ServerError("fails", status=500))
    assert isinstance(reply.error, errors.ServerError)


def test_a_line_that_was_cut_costs_no_other(path):
    record(path, "Hello")
    path.write_bytes(path.read_bytes()[:-20])
    record(path, "Again")
    _, whole = path.read_bytes().splitlines()
    assert json.loads(whole)["events"][0] == {"text": "Again"}
    assert "line 1 of the cassette tour.ofox.jsonl cannot be played: it is no JSON, or was cut" in refusal(path)


def test_two_kernels_that_record_at_once_write_whole_lines(path):
    program = (
        "import sys; from pathlib import Path; from ofox_magic.gateway.cassette import Cassette\n"
        "cassette, line = Cassette(Path(sys.argv[1])), sys.argv[2].encode() * 20_000 + b'\\n'\n"
        "print(flush=True); input()\n"
        "for n in range(200): cassette.append(line)"
    )
    kernels = [
        subprocess.Popen(
            [sys.executable, "-c", program, str(path), name], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for name in "ab"
    ]
    for kernel in kernels:
        kernel.stdout.readline()
    for kernel in kernels:
        kernel.stdin.write("\n")
        kernel.stdin.flush()
    for kernel in kernels:
        kernel.communicate()
    written = [line for line in path.read_bytes().split(b"\n") if line]
    assert sorted(written) == [b"a" * 20_000] * 200 + [b"b" * 20_000] * 200


def test_abandoning_an_answer_records_nothing(path):
    def leave(event):
        raise Abandoned

    Recorder(ScriptedTransport("Hello"), path).start(ask(), leave)
    time.sleep(0.05)
    assert path.read_bytes() == b""


# -- secrets


@pytest.mark.parametrize("key", [KEY, OTHER_KEY])
def test_no_key_is_in_a_cassette_wherever_it_was(gateway, path, key):
    gateway.play(
        Script(text=f"You said {key}, and again {key}.", chunk_size=4, reasoning=f"The key is {key}"),
        Script(tool_calls=(("c1", "f", json.dumps({"key": key})),)),
        Script(status=400, body=json.dumps({"error": {"message": f"bad key {key}", "code": key}})),
        Script(text="fine", model=key, headers={"x-request-id": f"req-{key}"}, finish_reason=key),
    )
    client = GatewayClient(lambda: Settings(gateway.base_url, Secret(key)), jitter=lambda: 0.0)
    recorder = Recorder(client, path, mask=Secret(key).mask)
    try:
        for number in range(4):
            run(recorder, ask(f"{number}: my key is {key}", params={"user": key, "metadata": {key: [key]}}))
    finally:
        client.close()
    kept = path.read_text()
    assert len(lines(path)) == 4
    for piece in (key[i : i + 12] for i in range(len(key) - 11)):
        assert piece not in kept
    texts = ["".join(e.get("text", "") + e.get("reasoning", "") for e in line["events"]) for line in lines(path)]
    assert key not in "".join(texts)
    assert "You said [key], and again [key]." in texts[0]


@pytest.mark.parametrize("kind", [TextDelta, ReasoningDelta, lambda piece: ToolCallDelta(0, "c1", "f", piece)])
def test_a_key_that_came_in_pieces_is_in_no_cassette(path, kind):
    record(path, tuple(kind(char) for char in f"it is {KEY}!"), mask=Secret(KEY).mask)
    reply = run(Replayer(path), ask())[0]
    assert "it is [key]!" in (reply.text, reply.reasoning, *(call.arguments for call in reply.tool_calls))


def test_no_id_and_no_header_is_in_a_cassette(gateway, path):
    client = GatewayClient(lambda: Settings(gateway.base_url, Secret(KEY)))
    try:
        reply = run(Recorder(client, path), ask())[0]
    finally:
        client.close()
    assert reply.request_id
    assert reply.response_id
    kept = path.read_text().lower()
    for word in (reply.request_id, reply.response_id, "authorization", "bearer", "x-request", "127.0.0.1", "localhost"):
        assert word not in kept


def test_what_a_refusal_says_of_the_account_is_not_recorded(path):
    said = "Rate limit reached in organization org-a1B2c3D4e5 for ada.l@example.org (req_0123456789): see user_handbook"
    record(path, errors.RateLimited(said, status=429, request_id="req-9"))
    assert (
        "Rate limit reached in organization [account] for [account] ([account]): see user_handbook" in path.read_text()
    )
    assert run(Replayer(path), ask())[0].error.request_id is None


def test_a_conversation_in_which_the_key_was_said_plays_without_the_key(path):
    def talk(transport):
        session = Session(transport, default_model=lambda: "practice/echo")
        return [session.ask(text).result().text for text in (f"my key is {KEY}", "again")]

    talk(Recorder(ScriptedTransport((TextDelta(KEY[:9]), TextDelta(KEY[9:])), "yes"), path, mask=Secret(KEY).mask))
    assert talk(Replayer(path)) == ["[key]", "yes"]


def test_words_that_begin_like_a_key_are_left_alone(path):
    text = "Use sk-learn, sk-image or sk-learn-contrib-extensions; Bearer of the standard; Bearer authentication-token"
    record(path, text, requests=[ask("What is sk-learn?")])
    assert run(Replayer(path), ask("What is sk-learn?"))[0].text == text
    refusal(path, ask("What is sk-image?"))


def test_looking_for_keys_takes_linear_time(path):
    began = time.perf_counter()
    record(path, "sk-" * 300_000 + "bearer " * 100_000)
    assert time.perf_counter() - began < 5


# -- pictures and cards


def test_a_picture_is_recorded_by_what_it_holds_and_not_as_bytes(path):
    def see(data, detail=None):
        return Request("m/x", (user("What is it?", Image(PNG + data, detail=detail)),))

    record(path, "a cat", requests=[see(b"cat" * 5000)])
    assert path.stat().st_size < 1000
    assert run(Replayer(path), see(b"cat" * 5000))[0].text == "a cat"
    said = refusal(path, see(b"dog" * 5001))
    assert "message 1 (user).content[1].image_url.url" in said
    assert "15008 bytes" in said
    assert "15011 bytes" in said


def test_what_was_known_of_a_model_is_known_again(path):
    card = ModelCard(
        "m/x",
        "X",
        ("x", "latest-x"),
        1000,
        {"prompt": Decimal("0.00000015")},
        frozenset({"tools"}),
        frozenset({"text"}),
    )
    recorder = Recorder(ScriptedTransport("Hello", cards=[card]), path)
    run(recorder, ask(model="m/x"))
    player = Replayer(path)
    assert recorder.card("x") == player.card("x") == player.card("m/x") == card
    assert player.card("other") is None


def test_a_request_is_found_under_every_name_of_its_model_in_the_order_of_recording(path):
    """A first request may leave with an alias, since the catalogue is still on its way; in a replay it is known."""
    card = ModelCard("m/x", aliases=("x",))
    by_alias, by_id = ask(model="x"), ask(model="m/x")
    record(path, "first", "second", "third", requests=[by_alias, by_id, by_alias], cards=[card])
    player = Replayer(path)
    assert [run(player, by_id)[0].text for _ in range(3)] == ["first", "second", "third"]
    with pytest.raises(ConfigError, match=r"was played \(3\)"):
        player.start(by_alias, lambda event: None)


def test_the_price_of_every_model_that_could_have_answered_is_known_again(path):
    cards = [ModelCard(name) for name in ("m/x", "m/fallback", "m/other")]
    record(path, "Hello", requests=[ask(model="m/x", params={"provider": {"fallback": ["m/fallback"]}})], cards=cards)
    player = Replayer(path)
    assert [bool(player.card(card.id)) for card in cards] == [True, True, False]


def test_nothing_is_known_of_a_model_where_there_is_no_cassette(path):
    assert Replayer(path).card("m/x") is None


# -- a miss says what differs


@pytest.mark.parametrize(
    ("request_", "words"),
    [
        (
            ask("Why the dip in April?"),
            "line 1 in message 1 (user).content: recorded “Why the dip in March?”, asked “Why the dip in April?”",
        ),
        (ask("Why the dip in March?", model="m/y"), "model: recorded “practice/echo”, asked “m/y”"),
        (ask("Why the dip in March?", params={"temperature": 0.7}), "temperature: recorded 0.2, asked 0.7"),
        (ask("Why the dip in March?", params={"temperature": 0.2, "seed": 7}), "seed: recorded nothing, asked 7"),
        (ask("Why the dip in March?", params={}), "temperature: recorded 0.2, asked nothing"),
        (
            Request("practice/echo", (user("Why the dip in March?"), user("x")), {"temperature": 0.2}),
            'message 2 (user): recorded nothing, asked {"content": "x", "role": "user"}',
        ),
        (ask("Why the dip in April?", model="m/y"), "(2 more differ)"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_miss_names_the_nearest_request_and_what_differs(path, request_, words):
    requests = [
        ask("Why the dip in March?", params={"temperature": 0.2}),
        ask("Something else", params={"temperature": 0.2}),
    ]
    record(path, "one", "two", requests=requests)
    said = refusal(path, request_)
    assert words in said
    assert "tour.ofox.jsonl" in said
    assert "OFOX_MODE=record" in said


def test_the_nearest_request_is_the_one_that_shares_most(path):
    texts = ["Why the rise in May?", "Why the dip in March?", "Hello"]
    record(path, *texts, requests=[ask(text) for text in texts])
    assert "differs from line 2 " in refusal(path, ask("Why the dip in April?"))


def test_a_miss_says_what_was_recorded_and_not_asked(path):
    record(path, "one", requests=[Request("practice/echo", (user("a"), user("b")))])
    assert 'message 2 (user): recorded {"content": "b", "role": "user"}, asked nothing' in refusal(path, ask("a"))


def test_of_long_texts_the_place_is_shown_where_they_part(path):
    record(path, "one", requests=[ask("so " * 1000 + "it rose")])
    assert "“…so so so so it rose”, asked “…so so so so it fell”" in refusal(path, ask("so " * 1000 + "it fell"))


def test_the_nearest_request_is_the_one_with_the_fewest_differences(path):
    record(path, "one", "two", requests=[ask("Why the dip in March?", params={"seed": 1, "n": 2}), ask("Hello")])
    assert "differs from line 2 " in refusal(path, ask("Why the dip in April?"))


def test_numbers_that_python_takes_for_equal_are_told_apart(path):
    record(path, "one", requests=[ask(params={"n": 1})])
    assert "n: recorded 1, asked true" in refusal(path, ask(params={"n": True}))
    assert "n: recorded 1, asked 1.0" in refusal(path, ask(params={"n": 1.0}))


def test_a_miss_shows_no_key(path):
    record(path, "one", requests=[ask("my key is")])
    with pytest.raises(ConfigError) as caught:
        Replayer(path, mask=Secret(OTHER_KEY).mask).start(ask(f"my key is {OTHER_KEY}"), lambda event: None)
    assert OTHER_KEY not in str(caught.value)
    assert "[key]" in str(caught.value)


def test_a_miss_is_one_line_however_much_differs(path):
    record(path, "one", requests=[ask("a\x1b[31m\n" * 1000)])
    assert "\x1b" not in refusal(path, ask("b\n" * 1000, params={"x\n": ["y\n" * 1000]}))


def test_equal_requests_do_not_differ():
    assert difference({"a": [1]}, {"a": [1]}) == ""


def test_a_session_goes_on_after_a_miss(path):
    record(path, "Hello")
    session = Session(Replayer(path), default_model=lambda: "practice/echo")
    with pytest.raises(ConfigError, match="not in the cassette"):
        session.ask("hello?").result()
    assert session.ask("hi").result().text == "Hello"


# -- cassettes that are none


def test_a_cassette_that_is_missing_says_which_there_are(path):
    assert f"there is no cassette at {path}" in refusal(path)
    path.with_name("other.ofox.jsonl").touch()
    assert "(other.ofox.jsonl?)" in refusal(path)


def test_a_cassette_that_is_empty_says_so(path):
    path.touch()
    assert "that is empty" in refusal(path)


def test_a_directory_or_a_pipe_is_no_cassette(tmp_path):
    assert "it is no file" in refusal(tmp_path) or "is a directory" in refusal(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    assert "it is no file" in refusal(tmp_path / "pipe")


def test_a_cassette_too_large_to_be_held_is_not_read(path, monkeypatch):
    record(path, "Hello")
    monkeypatch.setattr("ofox_magic.gateway.cassette.LARGEST", 10)
    assert "it is larger than" in refusal(path)


def test_a_cassette_of_a_later_version_says_what_to_do(path):
    record(path, "Hello")
    change(path, v=2)
    assert "line 1 of the cassette tour.ofox.jsonl cannot be played: it is of version 2" in refusal(path)
    assert "newer ofox_magic" in refusal(path)


@pytest.mark.parametrize(
    "line",
    [
        b"not json",
        b"[]",
        b"7",
        b"null",
        b"\xff\xfe\x00",
        b"[" * 200_000,
        b'{"a":' * 200_000,
        b"{}",
        b'{"v": "1"}',
        b'{"v": true}',
        b'{"v": 0}',
        b'{"v": NaN}',
        b'{"v": 1}',
        b'{"v": 1, "digest": []}',
        b'{"v": ' + b"9" * 5000 + b"}",
        b'{"v": 1, "digest": "x", "cards": [{"id": "m"}]}',
        b"cos\nsystem\n(S'touch /tmp/owned'\ntR.",
        b"\x80\x04\x95",
        b"<<<<<<< HEAD",
    ],
    ids=lambda line: repr(line[:30]),
)
def test_a_line_that_is_no_entry_is_named(path, line):
    record(path, "Hello")
    path.write_bytes(path.read_bytes() + line + b"\n")
    assert "line 2 of the cassette tour.ofox.jsonl cannot be played" in refusal(path)


HOSTILE = [
    {"events": 7},
    {"events": []},
    {"events": [7]},
    {"events": [{}]},
    {"events": [{"text": "a", "reasoning": "b"}]},
    {"events": [{"text": 7}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"__reduce__": ["os.system", "x"]}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"__class__": "Finished"}], "pace": [0]},
    {"events": [{"text": {"py/object": "os.system"}}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"finished": None}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"finished": None}, {"text": "a"}], "pace": [0, 0]},
    {"events": [{"text": "a"}], "pace": [0]},
    {"events": [{"finished": {"error": "SystemExit", "message": "x"}}], "pace": [0]},
    {"events": [{"finished": {"error": "__init__", "message": "x"}}], "pace": [0]},
    {"events": [{"finished": {"error": "RateLimited", "message": "x", "retry_after": "1"}}], "pace": [0]},
    {"events": [{"finished": {"error": "BadRequest", "message": "x", "status": "400"}}], "pace": [0]},
    {"events": [{"finished": {"error": "BadRequest", "message": 7}}], "pace": [0]},
    {"events": [{"finished": True}], "pace": [0]},
    {"events": [{"tool_call": {"id": "x"}}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"tool_call": {"index": "0"}}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"usage": {"prompt_tokens": -1}}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"usage": {"prompt_tokens": 1.5}}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"retrying": {"attempt": 1, "wait": 1e300, "reason": ""}}, {"finished": None}], "pace": [0, 0]},
    {"events": [{"text": "a" * 5_000_000}, {"finished": None}], "pace": [0, 0]},
    {"pace": [0]},
    {"pace": ["0", "0", "0"]},
    {"pace": [1e300, 0, 0]},
    {"pace": [-1, 0, 0]},
    {"pace": None},
    {"request": []},
    {"request": {"model": "other"}},
]


@pytest.mark.parametrize("fields", HOSTILE, ids=lambda fields: json.dumps(fields)[:60])
def test_an_entry_that_holds_anything_else_is_refused_in_one_line(path, fields):
    record(path, "Hello")
    change(path, **fields)
    assert "line 1 of the cassette tour.ofox.jsonl cannot be played: " in refusal(path)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


def places(value, place=()):
    yield place
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, child in children:
        yield from places(child, (*place, name))


def put(value, place, other):
    if not place:
        return other
    changed = value.copy()
    changed[place[0]] = put(value[place[0]], place[1:], other)
    return changed


@settings(max_examples=150)
@given(data=st.data(), other=JSON)
def test_whatever_is_changed_in_a_cassette_it_plays_or_is_refused_in_one_line(tmp_path_factory, data, other):
    path = tmp_path_factory.mktemp("fuzz") / "x.ofox.jsonl"
    record(
        path,
        (*TAKE, Retrying(1, 0.5, "busy"), Finished(errors.RateLimited("no", status=429))),
        "other",
        requests=[ask(), ask("other")],
    )
    first, second = lines(path)
    place = data.draw(st.sampled_from(list(places(first))))
    path.write_text("".join(json.dumps(line) + "\n" for line in (put(first, place, other), second)))
    player = Replayer(path)
    for request in (ask(), ask("not there")):
        try:
            reply, _ = run(player, request)
        except ConfigError as error:
            assert "\n" not in str(error)
        else:
            assert reply.settled


def test_a_request_nested_without_end_is_compared_with_nothing(path):
    record(path, "Hello")
    nested = b'{"v": 1, "digest": "x", "request": ' + b'{"a":' * 900 + b"1" + b"}" * 900 + b"}\n"
    path.write_bytes(path.read_bytes() + nested)
    refusal(path, ask("other"))


def test_a_parameter_nested_too_deeply_is_said(path):
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(ConfigError):
        Recorder(ScriptedTransport("x"), path).start(ask(params={"x": deep}), lambda event: None)


def test_what_an_editor_or_git_does_to_line_ends_does_no_harm(path):
    record(path, "Hello", "Again")
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes().replace(b"\n", b"\r\n\r\n").rstrip())
    player = Replayer(path)
    assert [run(player, ask())[0].text for _ in range(2)] == ["Hello", "Again"]


def test_a_cassette_that_is_recorded_anew_meanwhile_is_read_anew(path):
    record(path, "Hello")
    player = Replayer(path)
    run(player, ask())
    record(path, "Other", requests=[ask("other")])
    assert run(player, ask("other"))[0].text == "Other"


def test_ten_megabytes_are_found_in_no_time(path):
    record(path, "Hello")
    (line,) = lines(path)
    with path.open("a") as file:
        for number in range(1000):
            request = line["request"] | {"messages": [{"role": "user", "content": f"{number} " + "x" * 10_000}]}
            file.write(json.dumps(line | {"request": request, "digest": digest(request)}) + "\n")
    assert path.stat().st_size > 10_000_000
    player = Replayer(path)
    began = time.perf_counter()
    assert run(player, ask("999 " + "x" * 10_000))[0].text == "Hello"
    assert time.perf_counter() - began < 2
    began = time.perf_counter()
    for number in range(200):
        run(player, ask(f"{number} " + "x" * 10_000))
    assert time.perf_counter() - began < 4
    began = time.perf_counter()
    assert "differs from line 502 " in refusal(path, ask("500 " + "x" * 9_000 + "y"))
    assert time.perf_counter() - began < 4


# -- pace, and stopping


def pace_of(path, *pauses):
    change(path, pace=list(pauses))
    return Replayer(path, pace="recorded")


def test_the_pace_is_that_of_the_recording(path):
    clock = iter([10.0, 10.5, 12.0, 12.0]).__next__
    record(path, "Hello", clock=clock)
    assert lines(path)[0]["pace"] == [0.5, 1.5, 0.0]


def test_a_replay_at_the_recorded_pace_takes_as_long_and_one_at_once_does_not(path):
    record(path, "Hello")
    slow = pace_of(path, 0.1, 0.1, 0.1)
    began = time.perf_counter()
    run(Replayer(path), ask())
    assert time.perf_counter() - began < 0.1
    began = time.perf_counter()
    run(slow, ask())
    assert time.perf_counter() - began >= 0.3


def test_stopping_is_immediate_whatever_the_pace_and_the_answer_can_be_asked_again(path):
    record(path, "Hello")
    player = pace_of(path, 0, 600, 0)
    for _ in range(2):
        queue = SimpleQueue()
        cancel = player.start(ask(), queue.put)
        assert queue.get(timeout=5) == TextDelta("Hello")
        began = time.perf_counter()
        cancel()
        assert queue.get(timeout=5) == Finished(stopped=True)
        assert time.perf_counter() - began < 0.5
        cancel()
    assert queue.empty()


def test_leaving_a_replay_ends_its_thread_and_the_answer_can_be_asked_again(path):
    def leave(event):
        raise Abandoned

    record(path, "Hello")
    player = Replayer(path)
    player.start(ask(), leave)
    deadline = time.monotonic() + 5
    while any(thread.name == "ofox-replay" for thread in threading.enumerate()):
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert run(player, ask())[0].text == "Hello"


# -- the vocabulary is closed


EVENTS = (*TAKE, Retrying(2, 0.5, "busy"), Finished())


def test_every_kind_of_event_is_among_the_examples():
    assert {type(event) for event in EVENTS} == set(get_args(Event)) - {ToolsAsked, ToolsRan}


@pytest.mark.parametrize("event", [ToolsAsked(), ToolsRan(())])
def test_what_no_transport_says_cannot_be_recorded(event):
    with pytest.raises(ValueError, match="no transport says it"):
        event_record(event)


@pytest.mark.parametrize("event", EVENTS[1:], ids=lambda event: type(event).__name__)
def test_every_event_is_recorded_and_read_back(event):
    assert event_of(json.loads(json.dumps(event_record(event)))) == event


def kinds(kind):
    yield kind
    for below in kind.__subclasses__():
        if below.__module__ == errors.__name__:
            yield from kinds(below)


@pytest.mark.parametrize("kind", list(kinds(errors.OfoxError)))
def test_every_error_is_recorded_and_read_back(kind):
    again = event_of(json.loads(json.dumps(event_record(Finished(kind("what went wrong")))))).error
    assert type(again) is kind
    assert str(again) == "what went wrong"


def test_an_error_of_somebody_else_is_recorded_as_the_kind_it_belongs_to():
    class Special(errors.NotFound):
        pass

    assert type(event_of(event_record(Finished(Special("x")))).error) is errors.NotFound


def test_an_event_with_two_names_is_none():
    with pytest.raises(ValueError, match="2 names where 1 belongs"):
        event_of({"text": "a", "reasoning": "b"})


def test_a_card_that_is_none_is_refused():
    good = card_record(ModelCard("m/x", prices={"prompt": Decimal(1)}))
    assert card_of(good).id == "m/x"
    for price in ("x", "NaN", "-1", "Infinity", 7, None):
        with pytest.raises(ValueError, match="price"):
            card_of(good | {"prices": {"prompt": price}})


# -- off, and where the cassette is


def test_off_sends_nothing_and_says_so():
    with pytest.raises(ConfigError, match="OFOX_MODE=off: nothing is sent"):
        Off().start(ask(), lambda event: None)
    assert Off().card("m/x") is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, "ofox.jsonl"),
        ({"OFOX_CASSETTE": "  "}, "ofox.jsonl"),
        ({"JPY_SESSION_NAME": "/home/ada/tour.ipynb"}, "/home/ada/tour.ofox.jsonl"),
        ({"JPY_SESSION_NAME": "/home/ada/tour.v2.ipynb"}, "/home/ada/tour.v2.ofox.jsonl"),
        ({"JPY_SESSION_NAME": "/home/ada/8b2c-44"}, "/home/ada/8b2c-44.ofox.jsonl"),
        ({"JPY_SESSION_NAME": "/"}, "ofox.jsonl"),
        ({"JPY_SESSION_NAME": "/home/ada/tour.ipynb", "OFOX_CASSETTE": "c/x.jsonl"}, "c/x.jsonl"),
    ],
)
def test_the_cassette_is_the_one_named_else_beside_the_notebook(environment, expected):
    assert str(cassette_path(environment)) == expected


def test_the_cassette_stays_where_it_was_when_the_directory_changes(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cassette = Cassette(cassette_path({}))
    monkeypatch.chdir("/")
    assert cassette.path == tmp_path / "ofox.jsonl"


def test_the_canonical_request_is_what_is_asked_and_nothing_else():
    request = ask("hi", params={"temperature": 0, "stream_options": {"x": 1}})
    assert canonical(request, str) == {
        "model": "practice/echo",
        "messages": [{"role": "user", "content": "hi"}],
        "temperature": 0,
    }
