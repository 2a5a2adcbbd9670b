"""A turn as its asker holds it: watch it, wait for it, stop it. It goes on by itself, watched or not."""

from collections.abc import Callable, Iterator
from decimal import Decimal
from functools import partial
from threading import Condition
from types import TracebackType
from typing import Any, Self, TypeAlias

from ofox_magic.chat.conversation import Version
from ofox_magic.chat.events import Event, Finished, Retrying, ToolsAsked
from ofox_magic.chat.ledger import Price
from ofox_magic.chat.messages import Message
from ofox_magic.chat.reply import Reply, Status
from ofox_magic.chat.trail import Trail

POLL = 0.05
"""Seconds between two looks while waiting. An untimed wait would not hear the kernel's interrupt everywhere."""

ToAnswer: TypeAlias = Callable[["Turn"], Any]
"""Makes what is handed to the asker of a turn that has ended."""


class Turn:
    """
    One question and what it draws: `id`, `key`, `model` (asked for), `question`, `reply`, `state`, `versions`.

    Iterate over it for the events as they come (from the first one, whenever you start), call `result()` to wait
    for the end, or leave it alone. As a context manager it is stopped when the block is left by an exception. `remarks`
    are what its asker should know of the question. `sent` are the requests that left for it so far, None where that is
    not known any more: see `chat.sent`.
    """

    def __init__(
        self,
        id: str,  # noqa: A002
        key: str | None,
        model: str,
        question: tuple[Message, ...],
        *,
        remarks: tuple[str, ...] = (),
        sent: tuple[Trail, ...] | None = (),
        changed: Condition,
        versions: Callable[[], tuple[Version, ...]],
        cancel: Callable[["Turn"], None],
        price: Price = lambda *_: None,
        to_answer: ToAnswer | None = None,
        serve: Callable[[], None] = lambda: None,
    ) -> None:
        self.id = id
        self.key = key
        self.model = model
        self.question = question
        self.remarks = remarks
        self.sent = sent
        self.reply = Reply()
        self._events: list[Event] = []
        self._changed = changed
        self._versions = versions
        self._price = price
        self._to_answer = to_answer or reply_of
        self._serve = serve
        self._cancel = cancel

    def __repr__(self) -> str:
        return f"<Turn {self.id} {self.state}>"

    @property
    def state(self) -> Status:
        """queued, waiting, streaming, tools, done, stopped, incomplete or failed."""
        return self.reply.status

    @property
    def versions(self) -> tuple[Version, ...]:
        """All runs of this turn, oldest first; empty once it was undone or cleared."""
        return self._versions()

    @property
    def cost(self) -> Decimal | None:
        """What the answer cost in USD, by the prices that are known now; None where that is unknown."""
        return self._price(self.reply.usage, self.reply.model, self.model) if self.reply.usage else None

    def cancel(self) -> None:
        """Stop it: close the connection at once, or leave the queue. Returns before the turn has settled."""
        self._cancel(self)

    def wait(self, timeout: float | None = None) -> bool:
        """
        Wait until it has settled, at most *timeout* seconds (None: for ever). Returns whether it has.

        Whoever waits, here or by `watch`, runs the tools that a turn of the session waits for.
        """
        left = timeout
        while not self.reply.settled:
            if left is not None and left <= 0:
                return False
            pause = POLL if left is None else min(POLL, left)
            with self._changed:  # each bit of the answer notifies, and is no reason to take the pause for over
                self._changed.wait_for(partial(self._left, self.state), pause)
            self._serve()
            left = None if left is None else left - POLL
        return True

    def _left(self, state: Status) -> bool:
        return self.state != state

    def result(self) -> Any:
        """
        Wait for the end and return the answer: an `Answer`, as `_ofox` is. An interrupt while waiting stops the turn.

        Raises what ended it (OfoxError), if an error did; what had come by then is in `turn.reply`. A turn that
        was stopped is returned, with the status `stopped`.
        """
        with self:
            self.wait()
        if self.reply.error is not None:
            raise self.reply.error
        return self._to_answer(self)

    def __iter__(self) -> Iterator[Event]:
        """Yield every event from the first to Finished. Leaving the loop does not stop the turn."""
        yield from (event for event in self.watch() if event is not None)

    def watch(self, beat: float = POLL) -> Iterator[Event | None]:
        """Yield every event, and None whenever *beat* seconds passed without one, for those who show time passing."""
        events, seen = self._events, 0
        while True:
            with self._changed:
                if seen == len(events):
                    self._changed.wait(beat)
                fresh = events[seen:]
            seen += len(fresh)
            yield from fresh or (None,)
            if self.state == "queued" or (seen and isinstance(events[seen - 1], ToolsAsked)):
                self._serve()  # not before all that was said until then is seen
            if fresh and isinstance(fresh[-1], Finished):
                return

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is not None and not self.reply.settled:
            self.cancel()

    def take(self, event: Event) -> None:
        """For the session, under its lock: take in the next event."""
        self.reply.feed(event)
        self._events.append(event)
        if isinstance(event, Retrying) and self.sent:
            self.sent = (*self.sent[:-1], self.sent[-1].sent_again(event))
        if isinstance(event, Finished):
            # whoever watches holds the long list; who comes late gets the same text in few events
            self._events = list(self.reply.replay())


def reply_of(turn: Turn) -> Reply:
    """Return the reply itself, where nobody says what else an answer is."""
    return turn.reply
