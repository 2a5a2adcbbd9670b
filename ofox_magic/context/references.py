"""
References in a prompt: `{name}`, `@name`, `{Out[3]}`, `{In[3]}`, `{Err[3]}`, `{last}`. Pure but for what is looked up.

Only the prompt itself is read, once: values are handed on as they are, never evaluated, read or searched. What is
not a reference for certain stays as typed, for a prompt often holds code: a template, JSON, CSS, a decorator.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Final
from unicodedata import east_asian_width, normalize

from ofox_magic.context.blocks import Range
from ofox_magic.context.verbatim import outside, verbatim

LookUp = Callable[[str], object]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""What `look_up` returns for a name that is not there."""

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
_MOST_MISSING = 50
_ALIKE = 0.75
_ALIKE_AT = 0.8  # people and packages are named with @ too


@dataclass(frozen=True, slots=True)
class Found:
    """
    A reference: the *text* as typed ("{df}", "@fig"), the *name* it refers to ("df", "Out[3]", "last"), its *value*.

    The value is the object itself, never copied, compared or printed.
    """

    text: str
    name: str
    value: object = field(compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class _Typed:
    """What stands where a reference may stand, and the *names* it may mean, the likeliest first."""

    start: int
    end: int
    names: tuple[str, ...]


_At = Callable[[str, int, int], _Typed | None]


def is_name(word: str) -> bool:
    """Whether *word* is written as a reference names things: an identifier, or Out[3], In[3], Err[3]."""
    return word.isidentifier() or bool(_CELL.fullmatch(word))


def split(text: str, look_up: LookUp, is_sendable: Callable[[object], bool]) -> list[str | Found]:
    """
    Return *text* in order, as str and Found; joined, the strings and each Found's text give *text* again.

    *look_up* returns the value of a name, or MISSING; *is_sendable* says whether a value may go along. A name that is
    missing, or whose value may not, stays text. Takes time linear in the length of *text*.
    """
    pieces: list[str | Found] = []
    place = 0
    for typed in _typed(text):
        found = _find(text, typed, look_up, is_sendable)
        if found is None:
            continue
        start = typed.start
        pieces.extend([text[place:start]] * (place < start) + [found])
        place = start + len(found.text)
    pieces.extend([text[place:]] * (place < len(text)))
    return pieces


def near_misses(text: str, names: Iterable[str], look_up: LookUp) -> list[tuple[str, str]]:
    """
    Return what looks like a reference, names nothing, and is close to one of *names*: ("{dff}", "df").

    *names* are those that could be sent; private ones are suggested only for something private. Each is told once, in
    the order typed. Only the first 50 names that are missing are compared, so that no template makes a cell slow.
    """
    missing: dict[str, str] = {}
    for typed in _typed(text):
        if all(look_up(normalize("NFKC", name)) is MISSING for name in typed.names):
            missing.setdefault(_written(text, typed, typed.names[-1]), typed.names[-1])
        if len(missing) == _MOST_MISSING:
            break
    known = list(names) if missing else []  # to tell which can be sent may take looking at each
    close = ((written, _closest(name, known, written[0] == "@")) for written, name in missing.items())
    return [(written, name) for written, name in close if name]


def passed_over(
    text: str, look_up: LookUp, is_sendable: Callable[[object], bool], kinds: tuple[type, ...]
) -> list[tuple[str, str, object]]:
    """
    Return what looks like a reference and stays text: ("{config}", "config", value) where the value is one of *kinds*.

    *look_up* and *is_sendable* are those of `split`.

    A cell that gave nothing, as of "{Out[99]}", is among them with MISSING. Each is told once, in the order typed.
    """
    found: dict[str, tuple[str, str, object]] = {}
    for typed in _typed(text):
        for name in typed.names:
            value = look_up(normalize("NFKC", name))
            is_one = isinstance(value, kinds) and not is_sendable(value)
            if is_one or (value is MISSING and _CELL.fullmatch(name)):
                found.setdefault(name, (_written(text, typed, name), name, value))
            if value is not MISSING:
                break
    return list(found.values())


def within_names(text: str, look_up: LookUp) -> list[tuple[str, str, object]]:
    """
    Return what looks into a name, which no reference does: ("{df.a}", "df", value), where there is that name.

    Each is told once, in the order typed. A dot of JSON, CSS or a template is seldom behind a name of the notebook.
    """
    found: dict[str, tuple[str, str, object]] = {}
    for typed in _typed(text, _within_at):
        (name,) = typed.names
        value = look_up(normalize("NFKC", name))
        if value is not MISSING:
            written = _written(text, typed, name)
            found.setdefault(written, (written, name, value))
    return list(found.values())


def _closest(name: str, known: list[str], is_at: bool) -> str | None:
    if not name.isidentifier():
        return None
    folded = {other.casefold(): other for other in known if other.startswith("_") <= name.startswith("_")}
    close = get_close_matches(name.casefold(), folded, 1, _ALIKE_AT if is_at else _ALIKE)
    return folded[close[0]] if close else None


def _written(text: str, typed: _Typed, name: str) -> str:
    return f"@{name}" if text[typed.start] == "@" else text[typed.start : typed.end]


def _find(text: str, typed: _Typed, look_up: LookUp, is_sendable: Callable[[object], bool]) -> Found | None:
    for name in typed.names:
        value = look_up(normalize("NFKC", name))  # as Python itself reads a name
        if value is MISSING:
            continue
        return Found(_written(text, typed, name), normalize("NFKC", name), value) if is_sendable(value) else None
    return None


def _typed(text: str, at: _At | None = None) -> Iterator[_Typed]:
    """All places of *text* where a reference may stand and a name does; *at* tells what stands at one."""
    open_parts = list(outside(text, verbatim(text)))
    braces = _outermost_braces(text, open_parts)
    nested_until = 0
    for start, end in open_parts:
        for place in _PLACE.finditer(text, start, end):
            typed = (at or _at)(text, place.start(), end)
            while braces and braces[-1][0] < place.start():
                nested_until = braces.pop()[1]
            if typed and place.start() >= nested_until and _stands_free(text, typed):
                yield typed


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


def _at(text: str, start: int, end: int) -> _Typed | None:
    if text[start] == "{":
        braced = _BRACED.match(text, start, end)
        if braced and is_name(braced[1]):
            return _Typed(start, braced.end(), (braced[1],))
        return None
    stop = start + 1
    while stop < end and stop - start <= _LONGEST_NAME and f"_{text[stop]}".isidentifier():
        stop += 1
    name = text[start + 1 : stop]
    if not name.isidentifier():
        return None
    # Chinese, Japanese and Korean go on without a space: 请看@df的趋势
    narrow = next((name[:index] for index, char in enumerate(name) if _is_wide(char)), "")
    return _Typed(start, stop, (name, narrow) if narrow else (name,))


def _within_at(text: str, start: int, _: int) -> _Typed | None:
    found = _WITHIN.match(text, start)  # beyond the open part: the quotes of a key are none
    return _Typed(start, found.end(), (found[1],)) if found and is_name(found[1]) else None


def _stands_free(text: str, typed: _Typed) -> bool:
    """Whether *typed* has the neighbours of a reference, not those of a template, an address or an expression."""
    before, after, then = (text[max(0, place) : place + 1] for place in (typed.start - 1, typed.end, typed.end + 1))
    before = before if typed.start else ""
    if before in _NOT_BEFORE or _is_word(before) or after == "}" or _is_word(after):
        return False
    if after and after in ".([" and (_is_word(then) or (after == "[" and then in ("'", '"'))):
        return False
    if before == "*" and _STARRED_COMMAND.search(text, max(0, typed.start - 42), typed.start):
        return False
    return text[typed.start] == "{" or _stands_free_at(before, after, then)


def _stands_free_at(before: str, after: str, then: str) -> bool:
    """What `@name` asks for beside that: it is also how addresses, packages and citations are written."""
    if before in _NOT_BEFORE_AT or after in _NOT_AFTER_AT:
        return False
    return after not in ("-", "/") or not _is_word(then)


def _is_word(char: str) -> bool:
    return bool(char) and (char.isalnum() or f"_{char}".isidentifier()) and not _is_wide(char)


def _is_wide(char: str) -> bool:
    return east_asian_width(char) in "WF"
