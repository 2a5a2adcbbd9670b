"""What can be wrong with the file, in one line each, and whether it can be helped by a new one. Pure."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ofox_magic.errors import ConfigError, OfoxError

_DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
_WORDS = {
    sqlite3.SQLITE_BUSY: "another program holds it locked",
    sqlite3.SQLITE_LOCKED: "another program holds it locked",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_READONLY: "it cannot be written (read-only, or not yours)",
    sqlite3.SQLITE_CANTOPEN: "it cannot be opened (the directory is missing, read-only, or not yours)",
    sqlite3.SQLITE_PERM: "it is not yours to open",
    sqlite3.SQLITE_AUTH: "it is not yours to open",
    sqlite3.SQLITE_IOERR: "the disk fails (or is full)",
    sqlite3.SQLITE_CORRUPT: "it is damaged",
    sqlite3.SQLITE_NOTADB: "it is damaged, or no database",
}


def is_damage(error: BaseException) -> bool:
    """Whether *error* says that what is in the file cannot be read, now or ever."""
    return _code(error) in _DAMAGED


def reason(error: BaseException) -> str:
    """Return what is wrong, in a few words that are the same for the same kind of thing."""
    if isinstance(error, OfoxError):
        return str(error)
    if isinstance(error, OSError):
        return (error.strerror or type(error).__name__).lower()
    return _WORDS.get(_code(error), f"{type(error).__name__}: {error}")


@contextmanager
def in_words(path: Path) -> Iterator[None]:
    """Turn what goes wrong while the journal at *path* is read into a ConfigError of one line."""
    try:
        yield
    except ConfigError:
        raise
    except (sqlite3.Error, OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"the journal at {path} cannot be read: {reason(error)}. It is left as it is") from None


def _code(error: BaseException) -> int:
    """SQLite's primary result code."""
    return int(getattr(error, "sqlite_errorcode", -1)) & 0xFF
