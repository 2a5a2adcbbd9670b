"""What %ofox save writes, %ofox load reads; a file that cannot be used gives one line and harms nothing."""

import json
import os
import stat

import pytest

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.messages import assistant, user
from ofox_magic.chat.parts import Image, Opaque, Table
from ofox_magic.conversation_file import load, save
from ofox_magic.errors import ConfigError


def talk(*texts):
    image, table = Image(b"\x89PNG" * 9, name="fig"), Table("a\n1", 1, 1, "df")
    return Conversation(
        tuple(Exchange(t, None, (Version((user(t, image, table),), assistant(f"re {t}"), "done"),)) for t in texts)
    )


@pytest.fixture
def path(tmp_path):
    return tmp_path / "talk.json"


def test_what_was_saved_is_loaded(path):
    conversations = {"main": talk("a", "b"), "other": talk("a")}
    save(conversations, "other", path)
    assert load(path) == (conversations, "other")


def test_a_picture_is_in_the_file_once(path):
    save({"main": talk("a", "b", "c")}, "main", path)
    assert len(json.loads(path.read_text())["images"]) == 1


def test_what_runs_is_not_saved(path):
    save({"main": talk("a").begin("t", None, (user("running"),))}, "main", path)
    assert load(path)[0]["main"] == talk("a")


def test_the_file_is_valid_json_of_version_1_and_says_what_it_is(path):
    save({"main": talk("a")}, "main", path)
    record = json.loads(path.read_text())
    assert (record["kind"], record["v"]) == ("ofox_magic conversations", 1)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_file_is_for_its_owner_alone(path):
    path.touch(0o644)
    save({"main": talk("a")}, "main", path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_key_does_not_get_in(path):
    save({"main": talk("my key")}, "main", path, mask=lambda text: text.replace("key", "[key]"))
    assert "my key" not in path.read_text()
    assert load(path)[0]["main"].exchanges[0].version.answer.text == "re my [key]"


def test_a_save_that_fails_leaves_the_old_file_and_nothing_else(path, monkeypatch):
    save({"main": talk("old")}, "main", path)

    def full(_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ConfigError, match="No space left"):
        save({"main": talk("new")}, "main", path)
    assert load(path)[0]["main"] == talk("old")
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("place", ["missing/talk.json", "."])
def test_a_place_that_cannot_be_written_is_said_in_one_line(tmp_path, place):
    with pytest.raises(ConfigError, match="cannot write"):
        save({"main": talk("a")}, "main", tmp_path / place)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "no JSON, or was cut"),
        (b"\xff\xfe\x00", "no JSON"),
        (b"[" * 100_000, "no JSON"),
        (b"[]", "not written by"),
        (b'{"cells": []}', "not written by"),
        (b'{"kind": "ofox_magic conversations", "conversations": 3, "images": {}}', "damaged"),
        (b'{"kind": "ofox_magic conversations", "conversations": {"main": {"v": 9}}, "images": {}}', "version 9"),
    ],
)
def test_a_damaged_or_foreign_file_gives_one_line(path, content, words):
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=words) as raised:
        load(path)
    assert "\n" not in str(raised.value)
    assert str(path) in str(raised.value)


def test_a_file_that_is_not_there_gives_one_line(path):
    with pytest.raises(ConfigError, match="cannot read"):
        load(path)


@pytest.mark.parametrize("image", ["no base64!", 7, "AAAA"])
def test_a_damaged_picture_costs_only_itself(path, image):
    save({"main": talk("a")}, "main", path)
    record = json.loads(path.read_text())
    record["images"] = dict.fromkeys(record["images"], image)
    path.write_text(json.dumps(record))
    parts = load(path)[0]["main"].exchanges[0].version.question[0].parts
    assert isinstance(parts[1], Opaque)
    assert parts[0].text == "a"
