"""The one JSON value that an answer is, or holds: with a fence around it, or with words. Pure."""

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from ofox_magic.errors import AnswerError
from ofox_magic.untrusted import one_line

_LABELS = ("json", "jsonc", "json5")  # of fences; what is in them must be JSON all the same
_MOST_TRIES = 1000  # brackets among words that are looked at; words have few
_SHOWN = 40  # characters of what went wrong
_BRACKET = re.compile(r"[{\[]")
_BEGINS = re.compile(r'\{\s*"|\[\s*["{\[]')
_BEGINS_ODDLY = re.compile(r"\{\s*(?:'|\w+\s*:)|\[\s*'")  # as JavaScript and Python write it


def json_value(text: str) -> Any:
    """
    Return the JSON value that *text* is; else the one in its fences; else the one object, or array, among its words.

    Line ends and tabs within strings are let pass, which models write; NaN and Infinity are not JSON. Raises
    AnswerError where there is none, more than one, or a broken one: no part of that is taken for the whole.
    """
    try:
        return _loads(text)
    except ValueError as error:
        problem = _said(error)
    try:
        fenced, rest = _fenced(text)
        values = fenced or _among_words(rest)
    except ValueError as error:
        problem, values = _said(error), []
    if len(values) > 1:
        raise AnswerError(
            f"expected one JSON value, got {len(values)} in the answer: take the one that is meant from .code, or "
            f"ask for one"
        )
    if not values:
        raise AnswerError(f"expected JSON, got {one_line(text, _SHOWN)!r}: {problem}", (problem,))
    return values[0]


def _loads(text: str) -> Any:
    """Every error is a ValueError."""
    try:
        return _DECODER.decode(text.strip("\ufeff \t\r\n"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(strict=False, parse_constant=_no_constant)


def _said(error: ValueError) -> str:
    if not isinstance(error, json.JSONDecodeError):
        return one_line(str(error), 120)
    if not error.doc.strip():
        return "it is empty"
    here = one_line(error.doc[error.pos : error.pos + _SHOWN], _SHOWN)
    return f"line {error.lineno}, column {error.colno}: {error.msg} at {here!r}" if here else "it breaks off"


def _fenced(text: str) -> tuple[list[Any], str]:
    """The values in fences: those called JSON, which must be it; else those without a name. And the text less code."""
    from ofox_magic.render import CodeBlock, TooMuch, blocks_of  # heavy, and seldom needed

    try:
        fences = [block for block in blocks_of(text) if isinstance(block, CodeBlock) and block.fenced]
    except TooMuch:
        return [], text
    called_json = [fence.code for fence in fences if fence.language.lower() in _LABELS]
    if called_json:
        return [_loads(code) for code in called_json], ""
    for fence in fences:
        text = text.replace(fence.code, "") if fence.language else text
    return [value for fence in fences if not fence.language for value in _if_json(fence.code)], text


def _if_json(code: str) -> Iterator[Any]:
    try:
        yield _loads(code)
    except ValueError:
        return


def _among_words(text: str) -> list[Any]:
    """The objects that stand in *text*; where there is none, the arrays. Raises ValueError for one that is broken."""
    values = list(_standing(text))
    return [value for value in values if isinstance(value, dict)] or values


def _standing(text: str) -> Iterator[Any]:
    """What begins like JSON, or has lines of its own: a `{}`, a footnote `[1]` and a task `[ ]` in a line are words."""
    place = 0
    for _ in range(_MOST_TRIES):
        bracket = _BRACKET.search(text, place)
        if bracket is None:
            return
        start = bracket.start()
        begins = _BEGINS.match(text, start)
        try:
            value, end = _decoded(text, start)
        except ValueError:
            if begins or _BEGINS_ODDLY.match(text, start):
                raise
            place = start + 1
            continue
        if begins or _has_its_lines(text, start, end):
            yield value
        place = end


def _decoded(text: str, start: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(text, start)
    except RecursionError:
        raise ValueError("it is nested too deep") from None


def _has_its_lines(text: str, start: int, end: int) -> bool:
    line_end = text.find("\n", end)
    before = text[text.rfind("\n", 0, start) + 1 : start]
    after = text[end : line_end if line_end >= 0 else len(text)]
    return not before.strip() and not after.strip()
