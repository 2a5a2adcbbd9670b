"""The JSON that a model writes as the arguments of a call, read within bounds. Pure."""

import json
import math
from collections.abc import Iterable
from typing import Any, NoReturn, TypeAlias

MOST_CHARACTERS = 65_536
DEEPEST = 32
"""Objects and lists within each other."""
_MOST_DIGITS = 1_000

Arguments: TypeAlias = dict[str, Any]


class BadArguments(ValueError):  # noqa: N818 - what is wrong with what a model wrote, and no fault of the program
    """The arguments cannot be used; the message says why, in a few words."""


def arguments_of(text: str) -> Arguments:
    """
    Return the object that *text* holds; no text at all is one without arguments.

    Raises BadArguments for text that is cut, no JSON, no object, says a name twice, holds a number that JSON has none
    of, or is larger or deeper than anyone needs.
    """
    if len(text) > MOST_CHARACTERS:
        raise BadArguments(f"they are {len(text):,} characters, more than {MOST_CHARACTERS:,}")
    if not text.strip():
        return {}
    value = _parsed(text)
    if not isinstance(value, dict):
        raise BadArguments(f"they are {_KINDS.get(type(value), 'a number')} where an object belongs")
    if _depth(value) > DEEPEST:
        raise BadArguments(f"they are nested deeper than {DEEPEST} levels")
    return value


def _parsed(text: str) -> Any:
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_int=_integer,
            parse_float=_number,
        )
    except RecursionError:
        raise BadArguments(f"they are nested deeper than {DEEPEST} levels") from None
    except json.JSONDecodeError as error:
        where = "end too early" if error.pos >= len(text.rstrip()) else f"go wrong at character {error.pos + 1:,}"
        raise BadArguments(f"they are no JSON: they {where}") from None


def _object(pairs: list[tuple[str, Any]]) -> Arguments:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise BadArguments("a name comes twice in one object")
    return found


def _constant(word: str) -> NoReturn:
    raise BadArguments(f"{word} is no number in JSON")


def _integer(digits: str) -> int:
    if len(digits) > _MOST_DIGITS:
        raise BadArguments(f"a number has more than {_MOST_DIGITS:,} digits")
    return int(digits)


def _number(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise BadArguments("a number is too large for a double")
    return number


def _depth(value: Arguments) -> int:
    level: list[Any] = [value]
    depth = 0
    while level:
        depth += 1
        level = [inner for each in level for inner in _inside(each) if isinstance(inner, dict | list)]
    return depth


def _inside(value: Arguments | list[Any]) -> Iterable[Any]:
    return value.values() if isinstance(value, dict) else value


_KINDS = {list: "a list", str: "a text", bool: "true or false", type(None): "null"}
