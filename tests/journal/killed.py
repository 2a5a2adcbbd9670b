"""
A conversation that is killed: `python -m tests.journal.killed FILE [SAYING]` talks until it is ended from outside.

Each line it prints is a promise, made after the fact: `asked N` once the request leaves, `streamed N K` when the answer
has come up to its word K, `settled N` once the journal says that the answer is on disk. With SAYING `every-write` it
kills itself: right after the COMMIT whose number comes from the environment.
"""

import os
import signal
import sys
import time
from pathlib import Path
from threading import Thread

from ofox_magic.chat.events import Finished, FinishReason, TextDelta
from ofox_magic.chat.parts import Image
from ofox_magic.chat.session import Session
from ofox_magic.journal import Journal, storage

WORDS = 60
KILL_AFTER = "KILL_AFTER_STATEMENT"


def word(turn: int, number: int) -> str:
    return f"word-{turn}-{number} "


class Talker:
    """A transport that answers with WORDS words, *pause* seconds between two, and says what it did."""

    def __init__(self, pause: float) -> None:
        self.count = 0
        self.pause = pause

    def start(self, request, on_event):
        self.count += 1
        promise(f"asked {self.count}")
        Thread(target=self._answer, args=(self.count, on_event), daemon=True).start()
        return lambda: None

    def _answer(self, turn, on_event):
        for number in range(WORDS):
            on_event(TextDelta(word(turn, number)))
            promise(f"streamed {turn} {number}")
            time.sleep(self.pause)
        on_event(FinishReason("stop"))
        on_event(Finished())

    def card(self, model):
        return None


def promise(text: str) -> None:
    os.write(1, f"{time.monotonic()} {text}\n".encode())


def kill_after(statement: int) -> None:
    """Let SQLite run as it does, and end this process the hard way right after its *statement*th statement."""
    real, done = storage.open_to_write, 0

    def counting(path):
        nonlocal done
        connection = real(path)

        def trace(text):
            nonlocal done
            # told before the statement runs: so the one before it is done
            if done == statement:
                os.kill(os.getpid(), signal.SIGKILL)
            done += 1

        connection.set_trace_callback(trace)
        return connection

    from ofox_magic.journal import file

    file.open_to_write = counting


def main(path: Path) -> None:
    if KILL_AFTER in os.environ:
        kill_after(int(os.environ[KILL_AFTER]))
    journal = Journal(path, on_problem=lambda line: promise(f"problem {line}"))
    talker = Talker(pause=float(os.environ.get("PAUSE", "0.004")))
    session = Session(talker, default_model=lambda: "m", before_send=journal.before_send)
    journal.attach(session, "")
    for number in range(1, 10_000):
        session.ask(f"question {number}", Image(number.to_bytes(4) * 500)).wait()
        journal.flush()
        promise(f"settled {number}")
        if number % 7 == 0:
            session.undo()
            session.redo()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
