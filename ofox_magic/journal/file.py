"""The file as it is written: opened when needed, opened again after a failure, begun anew where it is beyond help."""

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path

from ofox_magic.chat.turn import Turn
from ofox_magic.errors import ConfigError
from ofox_magic.journal.problems import is_damage, reason
from ofox_magic.journal.recording import Recording
from ofox_magic.journal.storage import open_to_write, set_aside, transaction


class JournalFile:
    """
    The file at *path*, for one thread; *say* is told what is wrong, and what follows of it.

    `is_failing`: the last write was refused. `is_off`: none is tried any more.
    """

    def __init__(self, path: Path, say: Callable[[str, str], None], clock: Callable[[], float]) -> None:
        self.is_failing = False
        self.is_off = False
        self._path = path
        self._say = say
        self._clock = clock
        self._connection: sqlite3.Connection | None = None
        self._identity: tuple[int, int] | None = None

    def write(self, recordings: Sequence[Recording], turns: dict[str, Turn]) -> None:
        """Write what *recordings* are behind with, all or nothing; those of *turns* that ended are taken out."""
        for _ in range(2):  # the second time into a new file
            if self.is_off or self._tried(recordings, turns):
                return

    def disconnect(self) -> None:
        """Close the file; the next write opens it."""
        if self._connection is not None:
            with suppress(sqlite3.Error):
                self._connection.close()
            self._connection = None

    def _tried(self, recordings: Sequence[Recording], turns: dict[str, Turn]) -> bool:
        """Write; return False where it can be tried again at once."""
        try:
            self._notice_another(recordings)
            self._commit(recordings, turns)
        except Exception as error:  # noqa: BLE001 - whatever it is, the conversation goes on and a later try may do
            self.is_failing = True
            self.disconnect()
            return not self._recover(error)
        self.is_failing = False
        return True

    def _commit(self, recordings: Sequence[Recording], turns: dict[str, Turn]) -> None:
        over = [turn_id for turn_id, turn in tuple(turns.items()) if turn.reply.settled]
        behind = [recording for recording in recordings if recording.is_behind(turns)]
        if behind:
            connection = self._connected()
            with transaction(connection):
                for recording in behind:
                    recording.write(connection, turns, self._clock())
            for recording in behind:
                recording.committed()
        for turn_id in over:
            turns.pop(turn_id, None)

    def _recover(self, error: Exception) -> bool:
        """Say what is wrong; return whether the damaged file is out of the way."""
        if is_damage(error) and self._identity == _identity(self._path):
            return self._set_aside()
        if isinstance(error, ConfigError):  # the file is sound, and not ours to write
            self.is_off = True
            self._say(str(error), "nothing is written")
        else:
            self._say(reason(error), "the conversation goes on, and is written once that can be done")
        return False

    def _set_aside(self) -> bool:
        try:
            aside = set_aside(self._path)
        except OSError as error:
            self.is_off = True
            self._say(f"it is damaged, and cannot be renamed ({reason(error)})", "nothing is written")
            return False
        self._say("it was damaged", f"it is kept as {aside.name}, and a new one begins with this session")
        return True

    def _notice_another(self, recordings: Sequence[Recording]) -> None:
        """Where the file was deleted or replaced, all is written into the one that has its name now."""
        if self._identity is not None and self._identity != _identity(self._path):
            self.disconnect()
            self._identity = None
            for recording in recordings:
                recording.forget()

    def _connected(self) -> sqlite3.Connection:
        if self._connection is None:
            self._identity = _identity(self._path)
            self._connection = open_to_write(self._path)
            self._identity = _identity(self._path)
        return self._connection


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino
