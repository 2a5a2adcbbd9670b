"""Values of options, as they are typed. Each raises argparse.ArgumentTypeError, which says what was expected."""

import builtins
import json
import re
from argparse import ArgumentTypeError
from decimal import Decimal
from keyword import iskeyword
from typing import Any

from ofox_magic.chat.money import amount_of
from ofox_magic.errors import ConfigError


def number(text: str) -> int | float:
    """As it was typed, since it is sent so: 1 stays 1, 0.7 stays 0.7."""
    if re.fullmatch(r"[+-]?[0-9]{1,18}", text):
        return int(text)
    if re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]{1,2})?", text):
        return float(text)
    raise ArgumentTypeError(f"expected a number, got {text!r}")


def positive_number(text: str) -> float:
    """A number above 0."""
    value = number(text)
    if value <= 0:
        raise ArgumentTypeError(f"expected a number above 0, got {text!r}")
    return float(value)


def positive_integer(text: str) -> int:
    """A whole number above 0."""
    value = number(text)
    if not isinstance(value, int) or value <= 0:
        raise ArgumentTypeError(f"expected a whole number above 0, got {text!r}")
    return value


def count_or_new(text: str) -> int:
    """A whole number above 0, or -1 for `new`: all since the last question."""
    return -1 if text == "new" else positive_integer(text)


def identifier(text: str) -> str:
    """A variable's name."""
    if not text.isidentifier():
        raise ArgumentTypeError(f"expected a variable's name, got {text!r}")
    return text


def output_name(text: str) -> str:
    """The name of a variable that gets a value, which must hide none of Python's own."""
    if hasattr(builtins, text) or iskeyword(text):
        raise ArgumentTypeError(f"expected a variable's name, got {text!r}, which is Python's own")
    return identifier(text)


def one_word(text: str) -> str:
    """A name of one word."""
    if len(text.split()) != 1:
        raise ArgumentTypeError(f"expected a name of one word, got {text!r}")
    return text.strip()


def amount(text: str) -> Decimal:
    """US dollars."""
    try:
        return amount_of(text)
    except ConfigError as error:
        raise ArgumentTypeError(str(error)) from None


def names(text: str) -> list[str]:
    """Names with commas between them."""
    return [name.strip() for name in text.split(",") if name.strip()]


def json_object(text: str) -> dict[str, Any]:
    """A JSON object."""
    try:
        value = json.loads(text)
    except ValueError:
        value = None
    if not isinstance(value, dict):
        raise ArgumentTypeError(f"expected a JSON object in single quotes, got {text!r}")
    return value
