"""What is written as plain dicts comes back equal, whatever it is; what is not known goes through untouched."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.messages import Message, Usage, assistant, tool, user
from ofox_magic.chat.part_records import not_stored, part_of, part_record
from ofox_magic.chat.parts import Image, Inserted, Opaque, Reasoning, Table, Text, ToolCall, ToolResult
from ofox_magic.chat.records import from_dict, masked, messages_in, pictures, to_dict
from ofox_magic.errors import ConfigError

texts = st.text(st.sampled_from('aé\0\n\u2028🙂\ud800"\\ '), max_size=9)
sizes = st.none() | st.integers(1, 9000)
parts = st.one_of(
    st.builds(Text, texts, st.lists(st.builds(Inserted, texts, texts, st.integers(0)), max_size=2).map(tuple)),
    st.builds(
        Image, st.binary(min_size=1, max_size=9), st.sampled_from(["image/png", "image/gif"]), name=texts,
        detail=st.sampled_from([None, "auto", "low", "high"]), width=sizes, height=sizes,
    ),
    st.builds(Image, url=st.just("https://example.org/a.png"), width=sizes),
    st.builds(Table, texts, st.integers(0), st.integers(0), texts, texts),
    st.builds(Reasoning, texts),
    st.builds(ToolCall, texts, texts, texts),
    st.builds(ToolResult, texts, texts),
)  # fmt: skip
messages = st.builds(
    Message, st.sampled_from(["user", "assistant", "tool"]), st.lists(parts, max_size=3).map(tuple), st.none() | texts
)
versions = st.builds(
    Version,
    st.lists(messages, min_size=1, max_size=2).map(tuple),
    st.none() | messages,
    st.sampled_from(["done", "stopped", "incomplete", "failed"]),
    st.none() | texts,
    st.none() | texts,
    st.none() | st.builds(Usage, st.integers(0), st.integers(0)),
    st.none() | texts,
)


@st.composite
def exchanges(draw):
    runs = draw(st.lists(versions, min_size=1, max_size=3).map(tuple))
    return Exchange(draw(texts), draw(st.none() | texts), runs, draw(st.integers(0, len(runs) - 1)))


def through_json(conversation):
    images = dict(pictures(messages_in(conversation)))
    return from_dict(json.loads(json.dumps(to_dict(conversation))), images.get)


@given(st.lists(exchanges(), max_size=2).map(tuple).map(Conversation))
def test_every_conversation_comes_back_equal(conversation):
    assert through_json(conversation) == conversation


def one(question, answer=None, status="done"):
    return Conversation((Exchange("t", None, (Version(question, answer, status),)),))


def test_the_shape_is_version_1_and_does_not_change_by_accident():
    image = Image(b"1234", "image/gif", detail="low", width=2, height=3, name="fig")
    conversation = Conversation(
        (
            Exchange(
                "t1",
                "cell-1",
                (
                    Version(
                        (user("q", image, Table("a\n1", 1, 1, "df", "sample"), name="ada"),),
                        assistant(Reasoning("hm"), "a", ToolCall("c", "f", "{}")),
                        "done",
                        "m",
                        "stop",
                        Usage(1, 2, 3),
                    ),
                ),
            ),
        )
    )
    assert to_dict(conversation) == {
        "v": 1,
        "exchanges": [
            {
                "id": "t1",
                "key": "cell-1",
                "active": 0,
                "versions": [
                    {
                        "question": [
                            {
                                "role": "user",
                                "name": "ada",
                                "parts": [
                                    {"type": "text", "text": "q"},
                                    {
                                        "type": "image",
                                        "media_type": "image/gif",
                                        "width": 2,
                                        "height": 3,
                                        "bytes": 4,
                                        "sha256": "03ac674216f3e15c761ee1a5e255f067953623c8b388b4459e13f978d7c846f4",
                                        "detail": "low",
                                        "source": None,
                                        "name": "fig",
                                    },
                                    {
                                        "type": "table",
                                        "text": "a\n1",
                                        "rows": 1,
                                        "columns": 1,
                                        "name": "df",
                                        "level": "sample",
                                    },
                                ],
                            }
                        ],
                        "answer": {
                            "role": "assistant",
                            "parts": [
                                {"type": "reasoning", "text": "hm"},
                                {"type": "text", "text": "a"},
                                {"type": "tool_call", "id": "c", "name": "f", "arguments": "{}"},
                            ],
                        },
                        "status": "done",
                        "model": "m",
                        "finish_reason": "stop",
                        "usage": {
                            "prompt_tokens": 1,
                            "completion_tokens": 2,
                            "total_tokens": 3,
                            "cached_tokens": 0,
                            "reasoning_tokens": 0,
                        },
                        "error": None,
                    }
                ],
            }
        ],
    }


def test_a_part_of_a_later_version_goes_through_untouched():
    record = {"type": "hologram", "name": "cube", "depth": [1, {"a": None}]}
    part = part_of(record, lambda _: None)
    assert (part.type, part.label) == ("hologram", "cube · unknown here")
    assert part_record(part) == record
    assert through_json(one((Message("user", (part,)),))) == one((Message("user", (part,)),))


def test_a_picture_that_is_not_there_is_shown_as_such_and_keeps_its_record():
    record = part_record(Image(b"1234", name="fig"))
    part = part_of(record, lambda _: None)
    assert isinstance(part, Opaque)
    assert part.label == "fig · not stored"
    assert part_of(part_record(part), {record["sha256"]: b"1234"}.get) == Image(b"1234", name="fig")


def test_what_was_not_stored_stays_so():
    part = not_stored("df")
    assert part.label == "df · attachment · not stored"
    assert part_of(part_record(part), lambda _: None) == part


@pytest.mark.parametrize(("answer", "status"), [(assistant("half"), "incomplete"), (None, "failed")])
def test_an_answer_that_had_not_ended_is_cut(answer, status):
    assert through_json(one((user("q"),), answer, "streaming")).exchanges[0].version.status == status


def test_what_runs_is_loaded_without_running():
    conversation = Conversation().begin("t", None, (user("q"),))
    assert through_json(conversation).running is None


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ([], "list where dict belongs"),
        ({}, "version None"),
        ({"v": 2, "exchanges": []}, "version 2 .* newer"),
        ({"v": 1}, "'exchanges' is NoneType where list belongs"),
        ({"v": 1, "exchanges": [{"id": "t", "versions": []}]}, "number 0 of 0"),
        ({"v": 1, "exchanges": [{"id": 7, "versions": [{"question": []}]}]}, "'id' is int where str belongs"),
        (
            {"v": 1, "exchanges": [{"id": "t", "versions": [{"question": [{"role": "god", "parts": []}]}]}]},
            "role is one",
        ),
        ({"v": 1, "exchanges": [{"id": "t", "active": True, "versions": [{"question": []}]}]}, "'active' is bool"),
    ],
)
def test_what_is_no_conversation_is_said_in_one_line(record, words):
    with pytest.raises(ConfigError, match=words) as raised:
        from_dict(record)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    "part",
    [
        {"type": "text"},
        {"type": "text", "text": 5},
        {"type": "table", "text": "a"},
        {"type": "table", "text": "a", "rows": "many", "columns": 1},
        {"type": "tool_call", "id": "c"},
        {"type": "image", "sha256": 3},
    ],
)
def test_a_part_that_lacks_something_is_said_in_one_line(part):
    version = {"question": [{"role": "user", "parts": [part]}]}
    with pytest.raises(ConfigError, match="no conversation"):
        from_dict({"v": 1, "exchanges": [{"id": "t", "versions": [version]}]})


def test_tool_messages_come_back():
    conversation = one((user("q"), assistant(ToolCall("c", "f", "{}")), tool("42", "c")), assistant("a"))
    assert through_json(conversation) == conversation


def test_a_mask_reaches_every_text():
    record = {"a": ["key", {"b": "a key here"}], "n": 1, "none": None}
    assert masked(record, lambda text: text.replace("key", "*")) == {
        "a": ["*", {"b": "a * here"}],
        "n": 1,
        "none": None,
    }
