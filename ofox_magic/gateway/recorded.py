"""
Events, errors and model cards as JSON that a cassette holds, and back. Pure.

The vocabulary is closed, and what is read names nothing but its entries: no record can cause anything to be imported,
called or looked up. Ids of requests and answers are not recorded, since they lead to an account.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict
from decimal import Decimal, InvalidOperation
from typing import Any, assert_never

from ofox_magic import errors
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
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.part_records import Record, as_kind, filled, get, maybe
from ofox_magic.chat.transport import ModelCard
from ofox_magic.errors import GatewayError, OfoxError, RateLimited, TransportError

_MOST_SECONDS = 1e8
_MOST_TOKENS = 10**16
_LONGEST_PRICE = 40  # characters
_ACCOUNT = re.compile(
    r"\b(?:org|proj|acct|user|req|cus)[-_](?=[A-Za-z]*\d)[A-Za-z0-9]{6,}\b|[\w.+-]{1,64}@[\w-]{1,64}\.[A-Za-z][\w.-]*\w"
)
_ERRORS: Mapping[str, type[OfoxError]] = {
    kind.__name__: kind
    for kind in (
        errors.OfoxError,
        errors.ConfigError,
        errors.GatewayError,
        errors.AuthError,
        errors.PermissionDenied,
        errors.NotFound,
        errors.RateLimited,
        errors.BadRequest,
        errors.ContextTooLong,
        errors.ServerError,
        errors.TransportError,
        errors.ProtocolError,
        errors.AnswerError,
    )
}


def event_record(event: Event) -> Record:  # noqa: C901, PLR0911 - a case for each event there is
    """Return *event* as {its name: what it says}; ids and what looks like an account are left out."""
    match event:
        case TextDelta(text):
            return {"text": text}
        case ReasoningDelta(text):
            return {"reasoning": text}
        case ToolCallDelta():
            return {"tool_call": asdict(event)}
        case Identified():
            return {"model": event.model}
        case UsageReported(usage):
            return {"usage": asdict(usage)}
        case FinishReason(reason):
            return {"finish_reason": reason}
        case Retrying():
            return {"retrying": _retrying_record(event)}
        case Finished():
            return {"finished": _error_record(event.error)}
        case ToolsAsked() | ToolsRan():
            raise ValueError("this is of a turn, and no transport says it")
    assert_never(event)


def event_of(record: object) -> Event:
    """Return the event that *record* holds. Raises ValueError for anything that `event_record` does not write."""
    entry: Record = as_kind(dict, record)
    if len(entry) != 1:
        raise ValueError(f"an event has {len(entry)} names where 1 belongs")
    ((name, value),) = entry.items()
    if name not in _READ:
        raise ValueError(f"an event {name!r} is not known here")
    return _READ[name](value)


def seconds(value: object) -> float:
    """Return *value* if it is a number of seconds, three years at most. Raises ValueError."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= _MOST_SECONDS:
        raise ValueError(f"a pause is no number of seconds from 0 to {_MOST_SECONDS:.0f}")
    return float(value)


def card_record(card: ModelCard) -> Record:
    """Return *card*; its prices as text, which loses no digit."""
    return asdict(card) | {
        "aliases": list(card.aliases),
        "prices": {name: str(price) for name, price in card.prices.items()},
        "abilities": sorted(card.abilities),
        "inputs": sorted(card.inputs),
    }


def card_of(record: object) -> ModelCard:
    """Return the card that *record* holds. Raises ValueError."""
    entry: Record = as_kind(dict, record)
    return ModelCard(
        id=get(entry, "id", str),
        name=get(entry, "name", str),
        aliases=_texts(entry, "aliases"),
        context_length=maybe(entry, "context_length", int),
        prices={name: _price(text) for name, text in get(entry, "prices", dict).items()},
        abilities=frozenset(_texts(entry, "abilities")),
        inputs=frozenset(_texts(entry, "inputs")),
    )


def _texts(entry: Record, name: str) -> tuple[str, ...]:
    return tuple(as_kind(str, text, name) for text in get(entry, name, list))


def _price(text: object) -> Decimal:
    try:
        price = Decimal(as_kind(str, text, "prices")[:_LONGEST_PRICE])
    except InvalidOperation:
        raise ValueError("a price is no number") from None
    if not price.is_finite() or price < 0:
        raise ValueError("a price is no number of dollars")
    return price


def _tool_call(value: object) -> ToolCallDelta:
    entry: Record = as_kind(dict, value)
    get(entry, "index", int)  # the one that has no default
    return filled(ToolCallDelta, entry)


def _usage(value: object) -> UsageReported:
    usage = filled(Usage, as_kind(dict, value))
    if not all(0 <= count < _MOST_TOKENS for count in asdict(usage).values()):
        raise ValueError("a count of tokens is out of bounds")
    return UsageReported(usage)


def _retrying(value: object) -> Retrying:
    entry: Record = as_kind(dict, value)
    without = _texts(entry, "without") if "without" in entry else ()
    return Retrying(get(entry, "attempt", int), seconds(entry.get("wait")), get(entry, "reason", str), without)


def _retrying_record(event: Retrying) -> Record:
    record = asdict(event) | {"reason": _without_account(event.reason)}
    return record if event.without else {name: value for name, value in record.items() if name != "without"}


def _error_record(error: OfoxError | None) -> Record | None:
    if error is None:
        return None
    kind = next(base.__name__ for base in type(error).__mro__ if base.__name__ in _ERRORS)
    record: Record = {"error": kind, "message": _without_account(str(error))}
    if isinstance(error, GatewayError):
        record |= {"status": error.status, "type": error.type, "code": error.code}
    if isinstance(error, RateLimited):
        record["retry_after"] = None if error.retry_after is None else min(error.retry_after, _MOST_SECONDS)
    if isinstance(error, TransportError):
        record["deadline"] = error.deadline
    return record


def _finished(value: object) -> Finished:
    return Finished() if value is None else Finished(_error(as_kind(dict, value)))


def _error(record: Record) -> OfoxError:
    name, message = get(record, "error", str), get(record, "message", str)
    if name not in _ERRORS:
        raise ValueError(f"an error {name!r} is not known here")
    kind = _ERRORS[name]
    if issubclass(kind, GatewayError):
        code = record.get("code")
        in_words: str | None = None if type(code) is int else maybe(record, "code", str)
        error = kind(
            message,
            status=maybe(record, "status", int),
            type=maybe(record, "type", str),
            code=code if type(code) is int else in_words,
        )
        if isinstance(error, RateLimited) and record.get("retry_after") is not None:
            error.retry_after = seconds(record["retry_after"])
        return error
    if issubclass(kind, TransportError):
        return kind(message, deadline=maybe(record, "deadline", str))
    return kind(message)


def _without_account(text: str) -> str:
    """What a gateway says when it refuses may name who asked."""
    return _ACCOUNT.sub("[account]", text)


_READ: Mapping[str, Callable[[Any], Event]] = {
    "text": lambda value: TextDelta(as_kind(str, value, "text")),
    "reasoning": lambda value: ReasoningDelta(as_kind(str, value, "reasoning")),
    "tool_call": _tool_call,
    "model": lambda value: Identified(None if value is None else as_kind(str, value, "model")),
    "usage": _usage,
    "finish_reason": lambda value: FinishReason(as_kind(str, value, "finish_reason")),
    "retrying": _retrying,
    "finished": _finished,
}
