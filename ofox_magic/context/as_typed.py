"""
What looks like a reference and went as typed, for the remarks that tell the user so. Pure but for what is looked up.

`look_up` is that of `references.split` in all of them. Each is told once, in the order typed.
"""

from collections.abc import Callable, Iterable
from difflib import get_close_matches
from unicodedata import normalize

from ofox_magic.context.mentions import is_cell, mentions, mentions_within
from ofox_magic.context.references import MISSING, LookUp

_MOST_MISSING = 50
_ALIKE = 0.75
_ALIKE_AT = 0.8  # people and packages are named with @ too


def near_misses(text: str, names: Iterable[str], look_up: LookUp) -> list[tuple[str, str]]:
    """
    Return what looks like a reference, names nothing, and is close to one of *names*: ("{dff}", "df").

    *names* are those that could be sent; private ones are suggested only for something private. Only the first 50 names
    that are missing are compared, so that no template makes a cell slow.
    """
    missing: dict[str, str] = {}
    for mention in mentions(text):
        if all(look_up(normalize("NFKC", name)) is MISSING for name in mention.names):
            missing.setdefault(mention.written(mention.names[-1]), mention.names[-1])
        if len(missing) == _MOST_MISSING:
            break
    known = list(names) if missing else []  # to tell which can be sent may take looking at each
    close = (
        (written, closest(name, known, _ALIKE_AT if written[0] == "@" else _ALIKE)) for written, name in missing.items()
    )
    return [(written, name) for written, name in close if name]


def passed_over(
    text: str, look_up: LookUp, is_sendable: Callable[[object], bool], kinds: tuple[type, ...]
) -> list[tuple[str, str, object]]:
    """
    Return what looks like a reference and stays text: ("{config}", "config", value) where the value is one of *kinds*.

    A cell that gave nothing, as of "{Out[99]}", is among them with MISSING. *is_sendable* is that of `split`.
    """
    found: dict[str, tuple[str, str, object]] = {}
    for mention in mentions(text):
        for name in mention.names:
            value = look_up(normalize("NFKC", name))
            is_one = isinstance(value, kinds) and not is_sendable(value)
            if is_one or (value is MISSING and is_cell(name)):
                found.setdefault(name, (mention.written(name), name, value))
            if value is not MISSING:
                break
    return list(found.values())


def within_names(text: str, look_up: LookUp) -> list[tuple[str, str, object]]:
    """
    Return what looks into a name, which no reference does: ("{df.a}", "df", value), where there is that name.

    A dot of JSON, CSS or a template is seldom behind a name of the notebook.
    """
    found: dict[str, tuple[str, str, object]] = {}
    for mention in mentions_within(text):
        (name,) = mention.names
        value = look_up(normalize("NFKC", name))
        if value is not MISSING:
            found.setdefault(mention.typed, (mention.typed, name, value))
    return list(found.values())


def closest(name: str, known: Iterable[str], alike: float = _ALIKE) -> str | None:
    """Return the one of *known* that *name* is like, from 0 to 1 *alike* at least; private ones for private ones."""
    if not name.isidentifier():
        return None
    folded = {other.casefold(): other for other in known if other.startswith("_") <= name.startswith("_")}
    close = get_close_matches(name.casefold(), folded, 1, alike)
    return folded[close[0]] if close else None
