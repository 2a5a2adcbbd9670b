"""What a session tells its subscribers: frozen values, numbered by *seq* without a gap."""

from dataclasses import dataclass
from typing import TypeAlias

from ofox_magic.chat.conversation import Exchange
from ofox_magic.chat.events import Event
from ofox_magic.chat.messages import Message
from ofox_magic.chat.reply import Status


@dataclass(frozen=True, slots=True)
class TurnAdded:
    """A turn was asked; it may still be queued."""

    turn_id: str
    key: str | None
    question: tuple[Message, ...]
    seq: int


@dataclass(frozen=True, slots=True)
class TurnChanged:
    """A turn went from one state to the next."""

    turn_id: str
    state: Status
    seq: int


@dataclass(frozen=True, slots=True)
class Delta:
    """Something of a turn's answer came."""

    turn_id: str
    seq: int
    event: Event


@dataclass(frozen=True, slots=True)
class Settled:
    """A turn has ended."""

    turn_id: str
    state: Status
    seq: int


@dataclass(frozen=True, slots=True)
class HistoryReplaced:
    """Not one turn but the whole history changed: undo, redo, clear, fork, switch. Take a new snapshot."""

    name: str
    seq: int


@dataclass(frozen=True, slots=True)
class ChoiceChanged:
    """Something that holds for the next turns is another: the model, the system message, the budget."""

    seq: int


Notice: TypeAlias = TurnAdded | TurnChanged | Delta | Settled | HistoryReplaced | ChoiceChanged


@dataclass(frozen=True, slots=True)
class RunningTurn:
    """A turn that has not ended: its question and what came of its answer up to the snapshot."""

    turn_id: str
    key: str | None
    state: Status
    question: tuple[Message, ...]
    events: tuple[Event, ...]


@dataclass(frozen=True, slots=True)
class Snapshot:
    """How a session stands after the notice number *seq*: the named conversation, and the turns under way."""

    seq: int
    name: str
    exchanges: tuple[Exchange, ...]
    running: tuple[RunningTurn, ...]
