"""
SVG to PNG, without anything that the SVG refers to: no file is read for it and no address fetched.

The renderer (resvg, through vl-convert) would read files and fetch addresses that an SVG names, so that what goes to
it names none.
"""

import math
import re
from xml.etree import ElementTree as ET

from ofox_magic.context.renderer import RenderError, rendered

_SCRIPT = """
import sys, vl_convert
sys.stdout.buffer.write(vl_convert.svg_to_png(sys.stdin.buffer.read().decode(), scale=float(sys.argv[1])))
"""
_UNITS = {"": 1, "px": 1, "pt": 4 / 3, "pc": 16, "in": 96, "cm": 96 / 2.54, "mm": 96 / 25.4, "em": 16, "ex": 8}
_LENGTH = re.compile(r"\s*\+?(\d*\.?\d+(?:e[+-]?\d+)?)\s*([a-z]*)\s*", re.IGNORECASE)
_EMBEDDED = re.compile(r"\s*(?:#|data:image/(?:png|jpe?g|gif|webp)[;,])", re.IGNORECASE)
_OUTSIDE = re.compile(r"url\(\s*['\"]?\s*(?!#|['\"\s])[^)]*\)", re.IGNORECASE)
_LINKS = {"a"}  # where a link leads is not drawn
_SCALE = 2.0  # small text stays legible
_MOST_BYTES = 20 * 2**20
_DEFAULT = (300.0, 150.0)  # pixels, as browsers do


def is_svg(data: bytes) -> bool:
    """Tell whether *data* looks like an SVG."""
    start = data[:4096].lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"<") and b"<svg" in start


def png_of_svg(text: str, longest_side: int) -> tuple[bytes, int]:
    """
    Return the SVG *text* as PNG, its longest side at most *longest_side* pixels, and how many references were left out.

    Raises RenderError where the renderer is not installed or fails, or the text is no SVG.
    """
    if len(text) > _MOST_BYTES:
        raise RenderError(f"its {len(text):,} characters are more than the {_MOST_BYTES:,} that are rendered")
    try:
        root = ET.fromstring(text)  # noqa: S314 - expat reads no external entity and limits what entities grow to
    except (ET.ParseError, ValueError, LookupError):
        raise RenderError("it is no well-formed SVG") from None
    if _local(root.tag) != "svg":
        raise RenderError("it is no well-formed SVG")
    left_out = sum(_without_references(element) for element in root.iter())
    width, height = _size(root)
    root.attrib |= {"width": f"{width:.6f}", "height": f"{height:.6f}"}  # else the renderer measures what is drawn
    scale = min(_SCALE, longest_side / max(width, height))
    png = rendered(_SCRIPT, ET.tostring(root, "unicode"), f"{scale:.9f}", needs="vl_convert", extra="altair")
    return png, left_out


def _without_references(element: ET.Element) -> int:
    """Take out of *element* what refers to anything outside the SVG; return how much that was."""
    left_out = 0
    for name, value in list(element.attrib.items()):
        cleaned = _OUTSIDE.sub("none", value)
        if _local(name) in {"href", "src"} and not _EMBEDDED.match(value):
            cleaned = ""
            del element.attrib[name]
        elif cleaned != value:
            element.attrib[name] = cleaned
        left_out += cleaned != value and _local(element.tag) not in _LINKS
    if _local(element.tag) == "style" and element.text:
        element.text, count = _OUTSIDE.subn("none", element.text)
        left_out += count
    return left_out


def _local(name: object) -> str:
    return str(name).rpartition("}")[2]


def _size(root: ET.Element) -> tuple[float, float]:
    """Return the width and height of *root* in pixels, by its attributes or its view box."""
    box = [_number(part) for part in re.split(r"[\s,]+", root.get("viewBox", "").strip())]
    known = len(box) == 4 and box[2] and box[3]  # noqa: PLR2004 - x, y, width, height
    default = (box[2] or 1, box[3] or 1) if known else _DEFAULT
    width, height = _length(root.get("width"), default[0]), _length(root.get("height"), default[1])
    if known and width and not root.get("height"):
        height = width * default[1] / default[0]
    elif known and height and not root.get("width"):
        width = height * default[0] / default[1]
    return max(width, 1.0), max(height, 1.0)


def _length(value: str | None, whole: float) -> float:
    if not value:
        return whole
    if value.strip().endswith("%"):
        return whole * (_number(value.strip()[:-1]) or 100) / 100
    found = _LENGTH.fullmatch(value)
    return _number(found[1]) * _UNITS.get(found[2].lower(), 16) if found else whole


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return 0.0
    return value if math.isfinite(value) else 0.0
