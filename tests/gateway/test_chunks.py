"""What a gateway may send, as a body's bytes, and the events that we make of it. The cases are in golden/chunks.md."""

import json

import pytest

from ofox_magic.chat.events import (
    FinishReason,
    Identified,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from ofox_magic.errors import GatewayError, OfoxError, ProtocolError
from ofox_magic.gateway.chunks import AnswerReader
from ofox_magic.gateway.sse import ServerSentEvent
from ofox_magic.gateway.stream import AnswerStream, joined

from .golden import case_id, cases


def written(event):
    match event:
        case TextDelta(text):
            return f"text {text!r}"
        case ReasoningDelta(text):
            return f"reasoning {text!r}"
        case ToolCallDelta(index, call_id, name, arguments):
            return f"call {index} id={call_id!r} name={name!r} arguments={arguments!r}"
        case UsageReported(usage):
            more = f" cached {usage.cached_tokens}" if usage.cached_tokens else ""
            more += f" reasoning {usage.reasoning_tokens}" if usage.reasoning_tokens else ""
            return f"usage {usage.prompt_tokens} + {usage.completion_tokens} = {usage.total_tokens}{more}"
        case Identified(model, response_id, _):
            return f"answered by {model} as {response_id}"
        case FinishReason(reason):
            return f"finish {reason}"


def played(body: bytes, cuts: int) -> str:
    stream, lines = AnswerStream(), []
    try:
        for start in range(0, len(body), cuts):
            lines.extend(written(event) for event in stream.feed(body[start : start + cuts]))
        lines.extend(written(event) for event in stream.end())
    except OfoxError as error:
        lines.append(f"{type(error).__name__}: {error}")
        status = getattr(error, "status", None)
        lines += [f"  status {status}"] if status else []
    lines.append("complete" if stream.complete else "not complete")
    return "".join(f"{line}\n" for line in lines)


@pytest.mark.parametrize("case", cases("chunks.md"), ids=case_id)
@pytest.mark.parametrize("cuts", [1 << 20, 64, 1], ids=["whole", "by 64 bytes", "byte by byte"])
def test_every_shape_of_an_answer_gives_the_same_events_however_it_is_cut(case, cuts):
    body = case.given.replace("⏎\n", "").encode()  # ⏎ at a line's end: no newline follows
    assert played(body, cuts) == case.expected


def test_an_answer_beyond_the_cap_is_refused_and_what_came_is_kept():
    reader = AnswerReader(max_answer=10)
    chunk = ServerSentEvent('{"choices":[{"delta":{"content":"12345678"}}]}')
    assert list(reader.event(chunk)) == [TextDelta("12345678")]
    with pytest.raises(ProtocolError, match="at most 10 characters"):
        list(reader.event(chunk))


def test_reasoning_and_tool_arguments_count_towards_the_cap():
    reader = AnswerReader(max_answer=10)
    list(reader.event(ServerSentEvent('{"choices":[{"delta":{"reasoning":"123456"}}]}')))
    call = '{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"123456"}}]}}]}'
    with pytest.raises(ProtocolError, match="at most 10"):
        list(reader.event(ServerSentEvent(call)))


def test_a_stream_beyond_the_cap_is_refused():
    stream = AnswerStream(max_stream=100)
    with pytest.raises(ProtocolError, match="at most 100 bytes"):
        for _ in range(20):
            list(stream.feed(b": keep alive\n"))


@pytest.mark.parametrize("start", [b'{"choices":[{"message":{"content":"', b"[[],", b"<!doctype html>"])
def test_an_answer_that_is_no_stream_is_refused_beyond_a_smaller_cap(start):
    """Its JSON takes many times as much memory: `[],` three bytes on the wire, and a list each."""
    stream = AnswerStream(max_json=1000)
    list(stream.feed(start))
    with pytest.raises(ProtocolError, match="expected a JSON answer of at most 1,000 bytes; stopped reading there"):
        for _ in range(40):
            list(stream.feed(b"[]," * 10))
    assert len(stream._other) <= 1000


def test_a_stream_of_events_is_not_held_to_that_cap():
    stream = AnswerStream(max_json=100)
    for _ in range(20):
        list(stream.feed(b'data: {"choices":[{"delta":{"content":"12345678"}}]}\n\n'))
    assert stream.delivered


def test_a_whole_answer_of_some_mebibytes_is_read():
    content = "a" * (3 << 20)
    body = json.dumps({"choices": [{"message": {"content": content, "images": ["A" * (3 << 20)]}}]}).encode()
    stream, events = AnswerStream(), []
    for start in range(0, len(body), 1 << 16):
        events += stream.feed(body[start : start + (1 << 16)])
    events += stream.end()
    assert TextDelta(content) in events
    assert stream.complete


@pytest.mark.parametrize("blank", [b"\n", b"\r\n\r\n", b" \n", b"\xef\xbb\xbf"])
def test_blank_lines_that_come_first_and_alone_do_not_hide_what_follows(blank):
    for body in (
        b'data: {"choices":[{"delta":{"content":"hi"}}]}\n\ndata: [DONE]\n\n',
        b'{"choices":[{"message":{"content":"hi"}}]}',
    ):
        stream = AnswerStream()
        events = [*stream.feed(blank), *stream.feed(blank), *stream.feed(body), *stream.end()]
        assert TextDelta("hi") in events


@pytest.mark.parametrize("message", ["", "x"])
def test_repeating_whole_messages_costs_linear_time(message):
    """A gateway that sends `message` for `delta` must not make us compare all of the text each time."""
    reader = AnswerReader()
    joins = 0

    class Counting(list):
        def __iter__(self):
            nonlocal joins
            joins += 1
            return super().__iter__()

    reader._text = Counting()
    for number in range(50):
        list(reader.event(ServerSentEvent(f'{{"choices":[{{"message":{{"content":"{number:03}"}}}}]}}')))
    assert joins <= 2


def test_texts_of_one_read_are_one_event_and_all_else_keeps_its_place():
    stream = AnswerStream()
    said = [TextDelta("a"), TextDelta("b"), ReasoningDelta("c"), TextDelta("d"), FinishReason("stop"), TextDelta("e")]
    assert list(joined(said)) == [TextDelta("ab"), *said[2:]]
    texts = b"".join(b'data: {"choices":[{"delta":{"content":"%c"}}]}\n\n' % n for n in b"word")
    assert list(joined(stream.feed(texts))) == [TextDelta("word")]


def test_text_before_an_error_in_the_same_read_is_kept():
    read = b'data: {"choices":[{"delta":{"content":"half"}}]}\n\ndata: {"error":{"message":"overloaded"}}\n\n'
    came = []
    with pytest.raises(GatewayError, match="overloaded"):
        came.extend(joined(AnswerStream().feed(read)))
    assert came == [TextDelta("half")]
