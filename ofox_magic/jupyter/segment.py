"""A stretch of a growing answer with nobody else's output in it."""

from ofox_magic.answer_frame import note_html, reasoning_html
from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.bundle import Bundle, along_html, live, steady, style
from ofox_magic.jupyter.screen import Screen
from ofox_magic.jupyter.slots import Slots

PIECE = 1000
"""Characters of finished HTML from which on they get an output of their own."""


class Segment:
    """An output with the style, and behind it slots with the finished pieces and the tail. *is_plain*: no markdown."""

    def __init__(self, turn: Turn, screen: Screen, *, is_first: bool, is_plain: bool = False) -> None:
        from ofox_magic.render import Flow  # heavy, and not needed until there is an answer

        self.text = ""
        self._turn = turn
        self._screen = screen
        self._others = screen.others
        self._reasoning_due = is_first  # known to the end only when the text begins
        self._flow: Flow = Flow(plain=is_plain)
        self._pending = ""
        self._head = screen.add(style(turn.id))
        self._steady = screen.add(steady(turn.id))
        self._slots = Slots(screen, turn.id)

    @property
    def is_interrupted(self) -> bool:
        """Whether somebody else wrote below it."""
        return self._screen.others > self._others

    def grow(self, text: str) -> None:
        """Take in more of the answer."""
        self.text += text
        self._flow.feed(text)

    def paint(self, note: str) -> int:
        """Show what came, or *note* while nothing did. Returns the characters of what will be sent again."""
        if self.text and self._reasoning_due:
            self._reasoning_due = False
            self._finish(reasoning_html(self._turn.reply.reasoning))
        for html in self._flow.take():
            self._finish(html)
        changing = self._pending + self._flow.tail() if self.text else along_html(self._turn) + note_html(note)
        self._slots.change(changing)
        return len(changing)

    def close(self, whole: Bundle) -> None:
        """Gather all into the first output: *whole*, or nothing where that says nothing."""
        self._screen.change(self._head, whole if whole[0]["text/plain"] else live("", self._turn.id))
        self._screen.change(self._steady, live("", self._turn.id))
        self._slots.empty()

    def _finish(self, html: str) -> None:
        self._pending += html
        if len(self._pending) >= PIECE:
            self._slots.fill(self._pending)
            self._pending = ""
