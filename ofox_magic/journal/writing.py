"""The thread that writes, what it is woken by, and what is said where it cannot."""

import atexit
import os
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from threading import Event, Lock, Thread
from typing import Protocol

from ofox_magic.chat.notices import HistoryReplaced, Notice, Settled
from ofox_magic.chat.subscribers import Subscriber
from ofox_magic.chat.transport import Request
from ofox_magic.chat.turn import POLL, Turn
from ofox_magic.journal import reading
from ofox_magic.journal.file import JournalFile
from ofox_magic.journal.recording import Recording, Source

PULSE = 0.5
"""Seconds between two looks at an answer that comes."""
_LONGEST_WAIT = 1.0  # seconds that a question waits to be on disk
_LAST_WAIT = 2.0  # seconds for the last write when the process ends
_TRY_AGAIN = 5.0  # seconds between two tries of what failed


class Watched(Source, Protocol):
    """A Session."""

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """Call *callback* with every notice."""
        ...


class Journal:
    """
    Writes sessions into the file at *path*, on one thread with one connection.

    *on_problem* is told each kind of problem once, in one line, on any thread; the conversation goes on, and what
    could not be written is written as soon as it can be. *mask* goes over all text. *clock* is in seconds since 1970.
    A forked child writes nothing.
    """

    def __init__(
        self,
        path: Path,
        *,
        on_problem: Callable[[str], None],
        mask: Callable[[str], str] = lambda text: text,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.path = path
        self._on_problem = on_problem
        self._mask = mask
        self._pid = os.getpid()
        self._recordings: list[Recording] = []
        self._turns: dict[str, Turn] = {}
        self._wakes: SimpleQueue[Event | None] = SimpleQueue()
        self._thread: Thread | None = None
        self._starting = Lock()
        self._stopping = False
        self._file = JournalFile(path, self._say, clock)
        self._said: set[str] = set()

    # -- from any thread ----------------------------------------------------------------------------------------------

    def attach(self, session: Watched, name: str) -> Callable[[], None]:
        """Write *session*, called *name* in the list, from now on; the function that is returned ends it."""
        recording = Recording(session, name, self._mask)
        self._recordings.append(recording)
        unsubscribe = session.subscribe(self._told)

        def detach() -> None:
            unsubscribe()
            self.flush()
            if recording in self._recordings:
                self._recordings.remove(recording)

        return detach

    def adopt(self, loaded: reading.Loaded) -> None:
        """Know that *loaded* is in the file. Call it before the session has it, or it is written once more."""
        for recording in self._recordings:
            recording.runs.update(loaded.runs)

    def before_send(self, turn: Turn, request: Request) -> None:  # noqa: ARG002 - the hook of a Session
        """Wait until the question of *turn* is on disk, at most a second; where it is not by then, say so."""
        if not self._writes:
            return
        self._turns[turn.id] = turn
        if self._file.is_failing:
            self._wake()  # it was said, and nobody waits for it each time
        elif not self.flush(_LONGEST_WAIT):
            self._say("it is slow", "the question is sent and not yet on disk")

    def flush(self, timeout: float = _LAST_WAIT) -> bool:
        """Wait until what stands now was written or refused, at most *timeout* seconds. Returns whether it was."""
        done = Event()
        self._wake(done)
        deadline = time.monotonic() + timeout
        while self._writes and not done.wait(POLL):  # an untimed wait would not hear the kernel's interrupt everywhere
            if time.monotonic() >= deadline:
                return False
        return True

    def close(self) -> None:
        """Write what is left, at most two seconds long, and end the thread; a later question starts it again."""
        thread = self._thread
        if thread is None or os.getpid() != self._pid:
            return
        self._stopping = True
        self._wakes.put(None)
        thread.join(_LAST_WAIT)
        atexit.unregister(self.close)

    @property
    def own_ids(self) -> frozenset[str]:
        """The ids of the sessions that are written here."""
        return frozenset(recording.id for recording in self._recordings)

    def sessions(self) -> tuple[reading.SessionInfo, ...]:
        """Return what is in the file, the session that changed last first. Raises ConfigError, one line."""
        return reading.sessions(self.path)

    def load(self, session_id: str) -> reading.Loaded:
        """Return what the session *session_id* was. Raises ConfigError, one line."""
        return reading.load(self.path, session_id)

    @property
    def _writes(self) -> bool:
        return os.getpid() == self._pid and not self._file.is_off

    def _told(self, notice: Notice) -> None:
        if isinstance(notice, Settled | HistoryReplaced):
            self._wake()

    def _wake(self, done: Event | None = None) -> None:
        if not self._writes:
            return
        self._wakes.put(done)
        with self._starting, suppress(RuntimeError):  # while the interpreter ends, no thread starts
            if self._thread is None:
                self._stopping = False
                thread = Thread(target=self._write_on, name="ofox-journal", daemon=True)
                thread.start()
                self._thread = thread
                atexit.register(self.close)

    # -- on the writer's thread ---------------------------------------------------------------------------------------

    def _write_on(self) -> None:
        while not self._stopping and self._writes:
            woken = self._woken()
            self._file.write(tuple(self._recordings), self._turns)
            for done in woken:
                done.set()
        self._file.disconnect()
        with self._starting:
            self._thread = None

    def _woken(self) -> list[Event]:
        beat = _TRY_AGAIN if self._file.is_failing else PULSE if self._turns else None
        woken = []
        with suppress(Empty):
            woken.append(self._wakes.get(timeout=beat))
            while True:
                woken.append(self._wakes.get_nowait())
        return [done for done in woken if done]

    def _say(self, what: str, then: str) -> None:
        if what not in self._said:
            self._said.add(what)
            with suppress(Exception):
                self._on_problem(f"the journal at {self.path}: {what}; {then}. OFOX_JOURNAL=0 turns it off")
