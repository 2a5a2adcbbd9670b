"""What a question offers as tools: registered functions, plain ones for this turn, and questions about its tables."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import FunctionType
from typing import Any, TypeAlias

from ofox_magic.chat.parts import Part, Table
from ofox_magic.context.convert import AS_SET, Choices
from ofox_magic.context.displays import Display
from ofox_magic.context.frame_questions import FrameQuestions
from ofox_magic.context.recognise import is_table
from ofox_magic.context.sharing import Level
from ofox_magic.errors import ConfigError
from ofox_magic.tools import Tool, Toolbox
from ofox_magic.untrusted import one_line

TableRule: TypeAlias = Callable[[object, str, Choices], tuple[Level, frozenset[str]]]
FRAMES = "frames"
"""The word that lets a model ask about tables: those that the question holds, or with `frames:df,other` others too."""


class Offering:
    """
    What can be offered: the functions of *toolbox* and of *namespace*, and questions about tables.

    *look_up* finds a table by its name; *rule* tells what of a table may be told: see Converter.rule.
    """

    def __init__(
        self, toolbox: Toolbox, namespace: Mapping[str, Any], look_up: Callable[[str], object], rule: TableRule
    ) -> None:
        self._toolbox = toolbox
        self._namespace = namespace
        self._look_up = look_up
        self._rule = rule

    def offered(self, words: Sequence[str], parts: Sequence[Part], choices: Choices = AS_SET) -> Toolbox:
        """
        Return what the *words* behind -T name, for a question of *parts*, whose tables are told as *choices* say.

        A registered tool goes before a function of the namespace, which is asked for before each run. Raises
        ConfigError for a word that names neither, and for a function that cannot be described to a model.
        """
        toolbox = self._functions([word for word in words if word.partition(":")[0] != FRAMES])
        asked = [word.partition(":")[2] for word in words if word.partition(":")[0] == FRAMES]
        if asked:
            tables = _tables(asked, parts, self._look_up)
            questions = FrameQuestions(tables, lambda value, name: self._rule(value, name, choices))
            for function in questions.functions:
                if function.__name__ in toolbox.names:
                    raise ConfigError(
                        f"-T {FRAMES} brings {function.__name__}, and another tool has that name: leave one out"
                    )
                toolbox.tool(safe=True)(function)
        return toolbox

    def offered_if_any(self, words: Sequence[str], parts: Sequence[Part]) -> Toolbox:
        """Return what *words* offer that hold for many questions: where no table is named, none can be asked of."""
        has_table = any(isinstance(part, Table) and part.name for part in parts)
        return self.offered([word for word in words if has_table or word != FRAMES], parts)

    def to_choose(self) -> list[dict[str, str]]:
        """Return what a model can be allowed to call, each by its `name`, with a few words `about` it."""
        return [
            *({"name": tool.name, "about": " · ".join(_about(tool))} for tool in self._toolbox.all),
            {"name": FRAMES, "about": "exact figures of the tables that a question names, without their rows"},
        ]

    def _functions(self, names: Sequence[str]) -> Toolbox:
        known = self._toolbox.names
        for name in names:
            if name not in known and is_table(self._namespace.get(name)):
                raise ConfigError(
                    f"-T {name}: that is a table, and no function; -T {FRAMES}:{name} lets a model ask about it"
                )
        plain = {name: self._namespace[name] for name in names if name not in known and self._is_function(name)}
        chosen = self._toolbox.only(name for name in names if name not in plain)
        for name, function in plain.items():
            chosen.tool(name=name)(function)
        return chosen

    def _is_function(self, name: str) -> bool:
        return isinstance(self._namespace.get(name), FunctionType)


def _about(tool: Tool) -> Iterator[str]:
    yield "runs without asking" if tool.safe else "asks before it runs"
    if said := tool.definition["function"].get("description"):
        yield one_line(said, 80)


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
