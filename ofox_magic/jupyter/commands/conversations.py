"""The history and its ways: what was said, back and forth, versions, and several conversations."""

from collections.abc import Callable, Collection, Mapping
from itertools import count as numbers_from

from IPython.core.error import UsageError

from ofox_magic.chat.estimate import tokens_of
from ofox_magic.jupyter import report
from ofox_magic.jupyter.columns import count
from ofox_magic.jupyter.commands.words import alone, number, one_word
from ofox_magic.jupyter.kit import Kit
from ofox_magic.jupyter.screen import terminal_width
from ofox_magic.untrusted import printable

_ROOM = 0.75  # of the model's context is for what was said; the rest is for what will be


class ConversationCommands:
    """Commands over the session's history."""

    def __init__(self, kit: Kit) -> None:
        self._kit = kit
        self._session = kit.session
        self.by_name: Mapping[str, Callable[[str], None]] = {
            "history": self._history,
            "undo": self._undo,
            "redo": self._redo,
            "clear": self._clear,
            "versions": self._versions,
            "fit": self._fit,
            "new": self._new,
            "fork": self._fork,
            "switch": self._switch,
        }

    def _history(self, rest: str) -> None:
        turns = self._session.turns
        if rest:
            print(report.whole_turn(turns[number(rest, len(turns), "history") - 1]))
        else:
            print(report.history(turns, terminal_width()))

    def _undo(self, rest: str) -> None:
        alone(rest, "undo")
        self._stepped(self._session.undo(), "took the last step back", "there is nothing to undo")

    def _redo(self, rest: str) -> None:
        alone(rest, "redo")
        self._stepped(self._session.redo(), "brought it again", "there is nothing to redo")

    def _clear(self, rest: str) -> None:
        alone(rest, "clear")
        cleared = self._session.clear()
        self._stepped(cleared, "cleared; %ofox undo brings it again", "there is nothing to clear")

    def _stepped(self, stepped: bool, done: str, nothing: str) -> None:
        print(f"{done} · {count(len(self._session.turns), 'turn')}" if stepped else nothing)

    def _versions(self, rest: str) -> None:
        exchanges = self._session.conversations[self._session.name].exchanges
        words = rest.split()
        if len(words) > 2:  # noqa: PLR2004 - a turn and a version
            raise UsageError("%ofox versions: expected the number of a turn and of a version")
        turn = number(words[0], len(exchanges), "versions") if words else len(exchanges)
        if not turn:
            print("nothing was said yet")
            return
        exchange = exchanges[turn - 1]
        if len(words) > 1:
            self._session.activate(exchange.id, number(words[1], len(exchange.versions), "versions") - 1)
            exchange = self._session.conversations[self._session.name].exchanges[turn - 1]
        print(report.versions(exchange, terminal_width()))

    def _fit(self, rest: str) -> None:
        turns = len(self._session.conversations[self._session.name])
        dropped = number(rest, turns, "fit") if rest else self._too_many()
        self._session.drop_oldest(dropped)
        left = f"{count(turns - dropped, 'turn')} left; %ofox undo brings them again"
        print(f"left out the oldest {count(dropped, 'turn')} · {left}" if dropped else "all of it fits")

    def _too_many(self) -> int:
        """How many of the oldest turns have to go, by our own count, so that the rest fits the model."""
        model = self._session.resolve(self._session.model or self._kit.wiring.settings().model)
        self._kit.wiring.ensure_models()
        card = self._kit.wiring.card(model)
        if card is None or card.context_length is None:
            raise UsageError(
                f"%ofox fit: how much {model} takes is not known; expected the number of turns to leave out"
            )
        exchanges = self._session.conversations[self._session.name].exchanges
        room = _ROOM * card.context_length
        for kept, exchange in enumerate(reversed(exchanges)):
            room -= tokens_of(exchange.version.messages())
            if room < 0:
                return len(exchanges) - kept
        return 0

    def _new(self, rest: str) -> None:
        self._begin(self._session.new, rest, "new [NAME]", "which is empty")

    def _fork(self, rest: str) -> None:
        self._begin(self._session.fork, rest, "fork [NAME]", f"a copy of {self._session.name}")

    def _begin(self, begin: Callable[[str], None], rest: str, usage: str, what: str) -> None:
        before = self._session.name
        begin(one_word(rest or _unused(self._session.names), usage))
        back = f"%ofox switch {before} goes back"
        print(printable(f"went on in {self._session.name}, {what}; {back}"))
        print(report.conversations(self._session))

    def _switch(self, rest: str) -> None:
        if rest:
            self._session.switch(one_word(rest, "switch [NAME]"))
        print(report.conversations(self._session))


def _unused(names: Collection[str]) -> str:
    """The next name for a conversation, as the panel's own picker gives them: chat2, chat3."""
    return next(name for number in numbers_from(len(names) + 1) if (name := f"chat{number}") not in names)
