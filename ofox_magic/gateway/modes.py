"""Carries each request as OFOX_MODE says at that moment: live, recorded, replayed, or not at all."""

from collections.abc import Callable
from pathlib import Path

from ofox_magic.chat.transport import Cancel, ModelCard, OnEvent, Request, Transport
from ofox_magic.gateway.replay import Off, Pace, Recorder, Replayer
from ofox_magic.gateway.take import Mask
from ofox_magic.settings import Mode


class ByMode:
    """
    A Transport over *live*, which is called when a gateway is to be asked.

    One recorder and one replayer for each cassette, kept until `close`, since a replay counts the uses of a request.
    """

    def __init__(self, live: Callable[[], Transport], *, mask: Mask) -> None:
        self._live = live
        self._mask = mask
        self._recorders: dict[Path, Recorder] = {}
        self._replayers: dict[Path, Replayer] = {}

    def start(self, request: Request, on_event: OnEvent, *, mode: Mode, cassette: Path, pace: Pace) -> Cancel:
        """Send *request* (see Transport) as *mode* says, with the *cassette* to record into or play from at *pace*."""
        return self._carrier(mode, cassette, pace).start(request, on_event)

    def recorded_card(self, model: str, cassette: Path) -> ModelCard | None:
        """Return what was known of *model* when *cassette* was recorded."""
        return self._replayer(cassette).card(model)

    def close(self) -> None:
        """Let go of the cassettes: a later replay begins at their start."""
        self._recorders.clear()
        self._replayers.clear()

    def _carrier(self, mode: Mode, cassette: Path, pace: Pace) -> Transport:
        match mode:
            case "live":
                return self._live()
            case "record":
                recorder = Recorder(self._live(), cassette, mask=self._mask)
                return self._recorders.setdefault(cassette, recorder)
            case "replay":
                replayer = self._replayer(cassette)
                replayer.pace = pace
                return replayer
            case "off":
                return Off()

    def _replayer(self, cassette: Path) -> Replayer:
        return self._replayers.setdefault(cassette, Replayer(cassette, mask=self._mask))
