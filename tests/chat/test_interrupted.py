"""Stop at awkward moments, and turns that stand in each other's way: none is lost, none is stuck, none takes another's end."""

import pytest

from ofox_magic.chat.conversation import Conversation
from ofox_magic.chat.events import Finished, FinishReason, TextDelta, ToolCallDelta
from ofox_magic.chat.notices import Settled, TurnAdded, TurnChanged
from ofox_magic.chat.session import Session
from tests.chat.by_hand import Gateway, Toolbox, interrupted_at

CALLS = (ToolCallDelta(0, "a", "f", "{}"), FinishReason("tool_calls"), Finished())


class Stop:
    """A hook before each request, which presses Stop once it is set."""

    is_pressed = False

    def __call__(self, turn, request):
        if self.is_pressed:
            self.is_pressed = False
            raise KeyboardInterrupt


@pytest.fixture
def gateway():
    return Gateway()


@pytest.fixture
def stop():
    return Stop()


@pytest.fixture
def session(gateway, stop):
    return Session(gateway, default_model=lambda: "m", before_send=stop)


def answer(gateway, *events):
    for event in events or (TextDelta("fine"), Finished()):
        gateway.live.say(event)


def goes_on(session, gateway):
    """Whether the next turn works."""
    turn = session.ask("and now")
    answer(gateway)
    return turn.state == "done"


def test_an_interrupt_before_the_question_leaves_is_told_to_all(session, stop):
    notices = []
    session.subscribe(notices.append)
    stop.is_pressed = True
    with pytest.raises(KeyboardInterrupt):
        session.ask("q")
    assert isinstance(notices[-1], Settled)


@pytest.mark.parametrize("entry", range(1, 70))
def test_an_interrupt_anywhere_in_ask_leaves_a_turn_that_ended_or_none(session, gateway, entry):
    notices = []
    session.subscribe(notices.append)
    try:
        with interrupted_at(entry):
            session.ask("q")
    except KeyboardInterrupt:
        if gateway.live:  # the request left already: its connection is told to close
            assert gateway.live.cancelled or gateway.live.is_left
            gateway.live.end()
        assert all(turn.state == "stopped" for turn in session.turns)
    else:
        answer(gateway)
    assert goes_on(session, gateway)
    assert sum(isinstance(n, TurnAdded) for n in notices) == sum(isinstance(n, Settled) for n in notices)


def test_an_interrupt_between_two_rounds_stops_the_turn_and_the_next_one_works(session, gateway, stop):
    turn = session.ask("q", tools=Toolbox())
    answer(gateway, *CALLS)
    stop.is_pressed = True
    with pytest.raises(KeyboardInterrupt):
        turn.result()
    assert turn.state == "stopped"
    assert goes_on(session, gateway)


def test_an_interrupt_while_another_turn_is_started_stops_that_one_and_no_more(session, gateway, stop):
    first = session.ask("1", tools=Toolbox())
    second, third = session.ask("2"), session.ask("3")
    answer(gateway, *CALLS)
    stop.is_pressed = True
    with pytest.raises(KeyboardInterrupt):
        first.cancel()
    assert (first.state, second.state, third.state) == ("stopped", "stopped", "waiting")
    answer(gateway)
    assert goes_on(session, gateway)


@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnraisableExceptionWarning"
)  # where it comes as a generator is closed
@pytest.mark.parametrize("entry", range(1, 70))
def test_an_interrupt_anywhere_in_a_stop_leaves_nobody_stuck(session, gateway, entry):
    notices = []
    session.subscribe(notices.append)
    first, second = session.ask("1", tools=Toolbox()), session.ask("2")
    answer(gateway, *CALLS)
    try:
        with interrupted_at(entry):
            first.cancel()
    except KeyboardInterrupt:
        first.cancel()  # who was not heard at all says it again
    if second.state == "waiting" and gateway.live:
        answer(gateway)
    assert first.state == "stopped"
    assert second.state in ("done", "stopped")
    assert goes_on(session, gateway)
    assert {notice.turn_id for notice in notices if isinstance(notice, Settled)} >= {first.id, second.id}


def test_an_interrupt_while_it_is_told_that_another_turn_begins_stops_that_one(session, gateway):
    first, second = session.ask("1", tools=Toolbox()), session.ask("2")
    answer(gateway, *CALLS)
    beginnings = []

    def pressed_at_the_first(notice):
        if isinstance(notice, TurnChanged) and notice.turn_id == second.id and not beginnings:
            beginnings.append(notice)
            raise KeyboardInterrupt

    session.subscribe(pressed_at_the_first)
    with pytest.raises(KeyboardInterrupt):
        first.cancel()
    assert (first.state, second.state) == ("stopped", "stopped")
    assert goes_on(session, gateway)


def test_a_stop_while_tools_are_waited_for_books_no_request_that_was_not_sent(session, gateway):
    turn = session.ask("q", tools=Toolbox())
    answer(gateway, *CALLS)
    turn.cancel()
    assert turn.state == "stopped"
    assert len(session.ledger) == 1


def test_a_re_run_that_waits_is_cancelled_without_touching_the_run_before_it(session, gateway):
    first, again = session.ask("1", key="cell"), session.ask("2", key="cell")
    again.cancel()
    assert (first.state, again.state) == ("waiting", "stopped")
    answer(gateway)
    assert [version.answer.text for version in first.versions] == ["fine"]


def test_a_key_stays_with_a_turn_that_is_brought_back_while_its_re_run_waits(session, gateway):
    session.ask("1", key="cell")
    answer(gateway)
    session.clear()
    session.ask("between")
    session.ask("1, again", key="cell")
    session.undo()
    session.undo()
    answer(gateway, Finished(stopped=True))
    answer(gateway)
    exchanges = session.conversations["main"].exchanges
    assert [(each.key, each.version.question[0].text) for each in exchanges] == [("cell", "1"), (None, "1, again")]
    session.ask("1, once more", key="cell")
    assert len(session.conversations["main"].exchanges[0].versions) == 2


def test_a_turn_that_runs_is_stopped_when_its_conversation_is_loaded_anew(session, gateway):
    session.ask("q")
    session.restore({"main": Conversation()}, "main")
    assert gateway.live.cancelled


def test_a_turn_that_runs_is_stopped_when_it_is_dropped(session, gateway):
    session.ask("q")
    session.drop_oldest(1)
    assert gateway.live.cancelled
    answer(gateway, Finished(stopped=True))
    session.undo()
    assert [turn.state for turn in session.turns] == ["stopped"]


def test_a_turn_has_the_versions_of_its_own_conversation(session, gateway):
    session.ask("q", key="cell")
    answer(gateway)
    session.fork("other")
    again = session.ask("q, again", key="cell")
    answer(gateway)
    assert len(again.versions) == len(session.turns[0].versions) == 2
    session.switch("main")
    assert len(session.turns[0].versions) == 1
