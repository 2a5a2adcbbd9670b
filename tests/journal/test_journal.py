"""What is on disk is what was said: questions before they leave, answers as they come, and every way back."""

import os
import sqlite3
import stat
import threading

import pytest

from ofox_magic.chat.events import FinishReason, ReasoningDelta, TextDelta, ToolCallDelta
from ofox_magic.chat.messages import assistant, tool, user
from ofox_magic.chat.parts import Image, Table, ToolCall
from ofox_magic.chat.tools import Outcome, ReadyCall
from ofox_magic.errors import ConfigError, ServerError
from ofox_magic.journal import writing
from ofox_magic.journal.storage import open_to_write
from ofox_magic.testing import ManualClock
from tests.journal.scene import Scene, eventually, said

PNG = b"\x89PNG\r\n\x1a\n" + bytes(200)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "data" / "journal.sqlite3"


@pytest.fixture
def scene(path):
    made = []

    def make(*answers, **given):
        made.append(Scene(path, *answers, **given))
        return made[-1]

    yield make
    for each in made:
        each.close()
        assert [line for line in each.said if "it is slow" not in line] == []  # a busy machine is


def rows(path, query):
    with sqlite3.connect(path) as connection:
        return connection.execute(query).fetchall()


def test_the_question_is_on_disk_before_the_request_leaves(scene, path):
    s = scene("an answer")
    on_disk = []
    start = s.transport.start

    def look_and_start(request, on_event):
        on_disk.append(rows(path, "SELECT question FROM run"))
        return start(request, on_event)

    s.transport.start = look_and_start
    s.ask("the question")
    assert "the question" in on_disk[0][0][0]


def test_what_was_said_comes_back_equal(scene):
    s = scene("first", "second", ServerError("down", status=500))
    table = Table("a,b\n1,2", 1, 2, "df", "sample")
    s.ask("look", Image(PNG, width=3, height=4, name="fig"), table, key="cell-1")
    s.ask(user("more", name="ada"))
    s.ask("and?")
    assert s.now().exchanges == s.session.conversations["main"].exchanges
    assert s.now().exchanges[2].version.status == "failed"


def test_the_text_of_an_answer_is_on_disk_while_it_comes(scene):
    gate = threading.Event()
    s = scene([ReasoningDelta("I think. "), TextDelta("half of "), TextDelta("the answer"), gate])
    turn = s.session.ask("q")
    assert eventually(lambda: s.texts() == [("q", "half of the answer")])
    version = s.now().exchanges[0].version
    assert (version.status, version.answer.text, version.model) == (
        "incomplete",
        "half of the answer",
        "scripted/model",
    )
    assert "kernel ended" in version.error
    gate.set()
    turn.wait(5)
    assert s.now().exchanges[0].version.status == "done"


def test_a_single_word_is_written_once_nothing_follows_it(scene, path, monkeypatch):
    monkeypatch.setattr(writing, "_TRY_AGAIN", 3600)  # nothing has failed
    gate = threading.Event()
    s = scene([TextDelta("word"), gate])
    turn = s.session.ask("q")
    assert eventually(lambda: rows(path, "SELECT * FROM piece"))
    assert rows(path, "SELECT kind, text FROM piece") == [("text", '"word"')]
    gate.set()
    turn.wait(5)


def test_pieces_go_once_the_answer_is_whole(scene, path):
    gate = threading.Event()
    s = scene([TextDelta("one "), gate, TextDelta("two")])
    turn = s.session.ask("q")
    assert eventually(lambda: rows(path, "SELECT * FROM piece"))
    assert rows(path, "SELECT kind, text FROM piece") == [("text", '"one "')]
    gate.set()
    turn.wait(5)
    s.journal.flush()
    assert rows(path, "SELECT * FROM piece") == []


class Tools:
    """Answers each call with a picture."""

    definitions = ({"type": "function", "function": {"name": "f"}},)

    def call_of(self, call):
        return ReadyCall(call, call.name, True, lambda: None)

    def run(self, ready, consent):
        return Outcome(ready.call, "done", "see below", "", (Image(PNG, name="fig"),))


CALL = [TextDelta("let me "), TextDelta("see"), ToolCallDelta(0, "c", "f", "{}"), FinishReason("tool_calls")]


def test_calls_and_what_they_gave_come_back_equal(scene):
    s = scene(CALL, "the end")
    s.ask("q", tools=Tools())
    assert s.now().exchanges == s.session.conversations["main"].exchanges
    assert [step.role for step in s.now().exchanges[0].version.steps] == ["assistant", "tool", "user"]


def test_calls_are_on_disk_while_the_model_goes_on(scene):
    gate = threading.Event()
    s = scene(CALL, [TextDelta("half of "), gate])
    turn = s.session.ask("q", tools=Tools())
    # calls run where somebody waits
    assert eventually(lambda: turn.wait(0.01) or turn.reply.text == "let me see\n\nhalf of ")
    assert eventually(lambda: s.texts() == [("q", "half of ")])
    version = s.now().exchanges[0].version
    asked, result, picture = version.steps
    assert (asked, result) == (assistant("let me see\n\n", ToolCall("c", "f", "{}")), tool("see below", "c"))
    assert picture.parts[1] == Image(PNG, name="fig")
    assert (version.answer.text, version.status) == ("half of ", "incomplete")
    gate.set()
    turn.wait(5)
    assert s.now().exchanges == s.session.conversations["main"].exchanges


def test_undo_redo_and_clear_are_what_comes_back(scene):
    s = scene("1", "2")
    s.ask("a")
    s.ask("b")
    assert s.texts() == [("a", "1"), ("b", "2")]
    s.session.undo()
    assert s.texts() == [("a", "1")]
    s.session.redo()
    assert s.texts() == [("a", "1"), ("b", "2")]
    s.session.clear()
    assert s.texts() == []
    s.session.undo()
    assert s.texts() == [("a", "1"), ("b", "2")]


def test_what_is_undone_is_gone_from_disk_though_nobody_asks(scene, path):
    s = scene("1")
    s.ask("a")
    assert s.texts() == [("a", "1")]
    s.session.undo()
    assert eventually(lambda: not rows(path, "SELECT * FROM place"))


def test_going_back_and_forth_writes_no_turn_twice(scene, path):
    s = scene("1", "2")
    s.ask("a")
    s.ask("b")
    for step in (s.session.undo, s.session.redo, s.session.clear, s.session.undo):
        step()
        s.journal.flush()
    assert rows(path, "SELECT count(*) FROM run") == [(2,)]


def test_a_re_run_is_a_version_in_its_place(scene):
    s = scene("1", "2", "3", ServerError("down", status=500))
    s.ask("a", key="cell")
    s.ask("b")
    s.ask("a again", key="cell")
    s.ask("a thrice", key="cell")
    exchange = s.now().exchanges[0]
    assert [v.answer and v.answer.text for v in exchange.versions] == ["1", "3", None]
    assert (exchange.active, exchange.key) == (1, "cell")
    assert s.texts() == [("a again", "3"), ("b", "2")]


def test_forks_and_the_current_conversation_come_back(scene):
    s = scene("1", "2", "3")
    s.ask("a")
    s.session.fork("other")
    s.ask("b")
    s.session.switch("main")
    s.ask("c")
    loaded = s.loaded()
    assert loaded.current == "main"
    assert {n: [said(e) for e in c.exchanges] for n, c in loaded.conversations.items()} == {
        "main": [("a", "1"), ("c", "3")],
        "other": [("a", "1"), ("b", "2")],
    }
    s.session.switch("other")
    assert s.loaded().current == "other"


def test_a_turn_that_is_undone_while_it_streams_does_not_come_back(scene):
    gate = threading.Event()
    s = scene("1", [TextDelta("half "), gate])
    s.ask("a")
    turn = s.session.ask("b")
    s.session.undo()
    turn.wait(5)
    assert s.texts() == [("a", "1")]
    s.session.redo()
    assert s.texts()[1][0] == "b"
    assert s.now().exchanges[1].version.status == "stopped"


def test_a_picture_is_stored_once(scene, path):
    s = scene("1", "2")
    s.ask("a", Image(PNG))
    s.ask("b", Image(PNG, name="again"))
    assert s.now().exchanges[1].version.question[0].parts[1] == Image(PNG, name="again")
    assert rows(path, "SELECT count(*) FROM picture") == [(1,)]


def test_a_resumed_session_goes_on_and_writes_nothing_again(scene, path):
    first = scene("1", "2", name="a.ipynb")
    first.ask("a", Image(PNG))
    first.ask("b")
    first.journal.close()
    second = scene("3", name="b.ipynb")
    loaded = second.journal.load(second.journal.sessions()[0].id)
    second.journal.adopt(loaded)
    second.session.restore(loaded.conversations, loaded.current)
    second.ask("c")
    assert second.texts() == [("a", "1"), ("b", "2"), ("c", "3")]
    assert rows(path, "SELECT count(*) FROM run") == [(3,)]
    assert [said(e) for e in second.loaded(1).conversations["main"].exchanges] == [("a", "1"), ("b", "2")]


def test_an_answer_that_was_cut_by_the_kernels_end_is_resumed_as_cut(scene):
    gate = threading.Event()
    first = scene([TextDelta("half of "), gate])
    turn = first.session.ask("a")
    assert eventually(lambda: first.texts() == [("a", "half of ")])
    loaded = first.loaded()
    second = scene("whole")
    second.journal.adopt(loaded)
    second.session.restore(loaded.conversations, loaded.current)
    second.ask("b")
    assert "broke off" in second.transport.requests[0].messages[1].text
    assert [text for _, text in second.texts()] == ["half of ", "whole"]
    gate.set()
    turn.wait(5)


def test_the_list_has_what_changed_last_first(scene):
    clock = ManualClock(1000.0)
    old = scene("1", name="old.ipynb", clock=clock)
    old.ask("the first\nquestion")
    old.journal.flush()
    clock.advance(50)
    new = scene("2", "3", name="new.ipynb", clock=clock)
    new.ask("another")
    new.ask("and one more")
    new.journal.flush()
    assert [(s.name, s.turns, s.title, s.began, s.last) for s in new.journal.sessions()] == [
        ("new.ipynb", 2, "another", 1050.0, 1050.0),
        ("old.ipynb", 1, "the first question", 1000.0, 1000.0),
    ]


def test_a_session_in_which_nothing_was_said_leaves_no_trace(scene, path):
    s = scene()
    s.journal.flush()
    assert not path.exists()
    assert s.journal.sessions() == ()


def test_a_session_that_is_not_there_is_said_in_one_line(scene):
    s = scene("1")
    with pytest.raises(ConfigError, match="no journal"):
        s.journal.load("nothing")
    s.ask("a")
    with pytest.raises(ConfigError, match="holds no session 'nothing'"):
        s.journal.load("nothing")


def test_the_key_is_in_no_file(scene, path):
    key = "sk-1234567890abcdefghijklmnop"
    s = scene(
        [TextDelta(f"you said {key[:9]}"), TextDelta(f"{key[9:]} and more")], mask=lambda t: t.replace(key, "[key]")
    )
    s.ask(f"my key is {key}", Table(f"k\n{key}", 1, 1), key=f"cell-{key}")
    assert s.texts() == [("my key is [key]", "you said [key] and more")]
    assert not any(key.encode() in file.read_bytes() for file in path.parent.iterdir())


def test_half_a_key_does_not_come_before_the_other_half(scene, path):
    gate, key = threading.Event(), "sk-1234567890abcdefghijklmnop"
    half = [*(e for n in range(40) for e in (TextDelta(f"w{n} "),)), TextDelta(key[:9])]
    s = scene([*half, gate, TextDelta(key[9:])], mask=lambda t: t.replace(key, "[key]"))
    turn = s.session.ask("q")
    assert eventually(lambda: rows(path, "SELECT * FROM piece"))
    assert key[:9] not in "".join(text for (text,) in rows(path, "SELECT text FROM piece"))
    gate.set()
    turn.wait(5)


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_the_files_are_for_their_owner_alone(scene, path):
    old = os.umask(0)
    try:
        s = scene("1")
        s.ask("a")
        s.journal.flush()
        modes = {file.name: stat.S_IMODE(file.stat().st_mode) for file in path.parent.iterdir()}
    finally:
        os.umask(old)
    assert set(modes.values()) == {0o600}
    assert {f"{path.name}-wal", path.name} <= set(modes)
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


def test_every_str_can_be_kept(scene):
    odd = "null \0 lone \ud800 line\u2028 emoji 🙂"
    s = scene(odd)
    s.ask(odd)
    assert s.texts() == [(odd, odd)]


def test_a_detached_session_is_written_no_more(scene, path):
    s = scene("1", "2")
    s.ask("a")
    s.detach()
    s.ask("b")
    s.journal.flush()
    assert rows(path, "SELECT count(*) FROM run") == [(1,)]


def test_one_thread_writes_and_it_keeps_no_process_alive(writers, scene):
    s = scene("1", "2")
    assert writers() == []
    s.ask("a")
    s.ask("b")
    assert [thread.daemon for thread in writers()] == [True]
    s.journal.close()
    assert writers() == []


def test_a_closed_journal_begins_again_with_the_next_question(scene):
    s = scene("1", "2")
    s.ask("a")
    s.journal.close()
    s.ask("b")
    assert s.texts() == [("a", "1"), ("b", "2")]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork here")
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_a_forked_child_writes_nothing_and_harms_nothing(scene, path):
    s = scene("1", "2", "3")
    s.ask("a")
    child = os.fork()
    if child == 0:
        went_on = False
        try:
            s.ask("in the child")
            went_on = s.journal.flush()
            s.journal.close()
        finally:
            os._exit(0 if went_on else 1)
    assert os.waitpid(child, 0)[1] == 0
    s.ask("b")
    assert s.texts() == [("a", "1"), ("b", "2")]
    assert rows(path, "PRAGMA integrity_check") == [("ok",)]


def test_kernels_that_make_the_file_at_the_same_moment_all_get_it(tmp_path):
    failed = []

    def begin(path, start):
        start.wait()
        try:
            open_to_write(path).close()
        except sqlite3.Error as error:
            failed.append(error)

    for number in range(30):
        start = threading.Barrier(4)
        threads = [threading.Thread(target=begin, args=(tmp_path / f"{number}", start)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(20)
    assert failed == []


def test_two_kernels_write_into_one_file_at_once(scene):
    ours, theirs = scene(*map(str, range(30))), scene(*map(str, range(30)))

    def talk(s):
        for number in range(30):
            s.ask(f"q{number}")

    threads = [threading.Thread(target=talk, args=(s,)) for s in (ours, theirs)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    expected = [(f"q{n}", f"{n}") for n in range(30)]
    ours.journal.flush()
    theirs.journal.flush()
    for number in (0, 1):
        loaded = ours.loaded(number)
        assert [said(e) for e in loaded.conversations["main"].exchanges] == expected


def test_what_is_committed_outlives_a_power_cut(path):
    """A kill does not tell, since what a process wrote is the system's; only what was synced outlives the power."""
    connection = open_to_write(path)
    assert connection.execute("PRAGMA journal_mode").fetchone() == ("wal",)
    assert connection.execute("PRAGMA synchronous").fetchone() == (2,)  # FULL
    connection.close()
