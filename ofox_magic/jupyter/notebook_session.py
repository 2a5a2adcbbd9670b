"""The session of a notebook: the conversation, and what only a notebook can give it."""

from collections.abc import Callable
from typing import Any

from ofox_magic.chat.tools import Consent
from ofox_magic.chat.transport import Transport
from ofox_magic.chat.turn import Turn
from ofox_magic.tools import ToolSession


class NotebookSession(ToolSession):
    """*consent* returns who can be asked now before a tool runs, or None; *given* is what a Session is made with."""

    def __init__(self, transport: Transport, *, consent: Callable[[], Consent | None], **given: Any) -> None:
        super().__init__(transport, **given)
        self._consent = consent

    def ask(self, *content: object, **given: Any) -> Turn:
        """Ask as `Session.ask` does; where no *consent* is given, it is whoever sits at this notebook."""
        return super().ask(*content, **{"consent": self._consent(), **given})
