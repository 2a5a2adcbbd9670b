"""The names of a notebook that a question may refer to. Reads names and types only. Pure."""

from collections.abc import Collection, Iterator, Mapping
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

from ofox_magic.untrusted import one_line

MOST = 30
_NO_VALUES = (type, ModuleType, FunctionType, BuiltinFunctionType)


def completions(namespace: Mapping[str, Any], hidden: Collection[str], prefix: str) -> list[dict[str, str]]:
    """
    Return the first MOST names of *namespace* that begin with *prefix*, in the alphabet's order, each with its type.

    Those of functions, classes and modules are no values; *hidden* ones are IPython's, private ones need an underscore.
    """
    found = sorted(_matching(namespace, hidden, prefix.casefold()), key=str.casefold)[:MOST]
    return [{"name": name, "kind": one_line(type(namespace.get(name)).__name__, 40)} for name in found]


def _matching(namespace: Mapping[str, Any], hidden: Collection[str], prefix: str) -> Iterator[str]:
    for name, value in list(namespace.items()):
        if name in hidden or isinstance(value, _NO_VALUES) or (name.startswith("_") and not prefix.startswith("_")):
            continue
        if name.isidentifier() and name.casefold().startswith(prefix):
            yield name
