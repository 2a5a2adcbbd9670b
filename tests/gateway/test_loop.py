"""The thread that the client's loop runs on."""

import asyncio
from queue import SimpleQueue
from threading import Event

import pytest

from ofox_magic.gateway.loop import LoopThread


@pytest.fixture
def late(monkeypatch):
    """Let the loop begin to run when this is set, as where the new thread does not get its turn at once."""
    may_run, run = Event(), LoopThread._run

    def run_late(loop):
        may_run.wait()
        run(loop)

    monkeypatch.setattr(LoopThread, "_run", staticmethod(run_late))
    yield may_run
    may_run.set()


def test_what_is_cancelled_before_the_loop_runs_is_cancelled(late):
    thread, ended = LoopThread("test-loop"), SimpleQueue()
    cancel = thread.spawn(lambda: asyncio.sleep(60), ended.put)
    cancel()
    late.set()
    assert ended.get(timeout=20).cancelled()
    thread.stop(lambda: asyncio.sleep(0))


def test_a_thread_that_is_stopped_before_its_loop_runs_ends(late, monkeypatch):
    monkeypatch.setattr("ofox_magic.gateway.loop._STOP_PATIENCE", 0.01)
    thread, ended = LoopThread("test-loop"), SimpleQueue()
    thread.spawn(lambda: asyncio.sleep(60), ended.put)
    thread.stop(lambda: asyncio.sleep(0))
    late.set()
    assert ended.get(timeout=20).cancelled()


def test_what_has_ended_can_be_cancelled_once_more():
    thread, ended = LoopThread("test-loop"), SimpleQueue()
    cancel = thread.spawn(lambda: asyncio.sleep(0), ended.put)
    assert not ended.get(timeout=20).cancelled()
    thread.stop(lambda: asyncio.sleep(0))
    cancel()
