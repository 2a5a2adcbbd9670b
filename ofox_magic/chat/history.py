"""One named conversation and the way back: what undo takes away and redo brings again."""

from ofox_magic.chat.conversation import Conversation, Version
from ofox_magic.chat.messages import Message

STEPS_BACK = 100
"""How many steps can be undone. Each keeps one tuple of the turns, so without a bound memory would be quadratic."""


class History:
    """A conversation as it stands (*now*), called *name*, and how it stood before each of the last steps."""

    def __init__(self, name: str, now: Conversation | None = None) -> None:
        self.name = name
        self.now = now or Conversation()
        self._past: list[Conversation] = []
        self._future: list[Conversation] = []

    def versions(self, id: str) -> tuple[Version, ...]:  # noqa: A002
        """Return the versions of turn *id*; none where it was undone or cleared."""
        exchange = self.now.find(id=id)
        return exchange.versions if exchange else ()

    def begin(self, id: str, key: str | None, question: tuple[Message, ...]) -> None:  # noqa: A002
        """Put a question in, as one step."""
        self._step(self.now.begin(id, key, question))

    def settle(self, id: str, version: Version) -> None:  # noqa: A002
        """Put the end of a turn in: no step of its own. Undone and cleared turns get theirs too, for redo and undo."""
        self._past = [conversation.settle(id, version) for conversation in self._past]
        self._future = [conversation.settle(id, version) for conversation in self._future]
        self.now = self.now.settle(id, version)

    def clear(self) -> bool:
        """Take all turns away, as one step. Returns whether there were any."""
        if not self.now.exchanges:
            return False
        self._step(Conversation())
        return True

    def activate(self, id: str, number: int) -> bool:  # noqa: A002
        """Make version *number* of turn *id* the one that counts, as one step. Raises ConfigError. Returns True."""
        self._step(self.now.activate(id, number))
        return True

    def drop_oldest(self, count: int) -> bool:
        """Take the oldest *count* turns away, as one step. Returns whether there were any."""
        if not self.now.exchanges[:count]:
            return False
        self._step(self.now.without_oldest(count))
        return True

    def restore(self, conversation: Conversation) -> None:
        """Put *conversation* in place of what stands here, as one step."""
        self._step(conversation)

    def undo(self) -> bool:
        """Go one step back. Returns False where there is none."""
        return self._go(self._past, self._future)

    def redo(self) -> bool:
        """Take the last undo back. Returns False where there is none, or something was said since."""
        return self._go(self._future, self._past)

    def fork(self, name: str) -> "History":
        """Return a history called *name* that begins with what has ended here."""
        return History(name, self.now.at_rest())

    def _step(self, then: Conversation) -> None:
        self._past = [*self._past[-(STEPS_BACK - 1) :], self.now]
        self._future = []
        self.now = then

    def _go(self, taken: list[Conversation], given: list[Conversation]) -> bool:
        if not taken:
            return False
        given.append(self.now)
        self.now = taken.pop()
        return True
