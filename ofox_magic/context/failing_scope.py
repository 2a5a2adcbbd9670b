"""The tables that failing code used, as parts of a question: each at the level that holds for it."""

from collections.abc import Iterator, Mapping
from typing import Any

from ofox_magic.chat.parts import Table
from ofox_magic.context.convert import Choices, Converter
from ofox_magic.context.failures import Failure
from ofox_magic.context.sharing import LEVELS, Level, Sharing
from ofox_magic.errors import ConfigError


def profiles(
    failure: Failure, namespace: Mapping[str, Any], converter: Converter, sharing: Sharing
) -> tuple[Table, ...]:
    """Return a Table for each table that the code of *failure* used; one that cannot be read is left out."""
    return tuple(_profiles(failure, namespace, converter, sharing))


def _profiles(
    failure: Failure, namespace: Mapping[str, Any], converter: Converter, sharing: Sharing
) -> Iterator[Table]:
    for name, value in failure.tables(namespace):
        bound = any(value is each for key, each in list(namespace.items()) if not key.startswith("_"))
        try:
            parts = converter.parts(value, name, Choices(level=None if bound else _least(sharing)))
        except ConfigError:
            continue
        yield from (part for part in parts if isinstance(part, Table))


def _least(sharing: Sharing) -> Level:
    """
    What may be told of a table that only a function knows: it may be made of any other, so the strictest rule holds.

    Masked columns may have another name by now, so that with a mask no value goes.
    """
    level, masked = sharing.rule(sharing.rules)
    return "schema" if masked else min(level, sharing.default, key=LEVELS.index)
