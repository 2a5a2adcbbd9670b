"""The client against a gateway that fails, fast: every fault at every point, and what bounds memory and time."""

import asyncio
import itertools
import random
import time
import tracemalloc
import zlib

import pytest

from ofox_magic import AuthError, OfoxError, ProtocolError, TransportError
from ofox_magic.chat.events import Finished, Retrying, TextDelta
from ofox_magic.gateway import client as client_module
from ofox_magic.gateway.client import GatewayClient
from ofox_magic.practice import Script
from ofox_magic.practice.fault_steps import HELLO, LOOK, Drip, Hold, Read, Repeat, Send, healthy, steps
from ofox_magic.practice.faults import KINDS, POINTS, Fault, FaultyGateway, why_not
from ofox_magic.settings import Deadlines, Secret, Settings

from .test_client import CHAT, Run, ask

FAULTS = [Fault(kind, point) for kind, point in itertools.product(KINDS, POINTS) if why_not(kind, point) is None]
TEXT = {"mid_text": "".join(HELLO[:2]), "mid_tool": LOOK, "finish": "".join(HELLO), "done": "".join(HELLO)}
STATUS = {"mid_text": "incomplete", "mid_tool": "incomplete", "finish": "done", "done": "done"}
WAITED_OUT = ("stall", "endless_comments", "slow_drip")
BRIEF = {"connect": 5.0, "first_token": 0.6, "idle": 0.5, "total": 1.2}
LATE = 2.0  # seconds that a busy machine may be late
SMALL = 16 << 20  # bytes; what is refused took 64 MiB and more where nothing bounded it


@pytest.fixture(scope="module")
def shared():
    with FaultyGateway() as server:
        yield server


@pytest.fixture
def faulty(shared):
    yield shared
    shared.heal()


@pytest.fixture
def connect():
    clients = []

    def make(base_url, **deadlines):
        settings = Settings(base_url, Secret("of-no-gateway"), deadlines=Deadlines(**BRIEF | deadlines))
        clients.append(GatewayClient(lambda: settings, jitter=lambda: 0.0))
        return clients[-1]

    yield make
    for client in clients:
        client.close()


def assert_closed(faulty, seconds=1.0):
    end = time.monotonic() + seconds
    while faulty.connections and time.monotonic() < end:
        time.sleep(0.005)
    assert faulty.connections == 0


def peak_while(work):
    """Return what *work* returns, and the most memory that it took, in bytes."""
    tracemalloc.start()
    try:
        return work(), tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()


# -- the faults themselves


def test_a_fault_that_cannot_happen_is_refused_with_the_reason():
    with pytest.raises(ValueError, match="dns cannot happen at mid_text: the connection stands by then"):
        Fault("dns", "mid_text")
    with pytest.raises(ValueError, match="expected a kind of refused, dns"):
        Fault("earthquake", "connect")


def test_a_fault_is_the_same_bytes_at_each_run():
    drawn = [fault for fault in FAULTS if fault.kind in ("garbage", "noise", "gzip_cut")]
    once = [steps(fault) for fault in drawn]
    steps.cache_clear()
    assert [steps(fault) for fault in drawn] == once


def test_a_request_is_read_first_but_where_the_fault_comes_before():
    for fault in FAULTS:
        assert (Read() in steps(fault)) == (fault.point != "connect"), fault


def test_what_comes_before_a_fault_is_how_the_healthy_answer_begins():
    answer = healthy()[0].data.partition(b"\r\n\r\n")[2]
    for fault in FAULTS:
        if fault.point in TEXT and fault.point != "mid_tool" and "gzip" not in fault.kind:
            first = next(step for step in steps(fault) if isinstance(step, Send))
            body = first.data.partition(b"\r\n\r\n")[2]
            assert len(body) > 100
            assert answer.startswith(body), fault


def test_faults_that_do_not_end_by_themselves_leave_that_to_the_client():
    for fault in FAULTS:
        if fault.kind in WAITED_OUT and fault != Fault("stall", "connect"):
            assert isinstance(steps(fault)[-1], Hold | Repeat | Drip), fault


def test_the_gateway_is_well_between_faults_and_forgets_them_when_told(connect, faulty):
    client = connect(faulty.base_url)
    before = faulty.requests
    faulty.play(Fault("fin_mid_json", "mid_text"))
    assert Run(client, ask()).end().text == "Hello wor"
    assert Run(client, ask()).end().text == "Hello world"
    faulty.play(Fault("stall", "headers"))
    faulty.heal()
    assert Run(client, ask()).end().status == "done"
    assert faulty.requests - before == 3


# -- the matrix


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_ends_the_request_once_and_keeps_what_came(connect, faulty, monkeypatch, fault):
    monkeypatch.setattr(client_module, "_FINISH_GRACE", 0.2)
    faulty.play(*[fault] * 5)
    before = faulty.requests
    client = connect(faulty.base_url_for(fault))
    begin = time.monotonic()
    run = Run(client, ask())
    reply = run.end()
    assert time.monotonic() - begin < BRIEF["total"] + LATE
    assert (reply.status, reply.text) == (STATUS.get(fault.point, "failed"), TEXT.get(fault.point, ""))
    assert [type(event) for event in run.events].count(Finished) == 1
    tries = 1 + sum(isinstance(event, Retrying) for event in run.events)
    assert tries == 1 if fault.point in TEXT else tries in (1, 3)
    assert faulty.requests - before in (0, tries)  # 0: the address is one that nothing reaches
    client.close()
    assert_closed(faulty)


@pytest.mark.parametrize("point", ["connect", "headers"])
@pytest.mark.parametrize("kind", ["reset", "fin", "garbage", "json_error", "error_event", "bad_status"])
def test_a_fault_that_passes_is_mended_by_the_next_try(connect, faulty, kind, point):
    faulty.play(Fault(kind, point))
    before = faulty.requests
    run = Run(connect(faulty.base_url), ask())
    assert (run.end().status, run.reply.text) == ("done", "Hello world")
    assert faulty.requests - before == 2


@pytest.mark.parametrize("kind", ["reset", "fin", "garbage"])
def test_a_connection_that_was_kept_and_is_lost_is_no_fault_of_the_turn(connect, faulty, kind):
    client = connect(faulty.base_url)
    Run(client, ask()).end()
    assert faulty.connections == 1
    faulty.play(Fault(kind, "headers"))
    assert Run(client, ask()).end().text == "Hello world"


def test_a_request_that_hangs_does_not_hold_up_another(connect, faulty):
    client = connect(faulty.base_url, idle=5, total=10)
    faulty.play(Fault("stall", "mid_text"))
    hanging = Run(client, ask())
    hanging.until(TextDelta)
    begin = time.monotonic()
    assert Run(client, ask()).end().status == "done"
    assert time.monotonic() - begin < 1
    hanging.cancel()
    assert hanging.end().status == "stopped"


@pytest.mark.parametrize(
    "fault",
    [
        Fault("stall", "connect"),
        Fault("stall", "headers"),
        Fault("endless_comments", "headers"),
        Fault("endless_comments", "first_token"),
        Fault("slow_drip", "headers"),
        Fault("slow_drip", "mid_text"),
        Fault("gzip_bomb", "mid_text"),
    ],
    ids=str,
)
def test_cancelling_is_heard_at_once_whatever_is_waited_for(connect, faulty, fault):
    client = connect(faulty.base_url_for(fault), connect=10, first_token=10, idle=10, total=10)
    faulty.play(fault)
    run = Run(client, ask())
    time.sleep(0.1)
    begin = time.monotonic()
    run.cancel()
    assert run.end().settled
    assert time.monotonic() - begin < 1
    client.close()
    assert_closed(faulty)


@pytest.mark.parametrize("point", ["headers", "first_token"])
@pytest.mark.parametrize("kind", WAITED_OUT)
def test_without_streaming_the_total_deadline_bounds_what_never_ends(connect, faulty, kind, point):
    faulty.play(Fault(kind, point))
    error = Run(connect(faulty.base_url, total=0.2), ask(stream=False)).end().error
    assert (type(error), error.deadline) == (TransportError, "total")


# -- what is sent back while the request is still on its way


def test_a_gateway_that_reads_nothing_of_a_large_request_is_waited_for_no_longer_than_another(connect, faulty):
    faulty.play(Fault("endless_comments", "connect"))
    begin = time.monotonic()
    error = Run(connect(faulty.base_url), ask("x" * (16 << 20))).end().error
    assert error.deadline == "first token"
    assert time.monotonic() - begin < 2
    assert_closed(faulty)


def test_a_refusal_that_comes_before_a_large_request_was_read_is_heard(connect, faulty):
    faulty.play(*[Fault("bad_status", "connect")] * 3)
    error = Run(connect(faulty.base_url, first_token=5, total=10), ask("x" * (4 << 20))).end().error
    assert error.status == 408


# -- bounds of time


@pytest.mark.parametrize(
    ("kind", "deadline"), [("endless_comments", "total"), ("stall", "idle"), ("slow_drip", "total")]
)
def test_comments_and_bytes_count_as_life_once_text_came(connect, faulty, kind, deadline):
    faulty.play(Fault(kind, "mid_text"))
    begin = time.monotonic()
    reply = Run(connect(faulty.base_url), ask()).end()
    assert (reply.status, reply.text, reply.error.deadline) == ("incomplete", "Hello wor", deadline)
    assert BRIEF[deadline] <= time.monotonic() - begin < BRIEF[deadline] + LATE


@pytest.mark.parametrize("kind", WAITED_OUT)
@pytest.mark.parametrize(("point", "seconds"), [("finish", 0.3), ("done", 0.05)])
def test_a_complete_answer_is_not_kept_waiting_for_its_end(connect, faulty, monkeypatch, kind, point, seconds):
    monkeypatch.setattr(client_module, "_FINISH_GRACE", 0.3)
    faulty.play(Fault(kind, point))
    begin = time.monotonic()
    client = connect(faulty.base_url, first_token=5, idle=5, total=10)
    assert Run(client, ask()).end().status == "done"
    assert seconds < time.monotonic() - begin < seconds + LATE


def test_connecting_has_a_deadline_of_its_own(connect, faulty):
    fault = Fault("stall", "connect")
    error = Run(connect(faulty.base_url_for(fault), connect=0.1, first_token=5, total=10), ask()).end().error
    assert error.deadline == "connect"


@pytest.mark.parametrize("kind", WAITED_OUT)
def test_comments_and_bytes_are_no_first_token(connect, faulty, kind):
    faulty.play(Fault(kind, "first_token"))
    assert Run(connect(faulty.base_url), ask()).end().error.deadline == "first token"


def test_comments_as_fast_as_they_can_be_read_are_no_first_token_either(connect, gateway):
    gateway.play(Script(body=b": ping\n\n" * (2 << 20), content_type="text/event-stream", hold=True))
    begin = time.monotonic()
    error = Run(connect(gateway.base_url), ask()).end().error
    assert error.deadline == "first token"
    assert time.monotonic() - begin < BRIEF["first_token"] + LATE


def test_an_answer_that_is_complete_stays_so_when_the_total_deadline_passes(connect, faulty):
    """The finish reason came; what is waited for is only the usage and the end."""
    faulty.play(Fault("stall", "finish"))
    begin = time.monotonic()
    reply = Run(connect(faulty.base_url, total=1), ask()).end()
    assert (reply.status, reply.text, reply.error) == ("done", "Hello world", None)
    assert time.monotonic() - begin < 1 + LATE


def test_a_refusal_whose_body_never_ends_is_a_refusal_all_the_same(connect, gateway):
    gateway.play(Script(status=401, hold=True))
    assert isinstance(Run(connect(gateway.base_url), ask()).end().error, AuthError)
    gateway.wait_closed(0, timeout=1, path=CHAT)


def test_a_wait_that_the_total_deadline_cuts_short_still_says_what_failed(connect, gateway):
    gateway.play(Script(status=503, headers={"retry-after": "5"}))
    error = Run(connect(gateway.base_url), ask()).end().error
    assert "503" in str(error)


# -- bounds of memory


@pytest.mark.parametrize("point", ["connect", "headers", "first_token", "mid_text"])
def test_a_gzip_bomb_is_refused_before_it_fills_the_memory(connect, faulty, point):
    fault = Fault("gzip_bomb", point)
    faulty.play(*[fault] * 3)
    reply, peak = peak_while(lambda: Run(connect(faulty.base_url, first_token=5, total=10), ask()).end())
    assert isinstance(reply.error, OfoxError)
    assert point == "headers" or "more than a thousandfold" in str(reply.error)
    assert peak < SMALL


@pytest.mark.parametrize("point", ["connect", "first_token", "mid_text"])
def test_a_gzip_bomb_is_refused_as_soon_as_a_little_of_it_was_unpacked(connect, faulty, monkeypatch, point):
    """What came before counts for nothing: 1,000 times is so close to all that deflate can do that it would hide it."""
    taken = []

    class Counting(client_module.AnswerStream):
        def feed(self, chunk):
            taken.append(len(chunk))
            return super().feed(chunk)

    monkeypatch.setattr(client_module, "AnswerStream", Counting)
    faulty.play(Fault("gzip_bomb", point))
    error = Run(connect(faulty.base_url, first_token=5, total=10), ask()).end().error
    assert "more than a thousandfold" in str(error)
    assert sum(taken) < 4 << 20


def test_a_bomb_that_stays_below_the_limit_holds_up_nothing_and_fills_no_memory(connect, gateway):
    """Many short lines, 860 times their packed size: they are read in small pieces, and the deadlines strike between."""
    packer = zlib.compressobj(9, zlib.DEFLATED, 16 + zlib.MAX_WBITS)
    dice = random.Random(0)
    lines = (b":a\n" * 349_525 + dice.randbytes(75).hex().encode() + b"\n" for _ in range(24))
    body = b"".join([packer.compress(each) for each in lines]) + packer.flush()
    gateway.play(Script(body=body, headers={"content-encoding": "gzip"}, content_type="text/event-stream", hold=True))
    begin = time.monotonic()
    reply, peak = peak_while(lambda: Run(connect(gateway.base_url), ask()).end())
    assert reply.status == "failed"
    assert time.monotonic() - begin < BRIEF["first_token"] + LATE
    assert peak < SMALL


@pytest.mark.parametrize("point", ["connect", "headers", "first_token", "mid_text", "mid_tool"])
def test_a_line_that_never_ends_is_cut_off_at_its_cap(connect, faulty, point):
    faulty.play(*[Fault("endless_line", point)] * 3)
    reply, peak = peak_while(lambda: Run(connect(faulty.base_url, first_token=5, total=10), ask()).end())
    assert point == "headers" or "lines of at most 1,048,576 bytes" in str(reply.error)
    assert reply.text == TEXT.get(point, "")
    assert peak < SMALL


def test_a_list_of_models_that_never_ends_is_cut_off_at_a_cap(connect, faulty, monkeypatch):
    monkeypatch.setattr(client_module, "CATALOGUE_DEADLINE", 0.5)
    faulty.play(Fault("endless_line", "first_token"))
    with pytest.raises(ProtocolError):
        connect(faulty.base_url).models()
    assert_closed(faulty)


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault.point in ("connect", "headers")], ids=str)
def test_models_that_cannot_be_fetched_are_one_error_in_time(connect, faulty, monkeypatch, fault):
    monkeypatch.setattr(client_module, "CATALOGUE_DEADLINE", 0.2)
    faulty.play(*[fault] * 3)
    client = connect(faulty.base_url_for(fault))
    begin = time.monotonic()
    with pytest.raises(OfoxError):
        client.models()
    assert time.monotonic() - begin < 0.2 + LATE
    client.close()
    assert_closed(faulty)


# -- what stays


def test_after_faults_no_task_is_left_on_the_loop(connect, faulty):
    client = connect(faulty.base_url)
    for fault in (Fault("reset", "mid_text"), Fault("stall", "first_token"), Fault("gzip_bomb", "mid_text")):
        faulty.play(fault)
        Run(client, ask()).end()
    Run(client, ask()).end()

    async def others():
        await asyncio.sleep(0.01)
        return asyncio.all_tasks() - {asyncio.current_task()}

    assert client._loop.wait_for(others) == set()
