"""What a question offers as tools: registered functions, plain ones for this turn, and questions about its tables."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from types import FunctionType
from typing import Any

from ofox_magic.chat.parts import Part, Table
from ofox_magic.context.convert import Choices
from ofox_magic.context.displays import Display
from ofox_magic.context.frame_questions import FrameQuestions
from ofox_magic.context.recognise import is_table
from ofox_magic.errors import ConfigError
from ofox_magic.jupyter.kit import Kit
from ofox_magic.tools import Toolbox

FRAMES = "frames"
"""The word that lets a model ask about tables: those that the question holds, or with `frames:df,other` others too."""


def offered(
    words: Sequence[str], kit: Kit, namespace: Mapping[str, Any], parts: Iterable[Part], choices: Choices
) -> Toolbox:
    """
    Return what the *words* behind -T name, for a question of *parts*, whose tables are told as *choices* say.

    A registered tool goes before a function of *namespace*, which is asked for before each run. Raises ConfigError for
    a word that names neither, and for a function that cannot be described to a model.
    """
    names = [word for word in words if word.partition(":")[0] != FRAMES]
    toolbox = _functions(names, kit.session.toolbox, namespace)
    asked = [word.partition(":")[2] for word in words if word.partition(":")[0] == FRAMES]
    if asked:
        tables = _tables(asked, parts, kit.notebook.look_up)
        questions = FrameQuestions(tables, lambda value, name: kit.converter.rule(value, name, choices))
        for function in questions.functions:
            if function.__name__ in toolbox.names:
                raise ConfigError(
                    f"-T {FRAMES} brings {function.__name__}, and another tool has that name: leave one out"
                )
            toolbox.tool(safe=True)(function)
    return toolbox


def _functions(names: Sequence[str], toolbox: Toolbox, namespace: Mapping[str, Any]) -> Toolbox:
    plain = {name: namespace[name] for name in names if name not in toolbox.names and _is_function(namespace.get(name))}
    chosen = toolbox.only(name for name in names if name not in plain)
    for name, function in plain.items():
        chosen.tool(name=name)(function)
    return chosen


def _is_function(value: object) -> bool:
    return isinstance(value, FunctionType)


def _tables(asked: Iterable[str], parts: Iterable[Part], look_up: Callable[[str], object]) -> dict[str, object]:
    """Only what the user named in this turn: in the question, or behind the word itself."""
    named = [name.strip() for names in asked for name in names.split(",") if name.strip()]
    in_question = [part.name for part in parts if isinstance(part, Table) and part.name]
    found = {name: _shown(look_up(name)) for name in dict.fromkeys([*in_question, *named])}
    for name in named:
        if not is_table(found[name]):
            raise ConfigError(f"-T {FRAMES}:{name}: expected the name of a table in the notebook; there is none")
    tables = {name: value for name, value in found.items() if is_table(value)}
    if not tables:
        raise ConfigError(f"-T {FRAMES}: no table is named; write one into the question, as {{df}}, or -T {FRAMES}:df")
    return tables


def _shown(value: object) -> object:
    return value.value if isinstance(value, Display) else value
