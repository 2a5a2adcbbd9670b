"""Server-sent events by WHATWG HTML 9.2, whatever the network does to the bytes."""

import base64
import hashlib
import json
import os
import time
import zlib
from pathlib import Path

import pytest

from ofox_magic.errors import ProtocolError
from ofox_magic.gateway.sse import ServerSentEvent, SSEParser

CORPORA = Path(os.environ.get("OFOX_CORPORA") or Path(__file__).parents[3] / "shared" / "corpora")
CASES = CORPORA / "sse_framing.json"
corpus = json.loads(CASES.read_text(encoding="utf-8")) if CASES.exists() else {"framing": [], "large": []}
needs_corpus = pytest.mark.skipif(not CASES.exists(), reason="no shared/corpora beside the checkout (OFOX_CORPORA)")


def events_of(parser, chunks):
    return [event for chunk in chunks for event in parser.feed(chunk)]


def events(*chunks):
    return events_of(SSEParser(), chunks)


def data(*chunks):
    return [event.data for event in events(*chunks)]


def bytes_of(chunk):
    return base64.b64decode(chunk) if isinstance(chunk, str) else zlib.decompress(base64.b64decode(chunk["zlib_b64"]))


def cuts_of(chunks):
    """As given, at fixed lengths, and for short streams at every place."""
    whole = b"".join(chunks)
    yield chunks
    for size in (1, 2, 3, 7, 64, 4096):
        yield [whole[start : start + size] for start in range(0, len(whole), size)]
    if len(whole) < 300:
        for place in range(len(whole) + 1):
            yield [whole[:place], whole[place:]]


def same(got, expected):
    if isinstance(expected, dict):
        return len(got) == expected["count"] and all(same([event], [expected["all_equal"]]) for event in got)
    return len(got) == len(expected) and all(
        (event.event, event.id) == (wanted["event"], wanted["id"]) and same_data(event.data, wanted["data"])
        for event, wanted in zip(got, expected, strict=True)
    )


def same_data(got, expected):
    if isinstance(expected, str):
        return got == expected
    digest = hashlib.sha256(got.encode()).hexdigest()
    return (len(got), digest) == (expected["len"], expected["sha256_utf8"])


@needs_corpus
@pytest.mark.parametrize("case", corpus["framing"], ids=lambda case: case["id"])
def test_every_framing_case_gives_the_expected_events_at_every_cut(case):
    expected = case["expect"]
    for chunks in cuts_of([bytes_of(chunk) for chunk in case["chunks"]]):
        parser = SSEParser()
        got = events_of(parser, chunks)
        assert same(got, expected["events"]), f"{case['name']}, cut into {[len(chunk) for chunk in chunks][:9]}"
        assert parser.last_event_id == expected["last_event_id"]
        if not isinstance(expected["retry_ms"], str):
            assert parser.retry == expected["retry_ms"]


@needs_corpus
def test_the_corpus_is_the_whole_one():
    assert len(corpus["framing"]) == 328


@needs_corpus
@pytest.mark.parametrize("case", corpus["large"], ids=lambda case: case["id"])
def test_large_streams_are_read_in_linear_time_or_refused_with_a_clear_error(case):
    whole = b"".join(text.encode() * count for text, count in case["parts"])
    size = case["chunk_size"] or len(whole)
    parser, got = SSEParser(), []
    try:
        for start in range(0, len(whole), size):
            got += parser.feed(whole[start : start + size])
    except ProtocolError as error:
        assert "expected lines of at most 1,048,576 bytes" in str(error)
        assert case["expect"]["data_len"] > 1 << 20
    else:
        assert (len(got), len(got[0].data)) == (case["expect"]["events"], case["expect"]["data_len"])


@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_lines_end_with_lf_cr_or_crlf(end):
    stream = f"data: one{end}data: two{end}{end}event: x{end}data: three{end}{end}".encode()
    for chunks in cuts_of([stream]):
        assert events(*chunks) == [ServerSentEvent("one\ntwo"), ServerSentEvent("three", "x")]


def test_a_line_feed_behind_a_cut_crlf_ends_a_line_of_its_own():
    for chunks in cuts_of([b"data: one\r\n\ndata: two\n\n"]):
        assert data(*chunks) == ["one", "two"]


def test_a_byte_order_mark_is_dropped_at_the_start_and_nowhere_else():
    mark = "\ufeff"
    for chunks in cuts_of([f"{mark}data: one\n\n{mark}data: lost\ndata: {mark}two{mark}\n\n".encode()]):
        assert data(*chunks) == ["one", f"{mark}two{mark}"]


def test_the_type_of_an_event_holds_for_it_alone():
    assert events(b"event: x\ndata: a\n\ndata: b\n\nevent: y\n\ndata: c\n\n") == [
        ServerSentEvent("a", "x"),
        ServerSentEvent("b"),
        ServerSentEvent("c"),
    ]


@pytest.mark.parametrize("char", ["\u2028", "\u2029", "\u0085", "\x0b", "\x0c", "\x1c", "\x1e"])
def test_nothing_else_ends_a_line(char):
    assert data(f'data: {{"c":"a{char}b"}}\n\n'.encode()) == [f'{{"c":"a{char}b"}}']


def test_a_character_cut_in_two_arrives_whole():
    stream = "data: 한국어 👩🏽‍🚀\n\n".encode()
    for chunks in cuts_of([stream]):
        assert data(*chunks) == ["한국어 👩🏽‍🚀"]


def test_bytes_that_are_no_utf8_do_not_stop_the_stream():
    assert data(b"data: a\xff\xc3\n\ndata: b\n\n") == ["a\ufffd\ufffd", "b"]


def test_comments_ids_and_retries_are_no_data():
    parser = SSEParser()
    got = list(parser.feed(b": hello\nid: 7\nretry: 2500\nretry: soon\nfoo: bar\ndata: x\n\n"))
    assert got == [ServerSentEvent("x", id="7")]
    assert (parser.retry, parser.last_event_id) == (2500, "7")


def test_an_id_with_a_null_and_a_retry_that_is_no_number_change_nothing():
    parser = SSEParser()
    assert parser.retry is None
    assert list(parser.feed("id: 7\nid: 8\0\nretry: -1\nretry: ٣\nretry:\ndata: x\n\n".encode())) == [
        ServerSentEvent("x", id="7")
    ]
    assert parser.retry is None


def test_a_retry_of_thousands_of_digits_is_for_ever():
    parser = SSEParser()
    assert list(parser.feed(b"retry: " + b"9" * 10_000 + b"\n")) == []
    assert parser.retry > 10**17


def test_an_event_that_the_end_cuts_off_is_there_for_who_asks():
    parser = SSEParser()
    assert list(parser.feed(b"data: last")) == []
    assert parser.end() == ServerSentEvent("last")
    assert parser.end() is None


def test_a_line_beyond_the_cap_is_refused_before_it_is_whole():
    parser = SSEParser(max_line=100)
    with pytest.raises(ProtocolError, match="at most 100 bytes"):
        for _ in range(20):
            list(parser.feed(b"data: 1234"))


def test_lines_and_events_as_long_as_the_caps_are_taken_however_many():
    stream = b"data: 1234567\n\ndata: 12\ndata: 3456\n\n" * 3
    for chunks in cuts_of([stream]):
        parser = SSEParser(max_line=13, max_event=8)
        assert [event.data for event in events_of(parser, chunks)] == ["1234567", "12\n3456"] * 3
    for chunks in cuts_of([b"data: 12345678"]):
        with pytest.raises(ProtocolError, match="at most 13 bytes"):
            events_of(SSEParser(max_line=13), chunks)
    for chunks in cuts_of([b"data: 12\ndata: 34567\n"]):
        with pytest.raises(ProtocolError, match="at most 8 characters"):
            events_of(SSEParser(max_event=8), chunks)


def test_a_line_beyond_the_cap_in_one_chunk_is_refused_too():
    with pytest.raises(ProtocolError, match="at most 100 bytes"):
        list(SSEParser(max_line=100).feed(b"data: " + b"x" * 200 + b"\n\n"))


def test_an_event_of_too_many_lines_is_refused():
    parser = SSEParser(max_event=100)
    with pytest.raises(ProtocolError, match="at most 100 characters"):
        for _ in range(20):
            list(parser.feed(b"data: 1234567\n"))


def test_the_cost_of_a_long_line_is_linear():
    """Ten times the bytes, in small pieces, must not cost a hundred times the time; compared in one run."""

    def seconds(size):
        parser = SSEParser()
        begin = time.perf_counter()
        for _ in range(size // 8):
            list(parser.feed(b"12345678"))
        return time.perf_counter() - begin

    small = min(seconds(50_000) for _ in range(3))
    large = min(seconds(500_000) for _ in range(3))
    assert large < 40 * small
