"""Any value to message parts. The one place that knows all the kinds; each kind's own work is done elsewhere."""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from numbers import Number
from pathlib import Path

from ofox_magic.chat.parts import Detail, Image, Inserted, Part, Reasoning, Table, Text, ToolCall, ToolResult
from ofox_magic.chat.reply import Reply
from ofox_magic.context import files
from ofox_magic.context.displays import Display
from ofox_magic.context.image import image_at, is_picture, picture_parts
from ofox_magic.context.mimebundle import parts_of_bundle
from ofox_magic.context.sharing import Level, Sharing
from ofox_magic.context.table import is_table, table_part
from ofox_magic.errors import ConfigError
from ofox_magic.untrusted import fenced, one_line

SPEAKING = ("_ai_repr_", "_repr_llm_")
"""Methods by which a value says itself what a model should read: Jupyter AI's name, and that of the field."""
_MOST_TEXT = 200_000  # characters that a value may say of itself


@dataclass(frozen=True, slots=True)
class Choices:
    """What a turn wants of its attachments: the *detail* of pictures and the *level* of tables; None: what holds."""

    detail: Detail | None = None
    level: Level | None = None


AS_SET = Choices()


class Converter:
    """
    Makes parts of values, by the rules of *sharing*.

    *names_of* tells by which names the user knows a value; *formatted* gives what a formatter for `text/llm+plain`
    makes of it, or None.
    """

    def __init__(
        self,
        sharing: Sharing,
        names_of: Callable[[object], Iterable[str]] = lambda _: (),
        formatted: Callable[[object], str | None] = lambda _: None,
    ) -> None:
        self._sharing = sharing
        self._names_of = names_of
        self._formatted = formatted

    def to_parts(self, *values: object) -> tuple[Part, ...]:
        """Return *values* as parts, in order: what a Session is handed. A str is always text, only a Path is a file."""
        return tuple(part for value in values for part in self._of_any(value))

    def is_sendable(self, value: object) -> bool:
        """Whether a reference in a prompt may stand for *value*. Functions, classes and modules may not."""
        if isinstance(value, str | Number) or is_table(value) or is_picture(value):
            return True
        return not isinstance(value, type) and (_speaker(value) is not None or self._formatted(value) is not None)

    def parts(self, value: object, name: str, choices: Choices = AS_SET) -> tuple[Part, ...]:
        """Return *value*, known as *name*, as parts. Raises ConfigError for what nothing can be made of."""
        match value:
            case str():
                return (Text(value),)
            case Text() | Image() | Table() | Reasoning() | ToolCall() | ToolResult():
                return (value,)
            case Display():
                return self._of_display(value, name, choices)
            case Path():
                return self.of_file(value, choices)
            case _:
                return self._of_object(value, name, choices)

    def _of_object(self, value: object, name: str, choices: Choices) -> tuple[Part, ...]:
        if is_picture(value) or isinstance(value, bytes):
            return self._unless_kept_back(picture_parts(value, name=name, detail=choices.detail), name)
        if is_table(value):
            return (self._table(value, name, choices),)
        said = self._said(value)
        return (Text(_in_words(value) if said is None else said),)

    def name_of(self, display: Display) -> str:
        """Return what the user knows *display* by: a variable that holds what was shown, else its place."""
        value = display.value
        names = () if value is None else self._names_of(value)
        return next(iter(names), display.label)

    def of_file(self, path: str | Path, choices: Choices = AS_SET) -> tuple[Part, ...]:
        """Return what the file *path* holds: a picture, or text under its name."""
        return self.of_content(files.read_file(path), choices)

    def of_content(self, content: files.FileContent, choices: Choices = AS_SET) -> tuple[Part, ...]:
        """Return what a file holds, whether it was read here or came from elsewhere."""
        if content.is_picture:
            return picture_parts(content.data, name=content.name, detail=choices.detail)
        inserted = Inserted(content.name, "file", len(content.data))
        return (Text(f"File `{content.name}`:\n{fenced(content.data.decode())}", (inserted,)),)

    def of_address(self, url: str, choices: Choices = AS_SET) -> tuple[Part, ...]:
        """
        Return the picture at *url*, which is sent as an address: nothing is fetched here.

        Raises ConfigError where it is another file's, which a gateway would fetch as a picture and refuse.
        """
        if files.names_no_picture(url):
            raise ConfigError(
                f"expected the address of a picture, got {one_line(url, 80)}: load the file, and name what it holds"
            )
        return (image_at(url, name=url[:60], detail=choices.detail),)

    def _of_any(self, value: object) -> Iterable[Part]:
        if isinstance(value, list | tuple) and not is_table(value):
            return [part for each in value for part in self._of_any(each)]
        return self.parts(value, next(iter(self._names_of(value)), ""))

    def rule(self, value: object, name: str, choices: Choices = AS_SET) -> tuple[Level, frozenset[str]]:
        """Return how much of the table *value*, known as *name*, may be told, and which of its columns are masked."""
        return self._sharing.rule({name, *self._names_of(value)}, choices.level)

    def _table(self, value: object, name: str, choices: Choices) -> Part:
        level, masked = self.rule(value, name, choices)
        return table_part(value, name=name, level=level, mask=masked)

    def _of_display(self, display: Display, name: str, choices: Choices) -> tuple[Part, ...]:
        """The object itself where it lives; what was shown of it otherwise, but never past the rules for tables."""
        value = display.value
        name = name or self.name_of(display)
        if value is not None and (is_table(value) or is_picture(value)):
            return self.parts(value, name, choices)
        shown = display.data
        if self._sharing.is_restricted:  # what its text and HTML show may be values of a table
            shown = {kind: content for kind, content in shown.items() if kind.startswith("image/")}
        parts = parts_of_bundle(shown, name, partial(picture_parts, detail=choices.detail))
        return self._unless_kept_back(parts or (_kept_back(name),), name)

    def _unless_kept_back(self, parts: tuple[Part, ...], name: str) -> tuple[Part, ...]:
        """A chart that no renderer draws goes as its data, which are a table's values."""
        if not self._sharing.is_restricted:
            return parts
        return tuple(_kept_back(name) if isinstance(part, Text) else part for part in parts)

    def _said(self, value: object) -> str | None:
        """What *value* says of itself, or somebody's formatter of it."""
        speak = _speaker(value)
        if speak is None:
            return self._formatted(value)
        said = speak(value)
        return str(said.get("text/plain", said) if isinstance(said, dict) else said)[:_MOST_TEXT]


def _speaker(value: object) -> Callable[[object], object] | None:
    """By what *value* speaks for itself. It is looked up on the type, so that no instance is asked for names."""
    methods = [] if isinstance(value, type) else [getattr(type(value), name, None) for name in SPEAKING]
    return next((method for method in methods if callable(method)), None)


def _kept_back(name: str) -> Text:
    return Text(f"[{name} is kept back: it may show values that are not to be sent]")


def _in_words(value: object) -> str:
    if isinstance(value, Number | None):
        return str(value)
    if isinstance(value, Reply):
        return value.text
    try:
        if isinstance(value, dict | list | tuple):
            return json.dumps(value, ensure_ascii=False, indent=1)
    except (TypeError, ValueError):
        pass
    raise ConfigError(
        f"cannot send a {type(value).__name__}: expected text, a number, a table, a picture, a Path, or what JSON can "
        f"hold. Pass str(value), or give its class a method _repr_llm_()"
    )
