"""
An answer by a schema: what is asked of the model, and the check of what it gave.

The schema is a pydantic model or a JSON Schema. Both libraries are imported when the first schema is used.
"""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias

from ofox_magic.chat.messages import Message
from ofox_magic.errors import AnswerError, ConfigError
from ofox_magic.strict_schema import is_object, strict_schema
from ofox_magic.untrusted import fenced, one_line

if TYPE_CHECKING:
    from jsonschema import ValidationError
    from pydantic import BaseModel

_MOST_PROBLEMS = 20
_ASKED_TO_REPAIR = "Your last answer cannot be used:"
_NOT_IN_A_NAME = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the value at *path*; *of_null*: it is null."""

    path: tuple[str | int, ...]
    said: str
    of_null: bool = False

    def __str__(self) -> str:
        place = ".".join(map(str, self.path))
        return one_line(f"{place}: {self.said}" if place else self.said, 240)


Check: TypeAlias = Callable[[Any], tuple[Any, list[Problem]]]
"""From a JSON value to what it makes, and what is wrong with it."""


class Schema:
    """
    What an answer must be like: *name* is the user's, *json_schema* what it says, *check* what holds an answer to it.

    Made by `schema_of`.
    """

    def __init__(self, name: str, json_schema: Mapping[str, Any], check: Check) -> None:
        self.name = name
        self.json_schema = json_schema
        self._check = check

    def __repr__(self) -> str:
        return f"<Schema {self.name}>"

    @property
    def response_format(self) -> dict[str, Any] | None:
        """
        The parameter of the request: strict where the schema can be said so.

        None where it describes no object: whoever takes schemas refuses others, and the instruction has to do.
        """
        if not is_object(self.json_schema):
            return None
        strict = strict_schema(self.json_schema)
        named = {"name": _NOT_IN_A_NAME.sub("_", self.name)[:_LONGEST_NAME], "strict": strict is not None}
        return {"type": "json_schema", "json_schema": named | {"schema": strict or dict(self.json_schema)}}

    @property
    def instruction(self) -> str:
        """What the system message says besides: not every model heeds, or even sees, a response_format."""
        schema = json.dumps(self.json_schema, ensure_ascii=False, separators=(",", ":"))
        return (
            f"Answer with one JSON value and nothing else. It must be valid by this JSON Schema:\n"
            f"{fenced(schema, 'json')}"
        )

    def take(self, value: Any) -> Any:
        """
        Return *value*, parsed JSON, as an instance of the model; by a JSON Schema, as it is.

        A null that the schema does not take stands for what was left out, since strict mode lets nothing be left out.
        Raises AnswerError, with its `problems`.
        """
        made, problems = self._check(value)
        nulls = [problem.path for problem in problems if problem.of_null]
        if nulls:
            fuller, remaining = self._check(_without(value, nulls))
            made, problems = (fuller, remaining) if not remaining else (made, problems)
        if problems:
            lines = tuple(map(str, problems[:_MOST_PROBLEMS]))
            more = f", and {len(problems) - 1} more" if len(problems) > 1 else ""
            raise AnswerError(f"expected an answer by {self.name}, got one that is not: {lines[0]}{more}", lines)
        return made


def follow_up(error: AnswerError) -> str:
    """Return what to ask next, so that the answer which *error* is about gets repaired."""
    wrong = "\n".join(f"- {problem}" for problem in error.problems) or str(error)
    return (
        f"{_ASKED_TO_REPAIR}\n{fenced(wrong, 'text')}\n"
        f"Answer again with the whole JSON value, corrected, and nothing else."
    )


def is_follow_up(message: Message) -> bool:
    """Whether *message* is one of `follow_up`, and so ours and not the user's."""
    return message.role == "user" and message.text.startswith(f"{_ASKED_TO_REPAIR}\n")


def schema_of(name: str, given: object) -> Schema:
    """
    Return the schema that *given*, which the user calls *name*, is: a pydantic model (the class), or a dict.

    Raises ConfigError where it is neither, or none that holds together.
    """
    if isinstance(given, Mapping):
        return _of_dict(name, given)
    if isinstance(given, type) and (made := _of_model(name, given)):
        return made
    kind = f"the class {given.__name__}" if isinstance(given, type) else f"a {type(given).__name__}"
    raise ConfigError(
        f"--schema {name}: expected a pydantic model (the class itself) or a JSON Schema (a dict), got {kind}"
    )


# -- a pydantic model -------------------------------------------------------------------------------------------------


def _of_model(name: str, given: type) -> Schema | None:
    from pydantic import BaseModel
    from pydantic.errors import PydanticUserError

    if not issubclass(given, BaseModel):
        return None
    try:
        described = given.model_json_schema()
    except PydanticUserError as error:
        raise ConfigError(f"--schema {name}: {one_line(str(error))}. Use types that JSON has") from None
    return Schema(name, described, lambda value: _checked_by_model(given, value))


def _checked_by_model(model: "type[BaseModel]", value: Any) -> tuple[Any, list[Problem]]:
    """As JSON rather than as Python, since a strict model takes dates, say, from JSON's text only."""
    from pydantic import ValidationError

    try:
        return model.model_validate_json(json.dumps(value)), []
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False)
        return None, [Problem(each["loc"], each["msg"], each["input"] is None) for each in found]


# -- a JSON Schema ----------------------------------------------------------------------------------------------------


def _of_dict(name: str, given: Mapping[Any, Any]) -> Schema:
    """A validator without a registry of its own fetches the address that a `$ref` names; this one has an empty one."""
    from jsonschema import SchemaError
    from jsonschema.validators import Draft202012Validator, validator_for
    from referencing import Registry

    try:
        schema = json.loads(json.dumps(given, allow_nan=False))
        kind = validator_for(schema, default=Draft202012Validator)
        kind.check_schema(schema)
    except SchemaError as error:
        raise ConfigError(f"--schema {name}: it is no JSON Schema: {one_line(error.message)}") from None
    except (TypeError, ValueError, RecursionError) as error:
        raise ConfigError(f"--schema {name}: it cannot be written as JSON: {one_line(str(error))}") from None
    validator = kind(schema, registry=Registry())
    return Schema(name, schema, lambda value: (value, _checked_by_schema(name, validator.iter_errors(value))))


def _checked_by_schema(name: str, errors: "Iterable[ValidationError]") -> list[Problem]:
    from referencing.exceptions import Unresolvable

    try:
        return list(_problems(errors))
    except Unresolvable as error:
        raise ConfigError(f"--schema {name}: it refers to {one_line(str(error.ref))!r}, which is not in it") from None
    except (re.error, RecursionError) as error:
        raise ConfigError(f"--schema {name}: nothing can be checked by it: {one_line(str(error))}") from None


def _problems(errors: "Iterable[ValidationError]") -> Iterator[Problem]:
    for error in errors:
        yield Problem(tuple(error.absolute_path), error.message, error.instance is None)
        # of several shapes none fits: what is wrong with each tells nobody much, but a null in it may be the reason
        yield from (problem for problem in _problems(error.context or ()) if problem.of_null)


def _without(value: Any, paths: Iterable[tuple[str | int, ...]]) -> Any:
    """A copy of *value* without the entries of its objects that *paths* lead to."""
    copy = json.loads(json.dumps(value))
    for path in paths:
        here, holder, key = copy, None, None
        for step in path:  # pydantic's paths name the branch of a union too, which is no step in the value
            if isinstance(here, dict) and step in here:
                holder, key, here = here, step, here[step]
            elif isinstance(here, list) and isinstance(step, int) and step < len(here):
                holder, here = None, here[step]
        if holder is not None and here is None:
            del holder[key]
    return copy
