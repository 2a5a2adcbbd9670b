"""
The one object that cells, panel and programs share: it asks, keeps the history, and tells everybody.

Knows a Transport, never HTTP. Turns run one at a time, in the order of asking. After `ask` a turn's state changes
on the transport's thread alone, so that an interrupt of the kernel never lands inside one.
"""

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from threading import Condition
from typing import Any
from uuid import uuid4

from ofox_magic.chat.conversation import Exchange, Version, with_calls_closed
from ofox_magic.chat.events import Event, Finished
from ofox_magic.chat.history import History
from ofox_magic.chat.ledger import Ledger
from ofox_magic.chat.messages import Message, ToParts, messages_of, system
from ofox_magic.chat.notices import (
    Delta,
    HistoryReplaced,
    RunningTurn,
    Settled,
    Snapshot,
    TurnAdded,
    TurnChanged,
)
from ofox_magic.chat.parts import parts_of
from ofox_magic.chat.subscribers import Subscriber, Subscribers
from ofox_magic.chat.transport import Abandoned, Cancel, Request, Transport
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import ConfigError, OfoxError


@dataclass(eq=False)
class _Asked:
    """A turn that has not ended, and what its request needs."""

    turn: Turn
    history: History
    system: str | None
    params: Mapping[str, Any]
    stream: bool
    timeout: float | None
    cancel: Cancel | None = None
    cancelled: bool = False

    def request(self) -> Request:
        """Put the request together as the history now stands."""
        first = (system(self.system),) if self.system else ()
        above = self.history.now.messages(above=self.turn.id)
        return Request(
            model=self.turn.model,
            messages=(*first, *with_calls_closed((*above, *self.turn.question))),
            params=self.params,
            stream=self.stream,
            timeout=self.timeout,
        )


class Session:
    """
    A conversation with a model over *transport*.

    `model` and `system` hold for every turn until they are changed; None means what *default_model* returns at each
    turn, and no system message. `aliases` maps short names to model ids. *to_parts* turns what is asked into parts.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        to_parts: ToParts = parts_of,
        default_model: Callable[[], str],
    ) -> None:
        self.model: str | None = None
        self.system: str | None = None
        self.aliases: dict[str, str] = {}
        self.ledger = Ledger()
        self._transport = transport
        self._to_parts = to_parts
        self._default_model = default_model
        self._history = History("main")
        self._histories = {self._history.name: self._history}
        self._queue: deque[_Asked] = deque()
        self._running: _Asked | None = None
        self._changed = Condition()
        self._subscribers = Subscribers()
        self._seq = 0

    # -- asking ---------------------------------------------------------------

    def ask(
        self,
        *content: object,
        model: str | None = None,
        system: str | None = None,
        key: str | None = None,
        timeout: float | None = None,
        stream: bool = True,
        name: str | None = None,
        **params: Any,
    ) -> Turn:
        """
        Ask, and return the Turn at once.

        *content* is str, parts and Messages, in order. *model* and *system* hold for this turn. A *key* that was
        used before puts a new version into that turn's place; without one the turn is appended. *timeout* is in
        seconds, for the whole request. *name* is the user's name on the message. All other *params* go into the
        request's body as they are, under their own names; what is not given is not sent.

        Raises ConfigError for an empty prompt and for values that no part can be made of, and when called from
        within a subscriber, which would wait for itself. What goes wrong later is told by `Turn.result()`.
        """
        if self._subscribers.told_here:
            raise ConfigError("a subscriber cannot ask: the answer would wait for the subscriber. Ask from elsewhere")
        if "messages" in params:
            raise ConfigError("`messages` is made of what you ask: pass text, parts and Messages in order instead")
        question = messages_of(*content, name=name, to_parts=self._to_parts)
        asked = _Asked(
            turn=self._turn(key, self.resolve(model or self.model or self._default_model()), question),
            history=self._history,
            system=self.system if system is None else system,
            params=params,
            stream=stream,
            timeout=timeout,
        )
        try:
            self._enqueue(asked)
            self._advance()
        except BaseException:
            self._abandon(asked)
            raise
        return asked.turn

    def resolve(self, model: str) -> str:
        """Return the id that the alias *model* stands for: ours first, then the catalogue's; else *model* itself."""
        named = self.aliases.get(model, model)
        card = self._transport.card(named)
        return card.id if card else named

    def cancel(self, turn_id: str) -> None:
        """Stop the turn, running or queued. Does nothing when it has ended."""
        with self._changed:
            asked = self._find(turn_id)
            if asked is None:
                return
            asked.cancelled = True
            if asked in self._queue:
                self._record(asked, Finished(stopped=True))
        if asked.cancel is not None:
            asked.cancel()
        self._subscribers.deliver()

    # -- the history ----------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the conversation that the next turn goes into."""
        return self._history.name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all conversations of this session."""
        return tuple(self._histories)

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns in order, those that are running or queued included."""
        with self._changed:
            under_way = {asked.turn.id: asked.turn for asked in self._under_way() if asked.history is self._history}
            exchanges = self._history.now.exchanges
        placed = {exchange.id: under_way.get(exchange.id) or self._settled_turn(exchange) for exchange in exchanges}
        return tuple((placed | under_way).values())

    def undo(self) -> bool:
        """Take the last step back (a turn, a re-run, a clear); one that is running is stopped. False: nothing to."""
        return self._step_history(History.undo)

    def redo(self) -> bool:
        """Take the last undo back. False where there is none, or something was said since."""
        return self._step_history(History.redo)

    def clear(self) -> bool:
        """Take all turns away; undo brings them again. False where there were none."""
        return self._step_history(History.clear)

    def fork(self, name: str) -> None:
        """Go on in a copy called *name*; the conversation stays as it is under its own. ConfigError if taken."""
        if name in self._histories:
            raise ConfigError(f"there is a conversation called {name!r} already: switch to it, or take another name")
        self._histories[name] = self._history.fork(name)
        self.switch(name)

    def switch(self, name: str) -> None:
        """Go on in the conversation called *name*. ConfigError where there is none."""
        if name not in self._histories:
            raise ConfigError(f"no conversation is called {name!r}; there are: {', '.join(self.names)}")
        with self._changed:
            self._history = self._histories[name]
            self._post(HistoryReplaced, name)
        self._subscribers.deliver()

    # -- watching -------------------------------------------------------------

    def subscribe(self, callback: Subscriber) -> Callable[[], None]:
        """
        Call *callback* with every Notice from now on, in order; the function that is returned ends it.

        It is called on whichever thread caused the notice and must only enqueue: it may not ask, print or wait.
        One that raises is reported once and told nothing more.
        """
        return self._subscribers.add(callback)

    def snapshot(self) -> Snapshot:
        """Return how things stand, and the number of the last notice, so that a late view joins without loss."""
        with self._changed:
            history = self._history
            running = tuple(
                RunningTurn(a.turn.id, a.turn.key, a.turn.state, a.turn.question, tuple(a.turn.reply.replay()))
                for a in self._under_way()
                if a.history is history
            )
            return Snapshot(self._seq, history.name, history.now.at_rest().exchanges, running)

    # -- inside ---------------------------------------------------------------

    def _turn(self, key: str | None, model: str, question: tuple[Message, ...]) -> Turn:
        known = self._history.now.find(key=key) if key is not None else None
        return self._handle(known.id if known else uuid4().hex[:12], key, model, question)

    def _handle(self, turn_id: str, key: str | None, model: str, question: tuple[Message, ...]) -> Turn:
        return Turn(
            turn_id,
            key,
            model,
            question,
            changed=self._changed,
            versions=partial(self._versions, turn_id),
            cancel=partial(self.cancel, turn_id),
        )

    def _settled_turn(self, exchange: Exchange) -> Turn:
        version = exchange.version
        turn = self._handle(exchange.id, exchange.key, version.model or "", version.question)
        for event in version.events():
            turn.take(event)
        return turn

    def _versions(self, turn_id: str) -> tuple[Version, ...]:
        for history in self._histories.values():
            if exchange := history.now.find(id=turn_id):
                return exchange.versions
        return ()

    def _under_way(self) -> tuple[_Asked, ...]:
        return (*((self._running,) if self._running else ()), *self._queue)

    def _find(self, turn_id: str) -> _Asked | None:
        return next((asked for asked in self._under_way() if asked.turn.id == turn_id), None)

    def _enqueue(self, asked: _Asked) -> None:
        with self._changed:
            self._queue.append(asked)
            self._post(TurnAdded, asked.turn.id, asked.turn.key, asked.turn.question)

    def _advance(self) -> None:
        """Start the next turn where none is running."""
        while asked := self._next():
            self._subscribers.deliver()
            try:
                cancel = self._transport.start(asked.request(), partial(self._take, asked))
            except Exception as error:  # noqa: BLE001 - a turn that cannot start must not stop those behind it
                self._fail(asked, error)
            else:
                self._attach(asked, cancel)
        self._subscribers.deliver()

    def _next(self) -> _Asked | None:
        with self._changed:
            if self._running is not None or not self._queue:
                return None
            asked = self._running = self._queue.popleft()
            asked.history.begin(asked.turn.id, asked.turn.key, asked.turn.question)
            asked.turn.reply.status = "waiting"
            self._post(TurnChanged, asked.turn.id, "waiting")
            return asked

    def _attach(self, asked: _Asked, cancel: Cancel) -> None:
        with self._changed:
            asked.cancel = cancel
            cancelled = asked.cancelled
        if cancelled:
            cancel()

    def _fail(self, asked: _Asked, error: Exception) -> None:
        known = error if isinstance(error, OfoxError) else OfoxError(f"{type(error).__name__}: {error}")
        with self._changed:
            self._record(asked, Finished(known))

    def _abandon(self, asked: _Asked) -> None:
        """End a turn whose asker was interrupted while asking; its connection is closed, or never used."""
        self.cancel(asked.turn.id)
        with self._changed:
            if asked.cancel is None and not asked.turn.reply.settled:
                self._record(asked, Finished(stopped=True))

    def _take(self, asked: _Asked, event: Event) -> None:
        """On the transport's thread: the next event of a running turn."""
        with self._changed:
            if asked.turn.reply.settled:
                raise Abandoned
            self._record(asked, event)
        self._subscribers.deliver()
        if isinstance(event, Finished):
            self._advance()

    def _record(self, asked: _Asked, event: Event) -> None:
        turn, before = asked.turn, asked.turn.state
        turn.take(event)
        self._post(Delta, turn.id, event=event)
        if isinstance(event, Finished):
            self._settle(asked)
        elif turn.state != before:
            self._post(TurnChanged, turn.id, turn.state)
        self._changed.notify_all()

    def _settle(self, asked: _Asked) -> None:
        turn = asked.turn
        asked.history.settle(turn.id, Version.settled(turn.question, turn.reply, turn.model))
        if turn.reply.parts:
            self.ledger.add(turn.reply.model or turn.model, turn.reply.usage)
        if asked in self._queue:
            self._queue.remove(asked)
        if self._running is asked:
            self._running = None
        self._post(Settled, turn.id, turn.state)

    def _step_history(self, step: Callable[[History], bool]) -> bool:
        with self._changed:
            history, running = self._history, self._running
            if not step(history):
                return False
            removed = running is not None and running.history is history and history.now.running != running.turn.id
            self._post(HistoryReplaced, history.name)
        if removed and running is not None:
            self.cancel(running.turn.id)
        self._subscribers.deliver()
        return True

    def _post(self, notice: type, *values: Any, **named: Any) -> None:
        self._seq += 1
        self._subscribers.post(notice(*values, seq=self._seq, **named))
