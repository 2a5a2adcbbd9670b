"""
What a message is made of: plain values, equal when their content is equal.

Knows str and parts only. A str is always text, never the name of a file. Turning figures, frames and paths
into parts is somebody else's work.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal, TypeAlias, get_args

from ofox_magic.errors import ConfigError
from ofox_magic.untrusted import fenced

Detail: TypeAlias = Literal["auto", "low", "high"]
IMAGE_TYPES = ("image/png", "image/jpeg", "image/webp", "image/gif")


@dataclass(frozen=True, slots=True)
class Inserted:
    """What a text holds in place of a reference: the *name* as it was typed, what *kind* of value, *size* in bytes."""

    name: str
    kind: str
    size: int


@dataclass(frozen=True, slots=True)
class Text:
    """Text, as it is; *inserted* tells what of it stands for references."""

    text: str
    inserted: tuple[Inserted, ...] = ()


@dataclass(frozen=True, slots=True)
class Image:
    """
    A picture: its *data* (bytes of *media_type*) or its *url* (http, https or `data:`), never both.

    *detail* is what the gateway's page allows: auto, low or high; *width* and *height* are pixels, where known; *name*
    is what the user knows it by, and is not sent.
    Raises ConfigError for anything else.
    """

    data: bytes = field(default=b"", repr=False)
    media_type: str = "image/png"
    url: str | None = None
    detail: Detail | None = None
    width: int | None = None
    height: int | None = None
    name: str = ""

    def __post_init__(self) -> None:
        if bool(self.data) == bool(self.url):
            raise ConfigError("an Image needs data=BYTES or url=ADDRESS, one of the two")
        if self.data and self.media_type not in IMAGE_TYPES:
            raise ConfigError(f"an Image is one of {', '.join(IMAGE_TYPES)}; got {self.media_type!r}")
        if self.url and not self.url.startswith(("https://", "http://", "data:image/")):
            raise ConfigError("an Image's url starts with https://, http:// or data:image/")
        if self.detail is not None and self.detail not in get_args(Detail):
            raise ConfigError(f"an Image's detail is auto, low or high; got {self.detail!r}")


@dataclass(frozen=True, slots=True)
class Table:
    """
    A table as *text* (CSV, a profile), with its true size: *rows* × *columns*, and the *name* it goes by.

    *level* says how much of it the text gives away: schema, stats, sample or full.
    """

    text: str
    rows: int
    columns: int
    name: str = ""
    level: str = ""

    @property
    def shape(self) -> str:
        """Its true size in words: 1 row × 2 columns, 1,000 rows × 20 columns."""
        return f"{_counted(self.rows, 'row')} × {_counted(self.columns, 'column')}"

    @property
    def heading(self) -> str:
        """The line that goes before the text, so that the model knows what it reads."""
        name = f" `{self.name}`" if self.name else ""
        return f"Table{name}: {self.shape}"

    @property
    def sent(self) -> str:
        """It as a model reads it: the text is data, in a fence that nothing within it can end."""
        return f"{self.heading}\n{fenced(self.text)}"


@dataclass(frozen=True, slots=True)
class Reasoning:
    """What the model thought aloud; kept for the eye, not sent back."""

    text: str


@dataclass(frozen=True, slots=True)
class ToolCall:
    """A call that the model asks for; *arguments* is JSON text exactly as the model wrote it."""

    id: str
    name: str
    arguments: str


@dataclass(frozen=True, slots=True)
class ToolResult:
    """What the call *call_id* gave."""

    call_id: str
    text: str


@dataclass(frozen=True, slots=True)
class Opaque:
    """
    A part that is shown as *label* and not sent: of an unknown *type*, or one whose content was not stored.

    *record* is its JSON text, which goes out again as it came.
    """

    type: str
    label: str
    record: str


Part: TypeAlias = Text | Image | Table | Reasoning | ToolCall | ToolResult | Opaque


def parts_of(*values: object) -> tuple[Part, ...]:
    """Return *values* (str, parts, and lists of them) as parts, in order. Raises ConfigError for anything else."""
    return tuple(_each(values))


def _counted(number: int, noun: str) -> str:
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _each(values: Iterable[object]) -> Iterable[Part]:
    for value in values:
        if isinstance(value, str):
            yield Text(value)
        elif isinstance(value, Part):
            yield value
        elif isinstance(value, list | tuple):
            yield from _each(value)
        else:
            raise ConfigError(
                f"a message is made of str, Text, Image and Table; got {type(value).__name__}. "
                f"Pass str(value), or wrap it in one of these"
            )
