"""What rendering may cost is counted in work alone."""

import gc
import threading
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


class Time:
    """A clock that goes where it is told, and counts who looks at it."""

    def __init__(self):
        self.now, self.looks = 0.0, 0

    def __call__(self):
        self.looks += 1
        return self.now


def spend(budget, processor, seconds):
    with budget:
        processor.now += seconds
        look(budget)


def test_exactly_what_is_left_can_be_spent():
    processor = Time()
    budget = Budget(10, processor=processor, clock=Time())
    spend(budget, processor, 4)
    spend(budget, processor, 6)
    with pytest.raises(TooMuch):
        spend(budget, processor, 0.25)
    budget.earn(1.25)
    spend(budget, processor, 1)
    with pytest.raises(TooMuch):
        spend(budget, processor, 0.25)


def test_a_share_of_the_time_that_goes_by_is_earned_once_and_never_more_than_was_there_at_first():
    processor, clock = Time(), Time()
    clock.now = 100
    budget = Budget(10, share=0.5, processor=processor, clock=clock)
    spend(budget, processor, 10)
    clock.now += 4
    budget.earn(1)
    clock.now += 2
    budget.earn(0)
    spend(budget, processor, 4)
    with pytest.raises(TooMuch):
        spend(budget, processor, 0.25)
    clock.now += 1000
    budget.earn(0)
    spend(budget, processor, 10)
    with pytest.raises(TooMuch):
        spend(budget, processor, 0.25)


def test_nothing_is_earned_by_waiting_unless_a_share_is_asked_for():
    processor, clock = Time(), Time()
    budget = Budget(10, processor=processor, clock=clock)
    spend(budget, processor, 10)
    clock.now = 1000
    budget.earn(0)
    with pytest.raises(TooMuch):
        spend(budget, processor, 0.25)


def test_the_clock_is_looked_at_once_in_sixteen_steps():
    processor = Time()
    with Budget(10, processor=processor, clock=Time()) as budget:
        before = processor.looks
        for _ in range(15):
            budget.check()
        assert processor.looks == before
        for _ in range(17):
            budget.check()
        assert processor.looks == before + 2


def test_a_garbage_collection_of_another_thread_is_no_excuse():
    processor, heap = Time(), [[number] for number in range(10_000)]
    collects = threading.Thread(target=gc.collect)
    with pytest.raises(TooMuch), Budget(1, processor=processor, clock=Time()) as budget:
        gc.disable()
        try:
            collects.start()
            collects.join()
            processor.now = 1.000_001
            look(budget)
        finally:
            gc.enable()
    assert heap


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
