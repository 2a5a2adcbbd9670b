"""JSON Schemas as the strict mode of structured outputs takes them."""

import jsonschema
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.strict_schema import is_object, strict_schema

TEXT = {"type": "string"}
NULL = {"type": "null"}


def closed(required=None, **properties):
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties) if required is None else required,
        "additionalProperties": False,
    }


def opened(**properties):
    return {"type": "object", "properties": properties, "required": list(properties)}


@pytest.mark.parametrize(
    ("schema", "strict"),
    [
        (opened(a=TEXT), closed(a=TEXT)),
        (opened(a=opened(b=TEXT)), closed(a=closed(b=TEXT))),
        (opened(a={"type": "array", "items": opened(b=TEXT)}), closed(a={"type": "array", "items": closed(b=TEXT)})),
        ({"properties": {"a": TEXT}, "required": ["a"]}, closed(a=TEXT)),
        (closed(), closed()),
        (closed([], a=TEXT), closed(a={"anyOf": [TEXT, NULL]})),
        (closed([], a={"type": ["string", "null"]}), closed(a={"type": ["string", "null"]})),
        (closed([], a={"enum": ["x", None]}), closed(a={"type": ["string", "null"], "enum": ["x", None]})),
        (closed([], a={"anyOf": [TEXT, {"type": "integer"}]}), closed(a={"anyOf": [TEXT, {"type": "integer"}, NULL]})),
        (closed([], a={"anyOf": [TEXT, NULL]}), closed(a={"anyOf": [TEXT, NULL]})),
        (opened(a={"oneOf": [TEXT, opened(b=TEXT)]}), closed(a={"anyOf": [TEXT, closed(b=TEXT)]})),
        (opened(a={"const": 1}), closed(a={"type": "integer", "const": 1})),
        (
            opened(a={"enum": ["x", 1, True]}),
            closed(a={"type": ["string", "integer", "boolean"], "enum": ["x", 1, True]}),
        ),
        (
            opened(a={"type": "string", "title": "A", "description": "an a", "default": "x", "examples": ["x"]}),
            closed(a={"type": "string", "title": "A", "description": "an a"}),
        ),
        (
            opened(a={"type": "integer", "minimum": 1, "multipleOf": 2, "not": {"const": 4}}),
            closed(a={"type": "integer", "minimum": 1, "multipleOf": 2}),
        ),
        (
            opened(a={"type": "array", "items": TEXT, "minItems": 1, "uniqueItems": True, "contains": TEXT}),
            closed(a={"type": "array", "items": TEXT, "minItems": 1}),
        ),
        (
            opened(a={"type": "string", "format": "date", "minLength": 1}),
            closed(a={"type": "string", "format": "date"}),
        ),
        (opened(a={"type": "string", "format": "uri"}), closed(a=TEXT)),
        (opened(a={"allOf": [TEXT], "description": "x"}), closed(a={"type": "string", "description": "x"})),
        (
            opened(a={"$ref": "#/$defs/B", "description": "x"}) | {"$defs": {"B": opened(c=TEXT)}},
            closed(a={"$ref": "#/$defs/B"}) | {"$defs": {"B": closed(c=TEXT)}},
        ),
        (
            opened(a={"$ref": "#/definitions/B"}) | {"definitions": {"B": opened(c=TEXT)}},
            closed(a={"$ref": "#/definitions/B"}) | {"definitions": {"B": closed(c=TEXT)}},
        ),
        (
            {"$ref": "#/$defs/B", "$defs": {"B": closed([], c={"$ref": "#/$defs/B"})}},
            closed(c={"anyOf": [{"$ref": "#/$defs/B"}, NULL]})
            | {"$defs": {"B": closed(c={"anyOf": [{"$ref": "#/$defs/B"}, NULL]})}},
        ),
        (
            closed([], a={"$ref": "#/$defs/B"}) | {"$defs": {"B": {"enum": [None]}}},
            closed(a={"$ref": "#/$defs/B"}) | {"$defs": {"B": {"type": "null", "enum": [None]}}},
        ),
    ],
)
def test_what_can_be_said_strictly_is(schema, strict):
    assert strict_schema(schema) == strict


@pytest.mark.parametrize(
    "schema",
    [
        TEXT,
        {"type": "array", "items": TEXT},
        {"anyOf": [opened(a=TEXT), opened(b=TEXT)]},
        {},
        {"type": "object"},
        {"type": "object", "additionalProperties": TEXT},
        opened(a=TEXT) | {"additionalProperties": True},
        opened(a={"type": "object"}),
        opened(a={}),
        opened(a=True),
        opened(a={"type": "array"}),
        opened(a={"type": "array", "prefixItems": [TEXT, TEXT], "items": False}),
        opened(a=TEXT) | {"patternProperties": {"^x": TEXT}},
        opened(a=TEXT) | {"anyOf": [{"required": ["a"]}, {"required": ["b"]}]},
        opened(a=TEXT) | {"allOf": [opened(b=TEXT), opened(c=TEXT)]},
        opened(a=TEXT) | {"if": {"required": ["a"]}, "then": opened(b=TEXT)},
        opened(a={"$ref": "#/$defs/Nowhere"}),
        opened(a={"$ref": "#/properties/a"}),
        opened(a={"$ref": "https://schemas.example/a.json"}),
        {"$ref": "#/$defs/Nowhere"},
        {"$ref": "#"},
    ],
)
def test_what_strict_mode_cannot_say_is_told(schema):
    assert strict_schema(schema) is None


def test_references_in_a_circle_end():
    assert strict_schema(closed([], a={"$ref": "#/$defs/B"}) | {"$defs": {"B": {"$ref": "#/$defs/B"}}}) is None


@pytest.mark.parametrize(
    ("schema", "yes"),
    [
        (opened(a=TEXT), True),
        ({"properties": {}}, True),
        ({"$ref": "#/$defs/A", "$defs": {"A": opened()}}, True),
        ({"type": "object"}, True),
        ({"type": "array"}, False),
        ({"type": ["object", "null"]}, False),
        ({"anyOf": [opened()]}, False),
        ({}, False),
    ],
)
def test_only_a_schema_of_an_object_can_be_sent(schema, yes):
    assert is_object(schema) is yes


leaves = st.sampled_from([TEXT, {"type": "integer", "minimum": 0}, {"enum": ["a", "b"]}, {"type": ["number", "null"]}])
schemas = st.recursive(
    leaves,
    lambda inner: st.one_of(
        st.builds(
            lambda properties, optional: {
                "type": "object",
                "properties": properties,
                "required": [name for name in properties if name not in optional],
            },
            st.dictionaries(st.sampled_from("abcd"), inner, min_size=1),
            st.sets(st.sampled_from("abcd")),
        ),
        st.builds(lambda item: {"type": "array", "items": item}, inner),
        st.builds(lambda options: {"anyOf": options}, st.lists(inner, min_size=1)),
    ),
    max_leaves=6,
)


def objects_in(schema):
    if isinstance(schema, dict):
        if schema.get("type") == "object":
            yield schema
        for value in schema.values():
            yield from objects_in(value)
    elif isinstance(schema, list):
        for value in schema:
            yield from objects_in(value)


@given(st.dictionaries(st.sampled_from("abcd"), schemas, min_size=1))
def test_every_object_is_closed_and_needs_all_it_has(properties):
    schema = {"type": "object", "properties": properties}
    strict = strict_schema(schema)
    jsonschema.Draft202012Validator.check_schema(strict)
    for found in objects_in(strict):
        assert found["additionalProperties"] is False
        assert found["required"] == list(found["properties"])
    assert schema == {"type": "object", "properties": properties}
