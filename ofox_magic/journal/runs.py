"""Which run of the file a Version is, and how much of an answer that still comes is there."""

import json
from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from ofox_magic.chat.conversation import Conversation, Version
from ofox_magic.chat.messages import Message
from ofox_magic.chat.records import message_record
from ofox_magic.chat.reply import Reply

_LONGEST_WORD = 512


class Runs:
    """Numbers of runs by Version: by identity, since two runs may be equal."""

    def __init__(self) -> None:
        # the Version is held too, or its id would be another one's one day
        self._numbers: dict[int, tuple[int, Version]] = {}

    def __len__(self) -> int:
        return len(self._numbers)

    def find(self, version: Version) -> int | None:
        """Return the number of the run that *version* is; None where it is not written."""
        found = self._numbers.get(id(version))
        return found[0] if found else None

    def add(self, version: Version, number: int) -> None:
        """Remember that *version* is the run *number*."""
        self._numbers[id(version)] = (number, version)

    def update(self, others: "Runs") -> None:
        """Remember all of *others*."""
        self._numbers.update(others._numbers)  # noqa: SLF001 - of the same class

    def keep(self, conversations: Iterable[Conversation]) -> None:
        """Forget all but those in *conversations*; one that undo brings again is written again."""
        self._numbers = {
            id(version): self._numbers[id(version)]
            for conversation in conversations
            for exchange in conversation.exchanges
            for version in exchange.versions
            if id(version) in self._numbers
        }


@dataclass(frozen=True, slots=True)
class Piece:
    """
    A stretch of an answer: *kind* is `text` or `reasoning`.

    A `step` is a message of a round that ended, as JSON; it stands for what came of that round before it.
    """

    kind: str
    text: str


@dataclass(frozen=True, slots=True)
class OpenRun:
    """
    The run *number* has no end yet.

    *count* pieces of it are written: so many *steps*, and text and reasoning up to the lengths in *written*; *seen* are
    the lengths when that was looked at.
    """

    number: int
    question: tuple[Message, ...]
    count: int = 0
    steps: int = 0
    written: dict[str, int] = field(default_factory=dict)
    seen: dict[str, int] = field(default_factory=dict)

    def is_behind(self, reply: Reply) -> bool:
        """Whether *reply* holds more than is written."""
        return len(reply.steps) > self.steps or any(
            len(text) > self.written.get(kind, 0) for kind, text in _texts(reply)
        )

    def take(self, reply: Reply) -> tuple[list[Piece], "OpenRun"]:
        """
        Return what of *reply* is to be written, and the run with that written.

        A word goes when it is whole, or when nothing comes any more, since half a key would not be known for one.
        """
        began, seen = reply.round, dict(self.seen)
        pieces = [Piece("step", json.dumps(message_record(step))) for step in began.steps[self.steps :]]
        written = {"text": began.text, "reasoning": began.reasoning} if pieces else dict(self.written)
        for kind, text in _texts(reply):
            start = written.get(kind, 0)
            end = len(text) if seen.get(kind) == len(text) else _last_word(text, start)
            seen[kind] = len(text)
            if end > start:
                pieces.append(Piece(kind, text[start:end]))
                written[kind] = end
        then = replace(self, count=self.count + len(pieces), steps=len(began.steps), written=written, seen=seen)
        return pieces, then


def _texts(reply: Reply) -> tuple[tuple[str, str], ...]:
    return ("reasoning", reply.reasoning), ("text", reply.text)


def _last_word(text: str, start: int) -> int:
    """Return where the word begins that *text* ends with; its end, where that is no word that a key could be."""
    end = len(text)
    while end > start and "!" <= text[end - 1] <= "~":
        end -= 1
        if len(text) - end > _LONGEST_WORD:
            return len(text)
    return end
