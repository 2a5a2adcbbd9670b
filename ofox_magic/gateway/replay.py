"""
Three ways to answer without the gateway, or to be able to later: record, replay, and off.

All are Transports. Recorded is what a gateway answered, refusals and broken answers included, each use of a request
after the one before it. Not recorded is what was stopped, what reached no gateway, and what is about the key or the
account (401, 402, 403), since a replay has neither. To begin anew, delete the file.
"""

import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import TIMEOUT_MAX, Lock, Thread
from threading import Event as Signal
from typing import Literal, TypeAlias

from ofox_magic.chat.events import Event, Finished, Identified, Retrying
from ofox_magic.chat.part_records import Record
from ofox_magic.chat.transport import Abandoned, Cancel, ModelCard, OnEvent, Request, Transport
from ofox_magic.errors import AuthError, ConfigError, PermissionDenied, TransportError
from ofox_magic.gateway.cassette import Cassette
from ofox_magic.gateway.difference import difference, nearest
from ofox_magic.gateway.pricing import may_answer
from ofox_magic.gateway.take import Line, Mask, Take, canonical, digest, line_of

Pace: TypeAlias = Literal["at once", "recorded"]


def cassette_path(environment: Mapping[str, str]) -> Path:
    """Return where the cassette is: OFOX_CASSETTE, else beside the notebook (JPY_SESSION_NAME), else `ofox.jsonl`."""
    if named := environment.get("OFOX_CASSETTE", "").strip():
        return Path(named).expanduser()
    notebook = Path(environment.get("JPY_SESSION_NAME", "").strip())
    return notebook.with_suffix(".ofox.jsonl") if notebook.name else Path("ofox.jsonl")


class Off:
    """Sends nothing."""

    def start(self, request: Request, on_event: OnEvent) -> Cancel:  # noqa: ARG002 - a Transport's
        """Raise ConfigError."""
        raise ConfigError("OFOX_MODE=off: nothing is sent. Set OFOX_MODE=live (or replay) to ask")

    def card(self, model: str) -> ModelCard | None:  # noqa: ARG002
        """Return None: nothing is known."""
        return None


class Recorder:
    """
    Asks *inner*, and appends each answer to the cassette at *path* before its Finished goes on.

    *mask* is laid over all that is written, and takes out the key. *clock* gives seconds.
    """

    def __init__(
        self, inner: Transport, path: Path, *, mask: Mask = str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._inner = inner
        self._cassette = Cassette(path)
        self._mask = mask
        self._clock = clock

    def start(self, request: Request, on_event: OnEvent) -> Cancel:
        """Send *request* (see Transport). Raises ConfigError, before anything is sent, where it cannot be recorded."""
        self._cassette.check()
        asked = canonical(request, self._mask)
        began = self._clock()
        events: list[Event] = []
        times: list[float] = [began]

        def take(event: Event) -> None:
            events.append(event)
            times.append(self._clock())
            if isinstance(event, Finished) and _is_answer(event, events):
                event = self._finish(event, lambda: self._taken(request, asked, events, times))
            on_event(event)

        return self._inner.start(request, take)

    def card(self, model: str) -> ModelCard | None:
        """Return what *inner* knows of *model*."""
        return self._inner.card(model)

    def _finish(self, end: Finished, taken: Callable[[], Take]) -> Finished:
        """Record, and return how the turn ends: as it did, or by why it could not be recorded."""
        try:
            self._cassette.append(line_of(taken(), self._mask))
        except Exception as error:  # noqa: BLE001 - on the transport's thread, where a turn must end whatever happens
            why = error.strerror or error if isinstance(error, OSError) else error
            return Finished(end.error or ConfigError(f"the answer came, and could not be recorded: {why}"))
        return end

    def _taken(self, request: Request, asked: Record, events: list[Event], times: list[float]) -> Take:
        pace = tuple(later - earlier for earlier, later in pairwise(times))
        return Take(asked, tuple(events), pace, self._cards(request, events))

    def _cards(self, request: Request, events: list[Event]) -> tuple[ModelCard, ...]:
        """What is known of the models that could answer and that did: a budget asks for the price of each."""
        answered = (event.model for event in events if isinstance(event, Identified) and event.model)
        cards = map(self._inner.card, (*may_answer(request.model, request.params), *answered))
        return tuple({card.id: card for card in cards if card}.values())


class Replayer:
    """
    Answers from the cassette at *path*, each request with its next use there; knows no network.

    A request that is not there is refused with what differs. *mask* takes the key out of the request, as at recording.
    `pace` is that of the recording, or none; it may be changed between two requests.
    """

    def __init__(self, path: Path, *, mask: Mask = str, pace: Pace = "at once") -> None:
        self._cassette = Cassette(path)
        self._mask = mask
        self.pace = pace
        self._used: Counter[str] = Counter()
        self._lock = Lock()

    def start(self, request: Request, on_event: OnEvent) -> Cancel:
        """Play the answer (see Transport). Raises ConfigError, in one line, for a miss and for a damaged cassette."""
        asked = canonical(request, self._mask)
        wanted, lines = self._found(asked)
        take = self._next(wanted, lines, asked)
        stop = Signal()
        pauses = take.pace if self.pace == "recorded" else (0.0,) * len(take.pace)
        play = partial(self._play, zip(pauses, take.events, strict=True), wanted, on_event, stop)
        Thread(target=play, name="ofox-replay", daemon=True).start()
        return stop.set

    def card(self, model: str) -> ModelCard | None:
        """Return what was known of *model* at the recording."""
        return self._cassette.card(model)

    def _found(self, asked: Record) -> tuple[str, list[Line]]:
        """
        Return what *asked* is counted under, and its lines.

        Under each name of its model: whether an alias had become an id was, at the recording, a matter of time.
        """
        card = self._cassette.card(asked["model"])
        digests = [digest(asked | {"model": name}) for name in ((card.id, *card.aliases) if card else ())]
        digests = digests or [digest(asked)]
        lines = (line for each in dict.fromkeys(digests) for line in self._cassette.lines(each))
        return digests[0], sorted(lines, key=lambda line: line.number)

    def _next(self, wanted: str, lines: list[Line], asked: Record) -> Take:
        with self._lock:
            used = self._used[wanted]
            if used >= len(lines):
                raise self._miss(asked, used)
            take = self._cassette.take(lines[used])
            self._used[wanted] += 1
            return take

    def _miss(self, asked: Record, used: int) -> ConfigError:
        name = self._cassette.path.name
        if used:
            return ConfigError(
                f"every answer to this request in the cassette {name} was played ({used}): restart the kernel to play "
                f"from the start, or record more with OFOX_MODE=record"
            )
        try:
            found = nearest(asked, self._cassette.requests())
            what = f"it differs from line {found[0]} in {difference(found[1], asked)}" if found else "that is empty"
        except (ValueError, RecursionError):
            what = "and what is there cannot be compared"
        return ConfigError(f"this request is not in the cassette {name}: {what}. OFOX_MODE=record records it")

    def _play(self, paced: Iterable[tuple[float, Event]], wanted: str, on_event: OnEvent, stop: Signal) -> None:
        """On a thread of its own. What was stopped counts as not asked, as at recording."""
        try:
            for pause, event in paced:
                if stop.wait(min(pause, TIMEOUT_MAX)):
                    self._give_back(wanted)
                    on_event(Finished(stopped=True))
                    return
                on_event(event)
        except Abandoned:
            self._give_back(wanted)

    def _give_back(self, wanted: str) -> None:
        with self._lock:
            self._used[wanted] -= 1


def _is_answer(end: Finished, events: list[Event]) -> bool:
    """Whether *events*, which are all, are to be recorded."""
    if end.stopped or isinstance(end.error, AuthError | PermissionDenied):
        return False
    came = any(not isinstance(event, Finished | Retrying) for event in events)
    return came or not isinstance(end.error, TransportError | ConfigError)
