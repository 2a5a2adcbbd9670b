"""What rendering may cost is counted in work alone."""

import gc
import time

import pytest

from ofox_magic.render.budget import Budget, TooMuch


def work(seconds):
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def look(budget):
    for _ in range(32):
        budget.check()


def test_work_beyond_the_budget_is_ended():
    with pytest.raises(TooMuch), Budget(0.01) as budget:
        work(0.02)
        look(budget)


def test_what_was_used_is_gone():
    budget = Budget(0.03)
    with budget:
        work(0.02)
        look(budget)
    with pytest.raises(TooMuch), budget:
        work(0.02)
        look(budget)


def collections():
    return [generation["collections"] for generation in gc.get_stats()]


def test_no_garbage_collection_falls_into_the_work():
    with Budget(1.0):
        before = collections()
        assert [[number] for number in range(100_000)]
        assert collections() == before
    assert [[number] for number in range(100_000)]
    assert collections() != before


def test_who_wants_no_garbage_collected_keeps_that():
    gc.disable()
    try:
        with Budget(1.0):
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()


def test_what_is_raised_within_leaves_the_collection_of_garbage_as_it_was():
    with pytest.raises(KeyboardInterrupt), Budget(1.0):
        raise KeyboardInterrupt
    assert gc.isenabled()
