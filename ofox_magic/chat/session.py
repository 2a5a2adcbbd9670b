"""
The one object that cells, panel and programs share: it asks, keeps the history, and tells everybody.

Knows a Transport, never HTTP.
"""

from collections.abc import Callable
from functools import partial
from threading import Condition
from typing import Any
from uuid import uuid4

from ofox_magic.chat.conversation import Exchange, Version
from ofox_magic.chat.history import History
from ofox_magic.chat.ledger import Ledger
from ofox_magic.chat.messages import Message, ToParts, messages_of
from ofox_magic.chat.notices import HistoryReplaced, RunningTurn, Snapshot
from ofox_magic.chat.parts import parts_of
from ofox_magic.chat.runner import Asked, BeforeSend, Runner
from ofox_magic.chat.subscribers import Subscriber, Subscribers
from ofox_magic.chat.transport import Transport
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import ConfigError


class Session:
    """
    A conversation with a model over *transport*.

    `model` and `system` hold for every turn until they are changed; None means what *default_model* returns at each
    turn, and no system message. `aliases` maps short names to model ids. *to_parts* turns what is asked into parts.
    *before_send* is told of each request before it leaves, and can refuse it by raising.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        to_parts: ToParts = parts_of,
        default_model: Callable[[], str],
        before_send: BeforeSend | None = None,
    ) -> None:
        self.model: str | None = None
        self.system: str | None = None
        self.aliases: dict[str, str] = {}
        self._transport = transport
        self._to_parts = to_parts
        self._default_model = default_model
        self._history = History("main")
        self._histories = {self._history.name: self._history}
        self._changed = Condition()
        self._subscribers = Subscribers()
        self._runner = Runner(transport, self._changed, self._subscribers, before_send)

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
        remarks: tuple[str, ...] = (),
        **params: Any,
    ) -> Turn:
        """
        Ask, and return the Turn at once.

        *content* is str, parts and Messages, in order. *model* and *system* hold for this turn. A *key* that was
        used before puts a new version into that turn's place; without one the turn is appended. *timeout* is in
        seconds, for the whole request. *name* is the user's name on the message. *remarks* are shown with the answer
        and not sent. All other *params* go into the request's body as they are, under their own names; what is not
        given is not sent.

        Raises ConfigError for an empty prompt and for values that no part can be made of, and when called from
        within a subscriber, which would wait for itself. What goes wrong later is told by `Turn.result()`.
        """
        if self._subscribers.told_here:
            raise ConfigError("a subscriber cannot ask: the answer would wait for the subscriber. Ask from elsewhere")
        if "messages" in params:
            raise ConfigError("`messages` is made of what you ask: pass text, parts and Messages in order instead")
        question = messages_of(*content, name=name, to_parts=self._to_parts)
        asked = Asked(
            turn=self._turn(key, self.resolve(model or self.model or self._default_model()), question, remarks),
            history=self._history,
            system=self.system if system is None else system,
            params=params,
            stream=stream,
            timeout=timeout,
        )
        self._runner.add(asked)
        return asked.turn

    def resolve(self, model: str) -> str:
        """Return the id that the alias *model* stands for: ours first, then the catalogue's; else *model* itself."""
        named = self.aliases.get(model, model)
        card = self._transport.card(named)
        return card.id if card else named

    def cancel(self, turn_id: str) -> None:
        """Stop the turn, running or queued. Does nothing when it has ended."""
        self._runner.cancel(turn_id)

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
            under_way = {
                asked.turn.id: asked.turn for asked in self._runner.under_way if asked.history is self._history
            }
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
            self._subscribers.post(HistoryReplaced, name)
        self._subscribers.deliver()

    @property
    def ledger(self) -> Ledger:
        """What was used so far, by model."""
        return self._runner.ledger

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
                for a in self._runner.under_way
                if a.history is history
            )
            return Snapshot(self._subscribers.seq, history.name, history.now.at_rest().exchanges, running)

    # -- inside ---------------------------------------------------------------

    def _turn(self, key: str | None, model: str, question: tuple[Message, ...], remarks: tuple[str, ...]) -> Turn:
        known = self._history.now.find(key=key) if key is not None else None
        return self._handle(known.id if known else uuid4().hex[:12], key, model, question, remarks)

    def _handle(
        self, turn_id: str, key: str | None, model: str, question: tuple[Message, ...], remarks: tuple[str, ...] = ()
    ) -> Turn:
        return Turn(
            turn_id,
            key,
            model,
            question,
            remarks=remarks,
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

    def _step_history(self, step: Callable[[History], bool]) -> bool:
        with self._changed:
            history, running = self._history, self._runner.running
            if not step(history):
                return False
            removed = running is not None and running.history is history and history.now.running != running.turn.id
            self._subscribers.post(HistoryReplaced, history.name)
        if removed and running is not None:
            self.cancel(running.turn.id)
        self._subscribers.deliver()
        return True
