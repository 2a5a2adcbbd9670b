"""A session with a toolbox: where a program's functions become tools."""

from typing import Any

from ofox_magic.chat.messages import ToParts
from ofox_magic.chat.parts import parts_of
from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import Transport
from ofox_magic.tools.toolbox import Toolbox


class ToolSession(Session):
    """
    A Session whose `toolbox` holds what `@session.tool` registers; *given* is what a Session is made with.

    Registering offers nothing: a turn is asked with `tools=session.toolbox`, or with `session.toolbox.only(names)`.
    """

    def __init__(self, transport: Transport, *, to_parts: ToParts = parts_of, **given: Any) -> None:
        super().__init__(transport, to_parts=to_parts, **given)
        self.toolbox = Toolbox(to_parts=to_parts)
        self.tool = self.toolbox.tool
