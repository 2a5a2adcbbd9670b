"""The file: where it is, what becomes of a damaged one, and when nothing is tried any more."""

import os
import re
import sqlite3
import stat
import sys

import pytest

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.messages import assistant, user
from ofox_magic.errors import ConfigError
from ofox_magic.journal import default_path, load, sessions
from ofox_magic.journal import file as journal_file
from ofox_magic.journal.file import JournalFile
from ofox_magic.journal.recording import Recording
from ofox_magic.journal.storage import open_to_write, set_aside
from tests.journal.scene import locked_for

GARBAGE = b"no database at all " * 300


class Talk:
    """A session in which one thing was said."""

    name = "main"

    def __init__(self):
        version = Version((user("q"),), assistant("a"), status="done")
        self.conversations = {"main": Conversation((Exchange("t", None, (version,)),))}

    def recordings(self):
        return (Recording(self, "", lambda text: text),)


@pytest.fixture
def path(tmp_path):
    return tmp_path / "journal.sqlite3"


@pytest.fixture
def said():
    return []


@pytest.fixture
def file(path, said):
    made = JournalFile(path, lambda *line: said.append(line), lambda: 5.0)
    yield made
    made.disconnect()


def test_one_write_puts_a_damaged_file_aside_and_begins_anew(file, path, said):
    path.write_bytes(GARBAGE)
    file.write(Talk().recordings(), {})
    (info,) = sessions(path)
    assert load(path, info.id).conversations == Talk().conversations
    (aside,) = path.parent.glob("*.damaged-*[0-9].sqlite3")
    assert aside.read_bytes() == GARBAGE
    assert said == [("it was damaged", f"it is kept as {aside.name}, and a new one begins with this session")]
    assert not file.is_off
    assert not file.is_failing


def test_where_a_damaged_file_cannot_be_renamed_nothing_is_tried_any_more(file, path, said, monkeypatch):
    def refused(_path):
        raise PermissionError(13, "Permission denied")

    path.write_bytes(GARBAGE)
    monkeypatch.setattr(journal_file, "set_aside", refused)
    for _ in range(2):
        file.write(Talk().recordings(), {})
    assert said == [("it is damaged, and cannot be renamed (permission denied)", "nothing is written")]
    assert file.is_off
    assert path.read_bytes() == GARBAGE


def test_another_programs_file_is_never_tried_again(file, path, said):
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE theirs (x)")
    connection.close()
    for _ in range(2):
        file.write(Talk().recordings(), {})
    assert said == [(f"{path} is another program's database, and is left alone", "nothing is written")]
    assert file.is_off


def test_what_was_refused_is_said_each_time_and_written_once_that_can_be_done(file, path, said):
    path.mkdir()
    recordings = Talk().recordings()
    for _ in range(2):
        file.write(recordings, {})
    assert said == [("is a directory", "the conversation goes on, and is written once that can be done")] * 2
    assert file.is_failing
    assert not file.is_off
    path.rmdir()
    file.write(recordings, {})
    assert not file.is_failing
    assert [info.last for info in sessions(path)] == [5.0]


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_file_that_others_may_read_is_for_its_owner_alone_once_it_is_written(path, file):
    path.touch()
    path.chmod(0o644)
    file.write(Talk().recordings(), {})
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.skipif(os.name != "posix", reason="modes are POSIX")
def test_a_new_file_is_for_its_owner_alone_from_its_first_moment(path):
    modes = []

    class Watched(type(path)):
        def chmod(self, mode, **given):
            modes.append(stat.S_IMODE(self.stat().st_mode))
            super().chmod(mode, **given)

    old = os.umask(0)
    try:
        open_to_write(Watched(path)).close()
    finally:
        os.umask(old)
    assert modes == [0o600], "it was as the umask allows, and then changed"


def test_who_comes_while_another_kernel_makes_the_file_waits_for_it(path):
    with locked_for(path, 0.3):
        open_to_write(path).close()


def test_who_waits_for_another_kernel_in_vain_is_told_so_in_the_end(path):
    with locked_for(path, 20), pytest.raises(sqlite3.OperationalError, match="locked"):
        open_to_write(path)


def test_the_directories_above_are_made(tmp_path):
    connection = open_to_write(tmp_path / "a" / "b" / "journal.sqlite3")
    connection.close()
    assert (tmp_path / "a" / "b" / "journal.sqlite3").exists()


def test_a_turn_without_an_active_version_is_said_and_not_guessed(file, path):
    file.write(Talk().recordings(), {})
    file.disconnect()
    (info,) = sessions(path)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE place SET active = 0")
    connection.close()
    with pytest.raises(ConfigError, match=f"the journal at {path} cannot be read"):
        load(path, info.id)


def test_a_file_is_put_aside_with_all_that_belongs_to_it(path):
    for end in ("", "-wal", "-shm"):
        path.with_name(path.name + end).write_text(end)
    aside = set_aside(path)
    assert re.fullmatch(r"journal\.damaged-\d{8}-\d{6}-\d+\.sqlite3", aside.name)
    assert {each.name: each.read_text() for each in path.parent.iterdir()} == {
        aside.name + end: end for end in ("", "-wal", "-shm")
    }


@pytest.mark.skipif(sys.platform != "linux", reason="other systems have no such variable")
def test_the_journal_is_in_the_users_data_directory(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert default_path() == tmp_path / "ofox_magic" / "journal.sqlite3"
