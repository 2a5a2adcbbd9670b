"""
Fakes for tests of notebooks and programs that use ofox_magic; the project's own tests use them too.

`ScriptedTransport` stands in for the gateway, `RecordingScreen` for a cell's output, `ManualClock` for time.
`practice_gateway()` is a real server on loopback that speaks the gateway's protocol.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from queue import Empty, SimpleQueue
from threading import Event as Gate
from threading import Thread
from typing import Any, TypeAlias

from ofox_magic.answer import answer_of
from ofox_magic.chat.events import Event, Finished, FinishReason, TextDelta
from ofox_magic.chat.messages import ToParts
from ofox_magic.chat.parts import parts_of
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import Abandoned, Cancel, ModelCard, OnEvent, Request
from ofox_magic.errors import OfoxError
from ofox_magic.practice import PracticeGateway

Bundle: TypeAlias = tuple[dict[str, str], dict[str, Any]]
Answer: TypeAlias = "str | OfoxError | Iterable[Event | Gate]"


class ScriptedTransport:
    """
    Answers each request with the next of *answers*, on a thread of its own.

    An answer is its text, the error it fails with, or its events; a `threading.Event` among them waits until it is
    set. `requests` holds what was sent, in order. Without an answer left, a request fails with AssertionError.
    """

    def __init__(self, *answers: Answer, cards: Iterable[ModelCard] = ()) -> None:
        self.requests: list[Request] = []
        self._answers = list(answers)
        self._cards = {name: card for card in cards for name in (card.id, *card.aliases)}

    def start(self, request: Request, on_event: OnEvent) -> Cancel:
        """Play the next answer."""
        self.requests.append(request)
        if not self._answers:
            raise AssertionError(f"request number {len(self.requests)} came, but no answer is left")
        stop: SimpleQueue[None] = SimpleQueue()
        player = Thread(target=_play, args=(_events(self._answers.pop(0)), on_event, stop), daemon=True)
        player.start()
        return lambda: stop.put(None)

    def card(self, model: str) -> ModelCard | None:
        """Return the card given for *model*."""
        return self._cards.get(model)


def scripted_session(*answers: Answer, to_parts: ToParts = parts_of, **given: Any) -> Session:
    """Return a Session over a ScriptedTransport with *answers*."""
    transport = ScriptedTransport(*answers, **given)
    return Session(transport, to_parts=to_parts, default_model=lambda: "scripted/model", to_answer=answer_of)


class RecordingScreen:
    """
    The outputs of a cell, as a front end would have them.

    `outputs` is what stands there now, `frames` every bundle that was shown, in order: pairs of data by mime type and
    metadata. Add to `others` to play somebody else who writes into the cell.
    """

    def __init__(self) -> None:
        self.outputs: list[Bundle] = []
        self.frames: list[Bundle] = []
        self.others = 0
        self.closed = False

    def add(self, bundle: Bundle) -> int:
        """Show *bundle* in a new output."""
        self.frames.append(bundle)
        self.outputs.append(bundle)
        return len(self.outputs) - 1

    def change(self, number: int, bundle: Bundle) -> None:
        """Show *bundle* in output *number*."""
        self.frames.append(bundle)
        self.outputs[number] = bundle

    def replace(self, bundle: Bundle | None) -> bool:
        """Make *bundle* the only output, unless others wrote."""
        if self.others:
            return False
        self.outputs = [] if bundle is None else [bundle]
        self.frames += self.outputs
        return True

    def close(self) -> None:
        """Nothing more will be shown."""
        self.closed = True


class ManualClock:
    """A clock in seconds that stands still until it is told: call it for the time, `advance` it."""

    def __init__(self, now: float = 0.0) -> None:
        self.now = now

    def __call__(self) -> float:
        """Return the time, in seconds."""
        return self.now

    def advance(self, seconds: float) -> None:
        """Let *seconds* pass."""
        self.now += seconds


@contextmanager
def practice_gateway(**options: Any) -> Iterator[PracticeGateway]:
    """Run a practice gateway on a free loopback port while the block lasts; see PracticeGateway for *options*."""
    with PracticeGateway(**options) as gateway:
        yield gateway


def _events(answer: Answer) -> Iterator[Event | Gate]:
    if isinstance(answer, str):
        answer = (TextDelta(answer), FinishReason("stop"))
    if isinstance(answer, OfoxError):
        answer = (Finished(answer),)
    yield from answer
    yield Finished()


def _play(events: Iterator[Event | Gate], on_event: OnEvent, stop: "SimpleQueue[None]") -> None:
    try:
        for event in events:
            while isinstance(event, Gate) and not event.wait(0.005) and stop.empty():
                pass
            if _stopped(stop):
                on_event(Finished(stopped=True))
                return
            if not isinstance(event, Gate):
                on_event(event)
            if isinstance(event, Finished):
                return
    except Abandoned:
        pass


def _stopped(stop: "SimpleQueue[None]") -> bool:
    try:
        stop.get_nowait()
    except Empty:
        return False
    return True
