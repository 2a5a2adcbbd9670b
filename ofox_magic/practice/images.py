"""
What can be told about a picture without decoding it: format and pixels, from the header alone.

Knows data URLs and Pillow's readers; must not fetch anything, nor decode a pixel.
"""

import base64
import binascii
import io
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote_to_bytes

MOST_PIXELS = 100_000_000


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture's *format* and pixels; or the *problem* that there is with it."""

    format: str = ""
    width: int = 0
    height: int = 0
    declared: str = ""
    """The media type that its address claims."""
    problem: str = ""

    @property
    def is_mislabelled(self) -> bool:
        """Whether its address claims another format."""
        return self.declared.removeprefix("image/").replace("jpg", "jpeg") != self.format.lower()


def picture_of(url: str) -> Picture:
    """Return what the header of the picture in the data *url* says."""
    declared, _, _ = url.removeprefix("data:").partition(",")
    declared = declared.partition(";")[0].strip().lower()
    try:
        data = _bytes_of(url)
    except (binascii.Error, ValueError):
        return Picture(declared=declared, problem="could not be read: its data URL is broken")
    return _picture(data, declared)


def _bytes_of(url: str) -> bytes:
    head, comma, data = url.partition(",")
    if not comma:
        raise ValueError("a data URL has a comma")
    if head.endswith(";base64"):
        return base64.b64decode(data, validate=True)
    return unquote_to_bytes(data)


def _picture(data: bytes, declared: str) -> Picture:
    reader = _reader(data)
    if reader is None:
        return Picture(declared=declared, problem="could not be read: not PNG, JPEG, WebP or GIF")
    try:
        # Not Image.open: it prints a warning about large pictures, and tries every format that there is
        with reader(io.BytesIO(data)) as image:
            name, (width, height) = str(image.format), image.size
    except Exception:  # noqa: BLE001 - a broken header may break a parser in any way
        return Picture(declared=declared, problem="could not be read: its header is broken")
    if width * height > MOST_PIXELS:
        return Picture(declared=declared, problem=f"refused: {width:,} × {height:,} pixels are too many to decode")
    return Picture(name, width, height, declared)


def _reader(data: bytes) -> Callable[[io.BytesIO], Any] | None:
    from PIL import GifImagePlugin, JpegImagePlugin, PngImagePlugin, WebPImagePlugin

    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return PngImagePlugin.PngImageFile
    if data.startswith(b"\xff\xd8\xff"):
        return JpegImagePlugin.JpegImageFile
    if data.startswith((b"GIF87a", b"GIF89a")):
        return GifImagePlugin.GifImageFile
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return WebPImagePlugin.WebPImageFile
    return None
