"""
References in a prompt: `{name}`, `@name`, `{Out[3]}`, `{In[3]}`, `{Err[3]}`, `{last}`. Pure but for what is looked up.

Only the prompt itself is read, once: values are handed on as they are, never evaluated, read or searched.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final
from unicodedata import normalize

from ofox_magic.context.mentions import Mention, mentions

LookUp = Callable[[str], object]


class _Missing:
    def __repr__(self) -> str:
        return "MISSING"


MISSING: Final = _Missing()
"""What `look_up` returns for a name that is not there."""


@dataclass(frozen=True, slots=True)
class Found:
    """
    A reference: the *text* as typed ("{df}", "@fig"), the *name* it refers to ("df", "Out[3]", "last"), its *value*.

    The value is the object itself, never copied, compared or printed.
    """

    text: str
    name: str
    value: object = field(compare=False, repr=False)


def split(text: str, look_up: LookUp, is_sendable: Callable[[object], bool]) -> list[str | Found]:
    """
    Return *text* in order, as str and Found; joined, the strings and each Found's text give *text* again.

    *look_up* returns the value of a name, or MISSING; *is_sendable* says whether a value may go along. A name that is
    missing, or whose value may not, stays text. Takes time linear in the length of *text*.
    """
    pieces: list[str | Found] = []
    place = 0
    for mention in mentions(text):
        found = _find(mention, look_up, is_sendable)
        if found is None:
            continue
        start = mention.start
        pieces.extend([text[place:start]] * (place < start) + [found])
        place = start + len(found.text)
    pieces.extend([text[place:]] * (place < len(text)))
    return pieces


def _find(mention: Mention, look_up: LookUp, is_sendable: Callable[[object], bool]) -> Found | None:
    for name in mention.names:
        value = look_up(normalize("NFKC", name))  # as Python itself reads a name
        if value is MISSING:
            continue
        return Found(mention.written(name), normalize("NFKC", name), value) if is_sendable(value) else None
    return None
