"""What of a session is put into the file: the difference, once, and again where it did not stay."""

import json
import threading

import pytest

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.events import ReasoningDelta, TextDelta, ToolsRan
from ofox_magic.chat.messages import Message, assistant, user
from ofox_magic.chat.parts import Image, Reasoning, Text
from ofox_magic.chat.turn import Turn
from ofox_magic.journal import load, sessions
from ofox_magic.journal.recording import Recording
from ofox_magic.journal.storage import open_to_write, transaction

PICTURE = Image(b"\x89PNG\r\n\x1a\n" + bytes(20), width=1, height=1, name="fig")


class Standing:
    """A session that has nothing but conversations."""

    def __init__(self, **conversations):
        self.name = "main"
        self.conversations = {"main": Conversation()} | conversations


class Disk:
    """A file, and what is put into it."""

    def __init__(self, path):
        self.path = path
        self.connection = open_to_write(path)

    def write(self, recording, turns=None, now=0.0, *, stays=True):
        if not stays:
            with pytest.raises(ZeroDivisionError), transaction(self.connection):
                recording.write(self.connection, turns or {}, now)
                raise ZeroDivisionError
            return
        with transaction(self.connection):
            recording.write(self.connection, turns or {}, now)
        recording.committed()

    def rows(self, query):
        return self.connection.execute(query).fetchall()

    def statements(self, recording):
        """What the next write asks of SQLite."""
        asked = []
        self.connection.set_trace_callback(asked.append)
        self.write(recording)
        self.connection.set_trace_callback(None)
        return asked

    def conversations(self):
        (info,) = sessions(self.path)
        return load(self.path, info.id).conversations


@pytest.fixture
def disk(tmp_path):
    made = Disk(tmp_path / "journal.sqlite3")
    yield made
    made.connection.close()


def done(text, question=None):
    return Version(question or (user(f"ask {text}"),), assistant(text), status="done", model="m")


def talk(*texts):
    return Conversation(tuple(Exchange(text, None, (done(text),)) for text in texts))


def under_way(source, turn_id="t", question=None):
    """Begin a turn in *source* as a session does; return it."""
    question = question or (user("q"),)
    source.conversations["main"] = source.conversations["main"].begin(turn_id, None, question)
    return Turn(
        turn_id, None, "asked/model", question, changed=threading.Condition(), versions=tuple, cancel=lambda: None
    )


def recording_of(source, name="", mask=lambda text: text):
    return Recording(source, name, mask)


def test_there_is_something_to_write_until_it_is_there_and_stays(disk):
    source = Standing()
    recording = recording_of(source)
    assert not recording.is_behind({})
    source.conversations["main"] = talk("a")
    assert recording.is_behind({})
    disk.write(recording, stays=False)
    assert recording.is_behind({})
    assert disk.rows("SELECT * FROM run") == []
    disk.write(recording)
    assert not recording.is_behind({})
    assert disk.rows("SELECT count(*) FROM run") == [(1,)]
    assert disk.conversations()["main"].exchanges == source.conversations["main"].exchanges


def test_another_current_conversation_is_written_where_anything_is(disk):
    source = Standing(other=Conversation())
    recording = recording_of(source)
    source.name = "other"
    assert not recording.is_behind({})
    source.conversations["main"] = talk("a")
    disk.write(recording)
    assert disk.rows("SELECT current FROM session") == [("other",)]
    source.name = "main"
    assert recording.is_behind({})
    disk.write(recording)
    assert not recording.is_behind({})
    assert disk.rows("SELECT current FROM session") == [("main",)]


def test_a_conversation_that_was_cleared_is_empty_on_disk_and_keeps_its_runs(disk):
    source = Standing(main=talk("a", "b"), other=talk("c"))
    recording = recording_of(source)
    disk.write(recording)
    source.conversations["main"] = Conversation()
    assert recording.is_behind({})
    disk.write(recording)
    assert not recording.is_behind({})
    assert {name: len(each) for name, each in disk.conversations().items()} == {"main": 0, "other": 1}
    assert disk.rows("SELECT count(*) FROM run") == [(3,)]


def test_of_a_long_history_only_what_changed_is_written(disk):
    texts = [str(number) for number in range(600)]
    source = Standing(main=talk(*texts))
    recording = recording_of(source)
    disk.write(recording)
    exchanges = list(source.conversations["main"].exchanges)
    exchanges[300] = Exchange("300", None, (*exchanges[300].versions, done("again")), 1)
    source.conversations["main"] = Conversation((*exchanges, Exchange("600", None, (done("600"),))))
    asked = disk.statements(recording)
    assert sum("INSERT INTO run" in each for each in asked) == 2
    assert sum("INSERT INTO place" in each for each in asked) == 3
    assert not any("position>=" in each for each in asked)
    assert disk.conversations()["main"].exchanges == source.conversations["main"].exchanges
    source.conversations["main"] = Conversation(tuple(exchanges[:299]))
    asked = disk.statements(recording)
    assert not any("INSERT INTO place" in each for each in asked)
    assert disk.conversations()["main"].exchanges == source.conversations["main"].exchanges


def test_a_turn_is_written_when_it_is_asked_and_ended_in_its_place(disk):
    source, seen = Standing(), []
    recording = recording_of(source, "a.ipynb")
    turn = under_way(source, question=(user("q", PICTURE),))
    disk.write(recording, {"t": turn}, now=5.0)
    (question,) = disk.rows("SELECT question FROM run")[0]
    assert json.loads(question)["model"] == "asked/model"
    assert disk.rows("SELECT id, turn, key, answer, asked, ended FROM run") == [(1, "t", None, None, 5.0, None)]
    (exchange,) = disk.conversations()["main"].exchanges
    assert (exchange.version.status, exchange.version.answer, exchange.version.steps) == ("incomplete", None, ())
    for text in ("half ", "and "):
        turn.take(TextDelta(text))
        assert recording.is_behind({"t": turn})
        disk.write(recording, {"t": turn}, now=6.0)
        assert not recording.is_behind({"t": turn})
        seen.append(disk.rows("SELECT run, number, kind, text FROM piece"))
    assert seen[-1] == [(1, 0, "text", '"half "'), (1, 1, "text", '"and "')]
    turn.take(ReasoningDelta("hm "))
    disk.write(recording, {"t": turn}, now=6.0)
    (exchange,) = disk.conversations()["main"].exchanges
    assert exchange.version == Version(
        turn.question,
        Message("assistant", (Reasoning("hm "), Text("half and "))),
        status="incomplete",
        model="asked/model",
        error="the kernel ended before this answer did",
    )
    source.conversations["main"] = source.conversations["main"].settle("t", done("half and half", turn.question))
    disk.write(recording, now=7.0)
    assert disk.rows("SELECT id, asked, ended FROM run") == [(1, 5.0, 7.0)]
    assert disk.rows("SELECT * FROM piece") == []
    assert disk.rows("SELECT name, began, last FROM session") == [("a.ipynb", 5.0, 7.0)]
    assert disk.conversations()["main"].exchanges == source.conversations["main"].exchanges


def test_the_pictures_of_questions_steps_and_answers_are_kept(disk):
    def picture(number):
        return Image(PICTURE.data + bytes([number]), width=1, height=1)

    source, open_source = Standing(), Standing()
    version = Version((user("q", picture(1)),), assistant("a"), steps=(user(picture(2)),), status="done")
    source.conversations["main"] = Conversation((Exchange("t", None, (version,)),))
    disk.write(recording_of(source))
    assert load(disk.path, sessions(disk.path)[0].id).conversations["main"].exchanges[0].version == version
    turn = under_way(open_source)
    recording = recording_of(open_source)
    disk.write(recording, {"t": turn})
    turn.take(ToolsRan((user(picture(3)),)))
    disk.write(recording, {"t": turn})
    assert disk.rows("SELECT count(*) FROM picture") == [(3,)]
    ended = Version(turn.question, assistant("a"), steps=(user(picture(3)), user(picture(4))), status="done")
    open_source.conversations["main"] = open_source.conversations["main"].settle("t", ended)
    disk.write(recording)
    assert disk.rows("SELECT count(*) FROM picture") == [(4,)]


def test_what_comes_of_a_turn_that_is_asked_again_is_not_put_to_the_run_before(disk):
    source = Standing()
    recording = recording_of(source)
    first = under_way(source)
    disk.write(recording, {"t": first})
    stopped = Version(first.question, status="stopped")
    source.conversations["main"] = source.conversations["main"].settle("t", stopped)
    second = under_way(source, question=(user("q"),))
    second.take(TextDelta("new "))
    disk.write(recording, {"t": second})
    assert disk.rows("SELECT run, text FROM piece") == [(2, '"new "')]
    (exchange,) = disk.conversations()["main"].exchanges
    assert [(each.status, each.answer and each.answer.text) for each in exchange.versions] == [
        ("stopped", None),
        ("incomplete", "new "),
    ]


def test_all_text_is_masked(disk):
    source = Standing()
    source.conversations = {"key": Conversation((Exchange("key-1", "cell-key", (done("a key"),)),))}
    source.name = "key"
    disk.write(recording_of(source, "key.ipynb", mask=lambda text: text.replace("key", "[…]")))
    assert not any(
        "key" in str(row) for table in ("run", "place", "session") for row in disk.rows(f"SELECT * FROM {table}")
    )


def test_in_another_file_all_is_written_anew(disk, tmp_path):
    source = Standing(main=talk("a", "b"))
    recording = recording_of(source)
    disk.write(recording)
    recording.forget()
    assert recording.is_behind({})
    other = Disk(tmp_path / "other.sqlite3")
    other.write(recording)
    assert other.conversations()["main"].exchanges == source.conversations["main"].exchanges
    other.connection.close()


def test_a_version_that_comes_back_is_the_run_that_it_was(disk):
    source = Standing(main=talk("a", "b"))
    whole, recording = source.conversations["main"], recording_of(source)
    for each in (whole, Conversation(whole.exchanges[:1]), whole, Conversation(), whole):
        source.conversations["main"] = each
        disk.write(recording)
    assert disk.rows("SELECT count(*) FROM run") == [(2,)]


def test_what_is_remembered_of_runs_does_not_grow_without_end(disk):
    source = Standing()
    recording = recording_of(source)
    for number in range(1100):
        source.conversations["main"] = talk(str(number))
        disk.write(recording)
    assert len(recording.runs) <= 1002
    assert recording.runs.find(source.conversations["main"].exchanges[0].version)
