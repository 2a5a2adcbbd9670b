"""
Where a prompt may refer to something: `{name}`, `@name`, `{Out[3]}`, each with the names that may be meant. Pure.

What is no reference for certain is none of these, for a prompt often holds code: a template, JSON, CSS, a decorator.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from unicodedata import east_asian_width

from ofox_magic.context.blocks import Range
from ofox_magic.context.verbatim import outside, verbatim

_BRACED = re.compile(r"\{([^{}\s]{1,200})\}")
_PLACE = re.compile(r"[{@]")
_BRACE = re.compile(r"[{}]")
_CELL = re.compile(r"(?:Out|In|Err)\[(?:0|[1-9][0-9]{0,8})\]")
_WITHIN = re.compile(r"\{((?:Out|In|Err)\[[0-9]{1,9}\]|\w{1,200})(?:\[|\.\w)[^{}\s]{0,200}\}")
_STARRED_COMMAND = re.compile(r"\\[A-Za-z]{1,40}\*\Z")
_NOT_BEFORE = frozenset("_^\\$#%{}@\"'`)]")
_NOT_BEFORE_AT = frozenset("/.+-")  # https://host/@name, first.@host, a+@host
_NOT_AFTER_AT = frozenset("@{")  # @user@host, BibTeX's @article{key
_LONGEST_NAME = 200


@dataclass(frozen=True, slots=True)
class Mention:
    """What stands where a reference may stand, as *typed*, and the *names* it may mean, the likeliest first."""

    start: int
    typed: str
    names: tuple[str, ...]

    @property
    def end(self) -> int:
        """Where it ends."""
        return self.start + len(self.typed)

    def written(self, name: str) -> str:
        """Return what of it is typed for *name*, one of its names."""
        return f"@{name}" if self.typed[0] == "@" else self.typed


_At = Callable[[str, int, int], Mention | None]


def is_cell(name: str) -> bool:
    """Whether *name* is what a cell is called: Out[3], In[3], Err[3]."""
    return bool(_CELL.fullmatch(name))


def is_name(word: str) -> bool:
    """Whether *word* is written as a reference names things: an identifier, or Out[3], In[3], Err[3]."""
    return word.isidentifier() or is_cell(word)


def mentions(text: str) -> Iterator[Mention]:
    """Yield what may be a reference in *text*, in order. Takes time linear in its length."""
    return _mentions(text, _at)


def mentions_within(text: str) -> Iterator[Mention]:
    """Yield what looks into a name, which no reference does: {df.a} with the name df, {Out[3].a}."""
    return _mentions(text, _within_at)


def _mentions(text: str, at: _At) -> Iterator[Mention]:
    open_parts = list(outside(text, verbatim(text)))
    braces = _outermost_braces(text, open_parts)
    nested_until = 0
    for start, end in open_parts:
        for place in _PLACE.finditer(text, start, end):
            mention = at(text, place.start(), end)
            while braces and braces[-1][0] < place.start():
                nested_until = braces.pop()[1]
            if mention and place.start() >= nested_until and _stands_free(text, mention):
                yield mention


def _outermost_braces(text: str, parts: list[Range]) -> list[Range]:
    """The pairs of braces that are in no other pair, the last first. What is in one is JSON, CSS, code, a template."""
    opened: list[int] = []
    pairs: list[Range] = []
    for start, end in parts:
        for brace in _BRACE.finditer(text, start, end):
            if brace.group() == "{":
                opened.append(brace.start())
            elif opened:
                pair = (opened.pop(), brace.end())
                while pairs and pairs[-1][0] > pair[0]:
                    pairs.pop()
                pairs.append(pair)
    return pairs[::-1]


def _at(text: str, start: int, end: int) -> Mention | None:
    if text[start] == "{":
        braced = _BRACED.match(text, start, end)
        if braced and is_name(braced[1]):
            return Mention(start, braced.group(), (braced[1],))
        return None
    stop = start + 1
    while stop < end and stop - start <= _LONGEST_NAME and f"_{text[stop]}".isidentifier():
        stop += 1
    name = text[start + 1 : stop]
    if not name.isidentifier():
        return None
    # Chinese, Japanese and Korean go on without a space: 请看@df的趋势
    narrow = next((name[:index] for index, char in enumerate(name) if _is_wide(char)), "")
    return Mention(start, text[start:stop], (name, narrow) if narrow else (name,))


def _within_at(text: str, start: int, _: int) -> Mention | None:
    found = _WITHIN.match(text, start)  # beyond the open part: the quotes of a key are none
    return Mention(start, found.group(), (found[1],)) if found and is_name(found[1]) else None


def _stands_free(text: str, mention: Mention) -> bool:
    """Whether *mention* has the neighbours of a reference, not those of a template, an address or an expression."""
    start, end = mention.start, mention.end
    before, after, then = (text[max(0, place) : place + 1] for place in (start - 1, end, end + 1))
    before = before if start else ""
    if before in _NOT_BEFORE or _is_word(before) or after == "}" or _is_word(after):
        return False
    if after and after in ".([" and (_is_word(then) or (after == "[" and then in ("'", '"'))):
        return False
    if before == "*" and _STARRED_COMMAND.search(text, max(0, start - 42), start):
        return False
    return text[start] == "{" or _stands_free_at(before, after, then)


def _stands_free_at(before: str, after: str, then: str) -> bool:
    """What `@name` asks for beside that: it is also how addresses, packages and citations are written."""
    if before in _NOT_BEFORE_AT or after in _NOT_AFTER_AT:
        return False
    return after not in ("-", "/") or not _is_word(then)


def _is_word(char: str) -> bool:
    return bool(char) and (char.isalnum() or f"_{char}".isidentifier()) and not _is_wide(char)


def _is_wide(char: str) -> bool:
    return east_asian_width(char) in "WF"
