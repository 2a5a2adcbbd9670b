r"""
Where a prompt is code or a formula, so that nothing in it may be taken for a reference. Pure, and linear in time.

Fences and code spans are found as CommonMark finds them, formulas (`$…$`, `$$…$$`, `\(…\)`, `\[…\]`) as our renderer
does. Beside these: addresses, f-strings and strings that are an argument or a value, decorators and CSS at-rules.
"""

import re
from bisect import bisect_left
from collections.abc import Iterator
from itertools import pairwise

from ofox_magic.context.blocks import Range, blocks, lines

_DECORATED = re.compile(r"[ \t]*(?:async[ \t]+def|def|class)\b")
_AT_RULE = re.compile(r"[ \t]*@[\w-]+[^\n]*?(?:[;{][ \t]*$|\{[^{}\n]*[:;{])")

_SPECIAL = re.compile(
    r"\\[\s\S]|`+|\$\$?"
    r"|(?P<address>(?<!\w)https?://[^\s<>\"`]+)"
    r"|(?:(?<![\w\\])(?:[fFtT][rR]?|[rR][fFtT])(?P<quote>\"\"\"|'''|\"|'(?!\())"
    r"|(?:(?<=[=(\[])|(?<== ))(?P<bare>[\"']))"
)
_BARE = {  # a list of strings, or the keys and values of an object
    '"': re.compile(r'(?:[^"\\\n]|\\.)*"(?:\s*[,:]\s*"(?:[^"\\\n]|\\.)*")*'),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*'(?!\w)(?:\s*[,:]\s*'(?:[^'\\\n]|\\.)*'(?!\w))*"),
}
_TICKS = re.compile("`+")
_END_OF_STRING = {
    '"': re.compile(r'(?:[^"\\\n]|\\.)*"'),
    "'": re.compile(r"(?:[^'\\\n]|\\.)*'"),
    '"""': re.compile(r'(?:[^"\\]|\\[\s\S]|"(?!""))*"""'),
    "'''": re.compile(r"(?:[^'\\]|\\[\s\S]|'(?!''))*'''"),
}
_END_OF_MATH = {
    "$": re.compile(r"(?<!\\)\$"),
    "$$": re.compile(r"(?<!\\)\$\$"),
    r"\(": re.compile(r"\\\)"),
    r"\[": re.compile(r"\\\]"),
}


def verbatim(text: str) -> list[Range]:
    """Return the parts of *text* that are code, formula or address, as (start, end), in order and apart."""
    ranges = list(_code_lines(text))
    for start, end, is_code in blocks(text):
        ranges.extend([(start, end)] if is_code else _Inline(text, start, end).ranges())
    return _united(ranges)


def _united(ranges: list[Range]) -> list[Range]:
    united: list[Range] = []
    for start, end in sorted(ranges):
        if united and start <= united[-1][1]:
            united[-1] = united[-1][0], max(end, united[-1][1])
        else:
            united.append((start, end))
    return united


def _code_lines(text: str) -> Iterator[Range]:
    """The lines of decorators, which stand above a def or a class, and of CSS at-rules."""
    decorates = False
    for start, end in reversed(lines(text)):
        line = text[start:end].rstrip("\r\n")
        is_at = line.lstrip(" \t").startswith("@")
        if is_at and (decorates or _AT_RULE.match(line)):
            yield start, end
        decorates = bool(_DECORATED.match(line)) or (decorates and is_at)


class _Inline:
    """The code spans, formulas, addresses and strings of one paragraph."""

    def __init__(self, text: str, start: int, end: int) -> None:
        self._text, self._start, self._end = text, start, end
        self._ticks: dict[int, list[int]] = {}
        for run in _TICKS.finditer(text, start, end):
            self._ticks.setdefault(len(run.group()), []).append(run.start())
        self._endless: set[str] = set()  # openers whose end was looked for in vain: looking again would be quadratic

    def ranges(self) -> Iterator[Range]:
        place = self._start
        while found := _SPECIAL.search(self._text, place, self._end):
            end = self._end_of(found)
            if end is not None:
                yield found.start(), end
            place = found.end() if end is None else end

    def _end_of(self, found: re.Match[str]) -> int | None:
        opener = found.group()
        if found["address"]:
            return found.end()
        if opener[0] == "`":
            return self._end_of_span(found.end(), len(opener))
        if found["quote"] or found["bare"]:
            string = _END_OF_STRING[found["quote"]] if found["quote"] else _BARE[found["bare"]]
            end = string.match(self._text, found.end(), self._end)
            return end.end() if end else None
        return self._end_of_math(found, opener) if opener in _END_OF_MATH else None

    def _end_of_span(self, place: int, length: int) -> int | None:
        runs = self._ticks.get(length, [])
        index = bisect_left(runs, place)
        return runs[index] + length if index < len(runs) else None

    def _end_of_math(self, found: re.Match[str], opener: str) -> int | None:
        start = found.end()
        if opener in self._endless or (opener == "$" and not self._opens(found.start())):
            return None
        end = _END_OF_MATH[opener].search(self._text, start, self._end)
        if not end:
            self._endless.add(opener)
            return None
        closes = opener != "$" or self._closes(end.start())
        return end.end() if closes and self._text[start : end.start()].strip() else None

    def _opens(self, place: int) -> bool:
        """A dollar behind a word or before a blank opens no formula."""
        before, after = self._text[max(0, place - 1) : place], self._text[place + 1 : place + 2]
        return bool(after) and not after.isspace() and not before.isalnum() and before != "$"

    def _closes(self, place: int) -> bool:
        """A dollar behind a blank or before a digit closes none: "$5 or $10" is money."""
        return not self._text[place - 1].isspace() and not self._text[place + 1 : place + 2].isdigit()


def outside(text: str, ranges: list[Range]) -> Iterator[Range]:
    """Yield what of *text* lies between *ranges*, as (start, end)."""
    edges = [(0, 0), *ranges, (len(text), len(text))]
    yield from ((end, start) for (_, end), (start, _) in pairwise(edges) if end < start)
