"""A conversation as it stands, to be read: as markdown, and as HTML that is safe anywhere. Pure: values to text."""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from typing import TypeAlias

from ofox_magic.answer_frame import framed, note_html, reasoning_html
from ofox_magic.chat.conversation import Conversation, Version
from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, Opaque, Part, Reasoning, Table, Text, ToolCall, ToolResult
from ofox_magic.jupyter.bundle import BAD_ENDS, CUT, METADATA_VERSION, Bundle
from ofox_magic.jupyter.chips import chips
from ofox_magic.jupyter.columns import count
from ofox_magic.untrusted import fenced, one_line, printable

PictureAddress: TypeAlias = Callable[[Image], str | None]
"""Makes a `data:` address of a picture, small or whole; None where there is none to show."""

STYLE = """\
<style>
.ofox-transcript .ofox-asked{padding:.5em .8em;border-radius:.4em;background:rgba(128,128,128,.12)}
.ofox-transcript .ofox-asked .ofox-plain{margin:0!important;padding:0!important;background:none;font:inherit}
.ofox-transcript .ofox-who{margin:1.4em 0 .4em!important}
.ofox-transcript .ofox-asked img{display:block;max-width:100%;max-height:20em;margin:.5em 0}
</style>
"""
_RASTER = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})([^\n]*)")
_SHORT = 160  # characters of a call, in the line that it is folded into


@dataclass(frozen=True, slots=True)
class Transcript:
    """The *conversation* called *name*; *mask* takes the key out of it, *picture* makes addresses of pictures."""

    name: str
    conversation: Conversation
    mask: Callable[[str], str]
    picture: PictureAddress

    @property
    def title(self) -> str:
        """One line that says what it is."""
        return f"{one_line(self.mask(self.name), 80)} · {count(len(self.conversation), 'turn')}"

    def bundle(self) -> Bundle:
        """Return it as an output of a cell, which `%ofox load` does not take for an answer."""
        from ofox_magic.render import STYLE as OF_ANSWERS  # heavy, and not needed until something is shown

        data = {"text/html": OF_ANSWERS + STYLE + self.html(), "text/plain": self.markdown()}
        return data, {"ofox": {"v": METADATA_VERSION, "view": "transcript"}}

    # -- markdown -------------------------------------------------------------------------------------------------

    def markdown(self) -> str:
        """Return it as markdown; answers are as the model wrote them, questions are quoted."""
        blocks = [f"# {self.title}"]
        for number, exchange in enumerate(self.conversation.exchanges, 1):
            blocks += self._turn_markdown(number, exchange.version)
        return "\n\n".join(block for block in blocks if block) + "\n"

    def _turn_markdown(self, number: int, version: Version) -> Iterator[str]:
        yield f"## {number}"
        for message in version.question:
            said = self._clean(asked_text(message))
            yield "\n".join(f"> {line}".rstrip() for line in said.split("\n"))
        yield "\n".join(f"- {one_line(self.mask(chip))}" for chip in chips(version.question))
        yield f"### {self._clean(who(version))}"
        for step in version.steps:
            for part in step.parts:
                yield self._step_markdown(part)
        yield closed(self._clean(version.answer.text)) if version.answer else ""
        yield from (fenced(self._clean(call_text(call))) for call in self._open_calls(version))
        yield self._clean(version.error or "")

    def _step_markdown(self, part: Part) -> str:
        match part:
            case Text(text=text):
                return closed(self._clean(text))
            case ToolCall():
                return fenced(self._clean(call_text(part)))
            case ToolResult(text=text):
                return fenced(self._clean(text))
            case _:
                return ""

    # -- HTML -----------------------------------------------------------------------------------------------------

    def html(self) -> str:
        """Return it as safe HTML, in the frame that the style is for."""
        turns = enumerate(self.conversation.exchanges, 1)
        inner = "".join(item for number, each in turns for item in self._turn_html(number, each.version))
        return framed(f'<div class="ofox-transcript">{note_html(self.title)}{inner}</div>')

    def _turn_html(self, number: int, version: Version) -> Iterator[str]:
        yield _who_html(f"{number} · you")
        asked = "".join(self._asked_html(message) for message in version.question)
        along = "".join(f'<li class="ofox-chip">{escape(self.mask(chip))}</li>' for chip in chips(version.question))
        yield f'<div class="ofox-asked">{asked}</div>'
        yield f'<ul class="ofox-note ofox-along">{along}</ul>' if along else ""
        yield _who_html(self._clean(who(version)))
        for step in version.steps:
            yield from (self._said_html(part) for part in step.parts)
        yield from (self._said_html(part) for part in (version.answer.parts if version.answer else ()))
        yield note_html(self._clean(version.error or ""))

    def _asked_html(self, message: Message) -> str:
        text = f'<pre class="ofox-plain">{escape(self._clean(asked_text(message)))}</pre>'
        return text + "".join(self._picture_html(part) for part in message.parts if isinstance(part, Image))

    def _picture_html(self, picture: Image) -> str:
        address = self.picture(picture)
        if address is None or not _RASTER.fullmatch(address):
            return ""
        return f'<img src="{address}" alt="{escape(one_line(self.mask(picture.name)) or "picture")}">'

    def _said_html(self, part: Part) -> str:
        from ofox_magic.render import to_html

        match part:
            case Text(text=text):
                return to_html(self.mask(text))
            case Reasoning(text=text):
                return reasoning_html(self.mask(text))
            case ToolCall():
                return _folded(f"call · {one_line(self._clean(call_text(part)), _SHORT)}", self._clean(call_text(part)))
            case ToolResult(text=text):
                return _folded(f"result · {one_line(self._clean(text), _SHORT)}", self._clean(text))
            case Image():
                return self._picture_html(part)
            case _:
                return ""

    def _open_calls(self, version: Version) -> Iterable[ToolCall]:
        return (part for part in (version.answer.parts if version.answer else ()) if isinstance(part, ToolCall))

    def _clean(self, text: str) -> str:
        return printable(self.mask(text))


def asked_text(message: Message) -> str:
    """Return what a user's *message* says, with a few words in place of what is no text."""
    return "".join(_in_words(part) for part in message.parts)


def who(version: Version) -> str:
    """Return who answered, with how many tokens, and how it ended unless all went well."""
    used = version.usage.in_words if version.usage else ""
    ended = BAD_ENDS.get(version.status, CUT if version.finish_reason == "length" else "")
    return " · ".join(word for word in (version.model or "no model", used, ended) if word)


def call_text(call: ToolCall) -> str:
    """Return *call* as it is written in Python, or nearly."""
    return f"{call.name}({call.arguments})"


def closed(markdown: str) -> str:
    """Return *markdown* with its last fence closed, which one that was cut leaves open to all that follows."""
    indent = fence = ""
    for line in markdown.split("\n"):
        found = _FENCE.fullmatch(line)
        if found and not fence and not (found[2][0] == "`" and "`" in found[3]):
            indent, fence = found[1], found[2]
        elif found and fence and found[2].startswith(fence) and not found[3].strip():
            fence = ""
    return f"{markdown}\n{indent}{fence}" if fence else markdown


def _in_words(part: Part) -> str:
    match part:
        case Text(text=text):
            return text
        case Table():
            return f"[table {part.name}]" if part.name else "[table]"
        case Image():
            return f"[picture {part.name}]" if part.name else "[picture]"
        case Opaque(label=label):
            return f"[{label}]"
        case ToolResult(text=text):
            return text
        case _:
            return ""


def _who_html(words: str) -> str:
    return f'<p class="ofox-note ofox-who">{escape(words)}</p>'


def _folded(summary: str, text: str) -> str:
    return f'<details><summary>{escape(summary)}</summary><pre class="ofox-plain">{escape(text)}</pre></details>'
