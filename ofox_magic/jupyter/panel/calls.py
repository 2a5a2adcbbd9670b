"""
Tools in the panel: what a model calls runs on the kernel's main thread, once no cell runs there and the user agreed.

A cell that waits for its own turn behind such a one runs the calls meanwhile, as it does for any turn of the session.
"""

import signal
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, replace
from functools import partial
from io import StringIO
from typing import Any, TypeAlias

from ofox_magic.chat.parts import Part, ToolCall
from ofox_magic.chat.session import Session
from ofox_magic.chat.tools import Consent, Outcome, ReadyCall, Refusal, Tools
from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.call_bundle import call_line
from ofox_magic.jupyter.panel.consent import PageConsent
from ofox_magic.jupyter.panel.heads import Values
from ofox_magic.untrusted import printable

Later: TypeAlias = Callable[[Callable[[], None]], Any]
"""Runs what it is given on the kernel's main thread, once no cell runs."""
Offer: TypeAlias = Callable[[Sequence[str], Sequence[Part]], Tools]
"""Makes what the words that were chosen offer for a question of those parts. Raises ConfigError."""
MOST_PRINTED = 10_000
"""Characters of what the calls of a turn print that are kept for the page, the last ones."""
_MOST_TURNS = 200


@dataclass(eq=False)
class CallsOfTurn:
    """What is known of the calls of one *turn*, and what it is asked with; without *tools* there are none."""

    consent: PageConsent
    tools: Tools | None = None
    turn: Turn | None = None
    running: str = ""
    printed: str = ""

    @property
    def given(self) -> dict[str, Any]:
        """What `Session.ask` is given."""
        return {"tools": self.tools, "consent": self.consent} if self.tools else {}


class Calls:
    """
    Runs what the model calls in turns that were asked in the panel.

    *offer*: see Offer. *later*: see Later. *printed* takes what is printed meanwhile. *tell* is called with a turn's
    id, on whichever thread, when there is something new of its calls; *left* with the line of a call that runs on after
    its turn was stopped, and with nothing once it has ended.
    """

    def __init__(
        self,
        session: Session,
        offer: Offer,
        later: Later,
        printed: Callable[[], AbstractContextManager[StringIO]],
        *,
        tell: Callable[[str], None],
        left: Callable[[str], None],
    ) -> None:
        self._session = session
        self._offer = offer
        self._later = later
        self._printed = printed
        self._tell = tell
        self._left = left
        self._turns: OrderedDict[str, CallsOfTurn] = OrderedDict()

    def offered(self, words: Sequence[str], parts: Sequence[Part]) -> CallsOfTurn:
        """Return what a question of *parts* is asked with, so that the model may call what *words* name."""
        calls = CallsOfTurn(PageConsent(lambda: self._tell_of(calls)))
        tools = self._offer(words, parts) if words else None
        if tools and tools.definitions:
            calls.tools = WatchedTools(tools, partial(self._begin, calls), partial(self._end, calls))
        return calls

    def belong(self, calls: CallsOfTurn, turn: Turn) -> None:
        """*turn* was asked with *calls*."""
        calls.turn = turn
        self._turns[turn.id] = calls
        while len(self._turns) > _MOST_TURNS:
            self._turns.popitem(last=False)
        if turn.state == "tools":  # its answer was here before this
            self._tell(turn.id)
            self.serve(turn.id)

    def values(self, turn_id: str) -> Values:
        """Return what is to be shown of the calls of a turn: the one that is asked about or runs, what they printed."""
        calls = self._turns.get(turn_id)
        asking = calls.consent.asking if calls else None
        return {
            "asking": {"number": asking.number, "described": asking.described} if asking else None,
            "running": calls.running if calls else "",
            "printed": calls.printed if calls else "",
        }

    def serve(self, turn_id: str) -> None:
        """See that the calls are run for which that turn waits, if it was asked here."""
        if turn_id in self._turns:
            self._later(partial(self._serve, turn_id))

    def answer(self, turn_id: str, number: int, *, yes: bool) -> bool:
        """Take the user's answer to a question; returns whether it was open."""
        calls = self._turns.get(turn_id)
        if calls is None or not calls.consent.answer(number, yes=yes):
            return False
        self.serve(turn_id)
        return True

    def stopped(self, turn_id: str) -> None:
        """The turn was stopped. A call of it that runs goes on, since nothing ends it but an interrupt."""
        calls = self._turns.get(turn_id)
        if calls is not None and calls.running:
            self._left(calls.running)

    def _serve(self, turn_id: str) -> None:
        calls = self._turns.get(turn_id)
        if calls is None or calls.turn is None or calls.turn.state != "tools":
            return
        with self._printed() as written:
            try:
                with _interruptible():
                    self._session.serve()
            except KeyboardInterrupt:
                pass  # it has stopped the turn; further up it would end the kernel
        self._keep(calls, written.getvalue())

    def _keep(self, calls: CallsOfTurn, printed: str) -> None:
        if printed:
            calls.printed = (calls.printed + printable(printed))[-MOST_PRINTED:]
            self._tell_of(calls)

    def _begin(self, calls: CallsOfTurn, line: str) -> None:
        calls.running = line
        self._tell_of(calls)

    def _end(self, calls: CallsOfTurn) -> None:
        calls.running = ""
        if calls.turn is not None and calls.turn.reply.settled:  # it was stopped meanwhile
            self._left("")

    def _tell_of(self, calls: CallsOfTurn) -> None:
        if calls.turn is not None:
            self._tell(calls.turn.id)


class WatchedTools:
    """*tools*; *begin* is told the line of each call that begins to run, *end* that it has ended."""

    def __init__(self, tools: Tools, begin: Callable[[str], None], end: Callable[[], None]) -> None:
        self._tools = tools
        self._begin = begin
        self._end = end

    @property
    def definitions(self) -> Sequence[dict[str, Any]]:
        """What goes into a request as `tools`."""
        return self._tools.definitions

    def call_of(self, call: ToolCall) -> ReadyCall | Refusal:
        """Check *call*."""
        return self._tools.call_of(call)

    def run(self, ready: ReadyCall, consent: Consent | None) -> Outcome | None:
        """Run *ready* if it may be."""
        return self._tools.run(replace(ready, function=partial(self._run, ready)), consent)

    def _run(self, ready: ReadyCall) -> object:
        self._begin(call_line(ready.described))
        try:
            return ready.function()
        finally:
            self._end()


@contextmanager
def _interruptible() -> Iterator[None]:
    """Let an interrupt of the kernel through, which ignores it between cells. Only the main thread can hear one."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
