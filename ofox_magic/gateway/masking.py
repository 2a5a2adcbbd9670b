"""
Keeps the key out of what is shown and kept: a server may echo it in ids, reasons and headers.

Knows events, errors and loggers; nothing of how requests travel.
"""

import logging
from dataclasses import replace

from ofox_magic.chat.events import Event, FinishReason, Identified, Retrying
from ofox_magic.errors import OfoxError
from ofox_magic.settings import Secret

_LOGGERS = ("httpx", *(f"httpcore.{name}" for name in ("connection", "http11", "http2", "proxy", "socks")))


class LogFilter(logging.Filter):
    """Masks the key in what the HTTP library logs: at DEBUG the headers that came, and a server may echo it there."""

    def __init__(self) -> None:
        super().__init__()
        self._key: Secret | None = None

    def keep_out(self, key: Secret | None) -> None:
        """Mask *key* from now on."""
        self._key = key
        for name in _LOGGERS:
            logging.getLogger(name).addFilter(self)  # added once, however often

    def remove(self) -> None:
        """Leave the loggers as they were."""
        for name in _LOGGERS:
            logging.getLogger(name).removeFilter(self)

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every *record* pass, masked where it must be."""
        said = record.getMessage()
        masked = self._key.mask(said) if self._key else said
        if masked != said:
            record.msg, record.args = masked, ()
        return True


def without_key(event: Event, key: Secret | None) -> Event:
    """Return *event* with an echo of the key masked in what is shown and kept beside the answer."""
    if key is None:
        return event
    match event:
        case Identified():
            ids = (event.model, event.response_id, event.request_id)
            return Identified(*(key.mask(name) if name else name for name in ids))
        case FinishReason(reason):
            return FinishReason(key.mask(reason))
        case Retrying():
            return replace(event, reason=key.mask(event.reason))
        case _:
            return event


def clean(error: OfoxError, key: Secret | None) -> OfoxError:
    """Take from *error* what could hold the key, and return it: an echo, and the frames and causes it came through."""
    error.__cause__ = error.__context__ = error.__traceback__ = None
    if key is not None:
        error.args = tuple(key.mask(arg) if isinstance(arg, str) else arg for arg in error.args)
        for name in ("type", "code", "request_id"):
            if isinstance(value := getattr(error, name, None), str):
                setattr(error, name, key.mask(value))
    return error
