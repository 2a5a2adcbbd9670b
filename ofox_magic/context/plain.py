"""Text without its markup: without the tags of HTML and SVG, without the colours of a terminal. Pure."""

import re
from html.parser import HTMLParser

_MOST = 64_000  # characters that are read
_UNSEEN = {"script", "style", "template", "noscript"}
_CELLS = {"td", "th"}
_INLINE = {"a", "abbr", "b", "bdi", "bdo", "cite", "code", "em", "font", "i", "kbd", "label", "mark", "q", "s", "samp"}
_INLINE |= {"small", "span", "strong", "sub", "sup", "time", "tspan", "tt", "u", "var", "wbr"}
_NO_TAG = re.compile(r"<(?![^<>]*>)")  # html.parser would look for its end again and again
_ESCAPE = re.compile(r"\x1b\[[0-?]*[ -/]*[@-~]")


def without_colours(text: str) -> str:
    """Return *text* without terminal escape sequences."""
    return _ESCAPE.sub("", text)


def text_of_html(source: str) -> str:
    """Return what the first 64,000 characters of *source* say: a line for each block, ` | ` between cells of a row."""
    words = _Words()
    words.feed(_NO_TAG.sub("&lt;", _without_comments(source[:_MOST])))
    words.close()
    lines = (re.sub(r"\s+", " ", line).strip() for line in "".join(words.pieces).split("\n"))
    return "\n".join(line for line in lines if line.strip("| "))


def _without_comments(source: str) -> str:
    pieces, place = [], 0
    while (start := source.find("<!--", place)) >= 0 and (end := source.find("-->", start + 4)) >= 0:
        pieces.append(source[place:start])
        place = end + 3
    return "".join(pieces) + source[place:]


class _Words(HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self._unseen: str | None = None
        self._in_row = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:  # noqa: ARG002
        if self._unseen is None and tag in _UNSEEN:
            self._unseen = tag
        if tag in _CELLS:
            self.pieces.append(" | " if self._in_row else "")
            self._in_row = True
        elif tag not in _INLINE:
            self.pieces.append("\n")
            self._in_row = False

    def handle_endtag(self, tag: str) -> None:
        if tag == self._unseen:
            self._unseen = None
        if tag not in _INLINE | _CELLS:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._unseen is None:
            self.pieces.append(re.sub(r"\s+", " ", data))
