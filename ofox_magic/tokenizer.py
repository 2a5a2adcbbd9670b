"""
Tokens counted by a tokenizer, where `pip install 'ofox_magic[tokens]'` brought one; else estimated by arithmetic.

It is bpe-openai, since its wheel holds the vocabularies: tiktoken, which counts the same, fetches them from the net.
"""

from functools import cache, lru_cache
from importlib.util import find_spec
from typing import Any

from ofox_magic.chat import estimate

_STRETCH = 50_000  # characters: of four bytes at most, so that no stretch passes the 200,000 tokens it counts at once


def tokens_of_text(text: str) -> int:
    """Return how many tokens of o200k_base *text* is, and about how many where the extra is not installed."""
    return _counted(text) if _is_installed() else estimate.tokens_of_text(text)


@cache
def _is_installed() -> bool:
    return find_spec("bpe_openai") is not None


@lru_cache(maxsize=4096)  # a long history is counted before each question, and most of it was counted before
def _counted(text: str) -> int:
    encode = _encoding().encode_ordinary
    sound = text.encode("utf-8", "replace").decode()  # half a surrogate pair has no bytes
    return sum(len(encode(sound[start : start + _STRETCH])) for start in range(0, len(sound), _STRETCH))


@cache
def _encoding() -> Any:
    from bpe_openai import get_encoding

    return get_encoding("o200k_base")  # which makes another each time, in some 30 ms
