"""A function's parameters as JSON Schema, and the check of what a model wants to pass. Imports pydantic."""

import inspect
import typing
from collections.abc import Callable, Iterable, Iterator, Mapping
from inspect import Parameter
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model
from pydantic.errors import PydanticUserError
from pydantic.fields import FieldInfo
from pydantic.json_schema import GenerateJsonSchema

from ofox_magic.chat.arguments import Arguments, BadArguments, arguments_of
from ofox_magic.errors import ConfigError
from ofox_magic.tools.docstring import Description
from ofox_magic.untrusted import one_line

_MOST_PROBLEMS = 5  # that are told at once
_OUTSIDE = {"import_string", "validate_file", "validate_directory", "validate_new", "validate_socket"}
"""Checks of pydantic's own that import a name or look at the disk: they would do so before anyone is asked."""


class _Schema(GenerateJsonSchema):
    """Without titles, which say a parameter's name twice, and silent about defaults that are no JSON."""

    ignored_warning_kinds = {"skipped-choice", "non-serializable-default"}  # noqa: RUF012 - as pydantic declares it

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
        return False


class Signature:
    """
    What *function* may be called with; *label* is what errors call it.

    Raises ConfigError, which says what to write, where that cannot be described to a model.
    """

    def __init__(self, function: Callable[..., object], label: str, described: Description) -> None:
        parameters = list(_parameters(function, label))
        hints = _hints(function, label)
        self._names = {f"p{number}": each.name for number, each in enumerate(parameters)}
        fields = {
            f"p{number}": _field(each, _hint(each, hints, label), described) for number, each in enumerate(parameters)
        }
        self._model, self.schema = _described(label, fields)

    def check(self, text: str) -> tuple[Arguments, Mapping[str, Any]]:
        """
        Return the arguments that the JSON *text* holds, as they were written and as the function takes them.

        What is left to its default is in neither. Raises BadArguments.
        """
        written = arguments_of(text)
        try:
            found = self._model.model_validate_json(text if written else "{}", strict=True)
        except ValidationError as error:
            raise BadArguments("; ".join(_problems(error))) from None
        except Exception as error:  # noqa: BLE001 - a check of the user's own may raise anything
            raise BadArguments(f"they could not be checked ({type(error).__name__})") from None
        given = [field for field in self._names if field in found.model_fields_set]
        return written, {self._names[field]: getattr(found, field) for field in given}


def _parameters(function: Callable[..., object], label: str) -> Iterator[Parameter]:
    try:
        signature = inspect.signature(function)
    except (TypeError, ValueError):
        raise ConfigError(f"{label} does not tell its parameters: wrap it in a function that names them") from None
    for each in signature.parameters.values():
        if each.kind in (Parameter.VAR_POSITIONAL, Parameter.VAR_KEYWORD):
            raise ConfigError(f"{label} takes {each}, which no model can fill in: name its parameters one by one")
        if each.kind is Parameter.POSITIONAL_ONLY:
            raise ConfigError(f"{label} takes {each.name} by position only; a model passes names: remove the /")
        yield each


def _hints(function: Callable[..., object], label: str) -> dict[str, Any]:
    try:
        return typing.get_type_hints(function, include_extras=True)
    except Exception as error:  # noqa: BLE001 - an annotation that is text is evaluated, and may be anything
        said = one_line(f"{type(error).__name__}: {error}", 120)
        raise ConfigError(f"the types of {label} cannot be read ({said}): define them before the function") from None


def _hint(parameter: Parameter, hints: Mapping[str, Any], label: str) -> Any:
    if parameter.name not in hints:
        raise ConfigError(f"{label} does not say of which type {parameter.name} is: write `{parameter.name}: str`, say")
    return hints[parameter.name]


def _field(parameter: Parameter, hint: Any, described: Description) -> tuple[Any, Any]:
    """Under a name of ours, since not every parameter's is one that pydantic takes for a field."""
    default = ... if parameter.default is Parameter.empty else parameter.default
    said = _own_description(hint) or described.parameters.get(parameter.name)
    return hint, Field(default, alias=parameter.name, validation_alias=parameter.name, description=said)


def _own_description(hint: Any) -> str | None:
    """What `Annotated[..., "words"]` or `Annotated[..., Field(description="words")]` says."""
    extras = typing.get_args(hint)[1:] if typing.get_origin(hint) is Annotated else ()
    words = (extra.description if isinstance(extra, FieldInfo) else extra for extra in extras)
    return next((each for each in words if isinstance(each, str) and each), None)


def _described(label: str, fields: dict[str, tuple[Any, Any]]) -> tuple[type[BaseModel], dict[str, Any]]:
    try:
        model: type[BaseModel] = create_model("Arguments", __config__=ConfigDict(extra="forbid"), **fields)  # type: ignore[call-overload]
        outside = sorted(_OUTSIDE.intersection(_checks(model.__pydantic_core_schema__)))
        schema = model.model_json_schema(schema_generator=_Schema)
    except (PydanticUserError, AttributeError, TypeError, NameError) as error:
        said = one_line(str(error).partition("\n")[0], 160)
        raise ConfigError(
            f"the types of {label} cannot be described to a model: {said}. Take text or numbers"
        ) from None
    if outside:
        raise ConfigError(
            f"{label} takes a type whose check reaches outside ({', '.join(outside)}), before anyone is asked: "
            f"take a str, and look inside the function"
        )
    return model, {name: value for name, value in schema.items() if name != "title"}


def _checks(schema: object) -> Iterator[str]:
    """Yield the names of pydantic's own functions in a core schema."""
    if callable(schema):
        if str(getattr(schema, "__module__", "")).startswith("pydantic"):
            yield str(getattr(schema, "__name__", ""))
    elif isinstance(schema, dict | list | tuple):
        inner: Iterable[object] = schema.values() if isinstance(schema, dict) else schema
        for each in inner:
            yield from _checks(each)


def _problems(error: ValidationError) -> Iterator[str]:
    found = error.errors(include_url=False)
    for each in found[:_MOST_PROBLEMS]:
        where = one_line(".".join(map(str, each["loc"])), 80) or "the arguments"
        yield f"{where}: {one_line(each['msg'], 160)}"
    if len(found) > _MOST_PROBLEMS:
        yield f"and {len(found) - _MOST_PROBLEMS} more"
