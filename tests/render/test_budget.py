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
