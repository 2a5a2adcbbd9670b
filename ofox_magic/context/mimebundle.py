"""
Mimebundles whose object is gone: what of one is worth keeping, and what a model is given of it. Pure.

Nothing that a bundle names is fetched or opened.
"""

import json
import re
import sys
from base64 import b64decode
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

from ofox_magic.chat.parts import IMAGE_TYPES, Part, Text
from ofox_magic.context.packed_arrays import numbers_of
from ofox_magic.context.plain import text_of_html, without_colours
from ofox_magic.errors import ConfigError
from ofox_magic.untrusted import printable

_SVG = "image/svg+xml"
_CHART = re.compile(r"application/vnd\.(plotly|vega|vegalite)\.v\d[\w.]*[+.]json")
_NAMES = {
    "text/llm+plain": "text",
    "plotly": "Plotly JSON",
    "vegalite": "Vega-Lite JSON",
    "vega": "Vega JSON",
    "text/latex": "LaTeX",
    "text/markdown": "Markdown",
    "application/json": "JSON",
    "application/geo+json": "GeoJSON",
    "text/plain": "text",
    "text/html": "the text of HTML",
}
"""The kinds that go as text, the best first."""

_MOST_TEXT = 64_000  # characters kept of a text
_MOST_JSON = 1_000_000  # characters of JSON that is kept whole
_MOST_METADATA = 4_000  # characters of JSON
_MOST_SENT = 20_000  # characters
_CUT = "\n[the rest is left out]"
_SAYS_NOTHING = re.compile(r"<[^<>\n]*( object| at 0x[0-9a-fA-F]+)[^<>\n]*>|[\w.]+\(\.\.\.\)")


class Picture(Protocol):
    """Makes parts of a picture's bytes; raises ConfigError where it cannot."""

    def __call__(self, value: bytes, /, *, name: str) -> tuple[Part, ...]:
        """Return the picture *value*, known as *name*, as parts."""


def bounded(data: Mapping[str, Any], most_bytes: int) -> dict[str, str | bytes]:
    """
    Return what of *data* is worth keeping, sharing no object that could change or be large.

    That is text, pictures and JSON (as text). Texts are cut at 64,000 characters, JSON at that where it is longer than
    a million; a picture of more than *most_bytes* is left out, and said so where nothing else is left.
    """
    kept: dict[str, str | bytes] = {}
    too_large = ""
    for kind, value in data.items():
        content = _content(str(kind), value)
        if content is None:
            continue
        if sys.getsizeof(content) > most_bytes:
            too_large = f"[{kind}, {sys.getsizeof(content):,} bytes: too large to be kept]"
        else:
            kept[kind] = content
    return kept or ({"text/plain": too_large} if too_large else {})


def bounded_metadata(metadata: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return a copy of *metadata* that shares nothing with it, or nothing where it passes 4,000 characters."""
    text = json.dumps(metadata, default=str) if metadata else ""
    return json.loads(text) if 0 < len(text) <= _MOST_METADATA else {}


def parts_of_bundle(data: Mapping[str, Any], name: str, picture: Picture) -> tuple[Part, ...]:
    """
    Return the best that *data* holds of what the user knows as *name*: a picture, else text under a line that names it.

    *picture* makes the parts of PNG, JPEG, WebP, GIF and SVG bytes. Its ConfigError is raised for the first four; an
    SVG that it refuses goes as text. HTML is read only where nothing else says anything. Empty when *data* holds
    nothing of all this.
    """
    for kind in IMAGE_TYPES:
        if (image := _bytes(data.get(kind))) is not None:
            return picture(image, name=name)
    if isinstance(svg := data.get(_SVG), str | bytes):
        return _of_svg(svg.encode() if isinstance(svg, str) else svg, name, picture)
    texts = list(_texts(data))
    telling = [found for found in texts if not _SAYS_NOTHING.fullmatch(found[1].strip())]
    return tuple(_named(name, how, text) for how, text in (telling or texts)[:1])


def _content(kind: str, value: Any) -> str | bytes | None:
    """*value* as it is kept, None for what is not."""
    if kind.startswith("image/"):
        return value if isinstance(value, str | bytes) and value else None
    if kind.startswith("text/"):
        return _cut(value, _MOST_TEXT) if isinstance(value, str) and value else None
    if kind in _NAMES or _CHART.fullmatch(kind):
        text = value if isinstance(value, str) else json.dumps(value, default=str, separators=(",", ":"))
        return text if len(text) <= _MOST_JSON else _cut(text, _MOST_TEXT)
    return None


def _bytes(value: Any) -> bytes | None:
    """A picture's bytes, from base64 too; None where it is neither."""
    if isinstance(value, str):
        try:
            value = b64decode("".join(value.split()), validate=True)
        except ValueError:
            return None
    return value if isinstance(value, bytes) and value else None


def _of_svg(svg: bytes, name: str, picture: Picture) -> tuple[Part, ...]:
    try:
        if parts := picture(svg, name=name):
            return parts
    except ConfigError:
        pass
    source = svg.decode(errors="replace")
    if len(source) <= _MOST_SENT:
        return (_named(name, "SVG", source),)
    return (_named(name, "the words in its SVG", text_of_html(source)),)


def _texts(data: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """What *data* says in words, the best first: how it says it, and what."""
    by_name = {(chart[1] if (chart := _CHART.fullmatch(kind)) else kind): value for kind, value in data.items()}
    for kind, how in _NAMES.items():
        value = by_name.get(kind)
        if value is None:
            continue
        if not kind.startswith("text/"):
            text = _readable(value)
        else:
            text = text_of_html(str(value)) if kind == "text/html" else str(value)
        if text.strip():
            yield how, text


def _readable(value: Any) -> str:
    """JSON as a model can read it: compact, numbers as numbers, without a chart's theme."""
    try:
        content = json.loads(value) if isinstance(value, str) else value
        if isinstance(content, dict) and isinstance(layout := content.get("layout"), dict):
            content = content | {"layout": {key: each for key, each in layout.items() if key != "template"}}
        return json.dumps(_unpacked(content), default=str, ensure_ascii=False, separators=(",", ":"))
    except (ValueError, RecursionError):  # it was cut, or is not what it says
        return str(value)


def _unpacked(value: Any) -> Any:
    """*value* with its packed arrays as lists."""
    if isinstance(value, list):
        return [_unpacked(each) for each in value]
    if not isinstance(value, dict):
        return value
    numbers = numbers_of(value)
    return {key: _unpacked(each) for key, each in value.items()} if numbers is None else numbers


def _named(name: str, how: str, text: str) -> Text:
    return Text(f"{name}, as {how}:\n{_cut(printable(without_colours(text)).strip(), _MOST_SENT)}")


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[:most] + _CUT
