"""What the journal holds: which sessions there are, and their conversations as they were."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256
from itertools import groupby
from pathlib import Path
from typing import Any

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.part_records import FindPicture, Record
from ofox_magic.chat.records import version_of
from ofox_magic.errors import ConfigError
from ofox_magic.journal.problems import in_words
from ofox_magic.journal.runs import Runs
from ofox_magic.journal.storage import open_to_read
from ofox_magic.untrusted import one_line

_CUT = "the kernel ended before this answer did"
_TITLE = 80
_LIST = """
SELECT session.id, name, current, began, last,
  (SELECT count(DISTINCT position) FROM place WHERE session = session.id AND conversation = current),
  (SELECT question FROM place JOIN run ON run.id = place.run
   WHERE session = session.id AND conversation = current ORDER BY position, number LIMIT 1)
FROM session ORDER BY last DESC, began DESC
"""
_PLACES = """
SELECT conversation, position, active, run, turn, key, question, answer FROM place JOIN run ON run.id = place.run
WHERE session = ? ORDER BY conversation, position, number
"""


@dataclass(frozen=True, slots=True)
class SessionInfo:
    """
    A session of the journal: *began* and *last* changed in seconds since 1970.

    *turns* are those of the *conversation* that it was in, *question* is the record of the first one there.
    """

    id: str
    name: str
    conversation: str
    began: float
    last: float
    turns: int
    question: str | None = field(repr=False)

    @property
    def title(self) -> str:
        """The start of the first question, on one line; empty where there is none."""
        if self.question is None:
            return ""
        parts = (part for message in json.loads(self.question)["question"] for part in message["parts"])
        return one_line(" ".join(part["text"] for part in parts if part["type"] == "text"), _TITLE)


@dataclass(frozen=True, slots=True)
class Loaded:
    """
    The conversations of a session by name, and which of them was *current*.

    *runs* tells which of their versions are in the file already: see `Journal.adopt`.
    """

    conversations: Mapping[str, Conversation]
    current: str
    runs: Runs


def sessions(path: Path) -> tuple[SessionInfo, ...]:
    """Return the sessions in the journal at *path*, the one that changed last first. Raises ConfigError, one line."""
    with in_words(path):
        if not path.exists():
            return ()
        with open_to_read(path) as connection:
            return tuple(SessionInfo(*row) for row in connection.execute(_LIST))


def load(path: Path, session_id: str) -> Loaded:
    """Return what the session *session_id* was. Raises ConfigError, one line, where there is none or it is damaged."""
    with in_words(path), open_to_read(path) as connection:
        found = connection.execute("SELECT current FROM session WHERE id = ?", (session_id,)).fetchone()
        if found is None:
            raise ConfigError(f"the journal holds no session {session_id!r}: %ofox sessions lists them")
        reader = _Reader(connection)
        rows = connection.execute(_PLACES, (session_id,))
        conversations = {
            name: Conversation(tuple(reader.exchanges(places))) for name, places in groupby(rows, lambda row: row[0])
        }
        return Loaded({found[0]: Conversation()} | conversations, found[0], reader.runs)


class _Reader:
    """Makes values of rows; a run that stands in several places becomes one Version."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.runs = Runs()
        self._connection = connection
        self._versions: dict[int, Version] = {}
        self._find = _pictures(connection)

    def exchanges(self, places: Iterator[Any]) -> Iterator[Exchange]:
        """Yield an exchange for the places of each position."""
        for _, group in groupby(places, lambda row: row[1]):
            rows = list(group)
            active = [row[2] for row in rows].index(True)
            yield Exchange(rows[0][4], rows[0][5], tuple(self._version(row) for row in rows), active)

    def _version(self, row: Any) -> Version:
        run, question, answer = row[3], row[6], row[7]
        if run not in self._versions:
            came = json.loads(answer) if answer else self._unfinished(run)
            version = version_of(json.loads(question) | came, self._find)
            self._versions[run] = version
            if answer:
                self.runs.add(version, run)
        return self._versions[run]

    def _unfinished(self, run: int) -> Record:
        """Return what had come of an answer that never ended."""
        steps: list[Record] = []
        said = {"reasoning": "", "text": ""}
        for kind, written in self._connection.execute(
            "SELECT kind, text FROM piece WHERE run = ? ORDER BY number", (run,)
        ):
            text = json.loads(written)
            if kind == "step":
                steps.append(json.loads(text))
                said = dict.fromkeys(said, "")  # the step holds it
            else:
                said[kind] += text
        parts = [{"type": kind, "text": text} for kind, text in said.items() if text]
        answer = {"role": "assistant", "parts": parts} if parts else None
        return {"answer": answer, "error": _CUT, "steps": steps}


def _pictures(connection: sqlite3.Connection) -> FindPicture:
    @cache
    def find(digest: str) -> bytes | None:
        row = connection.execute("SELECT data FROM picture WHERE sha256 = ?", (digest,)).fetchone()
        return row[0] if row and sha256(row[0]).hexdigest() == digest else None

    return find
