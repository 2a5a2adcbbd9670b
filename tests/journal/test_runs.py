"""How much of an answer that still comes is written: whole words, each once, and the rounds that ended."""

import json

import pytest

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.events import ReasoningDelta, TextDelta, ToolCallDelta, ToolsRan
from ofox_magic.chat.messages import assistant, tool, user
from ofox_magic.chat.parts import ToolCall
from ofox_magic.chat.records import message_record
from ofox_magic.chat.reply import Reply
from ofox_magic.journal.runs import OpenRun, Piece, Runs

QUESTION = (user("q"),)


def fed(*events):
    reply = Reply()
    for event in events:
        reply.feed(event)
    return reply


def test_a_word_is_written_once_it_is_whole_or_nothing_follows_it():
    reply, run = fed(TextDelta("one two")), OpenRun(1, QUESTION)
    pieces, run = run.take(reply)
    assert pieces == [Piece("text", "one ")]
    reply.feed(TextDelta("thirds "))
    pieces, run = run.take(reply)
    assert pieces == [Piece("text", "twothirds ")]
    reply.feed(TextDelta("four"))
    assert run.is_behind(reply)
    pieces, run = run.take(reply)
    assert (pieces, run.count) == ([], 2)
    pieces, run = run.take(reply)
    assert pieces == [Piece("text", "four")]
    assert not run.is_behind(reply)
    assert run.take(reply) == ([], run)
    assert (run.number, run.question, run.count) == (1, QUESTION, 3)


def test_reasoning_and_text_are_written_apart_and_reasoning_first():
    reply, run = fed(TextDelta("a b"), ReasoningDelta("c d")), OpenRun(1, QUESTION)
    pieces, run = run.take(reply)
    assert pieces == [Piece("reasoning", "c "), Piece("text", "a ")]
    reply.feed(ReasoningDelta(" "))
    pieces, run = run.take(reply)
    assert pieces == [Piece("reasoning", "d "), Piece("text", "b")]


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a " + "k" * 512, "a "),
        ("a " + "k" * 513, "a " + "k" * 513),
        ("a\nk", "a\n"),
        ("a 한k", "a 한"),
        ("!~", ""),
        ("k", ""),
        ("", ""),
    ],
)
def test_a_word_that_could_be_half_a_key_waits_and_one_that_is_too_long_for_a_key_does_not(text, written):
    pieces, _ = OpenRun(1, QUESTION).take(fed(TextDelta(text)))
    assert "".join(piece.text for piece in pieces) == written


def test_what_was_seen_of_a_round_goes_when_it_ends_and_the_next_one_begins_behind_it():
    reply, run = fed(ReasoningDelta("hm "), TextDelta("let me ")), OpenRun(1, QUESTION)
    pieces, run = run.take(reply)
    assert [piece.kind for piece in pieces] == ["reasoning", "text"]
    reply.feed(ToolCallDelta(0, "c", "f", "{}"))
    steps = (assistant("let me ", ToolCall("c", "f", "{}")), tool("42", "c"))
    reply.feed(ToolsRan(steps))
    assert run.is_behind(reply)
    reply.feed(TextDelta("so it is"))
    pieces, run = run.take(reply)
    assert [json.loads(piece.text) for piece in pieces[:2]] == [message_record(step) for step in steps]
    assert [piece.kind for piece in pieces] == ["step", "step", "text"]
    assert reply.text.endswith(pieces[2].text + "is")
    assert (run.steps, run.count) == (2, 5)
    pieces, run = run.take(reply)
    assert pieces == [Piece("text", "is")]
    assert not run.is_behind(reply)


def version():
    return Version(QUESTION, assistant("a"), status="done")


def test_runs_are_known_by_identity():
    one, other, runs = version(), version(), Runs()
    assert one == other
    runs.add(one, 7)
    assert (runs.find(one), runs.find(other), len(runs)) == (7, None, 1)
    more = Runs()
    more.add(other, 8)
    runs.update(more)
    assert (runs.find(one), runs.find(other), len(runs)) == (7, 8, 2)


def test_runs_that_stand_nowhere_are_forgotten_when_that_is_asked_for():
    first, second, gone, unknown, runs = version(), version(), version(), version(), Runs()
    for number, each in enumerate((first, second, gone), 1):
        runs.add(each, number)
    runs.keep([Conversation((Exchange("t", None, (unknown, first)),)), Conversation((Exchange("u", None, (second,)),))])
    assert [runs.find(each) for each in (first, second, gone, unknown)] == [1, 2, None, None]
