"""
The closed vocabulary of what is said while an answer comes in. Do not subclass these.

The order on one turn: any of the deltas and reports, then exactly one Finished. Where tools are called, ToolsAsked and
ToolsRan stand between the rounds; a transport, which knows one request, never says them.
"""

from dataclasses import dataclass
from typing import TypeAlias

from ofox_magic.chat.messages import Message, Usage
from ofox_magic.errors import OfoxError


@dataclass(frozen=True, slots=True)
class Identified:
    """The gateway says which model answers, and under which ids; None where it does not say."""

    model: str | None = None
    response_id: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class TextDelta:
    """More of the answer's text."""

    text: str


@dataclass(frozen=True, slots=True)
class ReasoningDelta:
    """More of what the model thinks aloud."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCallDelta:
    """A fragment of the tool call number *index*: id and name come once, the arguments piece by piece."""

    index: int
    id: str = ""
    name: str = ""
    arguments: str = ""


@dataclass(frozen=True, slots=True)
class UsageReported:
    """The tokens so far; the last report counts."""

    usage: Usage


@dataclass(frozen=True, slots=True)
class FinishReason:
    """Why the model ended: stop, length, tool_calls, content_filter, or what else the gateway says."""

    reason: str


@dataclass(frozen=True, slots=True)
class Retrying:
    """
    The request number *attempt* failed for *reason*; the next one leaves in *wait* seconds.

    *without* are the keys of the body that it leaves out.
    """

    attempt: int
    wait: float
    reason: str
    without: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToolsAsked:
    """The model waits for what the calls of this round give."""


@dataclass(frozen=True, slots=True)
class ToolsRan:
    """A round with calls is over: *messages* are the answer that made them, what they gave, and pictures of that."""

    messages: tuple[Message, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """Nothing comes after this. By an *error*, because somebody *stopped* it, or as it should."""

    error: OfoxError | None = None
    stopped: bool = False


Event: TypeAlias = (
    Identified
    | TextDelta
    | ReasoningDelta
    | ToolCallDelta
    | UsageReported
    | FinishReason
    | Retrying
    | ToolsAsked
    | ToolsRan
    | Finished
)
