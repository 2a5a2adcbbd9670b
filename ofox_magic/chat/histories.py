"""The named conversations of one session, and which of them is the current one."""

from collections.abc import Mapping

from ofox_magic.chat.conversation import Conversation
from ofox_magic.chat.history import History
from ofox_magic.errors import ConfigError


class Histories:
    """Histories by name; `current` is the one that the next turn goes into. At first there is one, called `main`."""

    def __init__(self) -> None:
        self.current = History("main")
        self._by_name = {self.current.name: self.current}

    @property
    def names(self) -> tuple[str, ...]:
        """The names, in the order in which the conversations began."""
        return tuple(self._by_name)

    @property
    def conversations(self) -> dict[str, Conversation]:
        """All conversations as they stand, by name."""
        return {name: history.now for name, history in self._by_name.items()}

    def named(self, name: str | None) -> History:
        """Return the history called *name*, the current one for None; where there is none, one to be kept by `keep`."""
        return self.current if name is None else self._by_name.get(name) or History(name)

    def keep(self, history: History) -> None:
        """Have *history* under its name, unless there is one."""
        self._by_name.setdefault(history.name, history)

    def begin(self, history: History) -> None:
        """Go on in *history*, which is new. Raises ConfigError where its name is taken."""
        if history.name in self._by_name:
            raise ConfigError(
                f"there is a conversation called {history.name!r} already: switch to it, or take another name"
            )
        self._by_name[history.name] = self.current = history

    def switch(self, name: str) -> None:
        """Go on in the conversation called *name*. Raises ConfigError where there is none."""
        if name not in self._by_name:
            raise ConfigError(f"no conversation is called {name!r}; there are: {', '.join(self.names)}")
        self.current = self._by_name[name]

    def restore(self, conversations: Mapping[str, Conversation], current: str) -> None:
        """Put *conversations* in place of those of the same names, a step of each, and go on in *current*."""
        for name, conversation in conversations.items():
            self.keep(History(name))
            self._by_name[name].restore(conversation)
        self.switch(current)
