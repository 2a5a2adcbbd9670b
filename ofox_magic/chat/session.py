"""
The one object that cells, panel and programs share: it asks, keeps the history, and tells everybody.

Knows a Transport, never HTTP.
"""

from collections.abc import Callable, Mapping
from dataclasses import fields
from decimal import Decimal
from functools import partial
from threading import Condition
from typing import Any
from uuid import uuid4

from ofox_magic.chat.account import Account, Estimate, Prices
from ofox_magic.chat.asked import Asked, Choices
from ofox_magic.chat.conversation import Conversation, Exchange
from ofox_magic.chat.histories import Histories
from ofox_magic.chat.history import History
from ofox_magic.chat.ledger import Ledger
from ofox_magic.chat.messages import Message, ToParts, messages_of
from ofox_magic.chat.notices import ChoiceChanged, HistoryReplaced, RunningTurn, Snapshot
from ofox_magic.chat.parts import parts_of
from ofox_magic.chat.runner import BeforeSend, Runner
from ofox_magic.chat.subscribers import Subscriber, Subscribers
from ofox_magic.chat.tools import Consent, Tools
from ofox_magic.chat.trail import Trail
from ofox_magic.chat.transport import Request, Transport
from ofox_magic.chat.turn import ToAnswer, Turn, reply_of
from ofox_magic.errors import ConfigError


class Session:
    """
    A conversation with a model over *transport*.

    `model` and `system` hold for every turn until they are changed; None means what *default_model* returns at each
    turn, and no system message. `aliases` maps short names to model ids. *to_parts* turns what is asked into parts.
    *before_send* is told of each request before it leaves, and can refuse it by raising. *prices* knows what models
    cost; `budget` is what may be spent in USD, None: anything. `max_history` is how many of the turns so far go along
    with a question, None: all. *to_answer* makes what `Turn.result()` returns.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        to_parts: ToParts = parts_of,
        default_model: Callable[[], str],
        before_send: BeforeSend | None = None,
        prices: Prices | None = None,
        to_answer: ToAnswer = reply_of,
    ) -> None:
        self._model: str | None = None
        self._system: str | None = None
        self.aliases: dict[str, str] = {}
        self.max_history: int | None = None
        self._account = Account(prices)
        self._transport = transport
        self._to_parts = to_parts
        self._default_model = default_model
        self._to_answer = to_answer
        self._histories = Histories()
        self._changed = Condition()
        self._subscribers = Subscribers()
        self._runner = Runner(transport, self._changed, self._subscribers, self._account, before_send)

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
        conversation: str | None = None,
        max_history: int | None = None,
        max_cost: Decimal | None = None,
        tools: Tools | list[Any] | None = None,
        consent: Consent | None = None,
        again: str | None = None,
        **params: Any,
    ) -> Turn:
        """
        Ask, and return the Turn at once.

        *content* is str, parts and Messages, in order. *model* and *system* hold for this turn. A *key* that was used
        before puts a new version into that turn's place; without one the turn is appended. So does *again*, the id of a
        turn; without content its question is asked once more. *timeout* is in seconds, for the whole request. *name* is
        the user's name on the message. *remarks* are shown with the answer and not sent. The turn goes into
        *conversation*, which is made where there is none of that name, else into the current one; of the turns there
        the last *max_history* go along (0: none). *max_cost* is what it may cost, in USD. *tools* are what the model
        may call: whoever waits for the turn runs them, after asking *consent*; as a list they go into the request as
        they are, and their calls are the answer. All other *params* go into the request's body under their own names;
        what is not given is not sent.

        Raises ConfigError for an empty prompt, for values that no part can be made of, for an *again* that is no turn
        of the conversation, and when called from within a subscriber or a tool, which would wait for itself. What goes
        wrong later is told by `Turn.result()`.
        """
        if self._subscribers.told_here:
            raise ConfigError("a subscriber cannot ask: the answer would wait for the subscriber. Ask from elsewhere")
        if self._runner.serves_here:
            raise ConfigError("a tool cannot ask in its own session: the answer would wait for the tool. Use connect()")
        choices = Choices(
            *(model, system, key, timeout, stream, name, remarks, conversation, max_history, max_cost),
            *(tools, consent, again),
        )
        asked = self._asked(content, choices, params)
        self._histories.keep(asked.history)
        self._runner.add(asked)
        return asked.turn

    def draft(self, *content: object, **given: Any) -> Request:
        """Return the request that `ask` would send for the same arguments, as things stand. Sends nothing."""
        chosen = {field.name: given.pop(field.name) for field in fields(Choices) if field.name in given}
        return self._asked(content, Choices(**chosen), given).request()

    def estimate(self, request: Request) -> Estimate:
        """Return what *request* costs at most, by what is known now."""
        return self._account.estimate(request)

    def resolve(self, model: str) -> str:
        """Return the id that the alias *model* stands for: ours first, then the catalogue's; else *model* itself."""
        named = self.aliases.get(model, model)
        card = self._transport.card(named)
        return card.id if card else named

    def serve(self) -> None:
        """Run, on the calling thread, the tools that the running turn waits for; does nothing where there is none."""
        self._runner.serve()

    def cancel(self, turn_id: str) -> None:
        """Stop the turn, running or queued. Does nothing when it has ended."""
        with self._changed:
            turn = next((asked.turn for asked in self._runner.under_way if asked.turn.id == turn_id), None)
        if turn is not None:
            self._runner.cancel(turn)

    # -- what holds for the next turns ----------------------------------------

    @property
    def model(self) -> str | None:
        """The model that answers, as it was set; None: the default one."""
        return self._model

    @model.setter
    def model(self, model: str | None) -> None:
        self._model = model
        self._tell_choice()

    @property
    def system(self) -> str | None:
        """The system message that goes before each request; None: there is none."""
        return self._system

    @system.setter
    def system(self, message: str | None) -> None:
        self._system = message
        self._tell_choice()

    # -- the history ----------------------------------------------------------

    @property
    def name(self) -> str:
        """The name of the conversation that the next turn goes into."""
        return self._histories.current.name

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all conversations of this session."""
        return self._histories.names

    @property
    def conversations(self) -> dict[str, Conversation]:
        """All conversations of this session as they stand, by name."""
        with self._changed:
            return self._histories.conversations

    @property
    def turns(self) -> tuple[Turn, ...]:
        """The turns in order, those that are running or queued included."""
        with self._changed:
            history = self._histories.current
            under_way = {asked.turn.id: asked.turn for asked in self._runner.under_way if asked.history is history}
            exchanges = history.now.exchanges
        placed = {
            exchange.id: under_way.get(exchange.id) or self._settled_turn(history, exchange) for exchange in exchanges
        }
        return tuple((placed | under_way).values())

    def turn(self, turn_id: str) -> Turn | None:
        """Return the turn of the current conversation that has this id; None where there is none."""
        with self._changed:
            history = self._histories.current
            for asked in self._runner.under_way:
                if asked.turn.id == turn_id and asked.history is history:
                    return asked.turn
            exchange = history.now.find(id=turn_id)
        return self._settled_turn(history, exchange) if exchange else None

    def undo(self) -> bool:
        """Take the last step back (a turn, a re-run, a clear); one that is running is stopped. False: nothing to."""
        return self._change(lambda histories: histories.current.undo())

    def redo(self) -> bool:
        """Take the last undo back. False where there is none, or something was said since."""
        return self._change(lambda histories: histories.current.redo())

    def clear(self) -> bool:
        """Take all turns away; undo brings them again. False where there were none."""
        return self._change(lambda histories: histories.current.clear())

    def drop_oldest(self, count: int) -> bool:
        """Take the oldest *count* turns away; undo brings them again. False where there were none."""
        return self._change(lambda histories: histories.current.drop_oldest(count))

    def activate(self, turn_id: str, number: int) -> None:
        """Make version *number*, counted from 0, of a turn the one that counts; undo takes it back. ConfigError."""
        self._change(lambda histories: histories.current.activate(turn_id, number))

    def fork(self, name: str) -> None:
        """Go on in a copy called *name*; the conversation stays as it is under its own. ConfigError if taken."""
        self._change(lambda histories: histories.begin(histories.current.fork(name)))

    def new(self, name: str) -> None:
        """Go on in an empty conversation called *name*. ConfigError if taken."""
        self._change(lambda histories: histories.begin(History(name)))

    def switch(self, name: str) -> None:
        """Go on in the conversation called *name*. ConfigError where there is none."""
        self._change(lambda histories: histories.switch(name))

    def restore(self, conversations: Mapping[str, Conversation], current: str) -> None:
        """Put *conversations* in place of those of the same names, and go on in *current*; undo takes each back."""
        self._change(lambda histories: histories.restore(conversations, current))

    # -- money --------------------------------------------------------------------------------------------------------

    @property
    def ledger(self) -> Ledger:
        """What was used so far, by model."""
        return self._account.ledger

    @property
    def budget(self) -> Decimal | None:
        """What may be spent in all, in USD; None: anything."""
        return self._account.cap

    @budget.setter
    def budget(self, cap: Decimal | None) -> None:
        self._account.cap = cap
        self._tell_choice()

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
            history = self._histories.current
            running = tuple(
                RunningTurn(a.turn.id, a.turn.key, a.turn.state, a.turn.question, tuple(a.turn.reply.replay()))
                for a in self._runner.under_way
                if a.history is history
            )
            return Snapshot(self._subscribers.seq, history.name, history.now.at_rest().exchanges, running)

    # -- inside ---------------------------------------------------------------

    def _asked(self, content: tuple[object, ...], chosen: Choices, params: dict[str, Any]) -> Asked:
        if "messages" in params:
            raise ConfigError("`messages` is made of what you ask: pass text, parts and Messages in order instead")
        history = self._histories.named(chosen.conversation)
        with self._changed:
            turn_id, key = self._place(history, chosen)
            asked_last = self._question_of(history, turn_id) if chosen.again and not content else ()
        question = asked_last or messages_of(*content, name=chosen.name, to_parts=self._to_parts)
        model = self.resolve(chosen.model or self.model or self._default_model())
        return Asked(
            turn=self._handle(history, turn_id, key, model, question, chosen.remarks),
            history=history,
            system=self.system if chosen.system is None else chosen.system,
            params=params | {"tools": chosen.tools} if isinstance(chosen.tools, list) else params,
            stream=chosen.stream,
            timeout=chosen.timeout,
            max_history=self.max_history if chosen.max_history is None else chosen.max_history,
            max_cost=chosen.max_cost,
            tools=None if isinstance(chosen.tools, list) else chosen.tools,
            consent=chosen.consent,
        )

    def _place(self, history: History, chosen: Choices) -> tuple[str, str | None]:
        """The id and the key of the turn that is asked again, one that waits for its first run included; else new."""
        id_, key = chosen.again, chosen.key
        if id_ is not None or key is not None:
            for asked in self._runner.under_way:
                if asked.history is history and (asked.turn.id == id_ if id_ else asked.turn.key == key):
                    return asked.turn.id, asked.turn.key
            if exchange := history.now.find(id=id_, key=None if id_ else key):
                return exchange.id, exchange.key
        if id_ is not None:
            raise ConfigError(f"cannot ask again: no turn of this conversation has the id {id_!r}")
        return uuid4().hex[:12], key

    def _question_of(self, history: History, turn_id: str) -> tuple[Message, ...]:
        """What was asked last in that turn."""
        for asked in reversed(self._runner.under_way):
            if asked.turn.id == turn_id:
                return asked.turn.question
        exchange = history.now.find(id=turn_id)
        return exchange.version.question if exchange else ()

    def _handle(
        self,
        history: History,
        turn_id: str,
        key: str | None,
        model: str,
        question: tuple[Message, ...],
        remarks: tuple[str, ...] = (),
        sent: tuple[Trail, ...] | None = (),
    ) -> Turn:
        return Turn(
            turn_id,
            key,
            model,
            question,
            remarks=remarks,
            sent=sent,
            changed=self._changed,
            versions=partial(history.versions, turn_id),
            price=self._account.cost,
            to_answer=self._to_answer,
            serve=self._runner.serve,
            cancel=self._runner.cancel,
        )

    def _settled_turn(self, history: History, exchange: Exchange) -> Turn:
        version = exchange.version
        turn = self._handle(
            history, exchange.id, exchange.key, version.model or "", version.question, sent=version.sent
        )
        for event in version.events():
            turn.take(event)
        return turn

    def _change(self, change: Callable[[Histories], bool | None]) -> bool:
        """Change the conversations; False where *change* finds nothing to. A turn that was taken away is stopped."""
        with self._changed:
            if change(self._histories) is False:
                return False
            self._subscribers.post(HistoryReplaced, self._histories.current.name)
            taken_away = self._runner.taken_away
        if taken_away is not None:
            self._runner.cancel(taken_away)
        self._subscribers.deliver()
        return True

    def _tell_choice(self) -> None:
        with self._changed:
            self._subscribers.post(ChoiceChanged)
        self._subscribers.deliver()
