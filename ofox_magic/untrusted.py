"""
Text that came from outside, made fit to be printed. Pure.

What a model or a gateway says may hold terminal escapes, direction overrides that make text read as what it is not,
invisible tag characters, and keys that it was sent.
"""

import re

_UNPRINTABLE = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # C0 and C1 but newline and tab: terminal escapes
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # direction marks, overrides and isolates
    "\ufff9-\ufffb"  # interlinear annotation
    "\ud800-\udfff"  # halves of surrogate pairs, which no UTF-8 has
    "\U000e0000-\U000e007f]"  # tags
)
_BACKTICKS = re.compile("`+")
# with a digit, or long: `sk-learn` and the like are words; the bound keeps it linear
_KEY = re.compile(r"(?i)\bbearer\s+\S+|\bsk-(?:(?=[a-z_-]{0,64}[0-9])[a-z0-9_-]{4,}|[a-z_-]{20,})")


def printable(text: str) -> str:
    """Return *text* without control, direction and tag characters; newline and tab stay, CRLF and CR become LF."""
    return _UNPRINTABLE.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str, limit: int = 300) -> str:
    """Return *text* as one printable line of at most *limit* characters."""
    line = " ".join(printable(text[: 8 * limit]).split())
    return line if len(line) <= limit else f"{line[: limit - 1]}…"


def excerpt(data: bytes, limit: int = 80) -> str:
    """Return the start of *data* as one printable line; a few words instead where it is no text."""
    text = data[: 4 * limit].decode("utf-8", errors="replace")
    broken = text.count("\ufffd") + sum(not char.isprintable() and not char.isspace() for char in text)
    return f"{len(data):,} bytes that are no text" if 10 * broken > len(text) else one_line(text, limit)


def redact(text: str) -> str:
    """Return *text* with everything that looks like a key (`sk-…`, `Bearer …`) masked."""
    return _KEY.sub("[key]", text)


def fence_for(text: str) -> str:
    """Return backticks that fence *text*: at least three, and more than there are anywhere in it."""
    return "`" * max(3, 1 + max(map(len, _BACKTICKS.findall(text)), default=0))


def fenced(text: str, language: str = "") -> str:
    """Return *text* as a fenced block of markdown that nothing within it can end."""
    fence = fence_for(text)
    return f"{fence}{language}\n{text}\n{fence}"
