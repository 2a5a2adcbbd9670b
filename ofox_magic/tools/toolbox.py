"""The registry of a user's functions: describes them, checks calls of them, and runs what was agreed to."""

import inspect
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import partial
from json import dumps
from types import FunctionType, MethodType
from typing import Any, TypeAlias, TypeVar, overload

from ofox_magic.chat.arguments import Arguments, BadArguments
from ofox_magic.chat.calls import LONGEST_NAME, is_name
from ofox_magic.chat.messages import ToParts
from ofox_magic.chat.parts import ToolCall, parts_of
from ofox_magic.chat.tools import Consent, Outcome, ReadyCall, Refusal
from ofox_magic.errors import ConfigError
from ofox_magic.tools.docstring import description_of
from ofox_magic.tools.failure import in_words
from ofox_magic.tools.result import BUDGET, failed, outcome_of
from ofox_magic.untrusted import one_line

Function = TypeVar("Function", bound=Callable[..., object])
Check: TypeAlias = Callable[[str], tuple[Arguments, Mapping[str, Any]]]

_ALONE = "Nobody is there to allow this call, so it was not run. Go on without it, and say so."
_DENIED = "The user did not allow this call, so it was not run. Do not try it again unless the user asks for it."


@dataclass(frozen=True, slots=True)
class Tool:
    """A registered *function* under its *name*; *definition* is what a request carries of it."""

    name: str
    function: Callable[..., object] = field(repr=False)
    safe: bool
    definition: dict[str, Any] = field(repr=False)
    check: Check = field(repr=False)


class Toolbox:
    """
    Functions that a model may call.

    *to_parts* turns their results into parts, of which at most *budget* tokens go to the model. A function that is
    registered again, as by running its cell again, takes the place of the one that had its name.
    """

    def __init__(self, *, to_parts: ToParts = parts_of, budget: int = BUDGET) -> None:
        self._to_parts = to_parts
        self._budget = budget
        self._tools: dict[str, Tool] = {}

    @overload
    def tool(self, function: Function, /) -> Function: ...
    @overload
    def tool(self, /, *, safe: bool = False, name: str | None = None) -> Callable[[Function], Function]: ...
    def tool(self, function: Any = None, /, *, safe: bool = False, name: str | None = None) -> Any:
        """
        Register a function; a decorator, with or without arguments. The function stays as it is.

        Its parameters must be typed; its docstring, with what it says of each parameter, is what the model reads. It
        goes by *name*, or by its own. *safe*: it only looks, and runs without asking; the checks of its parameters'
        own types always do. Raises ConfigError for what cannot be described to a model.
        """
        if function is None:
            return partial(self._registered, safe=safe, name=name)
        return self._registered(function, safe=safe, name=name)

    @property
    def names(self) -> tuple[str, ...]:
        """The names of all functions, in the order of their registration."""
        return tuple(self._tools)

    @property
    def all(self) -> tuple[Tool, ...]:
        """All that is registered, in order."""
        return tuple(self._tools.values())

    def only(self, names: Iterable[str]) -> "Toolbox":
        """Return a toolbox with those of *names* alone, as they are now. Raises ConfigError for an unknown one."""
        chosen = Toolbox(to_parts=self._to_parts, budget=self._budget)
        for name in names:
            if name not in self._tools:
                raise ConfigError(f"no tool is called {name!r}{_close(name, self.names)}. Register it: @session().tool")
            chosen._tools[name] = self._tools[name]
        return chosen

    # -- what a session asks of it: see chat.tools.Tools --------------------------------------------------------------

    @property
    def definitions(self) -> list[dict[str, Any]]:
        """What goes into a request as `tools`."""
        return [tool.definition for tool in self._tools.values()]

    def call_of(self, call: ToolCall) -> ReadyCall | Refusal:
        """Check *call* against what is registered. Runs nothing, but the checks of the parameters' own types."""
        tool = self._tools.get(call.name)
        if tool is None:
            known = ", ".join(self.names) or "none"
            return _refusal(call, f"no tool is called {one_line(call.name, 80)!r}; there are: {known}")
        try:
            written, arguments = tool.check(call.arguments)
        except BadArguments as error:
            return _refusal(call, f"its arguments cannot be used: {error}")
        return ReadyCall(call, described(tool.name, written), tool.safe, partial(tool.function, **arguments))

    def run(self, ready: ReadyCall, consent: Consent | None) -> Outcome | None:
        """
        Run *ready*, after asking *consent* (None: nobody is there to be asked) unless it is safe.

        Whatever its function raises becomes words for the model, but for an interrupt, which goes through. Returns
        None, and has run nothing, where the user has not answered yet.
        """
        allowed = True if ready.safe else _allows(consent, ready)
        if allowed is None:
            return None
        if not allowed:
            why, said = (_ALONE, "nobody to ask") if consent is None else (_DENIED, "not allowed")
            return Outcome(ready.call, "denied", why, f"{ready.call.name}: {said}")
        try:
            value = ready.function()
        except (Exception, SystemExit) as error:  # noqa: BLE001 - a user's function raises what it likes
            return failed(ready.call, in_words(error))
        return outcome_of(ready.call, value, self._to_parts, self._budget)

    # -- inside -------------------------------------------------------------------------------------------------------

    def _registered(self, function: Function, *, safe: bool, name: str | None) -> Function:
        made = _tool(function, safe=safe, name=name)
        self._tools[made.name] = made
        return function


def described(name: str, arguments: Arguments) -> str:
    """Return a call as its user must see it: all of it, each argument on its own line, nothing that hides text."""
    lines = (f"  {key} = {_shown(dumps(value, ensure_ascii=False))}" for key, value in arguments.items())
    return "\n".join([name, *lines])


def _shown(text: str) -> str:
    """What cannot be seen, or turns the text around it, is written out as its code."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def _tool(function: Any, *, safe: bool, name: str | None) -> Tool:
    if not isinstance(function, FunctionType | MethodType):
        raise ConfigError(f"a tool is a function; got {type(function).__name__}. Wrap it: def look(…): return …")
    name = function.__name__ if name is None else name
    if not is_name(name):
        raise ConfigError(f"a tool's name is 1 to {LONGEST_NAME} of a-z A-Z 0-9 _ -; got {name!r}. Pass name=…")
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise ConfigError(f"{name} is async, and tools are called from ordinary code: write a def that waits for it")
    if inspect.isgeneratorfunction(function):
        raise ConfigError(f"{name} is a generator: return a list of what it yields")
    from ofox_magic.tools.signature import Signature  # brings pydantic

    said = description_of(function.__doc__)
    signature = Signature(function, name, said)
    definition = {"name": name} | ({"description": said.text} if said.text else {}) | {"parameters": signature.schema}
    return Tool(name, function, safe, {"type": "function", "function": definition}, signature.check)


def _allows(consent: Consent | None, ready: ReadyCall) -> bool | None:
    """Only a plain True is a yes, and only None is no answer yet; who cannot be asked has not said yes."""
    if consent is None:
        return False
    try:
        said = consent.ask(ready.call, ready.described)
    except Exception:  # noqa: BLE001 - a front end without a keyboard raises what it likes
        return False
    return None if said is None else said is True


def _refusal(call: ToolCall, why: str) -> Refusal:
    said = one_line(why)
    return Refusal(
        call,
        f"This call was not run: {said}. Correct it, or answer without it.",
        f"{one_line(call.name, LONGEST_NAME) or 'a call'}: not run, {said}",
    )


def _close(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=3)
    return f"; is {' or '.join(close)} meant?" if close else ""
