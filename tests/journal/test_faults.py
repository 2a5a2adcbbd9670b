"""What goes wrong with the file is said once, in one line; the conversation goes on, and old data stays."""

import os
import sqlite3
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

import pytest

from ofox_magic.errors import ConfigError
from ofox_magic.journal import load, sessions
from tests.journal.scene import Scene, eventually, said

ROOT = Path(__file__).parents[2]
HOLD = """
import sqlite3, sys
connection = sqlite3.connect(sys.argv[1])
connection.execute("BEGIN IMMEDIATE")
print("held", flush=True)
sys.stdin.read()
"""
FULL = """
import resource, signal, sys
from pathlib import Path
from ofox_magic.chat.parts import Image
from tests.journal.scene import Scene
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
scene = Scene(Path(sys.argv[1]), *map(str, range(60)))
scene.ask("before")
scene.journal.flush()
resource.setrlimit(resource.RLIMIT_FSIZE, (200_000, resource.RLIM_INFINITY))
for number in range(30):
    assert scene.ask(f"q{number}", Image(bytes([number]) * 20_000)).state == "done"
    scene.journal.flush()
print(len(scene.said), *scene.said, sep="\\n")
if sys.argv[2] == "room":
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    scene.ask("after")
    scene.journal.flush()
scene.journal.close()
"""
UNPRIVILEGED = """
import os, sys
from pathlib import Path
from tests.journal.scene import Scene
if os.geteuid() == 0:
    os.setegid(65534)
    os.seteuid(65534)
scene = Scene(Path(sys.argv[1]), "1", "2")
assert scene.ask("a").state == scene.ask("b").state == "done"
scene.journal.flush()
print(len(scene.said), *scene.said, sep="\\n")
try:
    print(len(scene.journal.sessions()), "listed")
except Exception as error:
    print(type(error).__name__, error)
"""


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def old(path):
    """A journal with one session in it, whose id is returned."""
    scene = Scene(path, "kept")
    scene.ask("old")
    scene.close()
    return sessions(path)[0].id


def script(text, *arguments):
    found = subprocess.run(
        [sys.executable, "-c", text, *map(str, arguments)],
        cwd=ROOT, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert found.returncode == 0, found.stderr
    return found.stdout.splitlines()


@contextmanager
def held(path):
    """Another program holds the lock."""
    command = [sys.executable, "-c", HOLD, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout.readline() == "held\n"
        try:
            yield
        finally:
            process.stdin.close()


def texts(path, number=0):
    loaded = load(path, sessions(path)[number].id)
    return [said(exchange) for exchange in loaded.conversations[loaded.current].exchanges]


def test_a_lock_delays_one_question_by_a_second_at_most_and_is_made_up_for(path, old):
    scene, waits = Scene(path, "1", "2", "3"), []
    flush = scene.journal.flush
    scene.journal.flush = lambda timeout: waits.append(timeout) or flush(timeout)
    with held(path):
        assert scene.ask("a").state == "done"
        assert eventually(lambda: len(scene.said) == 2)
        assert scene.ask("b").state == "done"
        assert scene.ask("c").state == "done"
    assert waits == [1]
    scene.journal.flush(30)
    assert texts(path) == [("a", "1"), ("b", "2"), ("c", "3")]
    assert texts(path, 1) == [("old", "kept")]
    assert len(scene.said) == 2
    what = "it is slow; the question is sent and not yet on disk"
    assert scene.said[0] == f"the journal at {path}: {what}. OFOX_JOURNAL=0 turns it off"
    assert "another program holds it locked" in scene.said[1]
    scene.close()


@pytest.mark.skipif(sys.platform == "win32", reason="no limit of a file's size here")
@pytest.mark.parametrize("then", ["room", "none"])
def test_a_full_disk_is_said_once_and_made_up_for_once_there_is_room(path, old, then):
    count, *lines = script(FULL, path, then)
    assert int(count) == 1, lines
    assert "full" in lines[0]
    found = texts(path)
    asked = ["before", *(f"q{n}" for n in range(30)), "after"]
    assert [question for question, _ in found] == (asked if then == "room" else asked[: len(found)])
    assert found[0] == ("before", "0")
    assert texts(path, 1) == [("old", "kept")]
    with sqlite3.connect(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


@pytest.fixture
def in_the_open():
    """A directory that everybody reaches, so that root's test can go on as nobody."""
    with tempfile.TemporaryDirectory() as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
@pytest.mark.parametrize("mode", [0o555, 0o000])
def test_a_directory_that_may_not_be_written_is_said_once(in_the_open, mode):
    closed = in_the_open / "closed"
    closed.mkdir()
    closed.chmod(mode)
    count, line, listed = script(UNPRIVILEGED, closed / "journal.sqlite3")
    closed.chmod(0o755)
    assert count == "1"
    assert "permission denied" in line
    assert "conversation goes on" in line
    assert listed == "0 listed" or "ConfigError" in listed


@pytest.mark.skipif(sys.platform == "win32", reason="modes are POSIX")
def test_a_file_that_may_not_be_written_is_said_once_and_left_as_it_is(in_the_open):
    path = in_the_open / "journal.sqlite3"
    scene = Scene(path, "kept")
    scene.ask("old")
    scene.close()
    path.chmod(0o400)
    before = path.read_bytes()
    count, line, _ = script(UNPRIVILEGED, path)
    assert count == "1"
    assert "permission denied" in line
    assert path.read_bytes() == before
    assert texts(path) == [("old", "kept")]


def test_a_place_that_is_no_directory_is_said_once(tmp_path):
    (tmp_path / "file").write_text("")
    scene = Scene(tmp_path / "file" / "journal.sqlite3", "1", "2")
    assert scene.ask("a").state == scene.ask("b").state == "done"
    scene.journal.flush()
    assert len(scene.said) == 1
    scene.close()


@pytest.mark.parametrize("garbage", [b"no database at all " * 300, b"SQLite format 3\0" + os.urandom(9000)])
def test_a_damaged_file_is_kept_aside_and_a_new_one_begins(path, garbage):
    path.write_bytes(garbage)
    scene = Scene(path, "1", "2")
    scene.ask("a")
    scene.ask("b")
    scene.journal.flush()
    assert texts(path) == [("a", "1"), ("b", "2")]
    aside = [file for file in path.parent.iterdir() if ".damaged-" in file.name]
    assert [file.read_bytes() for file in aside if not file.name.endswith(("-wal", "-shm"))] == [garbage]
    assert len(scene.said) == 1
    assert f"kept as {aside[0].name}" in scene.said[0]
    scene.close()


def test_damage_in_the_middle_of_a_session_loses_none_of_its_turns(path):
    scene = Scene(path, *(str(number) for number in range(20)))
    for number in range(10):
        scene.ask(f"q{number}")
    scene.close()
    data = path.read_bytes()
    path.write_bytes(data[:4096] + b"\xff" * (len(data) - 4096))
    scene.ask("and now")
    scene.journal.flush()
    assert texts(path) == [*((f"q{n}", f"{n}") for n in range(10)), ("and now", "10")]
    assert len(scene.said) == 1
    assert "damaged" in scene.said[0]
    scene.close()


def test_a_damaged_file_that_is_read_gives_one_line_and_stays(path):
    path.write_bytes(b"no database at all " * 300)
    with pytest.raises(ConfigError, match="damaged"):
        sessions(path)
    assert path.read_bytes().startswith(b"no database")


@pytest.mark.parametrize(
    ("pragma", "word"), [("application_id=1", "another program's"), ("user_version=99", "version 99")]
)
def test_a_file_that_is_not_ours_to_write_is_left_alone(path, old, pragma, word):
    with sqlite3.connect(path) as connection:
        connection.execute(f"PRAGMA {pragma}")
    scene = Scene(path, "1", "2")
    assert scene.ask("a").state == scene.ask("b").state == "done"
    assert len(scene.said) == 1
    assert word in scene.said[0]
    with sqlite3.connect(path) as connection:
        assert connection.execute("SELECT count(*) FROM run").fetchone() == (1,)
    with pytest.raises(ConfigError, match=word):
        sessions(path)
    scene.close()


def test_a_file_that_was_deleted_under_us_is_written_whole_again(path):
    scene = Scene(path, "1", "2")
    scene.ask("a")
    scene.journal.flush()
    for file in path.parent.iterdir():
        file.unlink()
    scene.ask("b")
    scene.journal.flush()
    assert texts(path) == [("a", "1"), ("b", "2")]
    assert scene.said == []
    scene.close()


def test_what_a_dead_kernel_left_in_the_wal_is_read(path):
    command = [sys.executable, "-m", "tests.journal.killed", str(path)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert any("settled 2" in line for line in process.stdout)
        process.kill()
    assert path.with_name(f"{path.name}-wal").stat().st_size
    assert [question for question, _ in texts(path)][:2] == ["question 1", "question 2"]


def test_a_journal_in_a_read_only_directory_can_be_read(path, old):
    path.parent.chmod(0o555)
    try:
        assert texts(path) == [("old", "kept")]
    finally:
        path.parent.chmod(0o755)


def test_a_listener_that_raises_stops_nothing(tmp_path):
    (tmp_path / "file").write_text("")
    scene = Scene(tmp_path / "file" / "journal.sqlite3", "1")
    scene.journal._on_problem = lambda line: 1 / 0
    assert scene.ask("a").state == "done"
    scene.close()
