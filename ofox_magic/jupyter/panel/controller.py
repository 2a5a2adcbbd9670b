"""
What each command of the front end does with the session.

`receive` only enqueues, since it may be called on the one thread that serves all widgets; what must not wait, such as a
Stop, is done there.
"""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from threading import Thread
from typing import Any, TypeAlias

from ofox_magic.chat.messages import Message
from ofox_magic.chat.money import approximately
from ofox_magic.chat.parts import Part, Text
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import ModelCard
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import ConfigError, OfoxError
from ofox_magic.jupyter.panel.board import Board, Send
from ofox_magic.jupyter.panel.calls import Calls
from ofox_magic.jupyter.panel.feed import Feed
from ofox_magic.jupyter.panel.heads import Thumbnails, Values
from ofox_magic.jupyter.panel.protocol import Command
from ofox_magic.jupyter.panel.questions import Question, Questions
from ofox_magic.jupyter.panel.sent_view import SentView
from ofox_magic.untrusted import one_line, printable, redact

Do: TypeAlias = Callable[[Command], Values | None]
AT_ONCE = frozenset(("stop", "withdraw"))
"""Commands that do not wait behind others."""
_MILLION = 1_000_000


class Controller:
    """
    Does commands. Each is answered once by a message `done` or `refused` that bears its number.

    *names* completes a name; *models* returns the cards of the gateway's models, and may take seconds; *tools* returns
    what a model can be allowed to call; *sent* shows what was sent; *thumbnails* are the board's.
    """

    def __init__(
        self,
        session: Session,
        questions: Questions,
        calls: Calls,
        board: Board,
        feed: Feed,
        send: Send,
        *,
        names: Callable[[str], list[dict[str, str]]],
        models: Callable[[], Iterable[ModelCard]],
        tools: Callable[[], list[Values]],
        sent: SentView,
        thumbnails: Thumbnails,
    ) -> None:
        self._session = session
        self._questions = questions
        self._calls = calls
        self._board = board
        self._feed = feed
        self._send = send
        self._names = names
        self._models = models
        self._tools = tools
        self._sent_view = sent
        self._thumbnails = thumbnails
        self._commands: Mapping[str, Do] = {
            "hello": self._hello,
            "older": lambda command: self._board.older(command["before"]),
            "ask": self._ask,
            "withdraw": self._withdraw,
            "again": self._again,
            "allow": self._allow,
            "edit": self._edit,
            "stop": self._stop,
            "version": lambda command: self._session.activate(command["turn"], command["index"]),
            "undo": lambda _: _stepped(self._session.undo(), "There is nothing to undo."),
            "redo": lambda _: _stepped(self._session.redo(), "There is nothing to bring again."),
            "clear": lambda _: _stepped(self._session.clear(), "There is nothing to clear."),
            "fork": lambda command: self._session.fork(_a_name(command["name"])),
            "new": lambda command: self._session.new(_a_name(command["name"])),
            "switch": lambda command: self._session.switch(command["name"]),
            "model": self._model,
            "models": self._list_models,
            "tools": lambda _: {"tools": self._tools()},
            "complete": lambda command: {"names": self._names(command["prefix"])},
            "measure": self._measure,
            "copy": self._copy,
            "sent": self._what_was_sent,
        }

    def receive(self, command: Command) -> None:
        """See that *command* is done, in its turn."""
        if command.name in AT_ONCE:
            self._do(command)
        else:
            self._feed.do(partial(self._do, command))

    def _do(self, command: Command) -> None:
        do = self._commands.get(command.name)
        try:
            if do is None:
                raise ConfigError(f"this kernel's ofox_magic does not know {command.name!r}")  # noqa: TRY301
            answer = do(command)
        except Exception as error:  # noqa: BLE001 - a worker that prints or dies is of no use to anybody
            self._refuse(command.number, error)
        else:
            if answer is not None:
                self._send({"type": "done", "number": command.number, **answer})
            elif command.name not in _ANSWERED_LATER:
                self._send({"type": "done", "number": command.number})

    def _refuse(self, number: int, error: Exception) -> None:
        why = str(error) if isinstance(error, OfoxError) else f"{type(error).__name__}: {error}"
        self._send({"type": "refused", "number": number, "why": redact(printable(why))[:2000]})

    # -- the single commands ------------------------------------------------------------------------------------------

    def _hello(self, _: Command) -> None:
        self._board.reset()

    def _ask(self, command: Command) -> None:
        if self._questions.ask(Question.of(command), partial(self._asked, command.number)):
            self._send({"type": "waiting", "number": command.number, "why": "waiting for the cell"})

    def _asked(self, number: int, said: Turn | OfoxError) -> None:
        if isinstance(said, OfoxError):
            self._refuse(number, said)
        else:
            self._send({"type": "done", "number": number, "turn": said.id})

    def _withdraw(self, command: Command) -> Values:
        return {"withdrawn": self._questions.withdraw(command["question"])}

    def _again(self, command: Command) -> Values:
        return {"turn": self._questions.again(command["turn"], command["tools"]).id}

    def _allow(self, command: Command) -> Values:
        was_open = self._calls.answer(command["turn"], command["question"], yes=command["yes"])
        return {} if was_open else {"say": "That call is not asked about any more."}

    def _edit(self, command: Command) -> Values:
        typed = self._questions.typed(command["turn"])
        return {"text": typed.text, "chips": self._thumbnails.chips((Message("user", typed.others),))}

    def _stop(self, command: Command) -> None:
        self._session.cancel(command["turn"])
        self._calls.stopped(command["turn"])

    def _model(self, command: Command) -> None:
        self._session.model = command["model"]

    def _list_models(self, command: Command) -> None:
        Thread(target=self._send_models, args=(command.number,), name="ofox-models", daemon=True).start()

    def _send_models(self, number: int) -> None:
        try:
            models = [_model_values(card) for card in self._models()]
        except Exception as error:  # noqa: BLE001 - see _do
            self._refuse(number, error)
        else:
            self._send({"type": "done", "number": number, "models": models})
            self._feed.do(self._board.tell_session)  # the prices are known now

    def _measure(self, command: Command) -> Values:
        seen = self._questions.seen() if command["see"] else ()
        parts: list[Part] = ([Text(command["text"])] if command["text"].strip() else []) + list(seen)
        named = self._questions.named(command["text"])
        chips = [{"words": words, "picture": ""} for words in named]
        chips += self._thumbnails.chips((Message("user", seen),))
        if not parts:
            return {"chips": chips, "tokens": None, "cost": "", "open": bool(named)}
        estimate = self._session.estimate(self._session.draft(*parts))
        cost = "" if estimate.cost is None else approximately(estimate.cost)
        return {"chips": chips, "tokens": estimate.prompt_tokens, "cost": cost, "open": bool(named)}

    def _copy(self, command: Command) -> Values:
        turn = self._session.turn(command["turn"])
        return {"text": printable(turn.reply.text) if turn else ""}

    def _what_was_sent(self, command: Command) -> Values:
        turn, conversation = self._session.turn(command["turn"]), self._session.conversations[self._session.name]
        exchange = conversation.find(id=command["turn"])
        if turn is None:
            raise ConfigError("that turn is gone")
        return {"html": self._sent_view.of(turn, exchange.active if exchange else 0, conversation)}


_ANSWERED_LATER = frozenset(("ask", "models"))


def _stepped(stepped: bool, nothing: str) -> Values:
    return {} if stepped else {"say": nothing}


def _a_name(name: str) -> str:
    """What a conversation may be called: one word, as `%ofox switch` takes it. Raises ConfigError."""
    if len(name.split()) != 1 or printable(name) != name:
        raise ConfigError("a conversation's name is one word")
    return name.strip()


def _model_values(card: ModelCard) -> Values:
    def per_million(kind: str) -> str:
        return f"{float(card.prices[kind] * _MILLION):.4g}" if kind in card.prices else "?"

    known: Any = f"{card.context_length:,} tokens" if card.context_length else ""
    price = f"${per_million('prompt')} in, ${per_million('completion')} out per million" if card.prices else ""
    return {
        "id": one_line(card.id, 200),
        "name": one_line(card.name, 80),
        "about": " · ".join(item for item in (known, price) if item),
        "pictures": "image" in card.inputs,
    }
