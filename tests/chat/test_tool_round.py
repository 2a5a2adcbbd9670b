"""A round of calls as messages: the answer once, a result for each call, in order, at any moment."""

import itertools
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.chat.calls import sendable, with_ids
from ofox_magic.chat.conversation import NOT_RUN
from ofox_magic.chat.events import Finished, FinishReason, TextDelta, ToolCallDelta
from ofox_magic.chat.parts import Image, Text, ToolCall, ToolResult
from ofox_magic.chat.reply import Reply
from ofox_magic.chat.tool_round import Round
from ofox_magic.chat.tools import MOST_CALLS, Outcome
from ofox_magic.errors import ProtocolError

PICTURE = Image(b"png", width=640, height=480)
CALLS = (ToolCall("a", "weather", '{"city": "Oslo"}'), ToolCall("b", "draw", "{}"), ToolCall("c", "os.system", "{oops"))


def reply_of(*calls, text="", reason="tool_calls", end=None):
    reply = Reply()
    for event in (
        *((TextDelta(text),) if text else ()),
        *(ToolCallDelta(n, call.id, call.name, call.arguments) for n, call in enumerate(calls)),
        *((FinishReason(reason),) if reason else ()),
        end or Finished(),
    ):
        reply.feed(event)
    return reply


def done(call, *parts, text="fine"):
    return Outcome(call, "done", text, "", parts)


def results(messages):
    return [(part.call_id, part.text) for m in messages for part in m.parts if isinstance(part, ToolResult)]


def test_the_answer_stands_once_and_then_every_result_in_the_order_of_the_calls():
    first = Round.of(reply_of(*CALLS, text="Let me look."))
    round_ = first.with_outcome(done(CALLS[1], text="two")).with_outcome(done(CALLS[0], text="one"))
    messages = round_.messages
    assert [m.role for m in messages] == ["assistant", "tool", "tool", "tool"]
    assert messages[0].text == "Let me look."
    assert results(messages) == [("a", "one"), ("b", "two"), ("c", NOT_RUN)]
    assert round_.open_calls == (CALLS[2],)


@given(st.permutations(range(3)), st.integers(0, 3))
def test_it_is_well_formed_whatever_has_an_outcome(order, count):
    round_ = Round.of(reply_of(*CALLS))
    for number in order[:count]:
        round_ = round_.with_outcome(done(CALLS[number], PICTURE, text=str(number)))
    messages = round_.messages
    assert [m.role for m in messages] == ["assistant", "tool", "tool", "tool"] + ["user"] * (count > 0)
    assert [call_id for call_id, _ in results(messages)] == ["a", "b", "c"]


def test_pictures_follow_all_results_in_one_message_each_under_its_heading():
    round_ = Round.of(reply_of(*CALLS)).with_outcome(done(CALLS[1], Text("drawn"), PICTURE, PICTURE))
    *_, last = round_.messages
    assert last.role == "user"
    assert last.parts == (
        Text("[Picture 1 that draw() returned, 640×480 px]"),
        PICTURE,
        Text("[Picture 2 that draw() returned, 640×480 px]"),
        PICTURE,
    )


def test_what_the_user_stopped_is_told_apart_from_what_was_never_run():
    round_ = Round.of(reply_of(*CALLS)).with_outcome(done(CALLS[0])).stopped(CALLS[1])
    assert results(round_.messages) == [
        ("a", "fine"),
        ("b", "The user stopped this call while it ran; what it had done by then stays done. It gave no result."),
        ("c", NOT_RUN),
    ]
    assert Round.of(reply_of(*CALLS)).stopped().outcomes == ()


def test_a_call_has_one_outcome():
    round_ = Round.of(reply_of(*CALLS)).with_outcome(done(CALLS[0]))
    with pytest.raises(ValueError, match="no call 'a' waits"):
        round_.with_outcome(done(CALLS[0]))
    with pytest.raises(ValueError, match="no call 'z' waits"):
        round_.with_outcome(done(ToolCall("z", "weather", "{}")))


@pytest.mark.parametrize(
    ("reason", "end"),
    [
        ("length", None),
        ("content_filter", None),
        ("error", None),
        ("MAX_TOKENS", None),
        ("something new", None),
        (None, Finished(stopped=True)),
        ("tool_calls", Finished(stopped=True)),
        ("tool_calls", Finished(ProtocolError("broke off"))),
    ],
)
def test_calls_of_an_answer_that_did_not_end_as_it_should_are_never_open(reason, end):
    round_ = Round.of(reply_of(ToolCall("a", "wipe", ""), reason=reason, end=end))
    assert round_.open_calls == ()
    assert results(round_.messages) == [("a", "This call was cut off before its end, so it was not run.")]


@pytest.mark.parametrize("reason", ["tool_calls", "function_call", "tool_use", "stop", "STOP", None])
def test_calls_are_open_by_whatever_word_an_answer_ends_well(reason):
    assert Round.of(reply_of(*CALLS, reason=reason)).open_calls == CALLS


def test_of_very_many_calls_the_first_are_open():
    many = [ToolCall(str(n), "weather", "{}") for n in range(40)]
    round_ = Round.of(reply_of(*many))
    assert round_.open_calls == tuple(many[:MOST_CALLS])
    assert len(results(round_.messages)) == 40


def test_calls_go_back_as_gateways_take_them_and_are_looked_up_as_they_were_written():
    round_ = Round.of(reply_of(*CALLS))
    assert round_.open_calls[2] == ToolCall("c", "os.system", "{oops")
    assert round_.messages[0].parts[2] == ToolCall("c", "os_system", "{}")


@given(
    st.lists(
        st.builds(ToolCall, st.sampled_from(["", "a", "b", "a_2", "é", "call_0"]), st.text(), st.text()), max_size=6
    )
)
def test_every_call_has_an_id_of_its_own(calls):
    given_ids = list(with_ids(calls, taken={"a"}))
    ids = [call.id for call in given_ids]
    assert len({*ids, "a"}) == len(ids) + 1
    assert all(call_id.isascii() and call_id for call_id in ids)
    assert [(call.name, call.arguments) for call in given_ids] == [(call.name, call.arguments) for call in calls]


def test_ids_that_are_unique_stay():
    assert [call.id for call in with_ids(CALLS)] == ["a", "b", "c"]


@given(st.text(), st.text() | st.sampled_from(['{"a": 1}', "", "{}", "[1]", '{"a": NaN}']))
def test_what_is_sent_back_is_a_name_and_an_object(name, arguments):
    sent = sendable(ToolCall("a", name, arguments))
    assert sent.name.replace("_", "a").replace("-", "a").isalnum()
    assert sent.name.isascii()
    assert len(sent.name) <= 64
    assert isinstance(json.loads(sent.arguments), dict)


def test_good_calls_are_sent_back_as_they_came():
    for name, arguments in itertools.product(["weather", "a-b_9"], ['{"a": 1}', '{ "a" :\n1.50 }']):
        assert sendable(ToolCall("a", name, arguments)) == ToolCall("a", name, arguments)
