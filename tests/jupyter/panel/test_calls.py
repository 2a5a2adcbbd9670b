"""Tools in the panel: its user is asked on the page, and what was allowed runs on the kernel's main thread."""

import os
import signal
import threading
import time

import pytest

from ofox_magic.chat.events import FinishReason, TextDelta, ToolCallDelta
from ofox_magic.testing import ScriptedTransport
from ofox_magic.tools import ToolSession
from tests.jupyter.panel.front import Desk, wait_for

ARGUMENTS = '{"city": "Seoul"}'


def a_round(*calls):
    deltas = (ToolCallDelta(index, f"c{index}", name, arguments) for index, (name, arguments) in enumerate(calls))
    return [TextDelta("Let me see."), *deltas, FinishReason("tool_calls")]


@pytest.fixture
def desk():
    opened = []

    def open_desk(*answers, hold=False):
        transport = ScriptedTransport(*answers)
        session = ToolSession(transport, default_model=lambda: "scripted/model")
        opened.append(Desk(session=session, hold=hold))
        opened[-1].transport = transport
        return opened[-1]

    yield open_desk
    for each in opened:
        each.close()


def ask(page, *tools):
    return page.do("ask", text="Well?", see=False, again=None, tools=tools)["turn"]


def asked_about(page, turn, number=1):
    """Wait until the page asks its question of that number about a call; return it."""
    shown = page.front.turns[turn]
    wait_for(lambda: shown.get("asking") and shown["asking"]["number"] == number, f"question {number}")
    return shown["asking"]


def results(page, turn):
    return [part.text for step in page.session.turn(turn).reply.steps if step.role == "tool" for part in step.parts]


def test_a_call_is_shown_in_full_and_runs_once_when_it_is_allowed(desk):
    page = desk(a_round(("weather", ARGUMENTS)), "It rains.")
    ran = []

    @page.session.tool
    def weather(city: str) -> str:
        ran.append(city)
        print("asked the station")
        return f"rain in {city}"

    turn = ask(page, "weather")
    asking = asked_about(page, turn)
    assert asking["described"] == 'weather\n  city = "Seoul"'
    assert ran == []
    assert page.front.turns[turn]["state"] == "tools"
    assert page.do("allow", turn=turn, question=1, yes=True) == {}
    shown = page.settled(turn)
    assert ran == ["Seoul"]
    assert results(page, turn) == ["rain in Seoul"]
    assert shown["asking"] is None
    assert shown["running"] == ""
    assert shown["printed"] == "asked the station\n"
    assert "It rains." in page.front.html(shown)
    assert "rain in Seoul" in page.front.html(shown)
    assert page.do("allow", turn=turn, question=1, yes=True) == {"say": "That call is not asked about any more."}
    assert ran == ["Seoul"]


def test_a_call_that_is_not_allowed_does_not_run_and_the_model_is_told(desk):
    page = desk(a_round(("weather", ARGUMENTS)), "Then not.")

    @page.session.tool
    def weather(city: str) -> str:
        raise AssertionError("it was not allowed")

    turn = ask(page, "weather")
    asked_about(page, turn)
    page.do("allow", turn=turn, question=1, yes=False)
    page.settled(turn)
    assert "did not allow this call" in results(page, turn)[0]


def test_parallel_calls_are_asked_about_one_after_the_other_and_safe_ones_are_not(desk):
    calls = [("look", "{}"), ("weather", ARGUMENTS), ("double", '{"x": 21}')]
    page = desk(a_round(*calls), "Both.")
    ran = []

    @page.session.tool(safe=True)
    def look() -> str:
        ran.append("look")
        return "seen"

    @page.session.tool
    def weather(city: str) -> str:
        ran.append(city)
        return "rain"

    @page.session.tool
    def double(x: int) -> int:
        ran.append(x)
        return 2 * x

    turn = ask(page, "look", "weather", "double")
    assert asked_about(page, turn)["described"].startswith("weather")
    assert ran == ["look"]
    page.do("allow", turn=turn, question=1, yes=True)
    assert asked_about(page, turn, 2)["described"] == "double\n  x = 21"
    assert ran == ["look", "Seoul"]
    assert page.do("allow", turn=turn, question=1, yes=True)["say"]
    page.do("allow", turn=turn, question=2, yes=False)
    page.settled(turn)
    assert ran == ["look", "Seoul"]
    gave = results(page, turn)
    assert gave[:2] == ["seen", "rain"]
    assert "did not allow" in gave[2]


def test_a_call_of_what_was_not_chosen_is_refused_and_nobody_is_asked(desk):
    page = desk(a_round(("weather", ARGUMENTS)), "Well.")

    @page.session.tool
    def weather(city: str) -> str:
        raise AssertionError("it was not offered")

    @page.session.tool
    def other() -> str:
        return ""

    turn = ask(page, "other")
    page.settled(turn)
    assert "no tool is called 'weather'" in results(page, turn)[0]
    assert not any(message["asking"] for message in page.front.of("calls"))


def test_no_tool_goes_along_unless_it_was_chosen(desk):
    page = desk("Fine.")

    @page.session.tool
    def weather(city: str) -> str:
        return "rain"

    turn = ask(page)
    page.settled(turn)
    assert "tools" not in page.transport.requests[0].params
    assert page.do("tools") == {"tools": [{"name": "weather", "about": ""}]}
    assert "no tool is called 'gone'" in page.do("ask", text="x", see=False, again=None, tools=["gone"])


def test_a_page_that_is_loaded_again_asks_again_and_asking_again_offers_the_tools(desk):
    page = desk(a_round(("weather", ARGUMENTS)), "One.", a_round(("weather", ARGUMENTS)), "Two.")

    @page.session.tool
    def weather(city: str) -> str:
        return "rain"

    turn = ask(page, "weather")
    asked_about(page, turn)
    page.do("hello")
    assert page.front.turns[turn]["asking"]["described"] == 'weather\n  city = "Seoul"'
    assert "Seoul" in page.front.turns[turn]["calls"]
    page.do("allow", turn=turn, question=1, yes=True)
    page.settled(turn)
    assert page.do("again", turn=turn, tools=["weather"]) == {"turn": turn}
    asked_about(page, turn)
    page.do("allow", turn=turn, question=1, yes=True)
    assert "Two." in page.front.html(page.settled(turn))


def test_calls_wait_for_the_main_thread(desk):
    page = desk(a_round(("where", "{}")), "There.", hold=True)
    threads = []

    @page.session.tool(safe=True)
    def where() -> str:
        threads.append(threading.current_thread())
        return "here"

    turn = ask(page, "where")
    wait_for(lambda: page.held, "the call to wait for the main thread")
    assert threads == []
    assert page.front.turns[turn]["state"] == "tools"
    page.held.pop()()
    page.settled(turn)
    assert threads == [threading.main_thread()]


def test_a_stop_while_the_user_is_asked_ends_the_turn_and_nothing_runs(desk):
    page = desk(a_round(("weather", ARGUMENTS)), "Never.")

    @page.session.tool
    def weather(city: str) -> str:
        raise AssertionError("its turn was stopped")

    turn = ask(page, "weather")
    asked_about(page, turn)
    page.do("stop", turn=turn)
    assert page.settled(turn)["state"] == "stopped"
    assert page.front.turns[turn]["asking"] is None
    assert page.front.left == ""
    page.do("allow", turn=turn, question=1, yes=True)
    page.quiet()


def test_a_stop_leaves_a_running_call_alone_says_so_and_says_when_it_has_ended(desk):
    page = desk(a_round(("slow", "{}")), "Next.")
    begun, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    @page.session.tool(safe=True)
    def slow() -> str:
        begun.set()
        assert go_on.wait(20)
        ended.set()
        return "done"

    page.controller._calls._later = lambda work: threading.Thread(target=work).start()  # as the main thread would be
    turn = ask(page, "slow")
    assert begun.wait(20)
    wait_for(lambda: page.front.turns[turn]["running"] == "slow()", "word of the call that runs")
    page.start("stop", turn=turn)
    wait_for(lambda: page.front.turns[turn]["state"] == "stopped", "the stop")
    wait_for(lambda: page.front.left == "slow()", "word of the call that runs on")
    assert not ended.is_set()
    go_on.set()
    wait_for(lambda: page.front.left == "", "word that it has ended")
    assert "stopped this call while it ran" in results(page, turn)[0]
    assert "Next." in page.front.html(page.ask("And now?"))


def test_an_interrupt_of_the_kernel_ends_a_call_and_goes_no_further(desk):
    page = desk(a_round(("slow", "{}")), "Never.", hold=True)

    @page.session.tool(safe=True)
    def slow() -> str:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(20)
        raise AssertionError("it was not interrupted")

    turn = ask(page, "slow")
    wait_for(lambda: page.held, "the call to wait for the main thread")
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)  # as a kernel has it between cells
    try:
        page.held.pop()()
        assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)
    assert page.settled(turn)["state"] == "stopped"


def test_a_cell_that_waits_behind_such_a_turn_runs_its_calls_and_asks_nobody_at_the_keyboard(desk):
    page = desk(a_round(("weather", ARGUMENTS)), "It rains.", "The cell's.", hold=True)

    @page.session.tool
    def weather(city: str) -> str:
        return "rain"

    turn = ask(page, "weather")
    cell = page.session.ask("And the cell?", key="cell")
    waiter = threading.Thread(target=cell.wait)
    waiter.start()
    asked_about(page, turn)
    page.do("allow", turn=turn, question=1, yes=True)
    waiter.join(20)
    assert cell.reply.text == "The cell's."
    assert results(page, turn) == ["rain"]


def test_what_calls_print_is_kept_up_to_a_limit(desk):
    from ofox_magic.jupyter.panel.calls import MOST_PRINTED

    page = desk(a_round(("chatty", "{}")), "Done.")

    @page.session.tool(safe=True)
    def chatty() -> str:
        print("first\x1b[31m" + "x" * MOST_PRINTED + "last")
        return ""

    printed = page.settled(ask(page, "chatty"))["printed"]
    assert len(printed) == MOST_PRINTED
    assert printed.endswith("last\n")
    page.do("hello")
    (shown,) = page.front.turns.values()
    assert shown["printed"] == printed


def test_calls_of_a_conversation_that_is_not_shown_run_all_the_same(desk):
    gate = threading.Event()
    page = desk([gate, *a_round(("look", "{}"))], "Seen.")
    ran = []

    @page.session.tool(safe=True)
    def look() -> str:
        ran.append("look")
        return "a view"

    turn = ask(page, "look")
    page.do("new", name="other")
    gate.set()
    wait_for(lambda: ran, "the call")
    page.do("switch", name="main")
    assert "Seen." in page.front.html(page.settled(turn))


def test_calls_that_came_before_anybody_knew_whose_they_are_are_asked_about_and_run(desk):
    page = desk(a_round(("weather", ARGUMENTS)), "It rains.")

    @page.session.tool
    def weather(city: str) -> str:
        return "rain"

    calls = page.controller._calls
    offered = calls.offered(["weather"], [])
    turn = page.session.ask("Well?", **offered.given)
    wait_for(lambda: turn.state == "tools", "the calls")
    page.quiet()
    page.session.serve()  # as a cell does that waits
    assert not page.front.turns[turn.id]["asking"]
    calls.belong(offered, turn)
    asked_about(page, turn.id)
    page.do("allow", turn=turn.id, question=1, yes=True)
    assert "It rains." in page.front.html(page.settled(turn.id))
