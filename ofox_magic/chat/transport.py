"""What a session asks of whatever carries it: a Request goes out, events come back. Knows no HTTP."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Protocol, TypeAlias

from ofox_magic.chat.events import Event
from ofox_magic.chat.messages import Message

Cancel: TypeAlias = Callable[[], None]
OnEvent: TypeAlias = Callable[[Event], None]


@dataclass(frozen=True, slots=True)
class Request:
    """One request: *params* are the body's further keys as the user set them; *timeout* is in seconds, in all."""

    model: str
    messages: tuple[Message, ...]
    params: Mapping[str, Any] = field(default_factory=dict)
    stream: bool = True
    timeout: float | None = None


@dataclass(frozen=True, slots=True)
class ModelCard:
    """
    What the catalogue says of a model.

    *context_length* is in tokens (None: not said); *prices* are USD per token by the gateway's names (`prompt`,
    `completion`, `input_cache_read` …); *abilities* are the parameters it lists, *inputs* the kinds of input (`text`,
    `image` …).
    """

    id: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    context_length: int | None = None
    prices: Mapping[str, Decimal] = field(default_factory=dict)
    abilities: frozenset[str] = frozenset()
    inputs: frozenset[str] = frozenset()


class Abandoned(Exception):  # noqa: N818 - a signal, not a fault
    """Raised by an `on_event` whose turn is over: the transport stops and closes."""


class Transport(Protocol):
    """Carries requests."""

    def start(self, request: Request, on_event: OnEvent) -> Cancel:
        """
        Send *request*; call *on_event* in order, on a thread of its own, with exactly one Finished at the end.

        Returns at once. The Cancel closes the connection, whatever it waits for, and leads to
        Finished(stopped=True). Raises ConfigError when nothing can be sent.
        """
        ...

    def card(self, model: str) -> ModelCard | None:
        """Return what is known of *model* (id or alias) without asking anybody."""
        ...
