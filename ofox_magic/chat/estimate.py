"""
How many tokens something will be, before it is sent: arithmetic on characters and pixels, always marked as an estimate.

No tokenizer: each vendor has its own, and their vocabularies are megabytes. A *count* by one can be handed in.

Text: within 25 % of o200k_base (OpenAI's since GPT-4o) on the texts of tests/chat/test_estimate.py: prose in thirteen
languages, code, tracebacks, logs, CSV, JSON, LaTeX, base64, identifiers, long numbers, blanks. Of cl100k_base, the one
before, and of other vendors' the same holds for English, code and data; they need up to three quarters more for
Chinese, Korean, Russian and German, and two to four times as many for Arabic, Hindi and Thai.

Pictures: by OpenAI's published rule for GPT-4o. It fits a picture into a square of 2,048 px, then its shorter side into
768 px (never enlarging), and counts 85 tokens and 170 for each tile of 512 px; low detail is 85. GPT-4o mini counts 33
times as many (2,833 and 5,667), which is not followed here; other vendors have rules of their own.
"""

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, Part, Table, Text, ToolCall, ToolResult

Count: TypeAlias = Callable[[str], int]
"""Says how many tokens a text is."""

PER_MESSAGE = 4
"""Tokens that a message costs beside its content: its role and the marks around it."""
READ_AS_TEXT = ("tools", "response_format")
"""Keys of a request, beside its messages, that the model reads."""
_UNKNOWN_PICTURE = 1_105  # tokens of a picture of unknown size: as for 1,568 x 1,045, three tiles by two
_LOW_DETAIL, _BASE, _TILE = 85, 85, 170  # tokens; the published figures for pictures in tiles of 512 px
_FITS, _SHORT_SIDE, _TILE_SIDE = 2048, 768, 512  # px
_WORDS = re.compile(
    r"(?P<latin>[A-Z\u00c0-\u00de]?[a-z\u00df-\u017f]+)|(?P<capitals>[A-Z]+)|(?P<number>[0-9]+)"
    r"|(?P<wide>[\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff])"
    r"|(?P<letters>(?:[^\W\d_]|[\u0300-\u036f\u0900-\u109f])+)|(?P<blank>\s+)"  # vowel signs are no letters to re
    r"|(?P<sign>[\x00-\uffff])|(?P<emoji>.)",
    re.DOTALL,
)
_COMMON_WORD, _ABBREVIATION = 7, 3  # letters
_WEIGHTS: dict[str, Callable[[str], float]] = {  # tokens; fitted to o200k_base
    "latin": lambda word: 1 if len(word) <= _COMMON_WORD else math.ceil(len(word) / 5),
    "capitals": lambda word: 1 if len(word) <= _ABBREVIATION else len(word) / 2.5,
    "number": lambda digits: math.ceil(len(digits) / 3),
    "wide": lambda _: 0.9,
    "letters": lambda word: max(1.0, len(word) / 3),
    "blank": lambda blank: _of_blank(blank),
    "sign": lambda _: 0.75,  # signs often go in pairs
    "emoji": lambda _: 2,
}


@lru_cache(maxsize=4096)  # a long history is counted before each question, and most of it was counted before
def tokens_of_text(text: str) -> int:
    """Return about how many tokens *text* is, as the byte-pair encodings of today have it on average."""
    return math.ceil(sum(_WEIGHTS[found.lastgroup or ""](found.group()) for found in _WORDS.finditer(text)))


def tokens(thing: str | Part, count: Count = tokens_of_text) -> int:
    """Return about how many tokens a text or a part is, if *count* says how many a text is."""
    match thing:
        case str():
            return count(thing)
        case Text() | ToolResult():
            return count(thing.text)
        case Table():
            return count(thing.sent)
        case Image():
            return _of_picture(thing)
        case ToolCall():
            return count(thing.name) + count(thing.arguments)
        case _:
            return 0  # reasoning is not sent


def tokens_of(messages: Iterable[Message], count: Count = tokens_of_text) -> int:
    """Return about how many tokens *messages* are, as a request carries them; *count* as in `tokens`."""
    return sum(PER_MESSAGE + sum(tokens(part, count) for part in message.parts) for message in messages)


def tokens_of_options(params: Mapping[str, Any], count: Count = tokens_of_text) -> int:
    """Return about how many tokens of a prompt the *params* of its request are: tools and schemas are read as text."""
    return sum(count(json.dumps(params[name], default=str)) for name in READ_AS_TEXT if params.get(name))


def _of_blank(blank: str) -> float:
    """Count the ends of lines, and then the indentation; one blank belongs to the next word, more are a token."""
    lines, end, indent = blank.rpartition("\n")
    return (0.5 + lines.count("\n") / 12 if end else 0) + (0.8 if len(indent) > 1 else 0) + (len(blank) - 1) / 160


def _of_picture(image: Image) -> int:
    if image.detail == "low":
        return _LOW_DETAIL
    if not image.width or not image.height:
        return _UNKNOWN_PICTURE
    scale = min(1.0, _FITS / max(image.width, image.height))
    scale = min(scale, _SHORT_SIDE / min(image.width, image.height))
    across, down = (math.ceil(side * scale / _TILE_SIDE) for side in (image.width, image.height))
    return _BASE + _TILE * across * down
