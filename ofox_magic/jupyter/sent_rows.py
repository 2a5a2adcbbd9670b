"""The parts of a request in words, a row each. Pure."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ofox_magic.chat.parts import Image, Part, Table, Text, ToolCall, ToolResult
from ofox_magic.chat.sent import SentRequest
from ofox_magic.jupyter.chips import about_image, about_table
from ofox_magic.untrusted import one_line

HEADS = ("in", "part", "what", "bytes", "≈tokens")
_EXCERPT = 160  # characters of a text
_KINDS = {Text: "text", Table: "table", Image: "image", ToolCall: "tool call", ToolResult: "tool result"}


@dataclass(frozen=True, slots=True)
class Row:
    """A part of a request, as *words* under the HEADS, its *size* in bytes, and the *picture* that it is."""

    words: tuple[str, ...]
    size: int
    picture: Image | None = None


def rows_of(sent: SentRequest, mask: Callable[[str], str]) -> Iterator[Row]:
    """Yield a row for each part of *sent*, and for each of its options; *mask* takes the key out."""

    def cut(text: str) -> str:
        return one_line(mask(text[: 8 * _EXCERPT]), _EXCERPT)

    for each in sent.parts:
        words = (each.role, _KINDS[type(each.part)], cut(_said(each.part)), f"{each.size:,}", f"{each.tokens:,}")
        yield Row(words, each.size, each.part if isinstance(each.part, Image) else None)
    for option in sent.options:
        read = f"{option.tokens:,}" if option.tokens else ""
        yield Row(("option", cut(option.name), cut(option.value), f"{option.size:,}", read), option.size)


def _said(part: Part) -> str:
    match part:
        case Table():
            words: tuple[str, ...] = about_table(part)
        case Image():
            words = (*about_image(part), f"detail {part.detail}" if part.detail else "")
        case ToolCall(name=name, arguments=arguments):
            words = (f"{name}({arguments})",)
        case Text(text=text) | ToolResult(text=text):
            words = (text,)
        case _:
            words = ()
    return " · ".join(word for word in words if word)
