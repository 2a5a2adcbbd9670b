"""
One session, and what of it is in the file.

Nothing is told what changed: what stands in the session is compared with what was written, and the difference goes
into the file. So undo, re-runs and forks need no rules of their own, and what a full disk refused is made up for.
"""

import json
import sqlite3
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Protocol
from uuid import uuid4

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.records import answer_record, masked, pictures, question_record
from ofox_magic.chat.reply import SETTLED
from ofox_magic.chat.turn import Turn
from ofox_magic.journal.runs import OpenRun, Runs

_ROOM = 1000  # runs that are remembered beyond those that stand somewhere
_STRETCH = 256
_UNDONE = 16  # runs that were undone before they ended, and may come back by redo
_NO_CONVERSATION = Conversation()


class Source(Protocol):
    """What a recording reads: a Session."""

    @property
    def name(self) -> str:
        """The name of the conversation that is the current one."""
        ...

    @property
    def conversations(self) -> Mapping[str, Conversation]:
        """All conversations as they stand, by name."""
        ...


@dataclass(slots=True)
class _State:
    """What is in the file: conversations by name, the current one, and the runs without an end by turn."""

    written: dict[str, Conversation] = field(default_factory=dict)
    current: str = ""
    open: dict[str, OpenRun] = field(default_factory=dict)
    fresh: Runs = field(default_factory=Runs)


class Recording:
    """
    The session *source*, called *name*; *mask* goes over all text.

    `write` puts into the file what differs; `committed` says that it stays there. Without that, it is written again.
    """

    def __init__(self, source: Source, name: str, mask: Callable[[str], str]) -> None:
        self.id = uuid4().hex[:12]
        self.runs = Runs()
        self._source = source
        self._name = name
        self._mask = mask
        self._now = 0.0
        self._turns: Mapping[str, Turn] = {}
        self._state = _State()
        self._next = _State()

    def forget(self) -> None:
        """Begin in another file, where nothing is written yet."""
        self.runs, self._state = Runs(), _State()

    def is_behind(self, turns: Mapping[str, Turn]) -> bool:
        """Whether there is something to write; *turns* are those under way, by id."""
        standing, state = self._source.conversations, self._state
        return (
            any(self._differs(name, conversation) for name, conversation in standing.items())
            or bool(state.written and self._source.name != state.current)
            or any(run.is_behind(turn.reply) for run, turn in _under_way(state.open, turns))
        )

    def write(self, connection: sqlite3.Connection, turns: Mapping[str, Turn], now: float) -> None:
        """Write the difference, within a transaction; *now* in seconds since 1970."""
        self._now, self._turns = now, turns
        standing = dict(self._source.conversations)
        then = self._next = _State(standing, self._source.name, dict(self._state.open))
        for name, conversation in standing.items():
            self._place(connection, name, self._state.written.get(name, _NO_CONVERSATION), conversation)
        for run, turn in _under_way(then.open, turns):
            then.open[turn.id] = self._add_pieces(connection, run, turn)
        then.open = dict(tuple(then.open.items())[-_UNDONE:])
        connection.execute(
            "INSERT INTO session VALUES (?, ?, ?, ?, ?) "
            "ON CONFLICT (id) DO UPDATE SET current = excluded.current, last = excluded.last",
            (self.id, self._mask(self._name), self._mask(then.current), now, now),
        )

    def committed(self) -> None:
        """What was written stays."""
        self._state = self._next
        self.runs.update(self._state.fresh)
        self._state.fresh = Runs()
        written = self._state.written.values()
        if len(self.runs) > 2 * sum(map(len, written)) + _ROOM:
            self.runs.keep(written)

    def _differs(self, name: str, conversation: Conversation) -> bool:
        written = self._state.written.get(name)
        return conversation is not written and (len(conversation) > 0 or written is not None)

    def _place(self, connection: sqlite3.Connection, name: str, old: Conversation, new: Conversation) -> None:
        if old is new:
            return
        where = (self.id, self._mask(name))
        for position in _changed(old.exchanges, new.exchanges):
            exchange = new.exchanges[position]
            rows = [
                (*where, position, number, self._run(connection, exchange, version), number == exchange.active)
                for number, version in enumerate(exchange.versions)
            ]
            connection.execute(
                "DELETE FROM place WHERE session=? AND conversation=? AND position=?", (*where, position)
            )
            connection.executemany("INSERT INTO place VALUES (?, ?, ?, ?, ?, ?)", rows)
        if len(new) < len(old) or not len(old):
            connection.execute(
                "DELETE FROM place WHERE session=? AND conversation=? AND position>=?", (*where, len(new))
            )

    def _run(self, connection: sqlite3.Connection, exchange: Exchange, version: Version) -> int:
        """Return the number of the run that *version* is, written where it is not there yet."""
        known = self.runs.find(version) or self._next.fresh.find(version)
        if known:
            return known
        run = self._next.open.get(exchange.id)
        settled = version.status in SETTLED
        if run and settled and run.question is version.question:
            self._end(connection, run, version)
            number = run.number
            del self._next.open[exchange.id]
        else:
            number = self._insert(connection, exchange, version, settled=settled)
        if not settled:
            self._next.open[exchange.id] = OpenRun(number, version.question)
        self._next.fresh.add(version, number)
        return number

    def _insert(self, connection: sqlite3.Connection, exchange: Exchange, version: Version, *, settled: bool) -> int:
        answer, ended = (self._json(answer_record(version)), self._now) if settled else (None, None)
        turn = self._turns.get(exchange.id)
        question = self._json(question_record(version.question) | {"model": turn.model if turn else None})
        row = (self._mask(exchange.id), exchange.key and self._mask(exchange.key), question, answer, self._now, ended)
        messages = (*version.question, *version.steps, *((version.answer,) if version.answer else ()))
        connection.executemany("INSERT OR IGNORE INTO picture VALUES (?, ?)", pictures(messages))
        cursor = connection.execute(
            "INSERT INTO run (turn, key, question, answer, asked, ended) VALUES (?, ?, ?, ?, ?, ?)", row
        )
        return cursor.lastrowid or 0

    def _end(self, connection: sqlite3.Connection, run: OpenRun, version: Version) -> None:
        answer = self._json(answer_record(version))
        connection.executemany("INSERT OR IGNORE INTO picture VALUES (?, ?)", pictures(version.steps))
        connection.execute("UPDATE run SET answer=?, ended=? WHERE id=?", (answer, self._now, run.number))
        connection.execute("DELETE FROM piece WHERE run=?", (run.number,))

    def _add_pieces(self, connection: sqlite3.Connection, run: OpenRun, turn: Turn) -> OpenRun:
        pieces, then = run.take(turn.reply)
        steps = turn.reply.steps[run.steps : then.steps]
        connection.executemany("INSERT OR IGNORE INTO picture VALUES (?, ?)", pictures(steps))
        connection.executemany(
            "INSERT INTO piece VALUES (?, ?, ?, ?)",
            [(run.number, run.count + n, p.kind, self._json(p.text)) for n, p in enumerate(pieces)],
        )
        return then

    def _json(self, record: object) -> str:
        return json.dumps(masked(record, self._mask), separators=(",", ":"))


def _changed(old: tuple[Exchange, ...], new: tuple[Exchange, ...]) -> Iterator[int]:
    """Yield the positions at which *new* is not what *old* is: by stretches, since most of a long history stays."""
    for start in range(0, len(new), _STRETCH):
        before, after = old[start : start + _STRETCH], new[start : start + _STRETCH]
        if before != after:  # the same objects are not looked into
            yield from (start + n for n, exchange in enumerate(after) if n >= len(before) or before[n] is not exchange)


def _under_way(runs: Mapping[str, OpenRun], turns: Mapping[str, Turn]) -> list[tuple[OpenRun, Turn]]:
    """Pair the open *runs* with their turns; a turn asked again has the id of the one before, and its own question."""
    return [
        (run, turns[turn_id])
        for turn_id, run in runs.items()
        if turn_id in turns and turns[turn_id].question is run.question
    ]
