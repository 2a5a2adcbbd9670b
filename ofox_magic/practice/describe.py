"""
What the practice gateway says: what it received, as markdown or as JSON.

Pure, and the same every time: text, the shape of tables, the format and pixels of images, never their bytes.
"""

import json
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any
from urllib.parse import urlsplit

from ofox_magic.practice.images import picture_of
from ofox_magic.practice.quoting import cell, code, count, fenced, shortened
from ofox_magic.practice.request import ROLES, ChatRequest, ImagePart, Message

_TABLE = re.compile(r"Table(?: `(?P<name>[^\n]*)`)?: (?P<shape>\d[\d,]* rows? × \d[\d,]* columns?)(?=\s|$)")
_TITLE = "### Practice gateway"
_GREETING = "I am no language model: I answer with what arrived here, so that you can see what a model would get."
_FAREWELL = "*To talk to a real model, set `OFOX_API_KEY` and unset `OFOX_BASE_URL`.*"


@dataclass(frozen=True, slots=True)
class _Piece:
    """A part of a message: its *text*; or the *mark* that stands for something else, and what is *said* of it."""

    text: str = ""
    mark: str = ""
    said: str = ""


def describe(request: ChatRequest) -> str:
    """Return markdown that says what *request* holds; in a conversation's first answer also what it is itself."""
    is_first = not _roles(request).get("assistant")
    sections = (
        _TITLE,
        *([_GREETING] if is_first else []),
        "\n".join(_history(request)),
        *_results(request),
        *_question(request),
        "\n".join(_table(request)),
        *([_FAREWELL] if is_first else []),
    )
    return "\n\n".join(sections)


def as_data(request: ChatRequest) -> dict[str, Any]:
    """Return the same as a JSON object."""
    pieces = _pieces(_newest_question(request))
    return {
        "practice": "I am no language model: this is what arrived.",
        "messages": _roles(request),
        "system": shortened(_system(request)),
        "text": shortened(_written(pieces)),
        "attached": [f"{piece.mark}: {piece.said}" for piece in pieces if piece.mark],
        "parameters": _parameters(request),
    }


def _history(request: ChatRequest) -> Iterator[str]:
    roles = ", ".join(f"{number} {role}" for role, number in _roles(request).items())
    yield f"- **Messages:** {len(request.messages)} ({roles})"
    if _system(request):
        yield f"- **System message:** {code(_system(request))}"


def _results(request: ChatRequest) -> Iterator[str]:
    if request.results:
        names = {call.id: call.name for message in request.messages for call in message.calls}
        yield "**Your tools gave back:**"
        yield "\n".join(
            f"- {code(names.get(str(result.call_id), ''))}: {code(result.text)}, {count(len(result.text), 'character')}"
            for result in request.results
        )


def _question(request: ChatRequest) -> Iterator[str]:
    pieces = _pieces(_newest_question(request))
    length = sum(len(piece.text) for piece in pieces)
    yield f"**You wrote** {count(length, 'character')}:" if length else "You wrote no text."
    if length:
        yield fenced(_written(pieces))
    attached = [f"- {piece.mark}: {piece.said}" for piece in pieces if piece.mark]
    if attached:
        yield "**With it came:**"
        yield "\n".join(attached)


def _table(request: ChatRequest) -> Iterator[str]:
    yield "| parameter | value |"
    yield "| --- | --- |"
    for name, value in _parameters(request).items():
        yield f"| {cell(name)} | {cell(json.dumps(value, ensure_ascii=False))} |"


def _roles(request: ChatRequest) -> dict[str, int]:
    counts = Counter(message.role for message in request.messages)
    return {role: counts[role] for role in ROLES if counts[role]}


def _system(request: ChatRequest) -> str:
    return "\n".join(message.text for message in request.messages if message.role == "system")


def _newest_question(request: ChatRequest) -> Message | None:
    return next((message for message in reversed(request.messages) if message.role == "user"), None)


def _parameters(request: ChatRequest) -> dict[str, Any]:
    """Return what was set, by name; of the tools their names only."""
    shown = dict(sorted(request.parameters.items()))
    if request.tools:
        shown["tools"] = [tool["name"] for tool in request.tools]
    return shown


def _pieces(message: Message | None) -> list[_Piece]:
    pieces: list[_Piece] = []
    images = 0
    for part in message.parts if message else ():
        if isinstance(part, ImagePart):
            images += 1
            pieces.append(_Piece(mark=f"image {images}", said=_image(part)))
        else:
            table = _TABLE.match(part.text)
            pieces.append(_table_piece(table) if table else _Piece(text=part.text))
    return pieces


def _written(pieces: list[_Piece]) -> str:
    """Return the texts, from the first to the last: one a line, or with a mark for what stands between them."""
    places = [index for index, piece in enumerate(pieces) if piece.text]
    if not places:
        return ""
    shown = pieces[places[0] : places[-1] + 1]
    written = shown[0].text
    for last, piece in pairwise(shown):
        written += "\n" if last.text and piece.text else ""
        written += piece.text or f"[{piece.mark}]"
    return written


def _table_piece(found: re.Match[str]) -> _Piece:
    name = found["name"]
    return _Piece(mark=f"table {code(name)}" if name else "table", said=found["shape"])


def _image(part: ImagePart) -> str:
    detail = f", detail {part.detail}" if part.detail else ""
    if not part.url.startswith("data:"):
        return f"at {code(_host(part.url))}, not fetched{detail}"
    picture = picture_of(part.url)
    if picture.problem:
        return f"{picture.problem}{detail}"
    declared = f", sent as {code(picture.declared)}" if picture.is_mislabelled else ""
    return f"{picture.format}, {picture.width:,} × {picture.height:,} pixels{declared}{detail}"


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""
