"""
An answer as the front end has it: finished blocks of HTML, a tail that still changes, and what the model thinks.

Each patch holds what is new since the last one. The tail goes as how much of the old one stays and what follows it, so
that a whole answer costs little more than its HTML.
"""

import os.path
from html import escape
from typing import Any, TypeAlias

from ofox_magic.chat.events import Event, Finished, ReasoningDelta, TextDelta, ToolsRan
from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, ToolCall, ToolResult
from ofox_magic.render import Flow
from ofox_magic.untrusted import one_line, printable

Patch: TypeAlias = dict[str, Any]
MOST_SHOWN = 20_000
"""Characters of a tool's arguments or result; the model has them all."""


class GrowingAnswer:
    """Feed it the events of a turn's answer; take the patches."""

    def __init__(self) -> None:
        self._flow = Flow(mathml=True)
        self._said = False  # whether the round that runs has text
        self._blocks: list[str] = []
        self._sent = 0  # of the blocks
        self._tail = ""
        self._reasoning: list[str] = []
        self._reasoning_sent = 0
        self._ended = False

    @property
    def is_empty(self) -> bool:
        """Whether nothing of an answer came."""
        return not self._blocks and not self._said

    def feed(self, event: Event) -> None:
        """Take in the next event."""
        match event:
            case TextDelta(text):
                self._said = True
                self._flow.feed(text)
            case ReasoningDelta(text):
                self._reasoning.append(printable(text))
            case ToolsRan(messages):
                self._close()
                self._blocks.append(_round_html(messages))
            case Finished():
                self._close()
                self._ended = True
            case _:
                pass

    def patch(self) -> Patch:
        """Return what is new: `blocks`, `tail` (how many UTF-16 units stay, and what follows), `reasoning`."""
        self._take()
        tail = self._flow.tail() if self._said else ""
        patch: Patch = {}
        if len(self._blocks) > self._sent:
            patch["blocks"] = self._blocks[self._sent :]
            self._sent = len(self._blocks)
        if tail != self._tail:
            stays = os.path.commonprefix((self._tail, tail))
            patch["tail"] = [_units(stays), tail[len(stays) :]]
            self._tail = tail
        if len(self._reasoning) > self._reasoning_sent:
            patch["reasoning"] = "".join(self._reasoning[self._reasoning_sent :])
            self._reasoning_sent = len(self._reasoning)
        return patch

    def whole(self) -> Patch:
        """Return all of it, as it was patched together by now and as a view that comes late needs it."""
        self.patch()
        return {"blocks": list(self._blocks), "tail": self._tail, "reasoning": "".join(self._reasoning)}

    def _take(self) -> None:
        if self._said:
            self._blocks.extend(html for html in self._flow.take() if html)

    def _close(self) -> None:
        """The text of a round has ended."""
        self._take()
        if self._said and (rest := self._flow.end()):
            self._blocks.append(rest)
        self._flow, self._said = Flow(mathml=True), False


def calls_html(calls: tuple[ToolCall, ...]) -> str:
    """Return *calls* that wait for what they give."""
    return "".join(_call_html(call, None) for call in calls)


def _round_html(messages: tuple[Message, ...]) -> str:
    """A round's calls, each with what it gave. All of it is text that came from outside."""
    results = {
        part.call_id: part.text for message in messages for part in message.parts if isinstance(part, ToolResult)
    }
    calls = [part for message in messages for part in message.parts if isinstance(part, ToolCall)]
    pictures = sum(isinstance(part, Image) for message in messages for part in message.parts)
    shown = "".join(_call_html(call, results.get(call.id, "")) for call in calls)
    return shown + (f'<p class="ofox-quiet">with {pictures} picture{"s" * (pictures > 1)}</p>' if pictures else "")


def _call_html(call: ToolCall, result: str | None) -> str:
    name, arguments = escape(one_line(call.name, 80)), escape(one_line(call.arguments, 120))
    whole = escape(printable(call.arguments)[:MOST_SHOWN])
    gave = (
        "" if result is None else f'<p>gave</p><pre class="ofox-plain">{escape(printable(result)[:MOST_SHOWN])}</pre>'
    )
    return (
        f'<details class="ofox-tool"><summary><code>{name}</code> {arguments}</summary>'
        f'<p>called with</p><pre class="ofox-plain">{whole}</pre>{gave}</details>'
    )


def _units(text: str) -> int:
    """The length of *text* as JavaScript counts it."""
    return len(text) + sum(char > "\uffff" for char in text)
