"""What the tests of the journal share: a session that is written, and what was said about it."""

import sqlite3
import threading
import time
from contextlib import closing, contextmanager

from ofox_magic.chat.session import Session
from ofox_magic.journal import Journal
from ofox_magic.testing import ScriptedTransport


class Scene:
    """A journal in *path* and a session over scripted *answers*; `said` is what was said of problems."""

    def __init__(self, path, *answers, name="", **given):
        self.said: list[str] = []
        self.path = path
        self.transport = ScriptedTransport(*answers)
        self.journal = Journal(path, on_problem=self.said.append, **given)
        self.session = Session(
            self.transport, default_model=lambda: "scripted/model", before_send=self.journal.before_send
        )
        self.detach = self.journal.attach(self.session, name)

    def ask(self, *content, **given):
        turn = self.session.ask(*content, **given)
        turn.wait(20)
        return turn

    def loaded(self, number=0):
        """What the session *number*, counted from the last that changed, is on disk."""
        assert self.journal.flush(20)
        return self.journal.load(self.journal.sessions()[number].id)

    def now(self):
        """The current conversation, as it is on disk."""
        loaded = self.loaded()
        return loaded.conversations[loaded.current]

    def texts(self):
        return [said(exchange) for exchange in self.now().exchanges]

    def close(self):
        self.journal.close()
        assert not [thread for thread in threading.enumerate() if thread is self.journal._thread]


def said(exchange):
    version = exchange.version
    return version.question[0].text, version.answer.text if version.answer else None


def eventually(is_so):
    """Look until *is_so* says something true, at most 20 seconds, and return what it said last."""
    deadline = time.monotonic() + 20
    while not (found := is_so()) and time.monotonic() < deadline:
        time.sleep(0.02)
    return found


@contextmanager
def locked_for(path, seconds):
    """Another kernel holds the lock of the file, which it may be making, for *seconds* or until the block is left."""
    with closing(sqlite3.connect(path, isolation_level=None, check_same_thread=False)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        unlock = threading.Timer(seconds, connection.execute, ("ROLLBACK",))
        unlock.start()
        try:
            yield
        finally:
            unlock.cancel()
            unlock.join()
