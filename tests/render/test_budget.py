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


def test_a_garbage_collection_costs_nothing_however_many_objects_there_are():
    heap = [[number] for number in range(1_000_000)]
    begin = time.thread_time()
    gc.collect()
    once = time.thread_time() - begin
    budget = Budget(2 * once)
    for _ in range(4):
        with budget:
            gc.collect()
            look(budget)
    assert heap
    assert not [callback for callback in gc.callbacks if getattr(callback, "__self__", None) is budget]
