"""Messages and what they cost in tokens, as values. Knows parts; knows nothing of how either is sent."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields
from itertools import groupby
from typing import Literal, TypeAlias

from ofox_magic.chat.parts import Opaque, Part, Text, ToolResult, parts_of
from ofox_magic.errors import ConfigError

Role: TypeAlias = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Message:
    """Who said it (*role*, and *name* where several speak with one role) and what."""

    role: Role
    parts: tuple[Part, ...]
    name: str | None = None

    @property
    def text(self) -> str:
        """The text parts, joined."""
        return "".join(part.text for part in self.parts if isinstance(part, Text))

    @property
    def call_id(self) -> str | None:
        """The id of the tool call that this answers; None where it answers none."""
        return next((part.call_id for part in self.parts if isinstance(part, ToolResult)), None)

    @property
    def can_be_sent(self) -> bool:
        """Whether anything is left of it without what was not stored."""
        return any(not isinstance(part, Opaque) for part in self.parts)


def system(*content: object, name: str | None = None) -> Message:
    """Return a system message."""
    return Message("system", parts_of(*content), name)


def user(*content: object, name: str | None = None) -> Message:
    """Return a user message."""
    return Message("user", parts_of(*content), name)


def assistant(*content: object, name: str | None = None) -> Message:
    """Return an assistant message: text, and the tool calls it made."""
    return Message("assistant", parts_of(*content), name)


def tool(result: str, call_id: str) -> Message:
    """Return the tool message that answers the call *call_id*."""
    return Message("tool", (ToolResult(call_id, result),))


ToParts: TypeAlias = Callable[..., tuple[Part, ...]]


def messages_of(*content: object, name: str | None = None, to_parts: ToParts = parts_of) -> tuple[Message, ...]:
    """
    Return *content* as messages: each Message as it is, everything between two of them as one user message.

    *to_parts* turns the values between them into parts. Raises ConfigError when nothing is said, and for a
    system message, which has a place of its own (`system=`).
    """
    messages = tuple(_grouped(content, name, to_parts))
    if not any(_says_something(message) for message in messages):
        raise ConfigError("the prompt is empty: write what you want to ask")
    if any(message.role == "system" for message in messages):
        raise ConfigError("a system message is no turn: pass it as system=… (in a cell: -s)")
    return messages


def _grouped(content: tuple[object, ...], name: str | None, to_parts: ToParts) -> Iterator[Message]:
    for is_message, run in groupby(content, lambda item: isinstance(item, Message)):
        if is_message:
            yield from run  # type: ignore[misc]
        elif parts := to_parts(*run):
            yield Message("user", parts, name)


def _says_something(message: Message) -> bool:
    return any(not isinstance(part, Text) or part.text.strip() for part in message.parts)


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens, as the gateway counted them. `cached` are within the prompt, `reasoning` within the completion."""

    prompt_tokens: int = 0
    completion_tokens: int = 0
    total_tokens: int = 0
    cached_tokens: int = 0
    reasoning_tokens: int = 0

    @property
    def in_words(self) -> str:
        """What went in and what came out: `1,200 + 34 tokens`."""
        return f"{self.prompt_tokens:,} + {self.completion_tokens:,} tokens"

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(*(getattr(self, f.name) + getattr(other, f.name) for f in fields(Usage)))
