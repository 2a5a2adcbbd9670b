"""
The containers that pictures come in, without what is not pixels. Pure, and without loss.

EXIF (places, people, cameras), XMP, comments, text chunks, thumbnails, colour profiles (they name monitors) and
whatever follows the picture's end are left out: only what is known to draw the picture is kept.
"""

import re
import struct
from collections.abc import Iterator

_PNG_KEPT = frozenset(b"IHDR PLTE tRNS IDAT IEND gAMA cHRM sRGB sBIT acTL fcTL fdAT".split())
_WEBP_KEPT = frozenset((b"VP8 ", b"VP8L", b"VP8X", b"ALPH", b"ANIM", b"ANMF"))
_WEBP_METADATA = 0x20 | 0x08 | 0x04  # VP8X's flags for a profile, EXIF and XMP
_FRAME_HEADER = 16
_JPEG_MARKER = re.compile(rb"\xff+([^\x00\xff])")
_JPEG_AFTER_SCAN = re.compile(rb"\xff+[^\x00\xd0-\xd7\xff]")  # in a scan FF00 and the restart markers are data
_START_OF_SCAN, _END_OF_IMAGE, _ADOBE, _JFIF = 0xDA, 0xD9, 0xEE, 0xE0
_JPEG_KEPT = frozenset((*range(0xC0, 0xD0), _START_OF_SCAN, 0xDB, 0xDC, 0xDD, _ADOBE))
_JFIF_WITHOUT_THUMBNAIL = 16
_GIF_EXTENSION, _GIF_IMAGE, _GIF_END, _GIF_CONTROL, _GIF_APPLICATION = 0x21, 0x2C, 0x3B, 0xF9, 0xFF
_GIF_LOOP = (b"NETSCAPE2.0", b"ANIMEXTS1.0")
_GIF_LOOP_SIZE = 19


def format_of(data: bytes) -> str:
    """Return PNG, JPEG, WEBP, GIF, BMP or TIFF by the first bytes of *data*; "" for anything else."""
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return "WEBP"
    starts = {
        "PNG": (b"\x89PNG\r\n\x1a\n",),
        "JPEG": (b"\xff\xd8\xff",),
        "GIF": (b"GIF87a", b"GIF89a"),
        "BMP": (b"BM",),
        "TIFF": (b"II*\0", b"MM\0*"),
    }
    return next((name for name, start in starts.items() if data.startswith(start)), "")


def bare(data: bytes, format: str) -> bytes:  # noqa: A002 - Pillow's name for it
    """
    Return the *data* of a PNG, JPEG, WebP or GIF without what is not pixels.

    Raises ValueError where it ends too early or is not built as its *format* demands.
    """
    pieces = {"PNG": _png, "JPEG": _jpeg, "WEBP": _webp, "GIF": _gif}[format]
    try:
        return b"".join(pieces(data))
    except (IndexError, struct.error):
        raise ValueError("it ends too early") from None


def _png(data: bytes) -> Iterator[bytes]:
    yield data[:8]
    at, kind = 8, b""
    while kind != b"IEND":
        size, kind = struct.unpack_from(">I4s", data, at)
        end = _within(data, at + 12 + size)
        if kind in _PNG_KEPT:
            yield data[at:end]
        at = end


def _jpeg(data: bytes) -> Iterator[bytes]:
    yield data[:2]
    at = 2
    while True:
        found = _JPEG_MARKER.match(data, at)
        if found is None:
            raise ValueError("it ends too early" if at >= len(data) else "its segments are broken")
        code, start = found[1][0], found.end()
        if code == _END_OF_IMAGE:
            yield b"\xff\xd9"
            return
        size = struct.unpack_from(">H", data, start)[0]
        at = _within(data, start + size)
        if code in _JPEG_KEPT or _is_plain_jfif(code, size, data[start + 2 : start + 7]):
            yield b"\xff" + data[start - 1 : at]
        if code == _START_OF_SCAN:
            after = _JPEG_AFTER_SCAN.search(data, at)
            if after is None:
                raise ValueError("it ends too early")
            yield data[at : after.start()]
            at = after.start()


def _is_plain_jfif(code: int, size: int, name: bytes) -> bool:
    return code == _JFIF and size == _JFIF_WITHOUT_THUMBNAIL and name == b"JFIF\0"


def _webp(data: bytes) -> Iterator[bytes]:
    size = struct.unpack_from("<I", data, 4)[0]
    body = b"WEBP" + b"".join(_webp_chunks(data, 12, _within(data, 8 + size)))
    yield b"RIFF" + struct.pack("<I", len(body)) + body


def _webp_chunks(data: bytes, at: int, end: int) -> Iterator[bytes]:
    while at < end:
        kind, size = struct.unpack_from("<4sI", data, at)
        start = at + 8
        at = start + size + size % 2
        payload = data[start : _within(data, start + size)]
        if kind not in _WEBP_KEPT:
            continue
        if kind == b"VP8X":
            payload = bytes((payload[0] & ~_WEBP_METADATA,)) + payload[1:]
        if kind == b"ANMF":
            payload = payload[:_FRAME_HEADER] + b"".join(_webp_chunks(payload, _FRAME_HEADER, len(payload)))
        yield struct.pack("<4sI", kind, len(payload)) + payload + b"\0" * (len(payload) % 2)


def _gif(data: bytes) -> Iterator[bytes]:
    at = 13 + _colour_table(data[10])
    yield data[:at]
    while data[at] != _GIF_END:
        start, label = at, data[at + 1]
        if data[at] == _GIF_IMAGE:
            at = _after_blocks(data, at + 11 + _colour_table(data[at + 9]))
            yield data[start:at]
        elif data[at] == _GIF_EXTENSION:
            at = _after_blocks(data, at + 2)
            loops = label == _GIF_APPLICATION and data[start + 3 : start + 14] in _GIF_LOOP
            if label == _GIF_CONTROL or (loops and at - start == _GIF_LOOP_SIZE):
                yield data[start:at]
        else:
            raise ValueError("its blocks are broken")
    yield b";"


def _colour_table(flags: int) -> int:
    """Return the bytes of the colour table that *flags* announce."""
    return 3 << ((flags & 7) + 1) if flags & 0x80 else 0


def _after_blocks(data: bytes, at: int) -> int:
    while data[at]:
        at += data[at] + 1
    return at + 1


def _within(data: bytes, end: int) -> int:
    if end > len(data):
        raise ValueError("it ends too early")
    return end
