"""A reply grows by events, and tells its state at any time."""

from ofox_magic.chat.events import (
    Finished,
    FinishReason,
    Identified,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from ofox_magic.chat.messages import Message, Usage
from ofox_magic.chat.parts import Reasoning, Text, ToolCall
from ofox_magic.chat.reply import Reply
from ofox_magic.errors import ProtocolError

WHOLE = (
    Identified("m/one", "r1"),
    Identified(request_id="q1"),
    ReasoningDelta("let me "),
    ReasoningDelta("think"),
    TextDelta("Hel"),
    TextDelta("lo"),
    ToolCallDelta(1, "c2", "g", "{}"),
    ToolCallDelta(0, "c1", "f", '{"a"'),
    ToolCallDelta(0, arguments=":1}"),
    UsageReported(Usage(1)),
    FinishReason("stop"),
    UsageReported(Usage(7, 8, 15)),
    Finished(),
)


def fed(*events):
    reply = Reply()
    for event in events:
        reply.feed(event)
    return reply


def test_the_whole_of_an_answer_is_kept():
    reply = fed(*WHOLE)
    assert reply.status == "done"
    assert (reply.text, reply.reasoning) == ("Hello", "let me think")
    assert reply.tool_calls == (ToolCall("c1", "f", '{"a":1}'), ToolCall("c2", "g", "{}"))
    assert (reply.model, reply.response_id, reply.request_id) == ("m/one", "r1", "q1")
    assert (reply.finish_reason, reply.usage) == ("stop", Usage(7, 8, 15))
    assert reply.message == Message("assistant", (Reasoning("let me think"), Text("Hello"), *reply.tool_calls))


def test_a_late_watcher_gets_the_same_reply_from_fewer_events():
    again = fed(*fed(*WHOLE).replay())
    assert vars_of(again) == vars_of(fed(*WHOLE))


def vars_of(reply):
    names = ("status", "text", "reasoning", "tool_calls", "model", "response_id", "finish_reason", "usage", "error")
    return {name: getattr(reply, name) for name in names}


def test_replaying_a_reply_that_goes_on_does_not_end_it():
    assert not any(isinstance(event, Finished) for event in fed(*WHOLE[:5]).replay())


def test_an_error_after_some_output_leaves_the_answer_incomplete():
    error = ProtocolError("cut")
    assert fed(TextDelta("a"), Finished(error)).status == "incomplete"
    assert fed(ReasoningDelta("a"), Finished(error)).status == "incomplete"


def test_an_error_before_any_output_fails_the_turn():
    reply = fed(Identified("m"), Finished(ProtocolError("cut")))
    assert (reply.status, str(reply.error)) == ("failed", "cut")


def test_stopping_is_no_error():
    reply = fed(TextDelta("a"), Finished(stopped=True))
    assert (reply.status, reply.text, reply.error) == ("stopped", "a", None)


def test_a_retry_is_seen_until_something_else_comes():
    reply = fed(Retrying(1, 2.0, "429"))
    assert reply.retrying == Retrying(1, 2.0, "429")
    reply.feed(TextDelta("a"))
    assert reply.retrying is None


def test_reading_the_text_between_deltas_loses_nothing():
    reply = Reply()
    for number in range(1000):
        reply.feed(TextDelta(f"{number} "))
        if number % 7 == 0:
            assert reply.text.endswith(f"{number} ")
    assert reply.text == "".join(f"{number} " for number in range(1000))


def test_the_repr_says_how_it_stands_in_one_line():
    assert repr(fed(TextDelta("a\nb"), Finished())) == "<Reply done, 3 characters: 'a b'>"
