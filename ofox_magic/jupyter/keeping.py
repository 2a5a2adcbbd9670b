"""The notebook's conversations in the user's journal: from the first question on, where the settings allow it."""

import os
from collections.abc import Callable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from ofox_magic.chat.transport import Request
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import ConfigError
from ofox_magic.wiring import Wiring

if TYPE_CHECKING:
    from ofox_magic.journal import Journal, SessionInfo


class Keeping:
    """Writes the session of *wiring* into the journal, and brings earlier ones back."""

    def __init__(self, wiring: Callable[[], Wiring]) -> None:
        self._wiring = wiring
        self._problems: list[str] = []

    def before_send(self, turn: Turn, request: Request) -> None:
        """Have the question on disk before it leaves (see Session)."""
        if self._wiring().settings().journal:
            self._attached.before_send(turn, request)

    def problems(self) -> tuple[str, ...]:
        """Return what could not be kept, a line each, since this was last asked."""
        found = tuple(self._problems)
        del self._problems[: len(found)]
        return found

    def sessions(self) -> "tuple[SessionInfo, ...]":
        """Return the sessions in the journal but this one, the last that changed first. Raises ConfigError."""
        self._require()
        own = self._attached.own_ids
        return tuple(info for info in self._attached.sessions() if info.id not in own and info.turns)

    def resume(self, session_id: str) -> None:
        """Put the conversations of an earlier session in the place of this one's. Raises ConfigError."""
        self._require()
        loaded = self._attached.load(session_id)
        self._attached.adopt(loaded)  # before the session has them, or they would be written once more
        self._wiring().session.restore(loaded.conversations, loaded.current)

    @property
    def name(self) -> str:
        """The notebook's file, as far as the server tells it; else empty."""
        return Path(os.environ.get("JPY_SESSION_NAME", "")).name

    def close(self) -> None:
        """Write what is left. A later question begins again."""
        if "_attached" in vars(self):
            self._attached.close()

    def _require(self) -> None:
        if not self._wiring().settings().journal:
            raise ConfigError(
                "the journal is off (OFOX_JOURNAL=0, OFOX_LIVE=0, or a replay): set OFOX_JOURNAL=1 to have it"
            )

    @cached_property
    def _attached(self) -> "Journal":
        from ofox_magic.journal import Journal, default_path

        journal = Journal(default_path(), on_problem=self._problems.append, mask=self._wiring().mask)
        journal.attach(self._wiring().session, self.name)
        return journal
