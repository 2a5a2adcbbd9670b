"""
The turns of a conversation, in order, each with its versions.

Immutable: every change gives a new Conversation, so undo is keeping the old one.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field, replace
from itertools import takewhile

from ofox_magic.chat.calls import sendable, with_ids
from ofox_magic.chat.events import Event, Finished, FinishReason, Identified, UsageReported
from ofox_magic.chat.messages import Message, Usage, tool
from ofox_magic.chat.parts import Part, Text, ToolCall, ToolResult
from ofox_magic.chat.reply import SETTLED, Reply, Status, rounds
from ofox_magic.chat.trail import Trail
from ofox_magic.errors import ConfigError, OfoxError

NOT_RUN = "This call was not run."
NOTHING_SAID = "[This answer was empty.]"
_REASON_LOST = "the answer broke off, for a reason that is not known any more"
CUT_MARKS = {
    "stopped": "[The user stopped this answer here.]",
    "incomplete": "[This answer broke off here.]",
}


@dataclass(frozen=True, slots=True)
class Version:
    """
    One run of a turn: what was asked, what came, and how it ended.

    *steps* are what the model said, called and was given in the rounds before the *answer*. *sent* are the requests
    that left for it, which is known as long as the kernel lives: None where it is not, () where none did.
    """

    question: tuple[Message, ...]
    answer: Message | None = None
    steps: tuple[Message, ...] = field(default=(), kw_only=True)
    status: Status = "waiting"
    model: str | None = None
    finish_reason: str | None = None
    usage: Usage | None = None
    error: str | None = None
    sent: tuple[Trail, ...] | None = field(default=None, kw_only=True, compare=False, repr=False)

    @classmethod
    def settled(
        cls,
        question: tuple[Message, ...],
        reply: Reply,
        model: str | None = None,
        sent: tuple[Trail, ...] | None = None,
    ) -> "Version":
        """Return what is kept of *question* and of the *reply* that has ended; *model* was asked for."""
        return cls(
            question=question,
            answer=reply.message if reply.message.parts else None,
            steps=reply.steps,
            status=reply.status,
            model=reply.model or model,
            finish_reason=reply.finish_reason,
            usage=reply.usage,
            error=str(reply.error) if reply.error else None,
            sent=sent,
        )

    def messages(self) -> tuple[Message, ...]:
        """
        Return what later requests carry of it: the question, and the answer, marked where it was cut.

        Nothing where nothing was answered: a question alone, or an empty answer, is refused by some models.
        """
        said = tuple(self._said())
        asked = tuple(message for message in self.question if message.can_be_sent)
        return (*asked, *self.steps, self._answered(said)) if said and asked else ()

    def events(self) -> Iterator[Event]:
        """Yield the events that make a Reply of it."""
        yield Identified(self.model)
        yield from rounds(self.steps, self.answer)
        if self.usage:
            yield UsageReported(self.usage)
        if self.finish_reason:
            yield FinishReason(self.finish_reason)
        broke_off = self.status in ("incomplete", "failed")  # a notebook does not hold why
        error = OfoxError(self.error or _REASON_LOST) if self.error or broke_off else None
        yield Finished(error, stopped=self.status == "stopped")

    def _answered(self, said: tuple[Part, ...]) -> Message:
        """Return the answer itself where that is all that is *said*: request after request has the same object then."""
        return self.answer if self.answer and self.answer.parts == said else Message("assistant", said)

    def _said(self) -> Iterator[Part]:
        """One text, since not every model takes a list of parts from an assistant; and the calls, if they are whole."""
        text = self.answer.text if self.answer else ""
        mark = CUT_MARKS.get(self.status)
        calls = () if mark else tuple(self._calls())
        if text:
            yield Text(f"{text}\n\n{mark}" if mark else text)
        elif self.steps and not calls:  # what was done is told all the same
            yield Text(mark or NOTHING_SAID)
        yield from calls

    def _calls(self) -> Iterator[ToolCall]:
        taken = {call.id for step in self.steps for call in _calls_in(step)}
        return map(sendable, with_ids(_calls_in(self.answer), taken)) if self.answer else iter(())


@dataclass(frozen=True, slots=True)
class Exchange:
    """A turn's place in the conversation: its *versions*, oldest first, and which of them is *active*."""

    id: str
    key: str | None
    versions: tuple[Version, ...]
    active: int = 0

    @property
    def version(self) -> Version:
        """The version that counts."""
        return self.versions[self.active]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Turns in the order of their first run; *running* is the id of the one whose newest version has not ended."""

    exchanges: tuple[Exchange, ...] = ()
    running: str | None = None

    def __len__(self) -> int:
        return len(self.exchanges)

    def find(self, *, id: str | None = None, key: str | None = None) -> Exchange | None:  # noqa: A002
        """Return the exchange with this *id*, or with this *key*; None where there is none."""
        for exchange in self.exchanges:
            if (id is not None and exchange.id == id) or (key is not None and exchange.key == key):
                return exchange
        return None

    def begin(self, id: str, key: str | None, question: tuple[Message, ...]) -> "Conversation":  # noqa: A002
        """
        Put *question* in: as a new turn at the end, or as one more version of the turn *id*.

        A *key* stays with the turn that has it: one that was undone can be back since the question was asked.
        """
        exchange = self.find(id=id)
        if exchange is None:
            key = None if self.find(key=key) else key
            return Conversation((*self.exchanges, Exchange(id, key, (Version(question),))), running=id)
        return self._with(replace(exchange, versions=(*exchange.versions, Version(question))), running=id)

    def settle(self, id: str, version: Version) -> "Conversation":  # noqa: A002
        """
        Put the end of the running version of turn *id* in; a turn that was removed meanwhile stays removed.

        The new version becomes the active one, unless it brought nothing and an older one did.
        """
        exchange = self.find(id=id) if id == self.running else None
        if exchange is None:
            return self
        versions = (*exchange.versions[:-1], version)
        brought_something = version.answer or version.steps
        active = len(versions) - 1 if brought_something or len(versions) == 1 else exchange.active
        return self._with(replace(exchange, versions=versions, active=active))

    def activate(self, id: str, number: int) -> "Conversation":  # noqa: A002
        """Make version *number*, counted from 0, the one that counts in turn *id*. Raises ConfigError."""
        exchange = self.find(id=id)
        if exchange is None or not 0 <= number < len(exchange.versions):
            raise ConfigError(f"there is no version {number + 1} of that turn")
        if exchange.versions[number].status not in SETTLED:
            raise ConfigError("that version has not ended yet")
        return self._with(replace(exchange, active=number), self.running)

    def messages(self, *, above: str | None = None, last: int | None = None) -> tuple[Message, ...]:
        """
        Return what a request carries: all turns as they stand, or those above the turn with the id *above*.

        *last*: of these the last so many only.
        """
        turns = [exchange.version.messages() for exchange in takewhile(lambda e: e.id != above, self.exchanges)]
        turns = [messages for messages in turns if messages]
        return tuple(
            message
            for messages in (turns if last is None else turns[max(0, len(turns) - last) :])
            for message in messages
        )

    def without_oldest(self, count: int) -> "Conversation":
        """Return what is left without the oldest *count* turns."""
        left = Conversation(self.exchanges[count:])
        return replace(left, running=self.running) if self.running and left.find(id=self.running) else left

    def at_rest(self) -> "Conversation":
        """Return what has ended: without the version that is running, and without its turn where it has no other."""
        exchange = self.find(id=self.running) if self.running else None
        if exchange is None:
            return self
        if len(exchange.versions) > 1:
            return self._with(replace(exchange, versions=exchange.versions[:-1]))
        return Conversation(tuple(e for e in self.exchanges if e.id != exchange.id))

    def _with(self, changed: Exchange, running: str | None = None) -> "Conversation":
        return Conversation(tuple(changed if e.id == changed.id else e for e in self.exchanges), running)


def _calls_in(message: Message) -> Iterator[ToolCall]:
    return (part for part in message.parts if isinstance(part, ToolCall))


def with_calls_closed(messages: Iterable[Message]) -> tuple[Message, ...]:
    """
    Return *messages* with a result after every tool call that has none.

    An assistant message whose calls stay unanswered makes every later request a 400.
    """
    closed: list[Message] = []
    open_calls: list[str] = []
    for message in messages:
        answered = {part.call_id for part in message.parts if isinstance(part, ToolResult)}
        if not answered:
            closed.extend(tool(NOT_RUN, call_id) for call_id in open_calls)
            open_calls = [part.id for part in message.parts if isinstance(part, ToolCall)]
        open_calls = [call_id for call_id in open_calls if call_id not in answered]
        closed.append(message)
    closed.extend(tool(NOT_RUN, call_id) for call_id in open_calls)
    return tuple(closed)
