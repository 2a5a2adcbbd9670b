"""
Questions on their way from the panel into the session: what they are made of, and where that can be had.

Text and displays that were captured need nothing of the user's objects, so they are asked at once, beside a running
cell. A question that names live objects waits until the kernel's main thread is free, and so do those behind it.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, Part, Table
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import ModelCard
from ofox_magic.chat.turn import Turn
from ofox_magic.context import files
from ofox_magic.context.convert import Converter
from ofox_magic.context.prompt import NEW, Notebook, Prompt
from ofox_magic.errors import OfoxError
from ofox_magic.jupyter import remarks
from ofox_magic.jupyter.panel.calls import Calls, Later
from ofox_magic.jupyter.panel.heads import text_of
from ofox_magic.jupyter.panel.protocol import Command, File
from ofox_magic.untrusted import one_line

_MOST_TYPED = 500


@dataclass(frozen=True, slots=True)
class Question:
    """
    A question as it was typed.

    Its *text*, whether displays go along (*see*), *files*, the *tools* that the model may call, and the turn to ask
    *again*.
    """

    number: int
    text: str
    see: bool = False
    files: tuple[File, ...] = ()
    tools: tuple[str, ...] = ()
    again: str | None = None

    @classmethod
    def of(cls, command: Command) -> "Question":
        """Return what the command `ask` asks."""
        tools = tuple(command["tools"])
        return cls(command.number, command["text"], command["see"], command.files, tools, command["again"])


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed for a turn, and the parts that went along by other ways than being named in it."""

    text: str
    others: tuple[Part, ...] = ()


class Questions:
    """
    Asks *session* what the panel's user types.

    *calls* are what models call in its turns. *card* tells what is known of a model; *later*: see Later.
    """

    def __init__(
        self,
        session: Session,
        calls: Calls,
        notebook: Notebook,
        converter: Converter,
        card: Callable[[str], ModelCard | None],
        later: Later,
    ) -> None:
        self._session = session
        self._calls = calls
        self._notebook = notebook
        self._converter = converter
        self._card = card
        self._later = later
        self._waiting: dict[int, Question] = {}
        self._typed: OrderedDict[str, Typed] = OrderedDict()
        self._seen: tuple[tuple[int, int], tuple[Part, ...]] = ((-1, -1), ())

    def ask(self, question: Question, answer: Callable[[Turn | OfoxError], None]) -> bool:
        """Ask *question*, and tell *answer* the turn, or why there is none. Returns whether it has to wait."""
        if not self._waiting and self._notebook.names_nothing(question.text):
            self._try(question, answer, live=False)
            return False
        self._waiting[question.number] = question
        self._later(partial(self._ask_waiting, question, answer))
        return True

    def again(self, turn_id: str, tools: Sequence[str]) -> Turn:
        """Ask the question of a turn once more, as it was sent; the model may call *tools*. Raises OfoxError."""
        turn = self._session.turn(turn_id)
        parts = [part for message in turn.question for part in message.parts] if turn else []
        offered = self._calls.offered(tools, parts)
        turn = self._session.ask(again=turn_id, **offered.given)
        self._calls.belong(offered, turn)
        return turn

    def withdraw(self, number: int) -> bool:
        """Do not ask the question of that *number* any more. Returns whether it was still waiting."""
        return self._waiting.pop(number, None) is not None

    def typed(self, turn_id: str) -> Typed:
        """Return what was typed for a turn, as far as it is known: a cell's question is given as it was sent."""
        if typed := self._typed.get(turn_id):
            return typed
        turn = self._session.turn(turn_id)
        return Typed(text_of(turn.question), tuple(_things(turn.question))) if turn else Typed("")

    def seen(self) -> tuple[Part, ...]:
        """Return what goes along with the next question if displays do: those since the last one, as captured."""
        mark = self._notebook.mark
        if self._seen[0] != mark:
            self._seen = (mark, self._notebook.captured("", see=NEW).parts)
        return self._seen[1]

    def named(self, text: str) -> list[str]:
        """Return what *text* refers to, a few words each; to say more would be to touch the user's objects."""
        return [f"{one_line(name, 40)} · {one_line(kind, 40)}" for name, kind in self._notebook.kinds_of(text)]

    def _ask_waiting(self, question: Question, answer: Callable[[Turn | OfoxError], None]) -> None:
        if question.number in self._waiting:
            self._try(question, answer, live=True)
            self._waiting.pop(question.number, None)

    def _try(self, question: Question, answer: Callable[[Turn | OfoxError], None], *, live: bool) -> None:
        try:
            said: Turn | OfoxError = self._ask(question, live=live)
        except OfoxError as error:
            said = error
        except Exception as error:  # noqa: BLE001 - the user's objects and classes can raise anything
            said = OfoxError(f"the question could not be put together: {type(error).__name__}: {error}")
        answer(said)

    def _ask(self, question: Question, *, live: bool) -> Turn:
        prompt = self._prompt(question, live=live)
        others = self._others(question)
        parts = (*prompt.parts, *others)
        offered = self._calls.offered(question.tools, parts)
        request = self._session.draft(*parts, again=question.again, **offered.given)
        said = remarks.of_question(
            parts,
            self._card(request.model),
            tokens=self._session.estimate(request).prompt_tokens,
            turns=len(self._session.conversations[self._session.name]),
            max_history=self._session.max_history,
        )
        turn = self._session.ask(*parts, again=question.again, remarks=(*prompt.remarks, *said), **offered.given)
        self._calls.belong(offered, turn)
        if live:
            self._notebook.sent(parts)
        else:
            self._notebook.saw_all()
        self._remember(turn.id, Typed(question.text, others))
        return turn

    def _prompt(self, question: Question, *, live: bool) -> Prompt:
        see = NEW if question.see else 0
        if live:
            return self._notebook.prompt(question.text, see=see)
        return self._notebook.captured(question.text, see=see)

    def _others(self, question: Question) -> tuple[Part, ...]:
        kept = self.typed(question.again).others if question.again else ()
        uploaded = (self._converter.of_content(files.uploaded(file.name, file.data)) for file in question.files)
        return (*kept, *(part for parts in uploaded for part in parts))

    def _remember(self, turn_id: str, typed: Typed) -> None:
        self._typed[turn_id] = typed
        self._typed.move_to_end(turn_id)
        while len(self._typed) > _MOST_TYPED:
            self._typed.popitem(last=False)


def _things(question: Iterable[Message]) -> Iterator[Part]:
    """The tables and pictures of a question; its text is what is edited."""
    for message in question:
        yield from (part for part in message.parts if isinstance(part, Image | Table))
