"""
A JSON Schema as the strict mode of structured outputs takes it. Pure.

Strict mode demands that every object is closed and each of its properties required, and knows a part of JSON Schema
only. So a property that was optional may be null instead, and keywords that do no more than narrow are left out: the
answer is checked against the schema itself all the same. What cannot be said strictly at all is told.
"""

from collections.abc import Mapping
from typing import Any

_SAID = frozenset(("title", "description"))
_NARROWS = frozenset(
    [
        "pattern",
        "multipleOf",
        "minimum",
        "maximum",
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minItems",
        "maxItems",
        "enum",
        "const",
    ]
)
"""Keywords that strict mode takes as they are."""
_FORMATS = frozenset(["date-time", "time", "date", "duration", "email", "hostname", "ipv4", "ipv6", "uuid"])
_BEYOND = frozenset(
    [
        "patternProperties",
        "prefixItems",
        "if",
        "then",
        "else",
        "dependentSchemas",
        "$dynamicRef",
        "$recursiveRef",
        "$anchor",
    ]
)
"""Keywords that allow what a closed object, or an array of one kind, does not."""
_TYPES: Mapping[type, str] = {
    str: "string",
    bool: "boolean",
    int: "integer",
    float: "number",
    type(None): "null",
    dict: "object",
    list: "array",
}
_NULL = {"type": "null"}


class _NotStrict(Exception):  # noqa: N818 - a signal, not a fault
    """The schema allows what strict mode cannot say."""


def strict_schema(schema: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return *schema*, a valid one, as strict mode takes it; None where that would forbid what it allows."""
    try:
        root = _node(_resolved(schema), schema)
        definitions = {
            place: {name: _node(each, schema) for name, each in schema[place].items()}
            for place in ("$defs", "definitions")
            if schema.get(place)
        }
    except (_NotStrict, RecursionError):
        return None
    return root | definitions if root.get("type") == "object" else None


def is_object(schema: Mapping[str, Any]) -> bool:
    """Whether the values that *schema* describes are objects: models that take schemas take no others."""
    try:
        root = _resolved(schema)
    except (_NotStrict, RecursionError):
        return False
    return root.get("type") == "object" or ("type" not in root and "properties" in root)


def _resolved(root: Mapping[str, Any]) -> Mapping[str, Any]:
    """The root itself, or the definition that it refers to, as that of a recursive model does."""
    return _definition(root["$ref"], root) if "$ref" in root else root


def _definition(ref: Any, root: Mapping[str, Any]) -> Mapping[str, Any]:
    start, _, name = str(ref).rpartition("/")
    found = root.get(start.removeprefix("#/"), {}).get(name) if start in ("#/$defs", "#/definitions") else None
    if not isinstance(found, Mapping):
        raise _NotStrict
    return found


def _node(schema: Any, root: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(schema, Mapping) or not _BEYOND.isdisjoint(schema):
        raise _NotStrict
    if "allOf" in schema:
        return _node(_merged(schema), root)
    if "$ref" in schema:
        _definition(schema["$ref"], root)
        return {"$ref": schema["$ref"]}  # nothing may stand beside it
    said = {key: value for key, value in schema.items() if key in _SAID}
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return said | {"anyOf": [_node(option, root) for option in options]}
    kinds = _kinds(schema)
    node = said | {"type": kinds[0] if len(kinds) == 1 else kinds}
    node |= {key: value for key, value in schema.items() if key in _NARROWS}
    if schema.get("format") in _FORMATS:
        node["format"] = schema["format"]
    if "object" in kinds:
        node |= _object(schema, root)
    if "array" in kinds:
        node["items"] = _node(schema.get("items"), root)
    return node


def _merged(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """Older pydantic wraps a reference so, to say something beside it."""
    if len(schema["allOf"]) != 1 or not isinstance(schema["allOf"][0], Mapping):
        raise _NotStrict
    return {key: value for key, value in schema.items() if key != "allOf"} | dict(schema["allOf"][0])


def _kinds(schema: Mapping[str, Any]) -> list[str]:
    """The types of a schema, which strict mode wants to be named."""
    given = schema.get("type")
    if given:
        return [given] if isinstance(given, str) else list(given)
    if "properties" in schema:
        return ["object"]
    if "items" in schema:
        return ["array"]
    values = schema.get("enum") or ([schema["const"]] if "const" in schema else [])
    if not values:
        raise _NotStrict
    return list(dict.fromkeys(_TYPES[type(value)] for value in values))


def _object(schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    properties = schema.get("properties", {})
    is_open = schema.get("additionalProperties", not properties)
    if is_open is not False:  # a mapping of any keys; an object that only does not say that it is closed may be closed
        raise _NotStrict
    required = schema.get("required", ())
    nodes = {name: _node(each, root) for name, each in properties.items()}
    return {
        "properties": {
            name: node if name in required else _or_null(node, properties[name], root) for name, node in nodes.items()
        },
        "required": list(properties),
        "additionalProperties": False,
    }


def _or_null(node: dict[str, Any], schema: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    if _takes_null(schema, root):
        return node
    return {"anyOf": [*(node["anyOf"] if node.keys() == {"anyOf"} else [node]), _NULL]}


def _takes_null(schema: Mapping[str, Any], root: Mapping[str, Any]) -> bool:
    options = schema.get("anyOf") or schema.get("oneOf") or ()
    if "$ref" in schema:
        options = (*options, _definition(schema["$ref"], root))
    kinds = schema.get("type") or ()
    own = "null" in ([kinds] if isinstance(kinds, str) else kinds) or None in schema.get("enum", ())
    return own or any(_takes_null(option, root) for option in options)
