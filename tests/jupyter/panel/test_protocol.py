"""What comes over the comm is checked like anything from outside."""

import json
import random

import pytest

from ofox_magic.jupyter.panel.protocol import MOST_BYTES, MOST_TEXT, VOCABULARY, Refused, parse

GOOD = {
    "hello": {},
    "older": {"before": "t1"},
    "ask": {"text": "Why?", "see": False, "files": [], "tools": [], "again": None},
    "withdraw": {"question": 3},
    "again": {"turn": "t1", "tools": ["look"]},
    "allow": {"turn": "t1", "question": 2, "yes": True},
    "edit": {"turn": "t1"},
    "stop": {"turn": "t1"},
    "version": {"turn": "t1", "index": 0},
    "undo": {},
    "redo": {},
    "clear": {},
    "fork": {"name": "b"},
    "new": {"name": "b"},
    "switch": {"name": "b"},
    "model": {"model": None},
    "models": {},
    "tools": {},
    "complete": {"prefix": "d"},
    "measure": {"text": "Why?", "see": True},
    "copy": {"turn": "t1"},
    "sent": {"turn": "t1"},
}
ODD = [
    *(None, True, False, 0, -1, 1, 1.5, 1e308, float("nan"), 2**70, "", "x", "a\ud800", "\x00", "x" * 1000),
    *([], [None], ["a"] * 100, {}, {"a": 1}, b"bytes", [[[[]]]], {"do": "clear"}, "__class__", "../../etc/passwd"),
]


@pytest.mark.parametrize("name", VOCABULARY)
def test_each_command_is_taken_with_just_its_fields(name):
    command = parse({"do": name, "number": 7, **GOOD[name]})
    assert (command.name, command.number) == (name, 7)
    assert command.values == GOOD[name]
    with pytest.raises(Refused):
        parse({"do": name, "number": 7, **GOOD[name], "more": 1})
    for field in GOOD[name]:
        with pytest.raises(Refused):
            parse({"do": name, "number": 7, **{key: value for key, value in GOOD[name].items() if key != field}})


@pytest.mark.parametrize(
    "content",
    [
        None, [], "clear", {}, {"do": "clear"}, {"do": "clear", "number": "1"}, {"do": "clear", "number": True},
        {"do": "run", "number": 1, "code": "1+1"}, {"do": ["clear"], "number": 1}, {"do": "clear", "number": -1},
        {"do": "ask", "number": 1, "text": "x" * (MOST_TEXT + 1), "see": False, "files": [], "tools": [], "again": None},
        {"do": "ask", "number": 1, "text": "\udc00", "see": False, "files": [], "tools": [], "again": None},
        {"do": "ask", "number": 1, "text": "x", "see": 1, "files": [], "tools": [], "again": None},
        {"do": "ask", "number": 1, "text": "x", "see": False, "files": ["a"], "again": None},
    ],
)  # fmt: skip
def test_anything_else_is_refused(content):
    with pytest.raises(Refused):
        parse(content)


def test_files_come_as_buffers_and_keep_no_path():
    ask = {"do": "ask", "number": 1, **GOOD["ask"], "files": ["..\\..\\a/b\nc.png"]}
    (file,) = parse(ask, [memoryview(b"data")]).files
    assert (file.name, file.data) == ("b c.png", b"data")
    with pytest.raises(Refused):
        parse(ask, ["text"])
    with pytest.raises(Refused):
        parse(ask, [bytes(MOST_BYTES + 1)])


def odd_messages(count, seed=7):
    """Commands with something changed, and things that are none."""
    chance = random.Random(seed)
    for _ in range(count):
        name = chance.choice(list(GOOD))
        content = {"do": name, "number": chance.choice([1, 2, 3, 10**6]), **GOOD[name]}
        for _ in range(chance.choice([0, 1, 1, 1, 2, 3])):
            key = chance.choice([*content, "more", "do", "number"])
            if chance.random() < 0.5:
                content.pop(key, None)
            else:
                content[key] = chance.choice(ODD)
        buffers = [
            chance.choice([b"x", memoryview(b"yy"), "text", None, 3]) for _ in range(chance.choice([0, 0, 0, 1, 2]))
        ]
        yield chance.choice([content, content, content, content, chance.choice(ODD)]), buffers


def test_of_ten_thousand_odd_messages_each_is_a_command_of_the_vocabulary_or_refused():
    taken = refused = 0
    for content, buffers in odd_messages(10_000):
        try:
            command = parse(content, buffers)
        except Refused as refusal:
            refused += 1
            assert 0 < len(str(refusal)) < 200
            continue
        taken += 1
        assert set(command.values) == set(GOOD[command.name])
        assert isinstance(command.number, int)
        assert command.number >= 0
        for value in command.values.values():
            assert value is None or isinstance(value, (str, bool, int, list))
            json.dumps(value).encode()
        assert all(isinstance(file.data, bytes) and "/" not in file.name for file in command.files)
    assert taken > 900
    assert refused > 1000
