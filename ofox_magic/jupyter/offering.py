"""What a question offers as tools: the registered functions that it names, and plain ones for this turn."""

from collections.abc import Mapping, Sequence
from types import FunctionType
from typing import Any

from ofox_magic.tools import Toolbox


def offered(names: Sequence[str], toolbox: Toolbox, namespace: Mapping[str, Any]) -> Toolbox:
    """
    Return those of *names* that *toolbox* has, and functions of *namespace*, which are asked for before each run.

    Raises ConfigError for a name that is neither, and for a function that cannot be described to a model.
    """
    plain = {name: namespace[name] for name in names if name not in toolbox.names and _is_function(namespace.get(name))}
    chosen = toolbox.only(name for name in names if name not in plain)
    for name, function in plain.items():
        chosen.tool(name=name)(function)
    return chosen


def _is_function(value: object) -> bool:
    return isinstance(value, FunctionType)
