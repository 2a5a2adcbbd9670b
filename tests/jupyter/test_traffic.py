"""What a long or a hostile answer costs a notebook: the bytes on iopub, and a kernel that still answers."""

import json
import time
from contextlib import suppress
from queue import Empty

import pytest

from ofox_magic.practice import Script
from tests.render.answers import ANSWERS
from tests.render.pathological import TEXTS

TOKENS = 10_000
PROMPT = 3.0  # seconds of work within which something comes at once, however busy the machine is with others


def wait_until(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


def work_to_answer(kernel):
    """How much the kernel works until it says what it is, on the control channel: there it answers while a cell runs."""
    session, channel = kernel.client.session, kernel.client.control_channel
    message = session.msg("kernel_info_request")
    before, end = kernel.worked, time.monotonic() + 20
    channel.send(message)
    while time.monotonic() < end:
        with suppress(Empty):
            reply = kernel.client.get_control_msg(timeout=0.2)
            if reply["parent_header"].get("msg_id") == message["header"]["msg_id"]:
                assert reply["content"]["status"] == "ok"
                return kernel.worked - before
    raise AssertionError("the kernel did not answer")


def test_ten_thousand_tokens_cost_what_the_answer_is_long(kernel, kernel_gateway):
    """Tables, lists, formulas and code: at most 3 times the final output and 1.5 kB for each update."""
    mixed = "\n".join((*(ANSWERS[name] for name in ("a report", "steps", "mathematics", "code")), "```\n\n"))
    text = (mixed * (4 * TOKENS // len(mixed) + 1))[: 4 * TOKENS]
    kernel_gateway.play(Script(text=text, chunk_size=12, delay=0.0005))
    cell = kernel.run("%%ofox\nhello")
    assert cell.status == "ok", cell.error
    assert len(cell.outputs) == 1
    final = len(json.dumps(cell.outputs[0]))
    updates = len(cell.of("display_data", "update_display_data", "clear_output"))
    assert final > 100_000
    assert updates > 20
    assert cell.traffic <= 3 * final + 1536 * updates


@pytest.mark.parametrize("name", ["images", "a wide table", "words without a newline", "one line of ini"])
def test_while_a_hostile_answer_streams_the_kernel_answers_and_an_interrupt_is_obeyed(kernel, kernel_gateway, name):
    text = TEXTS[name]
    kernel_gateway.play(
        Script(text=text, chunk_size=-(-len(text) // 100), delay=0.02, finish_reason="", done=False, hold=True)
    )
    before = len(kernel_gateway.received)
    cell = kernel.start("%%ofox\nhello")
    kernel_gateway.wait_for(before + 1)
    wait_until(lambda: cell.of("update_display_data"))
    most, end = 0.0, time.monotonic() + 1.0
    while time.monotonic() < end:
        most = max(most, work_to_answer(kernel))
    assert most < PROMPT
    stopped = kernel.worked
    kernel.interrupt()
    kernel.finish(timeout=20)
    assert kernel.worked - stopped < PROMPT
    assert cell.status == "error"
    assert cell.meta["status"] == "stopped"
    assert text.startswith(cell.text)
    assert len(cell.text) > 200


@pytest.mark.parametrize("name", ["images", "a wide table", "words without a newline", "one line of ini"])
def test_a_hostile_answer_that_comes_at_once_is_shown_whole_and_soon(kernel, kernel_gateway, name):
    text = TEXTS[name]
    kernel_gateway.play(Script(text=text, chunk_size=-(-len(text) // 100), delay=0))
    before = kernel.worked
    cell = kernel.run("%%ofox\nhello")
    assert cell.status == "ok", cell.error
    assert cell.text == text
    assert kernel.worked - before < 2 * PROMPT
