"""The session: asks in order, keeps the history, tells everybody, and is never stopped by one bad turn."""

import threading
import time

import pytest

from ofox_magic import ConfigError, assistant, system, user
from ofox_magic.answer import Answer
from ofox_magic.chat.events import Finished, FinishReason, TextDelta, UsageReported
from ofox_magic.chat.ledger import Spent
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.money import Cost
from ofox_magic.chat.notices import Delta, HistoryReplaced, Settled, TurnAdded, TurnChanged
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import ModelCard
from ofox_magic.errors import ProtocolError, ServerError
from ofox_magic.testing import ScriptedTransport, scripted_session


def session_over(*answers, **given):
    transport = ScriptedTransport(*answers, **given)
    return Session(transport, default_model=lambda: "scripted/model"), transport


def until(condition, seconds=5.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.002)


# -- asking


def test_waiting_lasts_as_long_as_was_said_however_much_comes_meanwhile():
    gate = threading.Event()
    session, _ = session_over([gate, FinishReason("stop")])
    turn = session.ask("q")
    waited = []
    waiter = threading.Thread(target=lambda: waited.append(turn.wait(30)))
    waiter.start()
    for _ in range(2_000):
        with session._changed:
            session._changed.notify_all()
        time.sleep(0.0002)
    assert waiter.is_alive()
    gate.set()
    waiter.join()
    assert waited == [True]


def test_the_next_request_carries_what_was_said():
    session, transport = session_over("one", "two")
    session.ask("first").result()
    session.ask("second").result()
    assert transport.requests[1].messages == (user("first"), assistant("one"), user("second"))


def test_the_system_message_is_first_and_no_turn():
    session, transport = session_over("a", "b", "c")
    session.system = "be brief"
    session.ask("1").result()
    session.ask("2", system="be long").result()
    session.ask("3", system="").result()
    firsts = [request.messages[0] for request in transport.requests]
    assert firsts == [system("be brief"), system("be long"), user("1")]
    assert len(session.turns) == 3


def test_the_model_of_a_turn_wins_over_the_sessions_over_the_default():
    session, transport = session_over("a", "b", "c")
    session.ask("1").result()
    session.model = "session/model"
    session.ask("2").result()
    session.ask("3", model="turn/model").result()
    assert [r.model for r in transport.requests] == ["scripted/model", "session/model", "turn/model"]


def test_aliases_stand_for_models_ours_before_the_catalogues():
    session, transport = session_over("a", "b", cards=[ModelCard("vendor/long-name", aliases=("short", "mine"))])
    session.aliases["mine"] = "vendor/other"
    session.ask("1", model="short").result()
    session.ask("2", model="mine").result()
    assert [r.model for r in transport.requests] == ["vendor/long-name", "vendor/other"]


def test_parameters_go_along_exactly_as_given():
    session, transport = session_over("a")
    session.ask("1", temperature=0, seed=None, stream=False, timeout=3, anything={"a": [1]}).result()
    request = transport.requests[0]
    assert request.params == {"temperature": 0, "seed": None, "anything": {"a": [1]}}
    assert (request.stream, request.timeout) == (False, 3)


def test_messages_of_any_role_can_be_asked():
    session, transport = session_over("a")
    session.ask(user("1+1"), assistant("2"), "and 2+2?", name="Ada").result()
    assert transport.requests[0].messages == (user("1+1"), assistant("2"), user("and 2+2?", name="Ada"))


@pytest.mark.parametrize(("content", "params"), [(("",), {}), (("hi",), {"messages": []}), ((3.5,), {})])
def test_what_cannot_be_asked_is_refused_and_leaves_no_turn(content, params):
    session, transport = session_over()
    with pytest.raises(ConfigError):
        session.ask(*content, **params)
    assert session.turns == ()
    assert transport.requests == []


def test_values_are_turned_into_parts_by_what_was_handed_in():
    session = scripted_session("a", to_parts=lambda *values: tuple(user(str(v)).parts[0] for v in values))
    assert session.ask(3.5).result().text == "a"
    assert session.turns[0].question == (user("3.5"),)


# -- waiting and watching


def test_a_turn_goes_on_when_nobody_watches():
    session, _ = session_over("a", "b")
    session.ask("1")
    assert session.ask("2").result().text == "b"
    assert [turn.reply.text for turn in session.turns] == ["a", "b"]


def test_leaving_the_loop_does_not_stop_the_turn():
    gate = threading.Event()
    session, _ = session_over([TextDelta("a"), gate, TextDelta("b"), FinishReason("stop")])
    turn = session.ask("1")
    for _event in turn:
        break
    gate.set()
    assert turn.result().text == "ab"


def test_leaving_the_block_by_an_exception_stops_the_turn():
    session, _ = session_over([TextDelta("a"), threading.Event()], "next")
    with pytest.raises(RuntimeError), session.ask("1") as turn:
        until(lambda: turn.reply.text)
        raise RuntimeError
    turn.wait()
    assert (turn.state, turn.reply.text) == ("stopped", "a")
    assert session.ask("2").result().text == "next"


def test_an_interrupt_while_waiting_for_the_result_stops_the_turn(monkeypatch):
    session, _ = session_over([TextDelta("a"), threading.Event()])
    turn = session.ask("1")
    until(lambda: turn.reply.text)
    with monkeypatch.context() as patch:
        patch.setattr(turn, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            turn.result()
    assert turn.wait(5)
    assert turn.state == "stopped"


def interrupted(timeout=None):
    raise KeyboardInterrupt


def test_an_interrupt_inside_ask_marks_the_turn_stopped_and_the_next_one_works():
    class Interrupting(ScriptedTransport):
        def start(self, request, on_event):
            if not self.requests:
                self.requests.append(request)
                raise KeyboardInterrupt
            return super().start(request, on_event)

    session = Session(Interrupting("fine"), default_model=lambda: "m")
    with pytest.raises(KeyboardInterrupt):
        session.ask("1")
    assert [turn.state for turn in session.turns] == ["stopped"]
    assert session.ask("2").result().text == "fine"


def test_every_watcher_sees_every_event_whenever_it_comes():
    gate = threading.Event()
    session, _ = session_over([TextDelta("a"), gate, TextDelta("b"), FinishReason("stop")])
    turn = session.ask("1")
    early = iter(turn)
    assert next(early) == TextDelta("a")
    gate.set()
    assert list(early) == [TextDelta("b"), FinishReason("stop"), Finished()]
    late = [event for event in turn if isinstance(event, TextDelta | Finished)]
    assert late == [TextDelta("ab"), Finished()]


def test_watching_tells_when_time_passes_without_an_event():
    session, _ = session_over([threading.Event()])
    turn = session.ask("1")
    assert next(turn.watch(beat=0.01)) is None
    turn.cancel()


def test_waiting_gives_up_after_its_time():
    session, _ = session_over([threading.Event()])
    turn = session.ask("1")
    assert not turn.wait(0.05)
    turn.cancel()
    assert turn.wait(5)


# -- one at a time


def test_turns_run_one_at_a_time_in_the_order_of_asking():
    gate = threading.Event()
    session, transport = session_over([gate, TextDelta("1")], "2", "3")
    turns = [session.ask(str(number)) for number in range(3)]
    assert [turn.state for turn in turns] == ["waiting", "queued", "queued"]
    assert len(transport.requests) == 1
    gate.set()
    assert [turn.result().text for turn in turns] == ["1", "2", "3"]
    assert len(transport.requests[2].messages) == 5


def test_a_queued_turn_can_be_cancelled_and_never_leaves():
    gate = threading.Event()
    session, transport = session_over([gate, TextDelta("1")], "3")
    first, second, third = (session.ask(str(number)) for number in range(3))
    second.cancel()
    assert second.state == "stopped"
    gate.set()
    assert third.result().text == "3"
    assert first.result().text == "1"
    assert len(transport.requests) == 2
    assert len(session.turns) == 2


def test_cancelling_a_turn_that_has_ended_does_nothing():
    session, _ = session_over("a")
    turn = session.ask("1")
    turn.result()
    turn.cancel()
    assert turn.state == "done"


def test_turns_asked_from_many_threads_are_all_answered_in_one_order():
    session, transport = session_over(*(str(n) for n in range(40)))
    turns = []

    def ask_ten():
        for _ in range(10):
            turns.append(session.ask("x"))

    threads = [threading.Thread(target=ask_ten) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for turn in turns:
        turn.result()
    assert [len(r.messages) for r in transport.requests] == [2 * n + 1 for n in range(40)]
    assert [turn.reply.text for turn in session.turns] == [str(n) for n in range(40)]


# -- when it goes wrong


def test_what_ended_a_turn_is_raised_where_it_is_waited_for():
    session, _ = session_over(ServerError("overloaded", status=503), "fine")
    turn = session.ask("1")
    with pytest.raises(ServerError, match="overloaded"):
        turn.result()
    assert turn.state == "failed"
    assert session.ask("2").result().text == "fine"


def test_a_failed_turn_is_kept_for_the_eye_and_not_sent():
    session, transport = session_over(ServerError("no"), "fine")
    session.ask("1").wait()
    session.ask("2").result()
    assert [turn.state for turn in session.turns] == ["failed", "done"]
    assert transport.requests[1].messages == (user("2"),)


def test_a_cut_answer_keeps_its_text_and_is_sent_back_as_cut():
    session, transport = session_over([TextDelta("half"), Finished(ProtocolError("cut"))], "fine")
    turn = session.ask("1")
    with pytest.raises(ProtocolError):
        turn.result()
    assert (turn.state, turn.reply.text) == ("incomplete", "half")
    session.ask("2").result()
    assert "broke off" in transport.requests[1].messages[1].text


def test_a_transport_that_cannot_start_fails_the_turn_and_not_those_behind_it():
    class Refusing(ScriptedTransport):
        def start(self, request, on_event):
            if request.messages[-1].text == "bad":
                raise ZeroDivisionError("bug")
            return super().start(request, on_event)

    session = Session(Refusing("fine"), default_model=lambda: "m")
    bad, good = session.ask("bad"), session.ask("good")
    assert "ZeroDivisionError: bug" in str(bad.reply.error)
    assert good.result().text == "fine"


def test_events_after_a_turn_was_given_up_are_refused():
    from ofox_magic.chat.transport import Abandoned

    class Late(ScriptedTransport):
        def start(self, request, on_event):
            self.on_event = on_event
            raise KeyboardInterrupt

    transport = Late()
    with pytest.raises(KeyboardInterrupt):
        Session(transport, default_model=lambda: "m").ask("1")
    with pytest.raises(Abandoned):
        transport.on_event(TextDelta("late"))


# -- the history


def test_a_key_used_again_puts_the_answer_into_the_same_place():
    session, transport = session_over("old", "below", "new", "last")
    session.ask("1", key="cell").result()
    session.ask("2").result()
    turn = session.ask("1 again", key="cell")
    turn.result()
    session.ask("3").result()
    assert transport.requests[2].messages == (user("1 again"),)
    assert transport.requests[3].messages[:2] == (user("1 again"), assistant("new"))
    assert [version.answer.text for version in turn.versions] == ["old", "new"]
    assert len(session.turns) == 3


def test_a_turn_can_be_asked_again_by_its_id_with_all_that_was_said_in_it():
    session, transport = session_over("wrong", "other", "right", "later")
    first = session.ask("first")
    first.result()
    session.ask("second").result()
    again = session.ask("first", assistant("wrong"), user("no"), again=first.id)
    again.result()
    session.ask("third").result()
    assert (again.id, [turn.reply.text for turn in session.turns]) == (first.id, ["right", "other", "later"])
    assert transport.requests[2].messages == (user("first"), assistant("wrong"), user("no"))
    assert transport.requests[3].messages[:4] == (*transport.requests[2].messages, assistant("right"))
    assert [version.answer.text for version in again.versions] == ["wrong", "right"]


def test_a_turn_that_is_asked_again_by_its_id_keeps_its_key():
    session, _ = session_over("one", "two", "three")
    first = session.ask("a", key="cell:1")
    first.result()
    again = session.ask("b", again=first.id)
    again.result()
    assert again.key == "cell:1"
    session.ask("c", key="cell:1").result()
    assert [turn.reply.text for turn in session.turns] == ["three"]


def test_what_is_no_turn_of_the_conversation_cannot_be_asked_again():
    session, transport = session_over()
    with pytest.raises(ConfigError, match="no turn of this conversation has the id 'nobody'"):
        session.ask("x", again="nobody")
    assert (transport.requests, session.turns) == ([], ())


def test_a_result_is_what_the_session_makes_of_a_turn():
    session = Session(ScriptedTransport("one"), default_model=lambda: "m", to_answer=lambda turn: turn.reply.text * 2)
    assert session.ask("x").result() == session.turns[0].result() == "oneone"
    assert isinstance(scripted_session("one").ask("x").result(), Answer)


def test_undo_takes_the_last_turn_away_and_redo_brings_it_again():
    session, transport = session_over("a", "b", "c")
    session.ask("1").result()
    session.ask("2").result()
    assert session.undo()
    assert [turn.reply.text for turn in session.turns] == ["a"]
    assert session.redo()
    session.ask("3").result()
    assert len(transport.requests[2].messages) == 5
    assert not session.redo()


def test_undoing_a_turn_that_runs_stops_it():
    session, _ = session_over([TextDelta("a"), threading.Event()])
    turn = session.ask("1")
    until(lambda: turn.reply.text)
    assert session.undo()
    assert turn.wait(5)
    assert (turn.state, session.turns) == ("stopped", ())
    session.redo()
    assert session.turns[0].state == "stopped"


def test_clear_takes_all_away_and_undo_brings_it_again():
    session, _ = session_over("a", "b")
    assert not session.clear()
    session.ask("1").result()
    session.ask("2").result()
    assert session.clear()
    assert session.turns == ()
    assert session.undo()
    assert len(session.turns) == 2


def test_fork_and_switch_keep_conversations_apart():
    session, transport = session_over("a", "b", "c")
    session.ask("1").result()
    session.fork("try")
    session.ask("2").result()
    session.switch("main")
    session.ask("3").result()
    assert transport.requests[2].messages == (user("1"), assistant("a"), user("3"))
    assert session.names == ("main", "try")
    with pytest.raises(ConfigError, match="there is a conversation called"):
        session.fork("try")
    with pytest.raises(ConfigError, match="there are: main, try"):
        session.switch("nowhere")


def test_a_turn_of_the_past_can_be_read_like_one_that_was_asked():
    session, _ = session_over([TextDelta("a"), UsageReported(Usage(1, 2, 3)), FinishReason("stop")])
    session.ask("1", model="m/x").result()
    turn = session.turns[0]
    assert (turn.state, turn.reply.text, turn.reply.usage, turn.model) == ("done", "a", Usage(1, 2, 3), "m/x")
    assert turn.result().text == "a"


def test_what_was_used_adds_up_by_model_and_unknown_is_said():
    session, _ = session_over([TextDelta("a"), UsageReported(Usage(1, 2, 3))], "b", ServerError("no"))
    session.ask("1").result()
    session.ask("2").result()
    session.ask("3").wait()
    session.clear()
    assert session.ledger.lines == {"scripted/model": Spent(2, 1, Usage(1, 2, 3), Cost(unknown=2))}


# -- subscribers


def test_subscribers_are_told_everything_in_order():
    session, _ = session_over("a")
    told = []
    session.subscribe(told.append)
    turn = session.ask("1")
    turn.result()
    until(lambda: told and isinstance(told[-1], Settled))
    assert [type(notice) for notice in told] == [
        TurnAdded,
        TurnChanged,  # waiting
        Delta,  # the text
        TurnChanged,  # streaming
        Delta,  # the finish reason
        Delta,  # the end
        Settled,
    ]
    assert [notice.seq for notice in told] == list(range(1, 8))
    assert told[-1] == Settled(turn.id, "done", seq=7)


def test_a_subscriber_that_left_is_told_nothing_more():
    session, _ = session_over("a")
    told = []
    session.subscribe(told.append)()
    session.ask("1").result()
    assert told == []


def test_a_subscriber_that_raises_is_reported_once_and_the_others_go_on():
    session, _ = session_over("a", "b")
    told = []

    def broken(notice):
        raise ValueError("mine")

    session.subscribe(broken)
    session.subscribe(told.append)
    with pytest.warns(RuntimeWarning, match="mine"):
        session.ask("1").result()
    session.ask("2").result()
    until(lambda: sum(isinstance(notice, Settled) for notice in told) == 2)


def test_a_subscriber_cannot_ask_since_it_would_wait_for_itself():
    session, _ = session_over("a")
    caught = []

    def asks(notice):
        try:
            session.ask("again")
        except ConfigError as error:
            caught.append(error)

    session.subscribe(asks)
    session.ask("1").result()
    until(lambda: caught)
    assert len(session.turns) == 1


def test_a_subscriber_may_change_the_history():
    session, _ = session_over("a")
    told = []
    session.subscribe(told.append)
    session.subscribe(lambda notice: isinstance(notice, Settled) and session.clear())
    session.ask("1").result()
    until(lambda: isinstance(told[-1], HistoryReplaced))
    assert session.turns == ()


def test_a_late_view_joins_without_loss():
    """Snapshot and the notices after its number give the same text as all notices, wherever it is taken."""
    gates = [threading.Event() for _ in range(5)]
    script = [item for number, gate in enumerate(gates) for item in (gate, TextDelta(str(number)))]
    session, _ = session_over(script)
    told = []
    session.subscribe(told.append)
    turn = session.ask("1")
    for number, gate in enumerate(gates[:-1]):
        snapshot = session.snapshot()
        gate.set()
        until(lambda number=number: turn.reply.text.endswith(str(number)))
        so_far = "".join(e.text for e in snapshot.running[0].events if isinstance(e, TextDelta))
        until(lambda: told[-1].seq == session.snapshot().seq)
        later = [n.event.text for n in told if isinstance(n, Delta) and n.seq > snapshot.seq]
        assert so_far + "".join(later) == turn.reply.text
    gates[-1].set()
    turn.result()
    snapshot = session.snapshot()
    assert snapshot.running == ()
    assert snapshot.exchanges[0].version.answer.text == "01234"


def test_history_changes_are_told():
    session, _ = session_over("a")
    session.ask("1").result()
    told = []
    session.subscribe(told.append)
    session.undo()
    session.fork("other")
    assert [(type(n), n.name) for n in told] == [(HistoryReplaced, "main"), (HistoryReplaced, "other")]


def test_a_turn_is_asked_again_by_its_id_with_its_own_question_or_another():
    session = scripted_session("a", "b", "c")
    turn = session.ask("first", key="cell:1")
    turn.wait()
    again = session.ask(again=turn.id)
    again.wait()
    assert (again.id, again.key) == (turn.id, "cell:1")
    assert again.question == turn.question
    session.ask("edited", again=turn.id).wait()
    assert [version.question[0].text for version in session.turns[0].versions] == ["first", "first", "edited"]
    with pytest.raises(ConfigError, match="no turn of this conversation"):
        session.ask(again="nothing")


def test_a_choice_for_the_next_turns_is_told_to_subscribers():
    session = scripted_session()
    told = []
    session.subscribe(told.append)
    session.model = "a/b"
    session.system = "Be brief."
    session.budget = None
    assert [type(notice).__name__ for notice in told] == ["ChoiceChanged"] * 3
    assert session.snapshot().seq == told[-1].seq


def test_one_turn_is_found_by_its_id_while_it_waits_runs_and_after():
    gate = threading.Event()
    session = scripted_session([TextDelta("a"), gate], "b")
    first, second = session.ask("1"), session.ask("2")
    assert session.turn(first.id) is first
    assert session.turn(second.id) is second
    gate.set()
    second.wait()
    assert session.turn(first.id).reply.text == "a"
    assert session.turn("nothing") is None
