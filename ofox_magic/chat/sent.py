"""
What was sent, and what would be: each request with its bytes and its parts. Pure; who writes the bytes is handed in.

For whoever shows it: `sent_requests` of a turn, `draft_request` of a request that is not sent.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from ofox_magic.chat.conversation import Conversation, Version, with_calls_closed
from ofox_magic.chat.estimate import READ_AS_TEXT, tokens, tokens_of, tokens_of_options
from ofox_magic.chat.messages import Message, Role
from ofox_magic.chat.parts import Image, Opaque, Part, Reasoning, Table, Text, ToolCall, ToolResult
from ofox_magic.chat.pictures import Pictures
from ofox_magic.chat.trail import Trail
from ofox_magic.chat.transport import Request
from ofox_magic.chat.turn import Turn


class Encode(Protocol):
    """Writes requests as they go over the wire."""

    def __call__(self, request: Request, without: tuple[str, ...] = ()) -> bytes:
        """Return the body of *request* but for the keys *without*. Raises ConfigError where it has none."""
        ...


@dataclass(frozen=True, slots=True)
class SentPart:
    """
    One part of a request, in the *message* of this number (from 1) and *role*.

    *part* is what is sent: for a picture that went before in the same request, the text that says so. *size* is in
    bytes: of the text in UTF-8, of the picture's file. *tokens* are our own estimate.
    """

    message: int
    role: Role
    part: Part
    size: int
    tokens: int


@dataclass(frozen=True, slots=True)
class SentOption:
    """A key of the body beside its messages: its *value* as JSON, of *size* bytes, *tokens* where models read it."""

    name: str
    value: str
    size: int
    tokens: int


@dataclass(frozen=True, slots=True)
class SentRequest:
    """
    One request of a turn: its *body*, to the byte, and the *parts* of its messages.

    *round* counts from 1, and so does *attempt*, the times that the request of a round was sent; *why* says why this
    one was, after another. Not *is_exact*: it was put together again from what is still known, which is less than went.
    """

    request: Request
    body: bytes
    round: int = 1
    attempt: int = 1
    why: str = ""
    is_exact: bool = True

    @property
    def parts(self) -> tuple[SentPart, ...]:
        """What is in its messages, in order."""
        return tuple(_parts(self.request.messages))

    @property
    def options(self) -> tuple[SentOption, ...]:
        """The other keys of the body, as far as they are no default."""
        return tuple(_options(self.request))

    @property
    def tokens(self) -> int:
        """About how many tokens the prompt is."""
        return tokens_of(self.request.messages) + tokens_of_options(self.request.params)


def draft_request(request: Request, encode: Encode) -> SentRequest:
    """Return *request* as it would go. Raises ConfigError where it cannot."""
    return SentRequest(request, encode(request))


def sent_requests(
    turn: Turn, encode: Encode, conversation: Conversation, run: int | None = None
) -> tuple[SentRequest, ...]:
    """
    Return what was sent for *turn*, in order: a request for each round, and once more for each time it was sent again.

    *run* is the number of a version, from 0 (None: the newest, whether it counts or not). Where what was sent is not
    known any more, as after a restart, they are put together again from the *conversation*, and not exact. Empty where
    nothing left.
    """
    trails, version = _of_run(turn, run)
    if trails is None and version is not None:
        return tuple(_rebuilt(turn, version, encode, conversation))
    return tuple(sent for number, trail in enumerate(trails or (), 1) for sent in _attempts(trail, encode, number))


def _of_run(turn: Turn, run: int | None) -> tuple[tuple[Trail, ...] | None, Version | None]:
    versions = turn.versions
    if not versions or (run is None and not turn.reply.settled):
        return turn.sent, None
    version = versions[-1 if run is None else run]
    return version.sent, version


def _attempts(trail: Trail, encode: Encode, number: int) -> Iterator[SentRequest]:
    request = trail.request
    without: tuple[str, ...] = ()
    body = encode(request)
    yield SentRequest(request, body, number)
    for attempt, retry in enumerate(trail.retries, 2):
        if retry.without:
            without = (*without, *retry.without)
            body = encode(request, without)
        yield SentRequest(request, body, number, attempt, retry.reason)


def _rebuilt(turn: Turn, version: Version, encode: Encode, conversation: Conversation) -> Iterator[SentRequest]:
    """For each round of a *version* that was brought back: what is above, the question, and the rounds before it."""
    above = conversation.messages(above=turn.id)
    asked = tuple(message for message in version.question if message.can_be_sent)
    ends = [number for number, step in enumerate(version.steps) if step.role == "assistant"]
    for number, end in enumerate([*ends, len(version.steps)], 1):
        messages = with_calls_closed((*above, *asked, *version.steps[:end]))
        request = Request(version.model or turn.model, messages)
        yield SentRequest(request, encode(request), number, is_exact=False)


def _parts(messages: tuple[Message, ...]) -> Iterator[SentPart]:
    pictures = Pictures()
    for number, message in enumerate(messages, 1):
        for part in message.parts:
            if isinstance(part, Reasoning | Opaque):
                continue  # neither is sent
            sent = pictures.sent_as(part) if isinstance(part, Image) else part
            yield SentPart(number, message.role, sent, _size(sent), tokens(sent))


def _options(request: Request) -> Iterator[SentOption]:
    given = request.params if request.stream else {"stream": False, **request.params}
    for name, value in given.items():
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        read = tokens(text) if name in READ_AS_TEXT else 0
        yield SentOption(name, text, len(text.encode(errors="replace")), read)


def _size(part: Part) -> int:
    match part:
        case Image():
            return len(part.data or (part.url or "").encode())
        case Table():
            return len(part.sent.encode())
        case Text() | ToolResult():
            return len(part.text.encode(errors="replace"))
        case ToolCall():
            return len(part.name.encode()) + len(part.arguments.encode())
        case _:
            return 0
