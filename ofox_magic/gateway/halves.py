r"""
Characters that a gateway cut in two: an emoji's `\ud83d` ends one delta and its `\ude00` begins the next. Pure.

Half a surrogate pair has no form in UTF-8: it could be neither shown nor sent back, and every later turn would fail.
"""

import re
from collections.abc import Hashable

_HALF = re.compile("[\ud800-\udfff]")


class Halves:
    """The halves that wait for the other one, at most one in each stream of text."""

    def __init__(self) -> None:
        self._waiting: dict[Hashable, str] = {}

    def joined(self, stream: Hashable, text: str) -> str:
        """Return *text*, which continues *stream*, in whole characters; a half that stays alone becomes U+FFFD."""
        if self._waiting:
            text = self._waiting.pop(stream, "") + text
        if text.isascii() or not _HALF.search(text):
            return text
        if "\ud800" <= text[-1] <= "\udbff":
            self._waiting[stream], text = text[-1], text[:-1]
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
