"""
The widget: what goes over its comm, and nothing of the conversation in its state.

One widget for one session; it can be shown any number of times. The front end keeps its own copy of what it was told,
and asks for all of it with `hello` when it begins, so that a page that is loaded again goes on.
"""

from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from importlib.resources import files
from io import StringIO
from typing import Any
from uuid import uuid4

import anywidget
from traitlets import Unicode

from ofox_magic.chat.session import Session
from ofox_magic.chat.transport import ModelCard
from ofox_magic.jupyter.bundle import METADATA_VERSION
from ofox_magic.jupyter.panel import protocol
from ofox_magic.jupyter.panel.board import Board
from ofox_magic.jupyter.panel.calls import Calls, Later, Offer
from ofox_magic.jupyter.panel.controller import Controller
from ofox_magic.jupyter.panel.feed import Feed
from ofox_magic.jupyter.panel.heads import Thumbnails, Values
from ofox_magic.jupyter.panel.questions import Questions
from ofox_magic.jupyter.panel.quiet_comm import keep_quiet
from ofox_magic.jupyter.panel.sent_view import SentView

_FRONT = files(__package__) / "front"
_PARTS = ("dom.js", "store.js", "answer.js", "turn.js", "log.js", "menu.js", "composer.js", "bar.js", "panel.js")
"""In the order in which they are joined to one module: each may use what stands before it."""


def front_end() -> str:
    """Return the ES module of the panel."""
    return "\n".join((_FRONT / part).read_text(encoding="utf-8") for part in _PARTS)


class Panel(anywidget.AnyWidget):
    """
    The panel over *session*.

    *questions* makes what asks in it; *offer*, *later* and *printed*: see Calls. *default_model* names the model
    where none is set; the others: see Controller.
    """

    panel_id = Unicode().tag(sync=True)
    """By which the page knows it; all that its state holds beside the code."""

    def __init__(
        self,
        session: Session,
        *,
        questions: Callable[[Calls], Questions],
        offer: Offer,
        later: Later,
        printed: Callable[[], AbstractContextManager[StringIO]],
        default_model: Callable[[], str],
        names: Callable[[str], list[dict[str, str]]],
        models: Callable[[], Iterable[ModelCard]],
        tools: Callable[[], list[Values]],
        sent: SentView,
    ) -> None:
        self._esm = front_end()
        self._css = (_FRONT / "panel.css").read_text(encoding="utf-8")
        super().__init__(panel_id=uuid4().hex)
        keep_quiet(self.comm)
        thumbnails = Thumbnails()
        calls = Calls(
            session,
            offer,
            later,
            printed,
            tell=lambda turn_id: self._feed.do(lambda: board.tell_calls(turn_id)),
            left=lambda line: self._tell({"type": "left", "line": line}),
        )
        board = Board(session, calls, self._tell, default_model, thumbnails)
        self._feed = Feed(board)
        self._controller = Controller(
            session,
            questions(calls),
            calls,
            board,
            self._feed,
            self._tell,
            names=names,
            models=models,
            tools=tools,
            sent=sent,
            thumbnails=thumbnails,
        )
        self._unsubscribe = session.subscribe(self._feed.tell)
        self.on_msg(self._received)

    def __repr__(self) -> str:
        return "<ofox_magic panel>"  # the same every time: it is what a notebook without the widget shows

    _ipython_display_ = None
    """ipywidgets 7 would publish a bundle of its own, past the one below."""

    def _repr_mimebundle_(self, **kwargs: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """What is shown, marked as ours, so that it is no display that goes along with a question."""
        data, metadata = super()._repr_mimebundle_(**kwargs)
        return data, {**metadata, "ofox": {"v": METADATA_VERSION, "view": "panel"}}

    @property
    def is_open(self) -> bool:
        """Whether it can still be shown."""
        return self.comm is not None

    def close(self) -> None:
        """Take it away from all pages; the conversation stays."""
        self._unsubscribe()
        self._feed.close()
        super().close()

    def _received(self, _widget: Any, content: Any, buffers: Any) -> None:
        try:
            command = protocol.parse(content, buffers or ())
        except protocol.Refused as refusal:
            number = content.get("number") if isinstance(content, dict) else None
            self._tell({"type": "refused", "number": number if isinstance(number, int) else None, "why": str(refusal)})
        else:
            self._controller.receive(command)

    def _tell(self, message: Values) -> None:
        if self.comm is not None:
            self.send(message)

    def _handle_msg(self, msg: Any) -> None:
        """Let the front end say what is ours to hear, and ask for the state; it may change none of it."""
        content = msg.get("content")
        data: Any = content.get("data") if isinstance(content, dict) else None
        method = data.get("method") if isinstance(data, dict) else None
        if method == "custom" and "content" in data:
            self._received(self, data["content"], msg.get("buffers"))
        elif method == "request_state":
            self.send_state()
