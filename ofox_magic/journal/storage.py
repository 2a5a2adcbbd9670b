"""
The file: where it is, what is in it, how it is opened.

A *run* is one version of a turn, its answer NULL while it comes; a *piece* is a stretch of that answer until then. A
*place* says which run stands where in a conversation, so that undo moves places and loses no run. A *picture* is kept
once. What is JSON is JSON since SQLite's text cannot hold every str.
"""

import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from pathlib import Path

from ofox_magic.errors import ConfigError

APPLICATION = 0x6F666F78  # "ofox": whose file this is
SCHEMA = 1
_LONGEST_WAIT = 2.0  # seconds for a lock of another kernel, which holds it for milliseconds
_TABLES = """
CREATE TABLE session (id TEXT PRIMARY KEY, name TEXT, current TEXT, began REAL, last REAL) WITHOUT ROWID;
CREATE TABLE run (id INTEGER PRIMARY KEY, turn TEXT, key TEXT, question TEXT, answer TEXT, asked REAL, ended REAL);
CREATE TABLE piece (run INTEGER, number INTEGER, kind TEXT, text TEXT, PRIMARY KEY (run, number)) WITHOUT ROWID;
CREATE TABLE place (
  session TEXT, conversation TEXT, position INTEGER, number INTEGER, run INTEGER, active INTEGER,
  PRIMARY KEY (session, conversation, position, number)
) WITHOUT ROWID;
CREATE TABLE picture (sha256 TEXT PRIMARY KEY, data BLOB);
"""


def default_path() -> Path:
    """Return where the journal is: in the user's data directory."""
    from platformdirs import user_data_path

    return user_data_path("ofox_magic", appauthor=False) / "journal.sqlite3"


def open_to_write(path: Path) -> sqlite3.Connection:
    """
    Return a connection for one thread, the file made where it is missing, readable by its owner alone.

    Raises OSError, sqlite3.Error, and ConfigError where the file is another program's or a later version's.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))  # by SQLite itself it would be made for all to read
    if os.name == "posix":
        path.chmod(0o600)
    connection = sqlite3.connect(path, timeout=_LONGEST_WAIT, isolation_level=None)
    try:
        _turn_wal_on(connection)
        connection.execute("PRAGMA synchronous=FULL")
        with transaction(connection):
            if _checked(connection, path) == 0:
                for statement in _TABLES.strip().split(";\n"):
                    connection.execute(statement)
                connection.execute(f"PRAGMA application_id={APPLICATION}")
                connection.execute(f"PRAGMA user_version={SCHEMA}")
    except BaseException:
        connection.close()
        raise
    return connection


@contextmanager
def open_to_read(path: Path) -> Iterator[sqlite3.Connection]:
    """Yield a connection that changes nothing. Raises as `open_to_write` does, and ConfigError for no journal."""
    if not path.exists():
        raise ConfigError(f"there is no journal at {path} yet: it begins with the first question")
    # where nobody writes and nobody can, SQLite has to be told so, or it asks for a file of locks beside it
    alone = not os.access(path.parent, os.W_OK) and not path.with_name(f"{path.name}-wal").exists()
    address = f"{path.resolve().as_uri()}?{'immutable=1' if alone else 'mode=ro'}"
    with closing(sqlite3.connect(address, uri=True, timeout=_LONGEST_WAIT)) as connection:
        if _checked(connection, path) == 0:
            raise ConfigError(f"there is nothing in the journal at {path} yet: it begins with the first question")
        connection.execute("BEGIN")  # all that is read is of one moment
        yield connection


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """All that is written in the block, or nothing."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        with suppress(sqlite3.Error):  # a full disk has rolled it back already
            connection.execute("ROLLBACK")
        raise


def set_aside(path: Path) -> Path:
    """Rename the damaged file at *path*, and what belongs to it, and return its new name. Nothing is deleted."""
    stamp = time.strftime("%Y%m%d-%H%M%S")
    aside = path.with_name(f"{path.stem}.damaged-{stamp}-{os.getpid()}{path.suffix}")
    for end in ("-wal", "-shm", ""):
        with suppress(FileNotFoundError):
            path.with_name(path.name + end).rename(aside.with_name(aside.name + end))
    return aside


def _turn_wal_on(connection: sqlite3.Connection) -> None:
    """SQLite does not wait here: where two kernels make the file at once, one is refused on the spot."""
    deadline = time.monotonic() + _LONGEST_WAIT
    while True:
        try:
            connection.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= deadline:
                raise
            time.sleep(0.02)
        else:
            return


def _checked(connection: sqlite3.Connection, path: Path) -> int:
    """Return the version of what is in the file, 0 where it is empty. Raises ConfigError where it is not ours."""
    (application,) = connection.execute("PRAGMA application_id").fetchone()
    (version,) = connection.execute("PRAGMA user_version").fetchone()
    (tables,) = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if not tables and not version:
        return 0
    if application != APPLICATION:
        raise ConfigError(f"{path} is another program's database, and is left alone")
    if version > SCHEMA:
        raise ConfigError(f"{path} is of version {version} and {SCHEMA} is what is known here: use a newer ofox_magic")
    return int(version)
