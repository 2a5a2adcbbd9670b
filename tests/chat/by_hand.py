"""
A gateway, a toolbox and a Stop key that are moved by hand: nothing happens but what a test does next.

So whatever comes between two events is chosen, repeated and made smaller, and no thread has to be waited for.
"""

import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field

from ofox_magic.chat import account, conversation, histories, history, runner, session, subscribers, turn
from ofox_magic.chat.events import Event, Finished
from ofox_magic.chat.parts import Image
from ofox_magic.chat.tools import Outcome, ReadyCall
from ofox_magic.chat.transport import Abandoned, OnEvent, Request

_OURS = {module.__file__ for module in (account, conversation, histories, history, runner, session, subscribers, turn)}


@dataclass(eq=False)
class Connection:
    """One request that left; `is_open` until its Finished came, or the session would hear no more (`is_left`)."""

    request: Request
    on_event: OnEvent
    is_open: bool = True
    cancelled: bool = False

    def say(self, event: Event) -> None:
        """Let *event* come."""
        assert self.is_open
        try:
            self.on_event(event)
        except Abandoned:
            self.is_open = False
        else:
            self.is_open = not isinstance(event, Finished)

    def cancel(self) -> None:
        self.cancelled = True

    def end(self) -> None:
        """Let the end come, the one that was asked for."""
        self.say(Finished(stopped=self.cancelled))

    @property
    def is_left(self) -> bool:
        """Whether the turn is over that it was opened for."""
        return self.on_event.args[0].turn.reply.settled


@dataclass
class Gateway:
    """A Transport. *at_start* is what the next request meets: an exception, or events before `start` returns."""

    at_start: BaseException | tuple[Event, ...] = ()
    connections: list[Connection] = field(default_factory=list)

    def start(self, request, on_event):
        met, self.at_start = self.at_start, ()
        if isinstance(met, KeyboardInterrupt) and threading.current_thread() is not threading.main_thread():
            met = ()  # Stop is heard on the main thread alone
        if isinstance(met, BaseException):
            raise met
        connection = Connection(request, on_event)
        self.connections.append(connection)
        for event in met:
            if connection.is_open:
                connection.say(event)
        return connection.cancel

    def card(self, model):
        return None

    @property
    def live(self) -> Connection | None:
        """The connection on which something may come."""
        return next((connection for connection in self.connections if connection.is_open), None)


class Toolbox:
    """Tools that answer each call; before that, *meanwhile* happens once."""

    definitions = ({"type": "function", "function": {"name": "f"}},)

    def __init__(self) -> None:
        self.meanwhile = lambda: None
        self.ran = []

    def call_of(self, call):
        return ReadyCall(call, call.name, True, lambda: None)

    def run(self, ready, consent):
        self.ran.append(ready.call.id)
        happens, self.meanwhile = self.meanwhile, lambda: None
        happens()
        parts = (Image(b"\x89PNG" + bytes(20), width=1, height=1),) if ready.call.name == "picture" else ()
        return Outcome(ready.call, "done", f"result of {ready.call.id}", "", parts)


def elsewhere(action):
    """Return what *action* gives on another thread; what it raises is raised here."""
    found = []

    def run():
        try:
            found.append((action(), None))
        except Exception as error:  # noqa: BLE001 - raised below
            found.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(30)
    value, error = found[0]
    if error:
        raise error
    return value


@contextmanager
def interrupted_at(entry: int):
    """Press Stop while the session enters its function number *entry*, counted from 1, if it enters so many."""
    left = entry

    def trace(frame, event, _):
        nonlocal left
        if event == "call" and frame.f_code.co_filename in _OURS:
            left -= 1
            if not left:
                sys.settrace(None)
                raise KeyboardInterrupt

    before = sys.gettrace()
    sys.settrace(trace)
    try:
        yield
    finally:
        sys.settrace(before)
