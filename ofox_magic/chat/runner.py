"""
Runs turns over a Transport: one at a time, in the order of asking.

Once a turn has started, its state changes on the transport's thread alone, so that an interrupt of the kernel never
lands inside a change.
"""

from collections import deque
from collections.abc import Callable
from functools import partial
from threading import Condition, get_ident
from typing import TypeAlias

from ofox_magic.chat.account import Account
from ofox_magic.chat.asked import Asked
from ofox_magic.chat.conversation import Version
from ofox_magic.chat.events import Event, Finished, TextDelta, ToolsAsked, ToolsRan
from ofox_magic.chat.notices import Delta, Settled, TurnAdded, TurnChanged
from ofox_magic.chat.parts import ToolCall
from ofox_magic.chat.subscribers import Subscribers
from ofox_magic.chat.tools import Outcome, Refusal
from ofox_magic.chat.transport import Abandoned, Cancel, Request, Transport
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import OfoxError

BeforeSend: TypeAlias = Callable[[Turn, Request], None]
"""Told of each request before it leaves, on whichever thread starts it; what it raises ends the turn."""


class Runner:
    """The queue, and the turn that is running. *changed* guards all of a session's state."""

    def __init__(
        self,
        transport: Transport,
        changed: Condition,
        subscribers: Subscribers,
        account: Account,
        before_send: BeforeSend | None,
    ) -> None:
        self.running: Asked | None = None
        self._queue: deque[Asked] = deque()
        self._transport = transport
        self._account = account
        self._before_send = before_send
        self._changed = changed
        self._subscribers = subscribers

    @property
    def under_way(self) -> tuple[Asked, ...]:
        """What runs and what waits, in order."""
        return (*((self.running,) if self.running else ()), *self._queue)

    @property
    def taken_away(self) -> Turn | None:
        """The turn that runs, where its conversation does not hold it any more."""
        asked = self.running
        return asked.turn if asked and asked.history.now.running != asked.turn.id else None

    @property
    def serves_here(self) -> bool:
        """Whether the calling thread runs a tool now: a turn that is asked there would wait for itself."""
        return self.running is not None and self.running.served_by == get_ident()

    def add(self, asked: Asked) -> None:
        """Run *asked* when its time comes. Where the caller is interrupted meanwhile, the turn is stopped."""
        try:
            with self._changed:
                self._subscribers.post(TurnAdded, asked.turn.id, asked.turn.key, asked.turn.question)
                self._queue.append(asked)
            self._advance()
        except BaseException:
            self._abandon(asked)
            raise

    def cancel(self, turn: Turn) -> None:
        """Stop *turn*, running or queued: this asking, and no other one of the same id. Nothing when it has ended."""
        try:
            self._stop(turn)
        except BaseException:  # an interrupt in the midst of it: what was begun is brought to its end
            self._stop(turn)
            raise

    def _stop(self, turn: Turn) -> None:
        with self._changed:
            asked = next((asked for asked in self.under_way if asked.turn is turn), None)
            if asked is not None:
                asked.cancelled = True
                # nothing of it is with the transport
                asked.ends_here = asked.ends_here or asked in self._queue or asked.turn.state == "tools"
                if asked.ends_here:
                    self._close_round(asked)
                    self._record(asked, Finished(stopped=True))
        if asked is not None and asked.cancel is not None:
            asked.cancel()
        self._subscribers.deliver()
        self._advance()

    def serve(self) -> None:
        """
        Run the tools that the running turn waits for, on the calling thread, and ask the model to go on.

        Does nothing where no turn waits for any, or somebody else runs them; stops before a call whose consent is
        not there yet. An interrupt stops the turn, and goes through.
        """
        with self._changed:
            asked = self.running
            if asked is None or asked.turn.state != "tools" or asked.served_by:
                return
            asked.served_by = get_ident()
        try:
            all_ran = self._run_calls(asked)
            asked.served_by = None
            if all_ran:
                self._go_on(asked)
        except BaseException:
            self._abandon(asked)  # before anybody takes the call that was interrupted for one that waits
            raise
        finally:
            asked.served_by = None

    def _run_calls(self, asked: Asked) -> bool:
        """Run what may be run, in order; returns whether that was all."""
        while asked.round and asked.round.open_calls:
            outcome = self._outcome(asked, asked.round.open_calls[0])
            if outcome is None:
                return False
            with self._changed:
                if asked.round is None:  # the turn was stopped meanwhile
                    return True
                asked.round = asked.round.with_outcome(outcome)
        return True

    def _outcome(self, asked: Asked, call: ToolCall) -> Outcome | None:
        if asked.tools is None:
            raise AssertionError("no calls wait where no tools were offered")
        ready = asked.tools.call_of(call)
        return ready.outcome if isinstance(ready, Refusal) else asked.tools.run(ready, asked.consent)

    def _go_on(self, asked: Asked) -> None:
        with self._changed:
            if asked.turn.reply.settled:
                return
            asked.rounds += 1
            self._close_round(asked)
        self._start(asked)
        self._subscribers.deliver()
        self._advance()

    def _close_round(self, asked: Asked) -> None:
        """Put the calls and what they gave into the answer, as far as they got."""
        if asked.round is not None:
            closed, asked.round = asked.round, None
            # what the running call did is done, and the model is told
            closed = closed.stopped(closed.open_calls[0]) if asked.served_by and closed.open_calls else closed
            self._record(asked, ToolsRan(closed.messages))

    def _advance(self) -> None:
        """Start the next turn where none is running."""
        while asked := self._next():
            try:
                self._start(asked)
            except BaseException:
                self._abandon(asked)
                raise
        self._subscribers.deliver()

    def _start(self, asked: Asked) -> None:
        try:
            self._subscribers.deliver()
            cancel = self._send(asked)
        except Exception as error:  # noqa: BLE001 - a turn that cannot start must not stop those behind it
            self._fail(asked, error)
        else:
            self._attach(asked, cancel)

    def _send(self, asked: Asked) -> Cancel:
        request = asked.request()
        if asked.entries is None:
            asked.entries = len(self._account.ledger)
        asked.estimate = self._account.admit(request, turn_cap=asked.max_cost, since=asked.entries)
        if self._before_send:
            self._before_send(asked.turn, request)
        with self._changed:
            before = asked.turn.sent or ()
            asked.turn.sent = (*before, asked.trail(request))  # first: the answer may be here before `start` returns
        try:
            return self._transport.start(request, partial(self._take, asked))
        except BaseException:
            asked.turn.sent = before
            raise

    def _next(self) -> Asked | None:
        asked = None
        try:
            with self._changed:
                if self.running is None and self._queue:
                    asked = self.running = self._queue.popleft()
                    asked.history.begin(asked.turn.id, asked.turn.key, asked.turn.question)
                    asked.turn.reply.status = "waiting"
                    self._subscribers.post(TurnChanged, asked.turn.id, "waiting")
        except BaseException:
            if asked is not None:
                self._abandon(asked)
            raise
        return asked

    def _attach(self, asked: Asked, cancel: Cancel) -> None:
        with self._changed:
            asked.cancel = cancel
            cancelled = asked.cancelled
        if cancelled:
            cancel()

    def _fail(self, asked: Asked, error: Exception) -> None:
        known = error if isinstance(error, OfoxError) else OfoxError(f"{type(error).__name__}: {error}")
        with self._changed:
            self._record(asked, Finished(known))

    def _abandon(self, asked: Asked) -> None:
        """End a turn whose starter was interrupted; its connection is closed, or never used."""
        self.cancel(asked.turn)
        with self._changed:
            if asked.cancel is None and asked in self.under_way:
                self._record(asked, Finished(stopped=True))
        self._advance()

    def _take(self, asked: Asked, event: Event) -> None:
        """On the transport's thread: the next event of a running turn."""
        with self._changed:
            if asked.turn.reply.settled:
                raise Abandoned
            if event == Finished() and asked.calls_can_be_run:
                event = self._end_round(asked)
            self._record(asked, event)
        self._subscribers.deliver()
        if isinstance(event, Finished):
            self._advance()

    def _end_round(self, asked: Asked) -> Event:
        """The request ended, and the turn goes on; what it says next is a paragraph of its own."""
        self._enter(asked)
        asked.cancel = None  # the request is over
        if asked.turn.reply.message.text:
            self._record(asked, TextDelta("\n\n"))
        asked.begin_calls()
        return ToolsAsked()

    def _record(self, asked: Asked, event: Event) -> None:
        turn, before = asked.turn, asked.turn.state
        turn.take(event)
        self._subscribers.post(Delta, turn.id, event=event)
        if isinstance(event, Finished):
            self._settle(asked)
        elif turn.state != before:
            self._subscribers.post(TurnChanged, turn.id, turn.state)
        self._changed.notify_all()

    def _settle(self, asked: Asked) -> None:
        turn = asked.turn
        if self.running is asked:  # what waits has no version yet, and may have the id of the one that runs
            asked.history.settle(turn.id, Version.settled(turn.question, turn.reply, turn.model, turn.sent))
        self._subscribers.post(Settled, turn.id, turn.state)
        if self.running is asked:
            self.running = None
        else:
            self._queue.remove(asked)
        self._enter(asked)

    def _enter(self, asked: Asked) -> None:
        """Write down what an answer used. A request that was stopped before it counts too: it may have cost as much."""
        reply = asked.turn.reply
        was_under_way = reply.status == "stopped" and asked.cancel is not None
        if reply.message.parts or was_under_way:
            self._account.ledger.add(asked.turn.model, reply.round_usage, answered=reply.model, estimate=asked.estimate)
