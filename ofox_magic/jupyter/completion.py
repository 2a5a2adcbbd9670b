"""
Completion in IPython: options, models, commands, and in a question the names that would count.

Knows what the kernel knows already: no gateway, no keyring and no display is asked, and no value is looked into.
IPython has matchers from 8.6 on; before that its completer is one method, which alone sees the whole cell and can keep
jedi out.
"""

import argparse
from collections.abc import Callable, Sequence
from types import FunctionType
from typing import Any

from ofox_magic.context.nameable import nameable
from ofox_magic.context.wrapping import wrap_method
from ofox_magic.jupyter.candidate_sources import Completion
from ofox_magic.jupyter.candidates import complete
from ofox_magic.jupyter.commands.showing import sent_parser
from ofox_magic.jupyter.grammar import parser_for
from ofox_magic.jupyter.kit import Kit

_OURS_FIRST = 10_000
_QUESTIONS = ("ask", "fix", "explain")
_FEW_RESULTS = 5


class KernelsNames:
    """What can be named in *shell*; see Known."""

    def __init__(self, shell: Any, kit: Kit, commands: Sequence[str]) -> None:
        self._shell = shell
        self._kit = kit
        self._commands = commands

    def commands(self) -> Sequence[str]:
        """What can stand behind `%ofox`."""
        return self._commands

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
        hidden = self._shell.user_ns_hidden
        named = reversed(list(self._shell.user_ns.items()))
        return [(name, value) for name, value in named if not name.startswith("_") and name not in hidden]


def offer(shell: Any, kit: Kit, commands: Sequence[str]) -> Callable[[], None]:
    """Complete in *shell* what is ours; return what ends that."""
    known = KernelsNames(shell, kit, commands)
    try:
        from IPython.core.completer import context_matcher
    except ImportError:
        return _in_place_of_the_completer(shell.Completer, known)
    matchers = shell.Completer.custom_matchers

    @context_matcher(identifier="ofox_magic", priority=_OURS_FIRST)  # type: ignore[misc]
    def matcher(context: Any) -> dict[str, Any]:
        cursor = _place(context.full_text, context.cursor_line, context.cursor_position)
        found = complete(context.full_text, cursor, known)
        return {"completions": []} if found is None else _matches(found)

    matchers.append(matcher)
    return lambda: matchers.remove(matcher) if matcher in matchers else None


class _Alone(list[Any]):
    """Completions that count as some even where there are none, since only then IPython leaves out all others."""

    def __len__(self) -> int:
        return max(super().__len__(), 1)


def _matches(found: Completion) -> dict[str, Any]:
    from IPython.core.completer import SimpleCompletion

    return {
        "completions": _Alone(SimpleCompletion(each.text, type=each.kind) for each in found.candidates),
        "matched_fragment": found.fragment,
        "suppress": True,
        "do_not_suppress": {"IPCompleter.file_matcher"} if found.files else set(),
        "ordered": True,
    }


def _in_place_of_the_completer(completer: Any, known: KernelsNames) -> Callable[[], None]:
    """Of IPython before 8.6."""

    def around(original: Callable[..., Any], **given: Any) -> Any:
        text = given.get("full_text") or given.get("line_buffer") or given.get("text") or ""
        column = given["cursor_pos"]
        cursor = len(text) if column is None else _place(text, given["cursor_line"], column)
        found = complete(text, cursor, known)
        if found is None:
            return original(**given)
        texts = [each.text for each in found.candidates]
        if found.files:
            completer.text_until_cursor = text[:cursor].rpartition("\n")[2]
            texts += completer.file_matches(found.fragment)
        return found.fragment, texts, ["ofox_magic"] * len(texts), ()

    return wrap_method(completer, "_complete", around)


def _place(text: str, line: int, column: int) -> int:
    """The offset of *column* of *line*."""
    return sum(len(each) + 1 for each in text.split("\n")[:line]) + column
