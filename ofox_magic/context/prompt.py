"""A prompt with its references and attachments, as parts in order. The namespace and the displays are handed in."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from ofox_magic.chat.parts import Inserted, Part, Text
from ofox_magic.context import as_typed, files, references
from ofox_magic.context.convert import AS_SET, Choices, Converter
from ofox_magic.context.displays import Display, Displays
from ofox_magic.context.mentions import is_name
from ofox_magic.context.nameable import kind, nameable
from ofox_magic.context.sent_before import SentBefore
from ofox_magic.context.watching import Source
from ofox_magic.errors import ConfigError
from ofox_magic.untrusted import fenced

NEW = -1
"""For *see*: all displays since the last question."""


@dataclass(frozen=True, slots=True)
class Prompt:
    """What is asked, as *parts*, and the *remarks* that the user should see with it."""

    parts: tuple[Part, ...]
    remarks: tuple[str, ...] = ()


class Notebook:
    """What a prompt can name: *namespace* is the user's, *displays* what the cells showed."""

    def __init__(self, namespace: Mapping[str, Any], displays: Displays, converter: Converter) -> None:
        self._namespace = namespace
        self._displays = displays
        self._converter = converter
        self._seen = 0
        self._sent = SentBefore()

    def prompt(
        self, text: str, *, attach: Sequence[str] = (), see: int = 0, raw: bool = False, choices: Choices = AS_SET
    ) -> Prompt:
        """
        Return *text* with its references resolved (*raw*: as it is), and behind it what is attached and seen.

        *attach* are names, paths and addresses; *see* is how many of the last displays go along (NEW: those since the
        last question). Raises ConfigError for an attachment that is nothing of these.
        """
        parts = [Text(text)] if raw else self._resolved(text, choices)
        parts += [part for word in attach for part in self._attached(word, choices)]
        for display in self.shown(see):
            parts += self._named(self._converter.name_of(display), display, choices)
        return Prompt(
            tuple(parts), (*(() if raw else self._remarks(text)), *self._sent.changes(self._namespace, parts))
        )

    def shown(self, see: int) -> Sequence[Display]:
        """Return the last *see* displays, or for NEW those since the last question."""
        return self._displays.since(self._seen) if see == NEW else self._displays.last(see) if see else ()

    def names_nothing(self, text: str) -> bool:
        """Whether *text* refers to nothing of the notebook, so that `captured` says the same as `prompt`."""
        return all(isinstance(piece, str) for piece in references.split(text, self.look_up, lambda _: True))

    def captured(self, text: str, *, see: int = 0) -> Prompt:
        """
        Return *text* as it is and the displays as they were shown: what touches no object of the user's.

        So it can be had while a cell runs, on another thread.
        """
        parts: list[Part] = [Text(text)] if text else []
        for display in self.shown(see):
            name = self._converter.name_of(display)
            parts += self._named(name, replace(display, source=Source(display.type_name)), AS_SET)
        return Prompt(tuple(parts))

    @property
    def mark(self) -> tuple[int, int]:
        """What changes when there is something else that NEW stands for."""
        return self._seen, self._displays.mark

    def kinds_of(self, text: str) -> Iterator[tuple[str, str]]:
        """Yield the names that *text* refers to, each with its type's name. No value is looked at."""
        for piece in references.split(text, self.look_up, _may_be_meant):
            if not isinstance(piece, str):
                yield piece.name, type(piece.value).__name__

    def saw_all(self) -> None:
        """Let NEW begin here."""
        self._seen = self._displays.mark

    def sent(self, parts: Sequence[Part]) -> None:
        """Take notice that *parts* were sent: what changes from now on is said, and NEW begins here."""
        self.saw_all()
        self._sent.note(parts, self._namespace)

    def look_up(self, name: str) -> object:
        """Return what *name* stands for, as a reference writes it: a variable, Out[3], In[3], Err[3] or last."""
        kind, _, number = name.rstrip("]").partition("[")
        if number:
            return self._of_cell(kind, int(number))
        if name == "last" and name not in self._namespace:
            shown = self._displays.last()
            return shown[0] if shown else references.MISSING
        return self._namespace.get(name, references.MISSING)

    def _of_cell(self, kind: str, number: int) -> object:
        if kind == "Err":
            return self._displays.error(number) or references.MISSING
        if kind == "In":
            sources = self._namespace.get("In")  # which may be a variable of the user's by now, and so may Out
            if isinstance(sources, list) and 0 < number < len(sources):
                return sources[number]
            return references.MISSING
        results = self._namespace.get("Out")
        if isinstance(results, dict) and number in results:
            return results[number]
        shown = self._displays.of_cell(number)
        return shown[-1] if shown else references.MISSING

    def _is_sendable(self, value: object) -> bool:
        return isinstance(value, Display) or self._converter.is_sendable(value)

    def _resolved(self, text: str, choices: Choices) -> list[Part]:
        """Text stays one part with what is inserted into it; tables and pictures stand between, in place."""
        parts: list[Part] = []
        for piece in references.split(text, self.look_up, self._is_sendable):
            for part in [Text(piece)] if isinstance(piece, str) else self._named(piece.name, piece.value, choices):
                if isinstance(part, Text) and parts and isinstance(parts[-1], Text):
                    parts[-1] = Text(parts[-1].text + part.text, parts[-1].inserted + part.inserted)
                else:
                    parts.append(part)
        return parts

    def _named(self, name: str, value: object, choices: Choices, heading: str = "") -> list[Part]:
        """The parts of *value*; its text says whose it is, and begins with *heading*, unless it does by itself."""
        return [
            _inserted(part.text, name, value, heading) if isinstance(part, Text) and not part.inserted else part
            for part in self._converter.parts(value, name, choices)
        ]

    def _attached(self, word: str, choices: Choices) -> Sequence[Part]:
        value = self.look_up(word) if is_name(word) else references.MISSING
        if value is not references.MISSING:
            return self._named(word, value, choices, f"`{word}`:\n")
        if files.is_address(word):
            return self._converter.of_address(word, choices)
        if _is_there(word):
            return self._converter.of_file(word, choices)
        close = as_typed.closest(word, [name for name, _ in nameable(self._namespace)])
        meant = f"; is {close} meant?" if close else "; there is none"
        raise ConfigError(f"--attach {word}: expected a name in the notebook, a file or an address{meant}")

    def _remarks(self, text: str) -> tuple[str, ...]:
        sendable = (name for name, value in list(self._namespace.items()) if self._is_sendable(value))
        missed = as_typed.near_misses(text, sendable, self.look_up)
        within = as_typed.within_names(text, self.look_up)
        return (
            *(
                f"{typed} went as typed, since only whole names are inserted: "
                + (f"use {{{name}}}, or " if self._is_sendable(value) else "")
                + "put it into a variable of its own"
                for typed, name, value in within
            ),
            *(f"{typed} is no name here and went as typed; is {meant} meant?" for typed, meant in missed),
            *(
                f"{typed} names nothing and went as typed"
                if value is references.MISSING
                else f"{typed} is a {type(value).__name__} and went as typed"
                + (f"; -a {name} sends it" if isinstance(value, _CONTAINERS) else "")
                for typed, name, value in as_typed.passed_over(text, self.look_up, self._is_sendable, _SAID)
                if typed.startswith("{") or not isinstance(value, _CODE)  # with @ it may be a decorator
            ),
        )


def _may_be_meant(value: object) -> bool:
    """Whether a reference stands for *value*, as far as its type alone tells."""
    return isinstance(value, Display) or kind(value) is not None


_CONTAINERS = (dict, list, tuple, set, frozenset)
"""In a template, in JSON and in TeX a name of one of these is hardly meant, so it is said and not sent."""
_CODE = (ModuleType, FunctionType, BuiltinFunctionType, type)
_SAID = (*_CONTAINERS, *_CODE)


def _inserted(text: str, name: str, value: object, heading: str) -> Text:
    kind = "text" if isinstance(value, Display) else type(value).__name__
    return Text(heading + fenced(text) if heading else text, (Inserted(name, kind, len(text.encode())),))


def _is_there(path: str) -> bool:
    try:
        return Path(path).expanduser().exists()
    except (OSError, RuntimeError, ValueError):  # too long a name, no such user, a zero byte
        return False
