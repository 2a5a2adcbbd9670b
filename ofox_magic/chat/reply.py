"""An answer as it grows. Fed with events, in order; read at any time, from any thread."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Literal, TypeAlias

from ofox_magic.chat.events import (
    Event,
    Finished,
    FinishReason,
    Identified,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolCallDelta,
    ToolsAsked,
    ToolsRan,
    UsageReported,
)
from ofox_magic.chat.messages import Message, Usage
from ofox_magic.chat.parts import Part, Reasoning, Text, ToolCall
from ofox_magic.errors import OfoxError

Status: TypeAlias = Literal["queued", "waiting", "streaming", "tools", "done", "stopped", "incomplete", "failed"]
SETTLED: tuple[Status, ...] = ("done", "stopped", "incomplete", "failed")


@dataclass(frozen=True, slots=True)
class Round:
    """What was before a round: *steps*, and how long the *text* and the *reasoning* were. One value, swapped whole."""

    steps: tuple[Message, ...] = ()
    text: int = 0
    reasoning: int = 0


class Reply:
    """
    One answer: `status`, `text`, `reasoning`, `tool_calls`, `finish_reason`, `usage`, `model`, ids, `error`.

    Where tools were run it took several rounds: `steps` are the messages of those that ended (what the model said and
    called, and what that gave), `message` is that of the last one. Text, reasoning and usage are those of all rounds.
    `incomplete` means that it broke off after some output, `failed` that nothing came before the error;
    `retrying` is set while the next try of the request waits.
    """

    def __init__(self) -> None:
        self.status: Status = "queued"
        self.model: str | None = None
        self.response_id: str | None = None
        self.request_id: str | None = None
        self.finish_reason: str | None = None
        self.usage: Usage | None = None
        self.error: OfoxError | None = None
        self.retrying: Retrying | None = None
        self.round_usage: Usage | None = None
        self.round = Round()
        self._used_before: Usage | None = None
        self._text = _Pieces()
        self._reasoning = _Pieces()
        self._calls: dict[int, _CallPieces] = {}

    def __repr__(self) -> str:
        start = self.text[:60].replace("\n", " ")
        return f"<Reply {self.status}, {len(self.text)} characters: {start!r}>"

    @property
    def text(self) -> str:
        """The answer's text so far."""
        return self._text.joined()

    @property
    def reasoning(self) -> str:
        """What the model thought aloud so far."""
        return self._reasoning.joined()

    @property
    def tool_calls(self) -> tuple[ToolCall, ...]:
        """The calls that the model asks for in this round, in the order of their index."""
        return tuple(self._calls[index].call() for index in sorted(self._calls))

    @property
    def parts(self) -> tuple[Part, ...]:
        """Reasoning, text and tool calls, as far as there are any."""
        return self._parts(self.reasoning, self.text)

    @property
    def steps(self) -> tuple[Message, ...]:
        """The messages of the rounds that ended."""
        return self.round.steps

    @property
    def calls(self) -> tuple[ToolCall, ...]:
        """The calls of the rounds that ended."""
        return tuple(part for step in self.steps for part in step.parts if isinstance(part, ToolCall))

    @property
    def message(self) -> Message:
        """The assistant message, that of the last round."""
        began = self.round
        return Message("assistant", self._parts(self.reasoning[began.reasoning :], self.text[began.text :]))

    @property
    def brought_something(self) -> bool:
        """Whether anything of an answer came."""
        return bool(self.parts or self.steps)

    @property
    def settled(self) -> bool:
        """Whether nothing more will come."""
        return self.status in SETTLED

    def feed(self, event: Event) -> None:
        """Take in the next event."""
        self.retrying = event if isinstance(event, Retrying) else None
        match event:
            case TextDelta() | ReasoningDelta() | ToolCallDelta():
                self._grow(event)
            case UsageReported(usage):
                self.round_usage = usage
                self.usage = self._used_before + usage if self._used_before else usage
            case FinishReason(reason):
                self.finish_reason = reason
            case Identified():
                self._identify(event)
            case ToolsAsked():
                self.status = "tools"
            case ToolsRan(messages):
                self._begin_round(messages)
            case Finished():
                self._finish(event)

    def replay(self) -> Iterator[Event]:
        """Yield events that make a Reply like this one, so that a late watcher misses nothing."""
        yield Identified(self.model, self.response_id, self.request_id)
        yield from rounds(self.steps, self.message)
        if self.usage:
            yield UsageReported(self.usage)
        if self.finish_reason:
            yield FinishReason(self.finish_reason)
        if self.settled:
            yield Finished(self.error, stopped=self.status == "stopped")

    def _grow(self, delta: TextDelta | ReasoningDelta | ToolCallDelta) -> None:
        self.status = "streaming"
        match delta:
            case TextDelta(text):
                self._text.add(text)
            case ReasoningDelta(text):
                self._reasoning.add(text)
            case ToolCallDelta():
                self._calls.setdefault(delta.index, _CallPieces()).add(delta)

    def _parts(self, reasoning: str, text: str) -> tuple[Part, ...]:
        thought = (Reasoning(reasoning),) if reasoning else ()
        said = (Text(text),) if text else ()
        return (*thought, *said, *self.tool_calls)

    def _begin_round(self, messages: tuple[Message, ...]) -> None:
        self.round = Round((*self.steps, *messages), len(self.text), len(self.reasoning))
        self._used_before, self.round_usage = self.usage, None
        self._calls = {}
        self.finish_reason = None
        self.status = "waiting"

    def _identify(self, event: Identified) -> None:
        self.model = event.model or self.model
        self.response_id = event.response_id or self.response_id
        self.request_id = event.request_id or self.request_id

    def _finish(self, event: Finished) -> None:
        self.error = event.error
        if event.stopped:
            self.status = "stopped"
        elif event.error is None:
            self.status = "done"
        else:
            self.status = "incomplete" if self.brought_something else "failed"


def deltas(parts: Iterable[Part]) -> Iterator[Event]:
    """Yield the events that bring *parts*, each whole."""
    calls = 0
    for part in parts:
        match part:
            case Reasoning(text):
                yield ReasoningDelta(text)
            case Text(text):
                yield TextDelta(text)
            case ToolCall():
                yield ToolCallDelta(calls, part.id, part.name, part.arguments)
                calls += 1
            case _:
                pass  # nothing else is ever answered


def rounds(steps: Iterable[Message], last: Message | None) -> Iterator[Event]:
    """Yield the events that bring *steps*, the messages of the rounds that ended, and the *last* answer."""
    ended: list[Message] = []
    for message in steps:
        if message.role == "assistant":
            if ended:
                yield ToolsRan(tuple(ended))
            ended = []
            yield from deltas(message.parts)
        ended.append(message)
    if ended:
        yield ToolsRan(tuple(ended))
    yield from deltas(last.parts if last else ())


class _Pieces:
    """Text that grows at the end. One thread adds; any thread reads, at the cost of what is new plus one copy."""

    def __init__(self) -> None:
        self._pieces: list[str] = []
        self._seen: tuple[int, str] = (
            0,
            "",
        )  # how many pieces the text holds: one value, so it is swapped whole

    def add(self, piece: str) -> None:
        self._pieces.append(piece)

    def joined(self) -> str:
        count, text = self._seen
        if fresh := self._pieces[count:]:
            text += "".join(fresh)
            self._seen = (count + len(fresh), text)
        return text


class _CallPieces:
    """A tool call as its fragments come."""

    def __init__(self) -> None:
        self.id = ""
        self.name = ""
        self.arguments = _Pieces()

    def add(self, delta: ToolCallDelta) -> None:
        self.id = self.id or delta.id
        self.name = self.name or delta.name
        self.arguments.add(delta.arguments)

    def call(self) -> ToolCall:
        return ToolCall(self.id, self.name, self.arguments.joined())
