"""The smallest value that a schema allows."""

import hypothesis.strategies as st
import jsonschema
import pytest
from hypothesis import given

from ofox_magic.practice.instance import MOST_VALUES, minimal_instance

from .conftest import unhurried

NODE = {
    "type": "object",
    "properties": {"next": {"anyOf": [{"$ref": "#/$defs/Node"}, {"type": "null"}]}},
    "required": ["next"],
}


@pytest.mark.parametrize(
    ("schema", "value"),
    [
        ({"type": "string"}, "practice"),
        ({"type": "integer"}, 0),
        ({"type": "number"}, 0),
        ({"type": "boolean"}, False),
        ({"type": "null"}, None),
        ({"type": "array", "items": {"type": "string"}}, []),
        ({"type": "array", "items": {"type": "integer"}, "minItems": 2}, [0, 0]),
        ({"type": "object", "properties": {"a": {"type": "string"}, "b": {}}, "required": ["a"]}, {"a": "practice"}),
        ({"enum": ["red", "green"]}, "red"),
        ({"enum": [None, 3]}, 3),
        ({"const": 7}, 7),
        ({"type": "integer", "default": 4}, 4),
        ({"type": ["null", "integer"]}, 0),
        ({"type": "string", "nullable": True}, "practice"),
        ({"anyOf": [{"type": "null"}, {"type": "boolean"}]}, False),
        ({"$ref": "#/$defs/A", "$defs": {"A": {"enum": ["x"]}}}, "x"),
        ({"$ref": "#/$defs/a~1b", "$defs": {"a/b": {"const": 1}}}, 1),
        ({"type": "integer", "minimum": 3}, 3),
        ({"type": "integer", "exclusiveMinimum": 3}, 4),
        ({"type": "integer", "maximum": -2}, -2),
        ({"type": "integer", "minimum": 10, "multipleOf": 7}, 14),
        ({"type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 1}, 0.5),
        ({"type": "string", "minLength": 10}, "practice.."),
        ({"type": "string", "maxLength": 3}, "pra"),
        ({"type": "string", "format": "date"}, "2026-01-31"),
        ({"properties": {"a": {"const": 1}}, "required": ["a"]}, {"a": 1}),
        ({"type": "array", "prefixItems": [{"const": 1}, {"const": 2}], "minItems": 2}, [1, 2]),
    ],
)
def test_a_schema_gets_its_smallest_value(schema, value):
    assert minimal_instance(schema) == value
    jsonschema.validate(None if schema.get("nullable") and value is None else value, schema)


def test_sums_and_unions_add_up():
    schema = {
        "type": "object",
        "properties": {"a": {"type": "integer"}},
        "required": ["a"],
        "allOf": [{"properties": {"b": {"type": "string"}}, "required": ["b"]}],
        "anyOf": [{"properties": {"c": {"const": 3}}, "required": ["c"]}],
    }
    assert minimal_instance(schema) == {"a": 0, "b": "practice", "c": 3}


def test_a_schema_that_holds_itself_comes_to_an_end():
    schema = {**NODE, "$defs": {"Node": NODE}}
    value = minimal_instance(schema)
    jsonschema.validate(value, schema)
    assert str(value).count("next") < 8


@pytest.mark.parametrize(
    "schema",
    [
        {"$ref": "#"},
        {"$ref": "#/a", "a": {"$ref": "#/b"}, "b": {"$ref": "#/a"}},
        {"allOf": [{"$ref": "#"}]},
        {"$ref": "https://example.com/schema"},
        {"type": "array", "minItems": 3, "items": {"$ref": "#"}},
    ],
)
def test_a_reference_that_leads_nowhere_comes_to_an_end(schema):
    minimal_instance(schema)


@pytest.mark.parametrize("bound", [10**400, float("inf"), float("nan"), "3", True, None])
def test_a_bound_that_is_none_counts_as_none(bound):
    assert minimal_instance({"type": "integer", "minimum": bound}) == 0
    assert minimal_instance({"type": "number", "multipleOf": bound}) == 0


def test_a_schema_that_asks_for_billions_of_values_gets_few():
    defs = {
        f"L{n}": {
            "type": "object",
            "required": ["a", "b"],
            "properties": {key: {"$ref": f"#/$defs/L{n + 1}"} for key in "ab"},
        }
        for n in range(40)
    }
    assert str(minimal_instance({"$ref": "#/$defs/L0", "$defs": defs})).count("{") <= MOST_VALUES
    assert len(minimal_instance({"type": "array", "minItems": 10**9})) <= MOST_VALUES
    assert len(minimal_instance({"type": "string", "minLength": 10**9})) <= 10_000


def test_the_schema_of_a_pydantic_model_gets_a_value():
    item = {
        "properties": {
            "name": {"title": "Name", "type": "string"},
            "price": {"exclusiveMinimum": 0, "maximum": 100, "title": "Price", "type": "number"},
            "colour": {"$ref": "#/$defs/Colour"},
            "day": {"format": "date", "title": "Day", "type": "string"},
            "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "title": "Note"},
        },
        "required": ["name", "price", "colour", "day", "note"],
        "title": "Item",
        "type": "object",
    }
    order = {
        "$defs": {"Colour": {"enum": ["red", "green"], "title": "Colour", "type": "string"}, "Item": item},
        "properties": {
            "items": {"items": {"$ref": "#/$defs/Item"}, "minItems": 1, "title": "Items", "type": "array"},
            "kind": {"anyOf": [{"$ref": "#/$defs/Item"}, {"type": "integer"}], "title": "Kind"},
        },
        "required": ["items", "kind"],
        "title": "Order",
        "type": "object",
    }
    value = minimal_instance(order)
    jsonschema.validate(value, order)
    assert value["items"] == [
        {"name": "practice", "price": 100, "colour": "red", "day": "2026-01-31", "note": "practice"}
    ]


BASIC = st.one_of(
    st.builds(
        lambda low, size: {"type": "integer", "minimum": low, "maximum": low + size},
        st.integers(-99, 99),
        st.integers(0, 9),
    ),
    st.builds(
        lambda low, size: {"type": "string", "minLength": low, "maxLength": low + size},
        st.integers(0, 20),
        st.integers(0, 9),
    ),
    st.sampled_from([{"type": "boolean"}, {"type": "null"}, {"type": "number"}, {"enum": [None, "a"]}, {"const": [1]}]),
)


def _compound(children):
    return st.one_of(
        st.builds(lambda item, size: {"type": "array", "items": item, "minItems": size}, children, st.integers(0, 2)),
        st.builds(
            lambda known: {"type": "object", "properties": known, "required": sorted(known)},
            st.dictionaries(st.sampled_from("abc"), children),
        ),
        st.builds(lambda options: {"anyOf": options}, st.lists(children, min_size=1, max_size=3)),
        st.builds(lambda part: {"allOf": [part]}, children),
    )


@unhurried
@given(st.recursive(BASIC, _compound, max_leaves=12))
def test_its_value_satisfies_any_schema_of_the_usual_words(schema):
    jsonschema.validate(minimal_instance(schema), schema)


WORDS = st.sampled_from(
    [
        "type",
        "$ref",
        "anyOf",
        "allOf",
        "enum",
        "items",
        "minItems",
        "minimum",
        "multipleOf",
        "maxLength",
        "properties",
        "required",
        "x",
    ]
)
LEAVES = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.sampled_from(["object", "array", "#/x", "#", ""])
)
ANYTHING = st.recursive(
    LEAVES,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(WORDS, inner, max_size=5)),
    max_leaves=20,
)


@unhurried
@given(st.dictionaries(WORDS, ANYTHING, max_size=6))
def test_no_schema_however_malformed_is_a_crash(schema):
    minimal_instance(schema)
