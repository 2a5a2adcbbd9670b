"""The thread that writes: what wakes it, who waits for it, and that nobody is harmed where there is none."""

import gc
import sqlite3
import threading
import time
import weakref

import pytest

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.events import TextDelta
from ofox_magic.chat.messages import assistant, user
from ofox_magic.chat.notices import Delta, HistoryReplaced, Settled, TurnAdded, TurnChanged
from ofox_magic.journal import Journal, sessions, writing
from tests.journal.scene import Scene, eventually, locked_for


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite3"


class Teller:
    """A session in which one thing was said, and which tells what it is told to tell; `looks` at it are counted."""

    name = "main"

    def __init__(self):
        version = Version((user("q"),), assistant("a"), status="done")
        self.looks = 0
        self._conversations = {"main": Conversation((Exchange("t", None, (version,)),))}

    @property
    def conversations(self):
        self.looks += 1
        return self._conversations

    def subscribe(self, callback):
        self.tell = callback
        return lambda: None


@pytest.mark.parametrize("end", [Settled("t", "done", 9), HistoryReplaced("main", 9)])
def test_what_ends_or_replaces_wakes_the_writer_and_what_comes_in_between_does_not(writers, path, end):
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


SAID = HistoryReplaced("main", 9)


def test_a_writer_that_has_nothing_to_wait_for_looks_at_nothing(path, monkeypatch):
    """It lives as long as the kernel does, on a laptop's battery."""
    monkeypatch.setattr(writing, "PULSE", 0.01)
    journal, teller = Journal(path, on_problem=pytest.fail), Teller()
    journal.attach(teller, "")
    teller.tell(SAID)
    assert journal.flush(20)
    looks = teller.looks
    time.sleep(0.2)
    assert teller.looks == looks
    journal.close()


def test_what_was_refused_is_written_once_that_can_be_done_though_nobody_asks(path, monkeypatch):
    monkeypatch.setattr(writing, "_TRY_AGAIN", 0.05)
    said = []
    journal, teller = Journal(path, on_problem=said.append), Teller()
    journal.attach(teller, "")
    path.mkdir()
    teller.tell(SAID)
    assert eventually(lambda: said)
    path.rmdir()
    assert eventually(path.exists)
    journal.close()
    assert len(sessions(path)) == 1


def test_where_nothing_is_written_any_more_no_thread_is_left_and_nobody_waits(writers, path):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    scene = Scene(path, "1", "2")
    assert scene.ask("a").state == "done"
    assert eventually(lambda: not writers())
    assert scene.ask("b").state == "done"
    assert scene.journal.flush(20)
    assert [("is left alone" in line) for line in scene.said] == [True]
    assert writers() == []
    scene.close()


def test_a_write_that_hangs_does_not_keep_the_process(writers, path):
    gate = threading.Event()

    def hangs(text):
        assert gate.wait(60)
        return text

    journal, teller = Journal(path, on_problem=pytest.fail, mask=hangs), Teller()
    journal.attach(teller, "")
    teller.tell(SAID)
    closing = threading.Thread(target=journal.close)
    closing.start()
    closing.join(20)
    assert not closing.is_alive()
    assert len(writers()) == 1
    gate.set()
    assert eventually(lambda: not writers())
    assert len(sessions(path)) == 1


def test_a_closed_journal_is_kept_by_nobody(path):
    journal, teller = Journal(path, on_problem=pytest.fail), Teller()
    journal.attach(teller, "")
    teller.tell(SAID)
    journal.close()
    left = weakref.ref(journal)
    del journal, teller
    gc.collect()
    assert left() is None


def test_who_flushes_waits_for_a_write_that_takes_a_while(path):
    scene = Scene(path, "1", "2")
    scene.ask("a")
    assert scene.journal.flush(20)
    with locked_for(path, 0.3):
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
