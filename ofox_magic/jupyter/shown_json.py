"""
The JSON of a request as it can be looked at: without the key, pictures shortened, nothing in it that is not seen. Pure.

What differs from the bytes is said, and nothing else does.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from ofox_magic.untrusted import printable

MOST_SHOWN = 250_000
"""Characters; of a longer body only the start is shown."""
_PICTURE = re.compile(
    r"(data:image/[a-z0-9.+-]{1,20};base64,[A-Za-z0-9+/]{24})([A-Za-z0-9+/=]{100,})([A-Za-z0-9+/=]{8})"
)
KEY_WITHIN = "your key stands in it: it is shown as [key], and there the bytes that are sent differ"
_SHORTENED = "pictures are shown shortened"
_ESCAPED = "characters that are not seen are shown as \\u…"


@dataclass(frozen=True, slots=True)
class ShownJson:
    """The *text* to look at, and the *notes* that say where it differs from the bytes."""

    text: str
    notes: tuple[str, ...]


def shown_json(body: bytes, mask: Callable[[str], str]) -> ShownJson:
    """Return *body* to be looked at; *mask* takes the key out."""
    text, notes = body.decode(), []
    for step, note in ((_shortened, _SHORTENED), (mask, KEY_WITHIN), (_escaped, _ESCAPED)):
        changed = step(text)
        if changed != text:
            notes.append(note)
        text = changed
    if len(text) > MOST_SHOWN:
        notes.append(f"of {len(text):,} characters the first {MOST_SHOWN:,} are shown")
    return ShownJson(text[:MOST_SHOWN], tuple(notes))


def _shortened(text: str) -> str:
    return _PICTURE.sub(lambda found: f"{found[1]}…{len(found[2]):,} more…{found[3]}", text)


def _escaped(text: str) -> str:
    """With what `printable` leaves out as JSON escapes, which mean the same."""
    return text if printable(text) == text else "".join(_each(text))


def _each(text: str) -> Iterator[str]:
    for char in text:
        if printable(char) == char:
            yield char
        else:
            units = char.encode("utf-16-be")
            yield "".join(f"\\u{units[at]:02x}{units[at + 1]:02x}" for at in range(0, len(units), 2))
