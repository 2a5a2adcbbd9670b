"""The words behind a command."""

import argparse
from collections.abc import Iterable
from difflib import get_close_matches

from IPython.core.error import UsageError

from ofox_magic.jupyter import shell_words
from ofox_magic.jupyter.grammar import usage_error, what_is_unknown


def alone(rest: str, command: str) -> None:
    """Raise UsageError where there is a *rest* behind a *command* that takes nothing."""
    if rest:
        raise UsageError(f"%ofox {command}: expected nothing behind it, got {rest!r}")


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return `did you mean …?` for the one of *known* that *word* is like; empty where none is."""
    close = get_close_matches(word, list(known), 1)
    return f"did you mean {close[0]}?" if close else ""


def one_word(text: str, usage: str) -> str:
    """Return *text*. Raises UsageError, which says *usage*, where it is not one word."""
    if len(text.split()) != 1:
        raise UsageError(f"%ofox {usage}: expected one word, got {text!r}")
    return text


def number(text: str, most: int, usage: str, of: str = "turn") -> int:
    """Return the number from 1 to *most* that *text* is, *of* what. Raises UsageError, which says *usage*."""
    if not most:
        raise UsageError(f"%ofox {usage} {text}: expected the number of a {of}, and there is none yet")
    if not (text.isdecimal() and 0 < int(text) <= most):
        raise UsageError(f"%ofox {usage}: expected a number from 1 to {most}, got {text!r}")
    return int(text)


def parsed(parser: argparse.ArgumentParser, line: str) -> argparse.Namespace | None:
    """Return what *line* says; None where it asks for help, which is printed. Raises UsageError, one line."""
    try:
        given, unknown = parser.parse_known_args(shell_words.words(line))
    except ValueError:
        raise usage_error(parser.prog, "a quote is not closed: expected an even number of ' and \"") from None
    if given.help:
        print(parser.format_help())
        return None
    if unknown:
        raise usage_error(parser.prog, what_is_unknown(unknown, parser))
    return given
