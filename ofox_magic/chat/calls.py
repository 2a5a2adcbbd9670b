"""Calls as a request may carry them back: models write ids twice, names with dots and arguments that end too early."""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace

from ofox_magic.chat.arguments import BadArguments, arguments_of
from ofox_magic.chat.parts import ToolCall

LONGEST_NAME = 64
_NOT_IN_A_NAME = re.compile(r"[^a-zA-Z0-9_-]")


def is_name(name: str) -> bool:
    """Tell whether a function can go by *name* on the wire: ASCII letters, digits, _ and -, 64 at most."""
    return 0 < len(name) <= LONGEST_NAME and not _NOT_IN_A_NAME.search(name)


def with_ids(calls: Iterable[ToolCall], taken: Collection[str] = ()) -> Iterator[ToolCall]:
    """
    Yield *calls*, each with an id that no other has and that is not *taken*; most keep their own.

    A result names the call that it belongs to by its id alone.
    """
    used = set(taken)
    for number, call in enumerate(calls):
        own = call.id if call.id and call.id.isascii() and call.id.isprintable() else f"call_{number}"
        made, again = own, 1
        while made in used:
            again += 1
            made = f"{own}_{again}"
        used.add(made)
        yield replace(call, id=made)


def sendable(call: ToolCall) -> ToolCall:
    """
    Return *call* as gateways take it back: a name of theirs, and arguments that are JSON.

    For history alone: what is run is looked up by the name that the model wrote.
    """
    name = _NOT_IN_A_NAME.sub("_", call.name)[:LONGEST_NAME] or "unnamed"
    try:
        arguments = call.arguments if arguments_of(call.arguments) else "{}"
    except BadArguments:
        arguments = "{}"
    return replace(call, name=name, arguments=arguments)
