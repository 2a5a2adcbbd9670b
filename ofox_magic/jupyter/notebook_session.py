"""The session of a notebook: the conversation, and what only a notebook can give it."""

from collections.abc import Callable
from typing import Any

from ofox_magic.chat.tools import Consent
from ofox_magic.chat.transport import Transport
from ofox_magic.chat.turn import Turn
from ofox_magic.tools import ToolSession


class NotebookSession(ToolSession):
    """
    A Session with what only a notebook has.

    *consent* returns who can be asked now before a tool runs, or None; *open_panel* returns the panel; *given* is what
    a Session is made with.
    """

    def __init__(
        self,
        transport: Transport,
        *,
        consent: Callable[[], Consent | None],
        open_panel: Callable[[], Any],
        **given: Any,
    ) -> None:
        super().__init__(transport, **given)
        self._consent = consent
        self._open_panel = open_panel

    def panel(self) -> Any:
        """Return the panel: a widget that shows this conversation live, and asks in it. Display it where you like."""
        return self._open_panel()

    def ask(self, *content: object, **given: Any) -> Turn:
        """Ask as `Session.ask` does; where no *consent* is given, it is whoever sits at this notebook."""
        return super().ask(*content, **{"consent": self._consent(), **given})
