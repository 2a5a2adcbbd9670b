"""An interrupt that comes while a text is rendered is heard, whatever runs at that moment."""

import signal
import threading

import pytest

from ofox_magic.render import links, sanitize
from ofox_magic.render.interrupts import held_back


def test_an_interrupt_within_the_last_gate_is_heard(monkeypatch):
    """There nh3 asks Python of every attribute, and would drop what is raised."""

    def interrupted(href):
        signal.raise_signal(signal.SIGINT)
        return links.may_link(href)

    monkeypatch.setattr(sanitize, "may_link", interrupted)
    with pytest.raises(KeyboardInterrupt):
        sanitize.sanitize('<a href="https://example.org/">x</a>')
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_held_back_comes_once_and_after_the_block():
    done = []
    with pytest.raises(KeyboardInterrupt), held_back():
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        done.append("the block")
    assert done == ["the block"]


def test_where_nothing_came_the_handler_is_the_one_from_before():
    mine = lambda *_: None  # noqa: E731
    before = signal.signal(signal.SIGINT, mine)
    try:
        with held_back():
            assert signal.getsignal(signal.SIGINT) is not mine
        assert signal.getsignal(signal.SIGINT) is mine
    finally:
        signal.signal(signal.SIGINT, before)


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_handler_that_is_not_pythons_is_left_alone(handler):
    before = signal.signal(signal.SIGINT, handler)
    try:
        with held_back():
            assert signal.getsignal(signal.SIGINT) is handler
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_gets_no_interrupts_and_holds_none_back():
    seen = []

    def render():
        with held_back():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=render)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
