"""The thread that writes: what wakes it, who waits for it, and that nobody is harmed where there is none."""

import sqlite3
import threading
from contextlib import contextmanager

import pytest

from ofox_magic.chat.events import TextDelta
from ofox_magic.chat.notices import Delta, HistoryReplaced, Settled, TurnAdded, TurnChanged
from ofox_magic.journal import Journal, sessions
from tests.journal.scene import Scene


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite3"


def writers():
    return [thread for thread in threading.enumerate() if thread.name == "ofox-journal"]


class Teller:
    """A session in which nothing was said, and which tells what it is told to tell."""

    name = "main"
    conversations = {}

    def subscribe(self, callback):
        self.tell = callback
        return lambda: None


@pytest.mark.parametrize("end", [Settled("t", "done", 9), HistoryReplaced("main", 9)])
def test_what_ends_or_replaces_wakes_the_writer_and_what_comes_in_between_does_not(path, end):
    """An answer may come in thousands of pieces, and each write is synced."""
    journal, teller = Journal(path, on_problem=pytest.fail), Teller()
    journal.attach(teller, "")
    teller.tell(TurnAdded("t", None, (), 1))
    teller.tell(TurnChanged("t", "streaming", 2))
    teller.tell(Delta("t", 3, TextDelta("a")))
    assert writers() == []
    teller.tell(end)
    assert len(writers()) == 1
    journal.close()
    assert writers() == []


@contextmanager
def held_for(path, seconds):
    """The file's lock is held, and given back *seconds* later."""
    connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    connection.execute("BEGIN IMMEDIATE")
    later = threading.Timer(seconds, connection.execute, ("ROLLBACK",))
    later.start()
    yield
    later.join()
    connection.close()


def test_who_flushes_waits_for_a_write_that_takes_a_while(path):
    scene = Scene(path, "1", "2")
    scene.ask("a")
    assert scene.journal.flush(20)
    with held_for(path, 0.3):
        scene.session.undo()
        assert scene.journal.flush(20)
        assert [info.turns for info in sessions(path)] == [0]
    scene.close()


def test_where_no_thread_can_be_started_the_question_goes_out_and_is_written_once_one_can(path, monkeypatch):
    def refused(thread):
        raise RuntimeError("can't start new thread")

    scene = Scene(path, "1", "2")
    with monkeypatch.context() as patched:
        start = threading.Thread.start
        patched.setattr(
            threading.Thread, "start", lambda thread: (refused if thread.name == "ofox-journal" else start)(thread)
        )
        assert scene.ask("a").state == "done"
    assert [line.split("; ")[1] for line in scene.said] == [
        "the question is sent and not yet on disk. OFOX_JOURNAL=0 turns it off"
    ]
    assert not path.exists()
    scene.ask("b")
    assert scene.texts() == [("a", "1"), ("b", "2")]
    scene.close()
