"""A tool's call as mimebundles: what was called, how it ended and, folded, what the model was told. Pure."""

from base64 import b64encode
from collections.abc import Iterator
from html import escape
from typing import Any

from ofox_magic.answer_frame import framed, note_html
from ofox_magic.chat.parts import ToolCall
from ofox_magic.chat.tools import Outcome, ReadyCall
from ofox_magic.jupyter.bundle import METADATA_VERSION, Bundle
from ofox_magic.untrusted import one_line, printable

_WIDEST = 160  # characters of a call's line


def call_line(described: str) -> str:
    """Return a call as one line, `weather(city = "Seoul")`, from how it is *described* in full."""
    name, *arguments = described.splitlines() or [""]
    return one_line(f"{name}({', '.join(map(str.strip, arguments))})", _WIDEST)


def line_of_refused(call: ToolCall) -> str:
    """Return as one line a call that could not be read: its arguments as the model wrote them."""
    return one_line(f"{call.name}({call.arguments})", _WIDEST)


def ending_of(outcome: Outcome) -> str:
    """Return how a call ended, in a few words without its name: `done`, `not allowed`, `failed: …`."""
    return one_line(outcome.said.removeprefix(one_line(outcome.call.name)).lstrip(": ") or outcome.ending)


def begun(ready: ReadyCall) -> Bundle:
    """Return *ready* as it stands in the cell until it has its outcome."""
    line = f"{call_line(ready.described)} …"
    return {"text/html": framed(note_html(line)), "text/plain": line}, _metadata(ready.call.name, "running")


def ended(line: str, outcome: Outcome) -> Bundle:
    """Return the call that reads *line* with its *outcome*; what the model was told is folded behind it."""
    said = f"{line} · {ending_of(outcome)}"
    summary = f'<summary class="ofox-note">{escape(said)}</summary>'
    told = printable(outcome.text)
    html = f"<details>{summary}<pre>{escape(told)}</pre></details>" if told else note_html(said)
    return {"text/html": framed(html), "text/plain": said}, _metadata(outcome.call.name, outcome.ending)


def pictures(outcome: Outcome) -> Iterator[Bundle]:
    """Yield the pictures that the call gave."""
    for picture in outcome.pictures:
        if picture.data:
            yield {picture.media_type: b64encode(picture.data).decode()}, _metadata(outcome.call.name, outcome.ending)


def _metadata(name: str, ending: str) -> dict[str, Any]:
    """As outputs of ours that hold no answer."""
    return {"ofox": {"v": METADATA_VERSION, "tool": one_line(name, 80), "status": ending}}
