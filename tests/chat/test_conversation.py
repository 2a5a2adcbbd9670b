"""The turns as values: what a request carries of them, and the way back."""

import pytest

from ofox_magic.chat.conversation import NOT_RUN, NOTHING_SAID, Conversation, Version, with_calls_closed
from ofox_magic.chat.history import STEPS_BACK, History
from ofox_magic.chat.messages import Message, assistant, tool, user
from ofox_magic.chat.parts import Reasoning, Text, ToolCall
from ofox_magic.chat.reply import Reply

ASK = (user("q"),)


def said(text="a", status="done", *parts):
    return Version(ASK, assistant(text, *parts), status)


def conversation(*versions):
    talk = Conversation()
    for number, version in enumerate(versions):
        talk = talk.begin(f"t{number}", None, version.question).settle(f"t{number}", version)
    return talk


def test_a_request_carries_questions_and_answers_in_order():
    assert conversation(said("1"), said("2")).messages() == (user("q"), assistant("1"), user("q"), assistant("2"))


def test_a_request_carries_only_what_stands_above_its_turn():
    assert conversation(said("1"), said("2"), said("3")).messages(above="t1") == (user("q"), assistant("1"))


@pytest.mark.parametrize(("status", "mark"), [("stopped", "stopped"), ("incomplete", "broke off")])
def test_a_cut_answer_is_sent_back_with_a_mark(status, mark):
    text = conversation(said("half", status)).messages()[1].text
    assert text.startswith("half\n\n[")
    assert mark in text


def test_a_turn_that_failed_before_any_output_is_kept_but_not_sent():
    talk = conversation(Version(ASK, None, "failed", error="no"), said("2"))
    assert len(talk) == 2
    assert talk.messages() == (user("q"), assistant("2"))


def test_request_after_request_repeats_the_same_objects_and_not_copies_of_them():
    """What was sent before is found again by identity, which costs nothing."""
    talk = conversation(said("1"), Version(ASK, assistant("2"), "done", steps=(assistant("so"),)))
    assert all(one is other for one, other in zip(talk.messages(), talk.messages(), strict=True))


def test_reasoning_is_kept_but_not_sent_back():
    answer = Message("assistant", (Reasoning("hm"), Text("a")))
    assert conversation(Version(ASK, answer, "done")).messages()[1] == assistant("a")


def test_a_call_that_was_cut_is_not_sent_back():
    talk = conversation(said("half", "stopped", ToolCall("c1", "f", '{"a')))
    assert not any(isinstance(part, ToolCall) for part in talk.messages()[1].parts)


def test_calls_that_were_not_run_are_sent_back_with_ids_that_tell_them_apart_and_arguments_that_are_json():
    calls = ToolCall("c1", "f", "{}"), ToolCall("c1", "no name.", '{"a')
    version = Version(ASK, assistant(*calls), "done", steps=(assistant(ToolCall("c1", "f", "{}")), tool("1", "c1")))
    assert version.messages()[-1] == assistant(ToolCall("c1_2", "f", "{}"), ToolCall("c1_3", "no_name_", "{}"))


def test_what_tools_did_is_told_where_the_answer_after_it_is_empty():
    steps = (assistant(ToolCall("c1", "f", "{}")), tool("1", "c1"))
    assert Version(ASK, None, "done", steps=steps).messages() == (*ASK, *steps, assistant(NOTHING_SAID))


@pytest.mark.parametrize(("status", "answer"), [("incomplete", assistant("hal")), ("failed", None)])
def test_what_broke_off_does_not_count_as_whole_where_its_reason_is_not_known_any_more(status, answer):
    reply = Reply()
    for event in Version((user("q"),), answer, status=status).events():
        reply.feed(event)
    assert reply.status == status
    assert "not known" in str(reply.error)


def test_every_call_gets_a_result_before_the_next_request():
    asks = assistant(ToolCall("c1", "f", "{}"), ToolCall("c2", "g", "{}"))
    closed = with_calls_closed((user("q"), asks, tool("1", "c1"), user("next")))
    assert closed == (user("q"), asks, tool("1", "c1"), tool(NOT_RUN, "c2"), user("next"))
    assert with_calls_closed(closed) == closed


def test_calls_at_the_very_end_are_closed_too():
    asks = assistant(ToolCall("c1", "f", "{}"))
    assert with_calls_closed((asks,))[-1] == tool(NOT_RUN, "c1")


def test_a_second_run_becomes_a_version_in_the_same_place():
    talk = conversation(said("old"), said("below"))
    talk = talk.begin("t0", None, ASK).settle("t0", said("new"))
    assert [e.id for e in talk.exchanges] == ["t0", "t1"]
    assert talk.messages()[1] == assistant("new")
    assert [v.answer for v in talk.exchanges[0].versions] == [assistant("old"), assistant("new")]


def test_a_second_run_that_brings_nothing_leaves_the_old_answer_active():
    talk = conversation(said("old")).begin("t0", None, ASK).settle("t0", Version(ASK, None, "failed", error="no"))
    assert talk.messages()[1] == assistant("old")
    assert len(talk.exchanges[0].versions) == 2


def test_a_turn_is_found_by_its_key():
    talk = Conversation().begin("t0", "cell-1", ASK)
    assert talk.find(key="cell-1").id == "t0"
    assert talk.find(key="cell-2") is None
    assert conversation(said()).find(key=None) is None


def test_at_rest_what_runs_is_left_out():
    talk = conversation(said("1"))
    assert talk.begin("t1", None, ASK).at_rest() == talk
    assert talk.begin("t0", None, ASK).at_rest() == talk


def test_undo_and_redo_go_back_and_forth():
    history = History("main")
    for number in range(3):
        history.begin(f"t{number}", None, ASK)
        history.settle(f"t{number}", said(str(number)))
    assert history.undo()
    assert history.undo()
    assert [e.id for e in history.now.exchanges] == ["t0"]
    assert history.redo()
    assert history.now.messages()[-1] == assistant("1")


def test_clear_can_be_undone():
    history = History("main")
    assert not history.clear()
    history.begin("t0", None, ASK)
    history.settle("t0", said())
    assert history.clear()
    assert len(history.now) == 0
    assert history.undo()
    assert len(history.now) == 1


def test_saying_something_new_ends_what_could_be_redone():
    history = History("main")
    history.begin("t0", None, ASK)
    history.settle("t0", said())
    history.undo()
    history.begin("t1", None, ASK)
    assert not history.redo()


def test_an_answer_that_ends_after_its_turn_was_undone_is_there_after_redo():
    history = History("main")
    history.begin("t0", None, ASK)
    history.undo()
    history.settle("t0", said("late"))
    assert len(history.now) == 0
    history.redo()
    assert history.now.messages()[-1] == assistant("late")


def test_the_way_back_is_bounded():
    history = History("main")
    for number in range(STEPS_BACK + 20):
        history.begin(f"t{number}", None, ASK)
        history.settle(f"t{number}", said())
    steps = 0
    while history.undo():
        steps += 1
    assert steps == STEPS_BACK


def test_a_fork_goes_its_own_way():
    history = History("main")
    history.begin("t0", None, ASK)
    history.settle("t0", said())
    fork = history.fork("other")
    fork.begin("t1", None, ASK)
    assert (len(history.now), len(fork.now)) == (1, 2)
