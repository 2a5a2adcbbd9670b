"""
Conversations as plain dicts that JSON can hold, and back; the shape is version 1 (`v`). Pure.

Pictures are apart: see `part_records`.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict
from hashlib import sha256
from typing import Any, get_args

from ofox_magic.chat.conversation import Conversation, Exchange, Version
from ofox_magic.chat.messages import Message, Role, Usage
from ofox_magic.chat.part_records import FindPicture, Record, as_kind, filled, get, maybe, part_of, part_record
from ofox_magic.chat.parts import Image
from ofox_magic.chat.reply import SETTLED, Status
from ofox_magic.errors import ConfigError

VERSION = 1
_ROLES = get_args(Role)


def to_dict(conversation: Conversation) -> Record:
    """Return *conversation* as a dict of version 1, what runs included; see `pictures` for what is not in it."""
    return {"v": VERSION, "exchanges": [exchange_record(exchange) for exchange in conversation.exchanges]}


def from_dict(record: object, find: FindPicture = lambda _: None) -> Conversation:
    """
    Return the conversation that *record* holds; *find* gives the pictures' bytes.

    Answers that had not ended are `incomplete`, or `failed` where nothing had come. Raises ConfigError for what is no
    conversation of version 1.
    """
    try:
        known = as_kind(dict, record)
        if known.get("v") != VERSION:
            raise ConfigError(
                f"this conversation is of version {known.get('v')!r} and {VERSION} is what is read here: "
                f"open it with a newer ofox_magic"
            )
        return Conversation(tuple(exchange_of(each, find) for each in get(known, "exchanges", list)))
    except (ValueError, TypeError, RecursionError) as error:
        raise ConfigError(f"this is no conversation of ofox_magic: {error}") from None


def pictures(messages: Iterable[Message]) -> Iterator[tuple[str, bytes]]:
    """Yield the sha256 (hex) and the bytes of every picture in *messages*."""
    for message in messages:
        for part in message.parts:
            if isinstance(part, Image) and part.data:
                yield sha256(part.data).hexdigest(), part.data


def exchange_record(exchange: Exchange) -> Record:
    """Return *exchange* with all of its versions."""
    versions = [question_record(v.question) | answer_record(v) for v in exchange.versions]
    return {"id": exchange.id, "key": exchange.key, "active": exchange.active, "versions": versions}


def exchange_of(record: object, find: FindPicture) -> Exchange:
    """Return the exchange that *record* holds. Raises ValueError for what holds none."""
    known = as_kind(dict, record)
    versions = tuple(version_of(as_kind(dict, each), find) for each in get(known, "versions", list))
    active = get(known, "active", int, 0)
    if not 0 <= active < len(versions):
        raise ValueError(f"the active version of a turn is number {active} of {len(versions)}")
    return Exchange(get(known, "id", str), maybe(known, "key", str), versions, active)


def question_record(question: Iterable[Message]) -> Record:
    """Return what was asked."""
    return {"question": [message_record(message) for message in question]}


def answer_record(version: Version) -> Record:
    """Return what came, and how it ended."""
    return {
        "answer": message_record(version.answer) if version.answer else None,
        "status": version.status,
        "model": version.model,
        "finish_reason": version.finish_reason,
        "usage": asdict(version.usage) if version.usage else None,
        "error": version.error,
    } | ({"steps": [message_record(step) for step in version.steps]} if version.steps else {})


def version_of(record: Mapping[str, Any], find: FindPicture) -> Version:
    """Return the version that the records of its question and its answer, joined, hold. Raises ValueError."""
    answer = maybe(record, "answer", dict)
    status: Status = record.get("status", "incomplete")
    if status not in SETTLED:
        status = "incomplete" if answer else "failed"
    return Version(
        question=tuple(message_of(each, find) for each in get(record, "question", list)),
        answer=message_of(answer, find) if answer else None,
        status=status,
        model=maybe(record, "model", str),
        finish_reason=maybe(record, "finish_reason", str),
        usage=filled(Usage, usage) if (usage := maybe(record, "usage", dict)) is not None else None,
        error=maybe(record, "error", str),
        steps=tuple(message_of(each, find) for each in get(record, "steps", list, [])),
    )


def message_record(message: Message) -> Record:
    """Return *message*."""
    name = {"name": message.name} if message.name is not None else {}
    return {"role": message.role, "parts": [part_record(part) for part in message.parts]} | name


def message_of(record: object, find: FindPicture) -> Message:
    """Return the message that *record* holds. Raises ValueError."""
    known = as_kind(dict, record)
    if known.get("role") not in _ROLES:
        raise ValueError(f"a message's role is one of {', '.join(_ROLES)}, not {known.get('role')!r}")
    parts = tuple(part_of(as_kind(dict, each), find) for each in get(known, "parts", list))
    return Message(known["role"], parts, maybe(known, "name", str))


def masked(record: Any, mask: Callable[[str], str]) -> Any:
    """Return *record* with *mask* over every text in it, however deep."""
    if isinstance(record, str):
        return mask(record)
    if isinstance(record, dict):
        return {name: masked(value, mask) for name, value in record.items()}
    return [masked(value, mask) for value in record] if isinstance(record, list) else record


def messages_in(conversation: Conversation) -> Iterator[Message]:
    """Yield every message of every version."""
    for exchange in conversation.exchanges:
        for version in exchange.versions:
            yield from (*version.question, *version.steps)
            if version.answer:
                yield version.answer
