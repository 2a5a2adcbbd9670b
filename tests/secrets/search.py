"""Finds a planted key in whatever a program left behind: as it is, in pieces, and in every form that can be undone."""

import io
import json
import re
import zipfile
import zlib
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from html import escape
from urllib.parse import quote

PIECE = 12
"""A piece of a key as long as this is a leak; shorter ones are found in any text."""
_AROUND = 60
_DEEPEST = 3
_GZIP_OR_ZLIB = 32  # zlib's own word for: see which of the two it is


@dataclass(frozen=True)
class Leak:
    where: str
    form: str
    around: str

    def __str__(self):
        return f"{self.where}: {self.form}: …{self.around}…"


class Needle:
    """A *key* to look for: each of its pieces of 12 characters, in each form."""

    def __init__(self, key: str) -> None:
        pieces = [key[start : start + PIECE] for start in range(len(key) - PIECE + 1)]
        self._forms = {shape(piece): name for name, shape in reversed(FORMS.items()) for piece in pieces}

    def find(self, data: str | bytes, where: str = "") -> Leak | None:
        """Return the first place in *data*, or in what is packed into it, that gives the key away."""
        for inside in _unpacked(_bytes(data)):
            for form, name in self._forms.items():
                if (start := inside.find(form)) >= 0:
                    return Leak(where, name, _around(inside, start, len(form)))
        return None

    def leaks(self, things: Iterable[tuple[str, str | bytes]]) -> list[Leak]:
        """Return a leak for each of *things*, pairs of its name and its data, that gives the key away."""
        things = [(where, _bytes(data)) for where, data in things]
        packed = [(where, data) for where, data in things if len(list(_unpacked(data))) > 1]
        if self.find(b"\n".join(data for _, data in things)) is None and not packed:
            return []  # all at once: most of the time nothing is there, in tens of thousands of small things
        return [leak for where, data in things if (leak := self.find(data, where))]


def _base64(offset: int, encode: Callable[[bytes], bytes]) -> Callable[[str], bytes]:
    """A piece inside base64 looks one of three ways; its first and last characters belong to its neighbours too."""

    def shape(piece: str) -> bytes:
        whole = encode(b"\0" * offset + piece.encode())
        return whole[-(-8 * offset // 6) : 8 * (offset + len(piece)) // 6]

    return shape


def _each(template: str) -> Callable[[str], bytes]:
    return lambda piece: "".join(template.format(ord(char)) for char in piece).encode()


FORMS: dict[str, Callable[[str], bytes]] = {
    "as it is": str.encode,
    "in lower case": lambda piece: piece.lower().encode(),
    "in upper case": lambda piece: piece.upper().encode(),
    "base64": _base64(0, b64encode),
    "base64, shifted by one": _base64(1, b64encode),
    "base64, shifted by two": _base64(2, b64encode),
    "urlsafe base64": _base64(0, urlsafe_b64encode),
    "urlsafe base64, shifted by one": _base64(1, urlsafe_b64encode),
    "urlsafe base64, shifted by two": _base64(2, urlsafe_b64encode),
    "hex": _each("{:02x}"),
    "HEX": _each("{:02X}"),
    "percent-encoded": lambda piece: quote(piece, safe="").encode(),
    "percent-encoded in lower case": lambda piece: re.sub(
        "%..", lambda found: found[0].lower(), quote(piece, safe="")
    ).encode(),
    "percent-encoded throughout": _each("%{:02x}"),
    "PERCENT-ENCODED throughout": _each("%{:02X}"),
    "JSON": lambda piece: json.dumps(piece)[1:-1].encode(),
    "JSON with escaped slashes": lambda piece: json.dumps(piece)[1:-1].replace("/", r"\/").encode(),
    "JSON in JSON": lambda piece: json.dumps(json.dumps(piece)[1:-1])[1:-1].encode(),
    "JSON, escaped throughout": _each(r"\u{:04x}"),
    "JSON, ESCAPED throughout": _each(r"\u{:04X}"),
    "HTML": lambda piece: escape(piece).encode(),
    "HTML, escaped throughout": _each("&#{};"),
    "UTF-16, little end first": lambda piece: piece.encode("utf-16-le"),
    "UTF-16, big end first": lambda piece: piece.encode("utf-16-be"),
}


def _bytes(data: str | bytes) -> bytes:
    return data.encode("utf-8", "surrogatepass") if isinstance(data, str) else bytes(data)


def _unpacked(data: bytes, depth: int = 0) -> Iterator[bytes]:
    """Yield *data*, and what is inside where it is packed. (SQLite keeps short text as it is, in one piece.)"""
    yield data
    if depth < _DEEPEST:
        for inside in _members(data):
            yield from _unpacked(inside, depth + 1)


def _members(data: bytes) -> Iterator[bytes]:
    try:
        if data.startswith((b"\x1f\x8b", b"\x78")):
            yield zlib.decompressobj(zlib.MAX_WBITS | _GZIP_OR_ZLIB).decompress(data)
        elif data.startswith(b"PK\x03\x04"):
            with zipfile.ZipFile(io.BytesIO(data)) as archive:
                yield from (archive.read(name) for name in archive.namelist())
    except (zlib.error, zipfile.BadZipFile):
        return


def _around(data: bytes, start: int, length: int) -> str:
    return repr(data[max(start - _AROUND, 0) : start + length + _AROUND].decode("utf-8", "replace"))[1:-1]
