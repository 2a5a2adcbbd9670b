"""What is wrong with the file is said in a few words, the same for the same thing, and damage is told from the rest."""

import errno
import sqlite3
from pathlib import Path

import pytest

from ofox_magic.errors import ConfigError
from ofox_magic.journal.problems import in_words, is_damage, reason


def sqlite(code, text="as SQLite says it"):
    error = sqlite3.OperationalError(text)
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("error", "words"),
    [
        (sqlite(sqlite3.SQLITE_BUSY), "another program holds it locked"),
        (sqlite(sqlite3.SQLITE_BUSY_SNAPSHOT), "another program holds it locked"),
        (sqlite(sqlite3.SQLITE_FULL), "the disk is full"),
        (sqlite(sqlite3.SQLITE_IOERR_FSYNC), "the disk fails (or is full)"),
        (sqlite(sqlite3.SQLITE_NOTADB), "it is damaged, or no database"),
        (sqlite(sqlite3.SQLITE_MISUSE), "OperationalError: as SQLite says it"),
        (sqlite3.ProgrammingError("closed"), "ProgrammingError: closed"),
        (OSError(errno.EACCES, "Permission denied"), "permission denied"),
        (OSError(), "oserror"),
        (ConfigError("another program's"), "another program's"),
        (KeyError("parts"), "KeyError: 'parts'"),
    ],
)
def test_what_is_wrong_is_said_in_words(error, words):
    assert reason(error) == words


@pytest.mark.parametrize(
    ("error", "damage"),
    [
        (sqlite(sqlite3.SQLITE_CORRUPT), True),
        (sqlite(sqlite3.SQLITE_CORRUPT_INDEX), True),
        (sqlite(sqlite3.SQLITE_NOTADB), True),
        (sqlite(sqlite3.SQLITE_IOERR), False),
        (sqlite(sqlite3.SQLITE_FULL), False),
        (OSError(errno.EIO, "Input/output error"), False),
        (ValueError("no JSON"), False),
    ],
)
def test_only_a_file_that_cannot_be_read_ever_again_is_damaged(error, damage):
    assert is_damage(error) is damage


@pytest.mark.parametrize(
    "error", [sqlite(sqlite3.SQLITE_FULL), OSError(errno.EIO, "x"), ValueError("x"), KeyError("x"), TypeError("x")]
)
def test_what_cannot_be_read_is_one_line_without_what_led_to_it(error):
    with pytest.raises(ConfigError) as caught, in_words(Path("j.sqlite3")):
        raise error
    assert str(caught.value) == f"the journal at j.sqlite3 cannot be read: {reason(error)}. It is left as it is"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("error", [ConfigError("said already"), ZeroDivisionError("a bug")])
def test_what_was_said_already_and_what_is_a_bug_goes_its_way(error):
    with pytest.raises(type(error), match=str(error)), in_words(Path("j.sqlite3")):
        raise error
