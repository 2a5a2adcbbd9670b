"""What can be named in a kernel, as completion offers it: what it knows already. No value is looked into."""

import argparse
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from ofox_magic.context.nameable import nameable, visible
from ofox_magic.jupyter.commands.showing import sent_parser
from ofox_magic.jupyter.grammar import parser_for
from ofox_magic.jupyter.kit import Kit

_QUESTIONS = ("ask", "fix", "explain")
_FEW_RESULTS = 5


class KernelNames:
    """What can be named in *shell*; see Known."""

    def __init__(self, shell: Any, kit: Kit, commands: Callable[[], Sequence[str]]) -> None:
        self._shell = shell
        self._kit = kit
        self._commands = commands

    def commands(self) -> Sequence[str]:
        """What can stand behind `%ofox`."""
        return self._commands()

    def parser(self, command: str) -> argparse.ArgumentParser | None:
        """Return what takes the options of *command* apart."""
        if command in _QUESTIONS:
            return parser_for(f"%ofox {command}")
        return sent_parser() if command == "sent" else None

    def aliases(self) -> Sequence[str]:
        """The session's own."""
        return tuple(self._kit.session.aliases)

    def models(self) -> Sequence[str]:
        """The one that is set, then those that the catalogue had when it was fetched."""
        own = self._kit.session.model
        return (*((own,) if own else ()), *(card.id for card in self._kit.wiring.models_by_now()))

    def conversations(self) -> Sequence[str]:
        """The others than the one that goes on."""
        session = self._kit.session
        return [name for name in session.names if name != session.name]

    def tools(self) -> Sequence[str]:
        """What is registered, then the user's own functions, the newest first."""
        own = [name for name, value in self._visible() if type(value) is FunctionType]
        return list(dict.fromkeys([*self._kit.session.toolbox.names, *own]))

    def references(self) -> Sequence[tuple[str, str]]:
        """Variables, then the newest results, then what cells showed last."""
        namespace = self._shell.user_ns
        results = {f"Out[{number}]": value for number, value in list(namespace.get("Out", {}).items())[-_FEW_RESULTS:]}
        shown = [("last", "display")] if self._kit.displays.mark and "last" not in namespace else []
        return [*nameable(namespace, self._shell.user_ns_hidden), *nameable(results), *shown]

    def schemas(self) -> Sequence[str]:
        """The user's own classes and dicts."""
        return [name for name, value in self._visible() if issubclass(type(value), type) or type(value) is dict]

    def _visible(self) -> list[tuple[str, object]]:
        return visible(self._shell.user_ns, self._shell.user_ns_hidden)
