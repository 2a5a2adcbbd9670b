"""
What a chat request's parameters may be.

Pure; must not know messages, or what an answer looks like.
"""

from collections.abc import Mapping
from typing import Any

from ofox_magic.practice.refusals import Refusal

RANGES = {
    "temperature": (0, 2),
    "top_p": (0, 1),
    "frequency_penalty": (-2, 2),
    "presence_penalty": (-2, 2),
}
FORMATS = ("text", "json_object", "json_schema")
CHOICES = ("none", "auto", "required")


def check_parameters(fields: Mapping[str, Any]) -> None:
    """Raise a Refusal that names the first parameter that cannot be."""
    if not isinstance(fields.get("model"), str) or not fields["model"]:
        raise Refusal("model must be given, as a string such as openai/gpt-4o-mini")
    _check_streaming(fields)
    for name, (low, high) in RANGES.items():
        _check_range(name, fields.get(name), low, high)
    for name in ("max_tokens", "max_completion_tokens"):
        value = fields.get(name)
        if value is not None and (not isinstance(value, int) or isinstance(value, bool) or value < 1):
            raise Refusal(f"{name} must be a whole number from 1; got {value!r:.80}")
    _check_format(fields.get("response_format"))
    _check_tools(fields.get("tools"))
    _check_choice(fields.get("tool_choice"), fields.get("tools") or [])


def _check_streaming(fields: Mapping[str, Any]) -> None:
    if not isinstance(fields.get("stream"), bool | None):
        raise Refusal(f"stream must be true or false; got {fields['stream']!r:.80}")
    options = fields.get("stream_options")
    if not isinstance(options, Mapping | None):
        raise Refusal(f"stream_options must be an object; got {options!r:.80}")
    if options and not fields.get("stream"):
        raise Refusal("stream_options goes with stream: true only")


def _check_range(name: str, value: Any, low: float, high: float) -> None:
    if value is None:
        return
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise Refusal(f"{name} must be a number from {low:g} to {high:g}; got {value!r:.80}")


def _check_format(value: Any) -> None:
    if value is None:
        return
    kind = value.get("type") if isinstance(value, Mapping) else None
    if kind not in FORMATS:
        raise Refusal(f"response_format.type must be one of {', '.join(FORMATS)}; got {kind!r:.80}")
    if kind != "json_schema":
        return
    asked = value.get("json_schema")
    if not isinstance(asked, Mapping) or not isinstance(asked.get("schema"), Mapping):
        raise Refusal("response_format.json_schema must be an object with a schema in it")


def _check_tools(value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, list) or not value:
        raise Refusal("tools must be a list with at least one function")
    for index, tool in enumerate(value):
        function = tool.get("function") if isinstance(tool, Mapping) else None
        if not isinstance(function, Mapping) or not isinstance(function.get("name"), str):
            raise Refusal(f"tools[{index}] must have a function with a name")
        if not isinstance(function.get("parameters", {}), Mapping):
            raise Refusal(f"tools[{index}].function.parameters must be a JSON Schema object")


def _check_choice(value: Any, tools: list[Mapping[str, Any]]) -> None:
    if value is None:
        return
    if not tools:
        raise Refusal("tool_choice goes with tools only")
    name = chosen_name(value)
    if name is None and value not in CHOICES:
        raise Refusal(f"tool_choice must be one of {', '.join(CHOICES)}, or name a function; got {value!r:.80}")
    if name is not None and name not in [tool["function"]["name"] for tool in tools]:
        raise Refusal(f"tool_choice names {name!r:.80}, which is none of the tools")


def chosen_name(choice: Any) -> str | None:
    """Return the function that *choice* names, None where it names none."""
    function = choice.get("function") if isinstance(choice, Mapping) else None
    name = function.get("name") if isinstance(function, Mapping) else None
    return name if isinstance(name, str) else None
