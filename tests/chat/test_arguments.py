"""The arguments of a call: JSON within bounds, or a reason in a few words."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.chat.arguments import DEEPEST, MOST_CHARACTERS, BadArguments, arguments_of

JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=12,
)


@given(st.dictionaries(st.text(), JSON, max_size=4))
def test_an_object_is_read_as_it_is(value):
    assert arguments_of(json.dumps(value)) == value
    assert arguments_of(json.dumps(value, ensure_ascii=False, indent=1)) == value


@given(st.dictionaries(st.text(), JSON, min_size=1, max_size=4), st.data())
def test_no_beginning_of_an_object_is_taken_for_one(value, data):
    text = json.dumps(value)
    length = data.draw(st.integers(1, len(text) - 1))
    with pytest.raises(BadArguments, match=r"end too early|go wrong"):
        arguments_of(text[:length])


@pytest.mark.parametrize("text", ["", " ", "\n", "{}", " {} "])
def test_no_text_is_an_object_without_arguments(text):
    assert arguments_of(text) == {}


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('{"a": 1', "end too early"),
        ('{"a": "half', "no JSON"),
        ("[1]", "a list where an object belongs"),
        ('"{}"', "a text where an object belongs"),
        ("3", "a number where an object belongs"),
        ("3.5", "a number where"),
        ("true", "true or false where"),
        ("null", "null where"),
        ('{"a": 1, "a": 2}', "a name comes twice"),
        ('{"a": {"b": 1, "b": 1}}', "a name comes twice"),
        ('{"a": 1, "\\u0061": 2}', "a name comes twice"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": -Infinity}', "-Infinity is no number"),
        ('{"a": 1e999}', "too large for a double"),
        ('{"a": ' + "9" * 5_000 + "}", "more than 1,000 digits"),
        ("{'a': 1}", "go wrong at character 2"),
        ('{"a": 1} {"b": 2}', "go wrong at character 10"),
        ('{"a": "two\nlines"}', "go wrong"),
        ('\ufeff{"a": 1}', "no JSON"),
        ('{"a": ' + '"' + "x" * MOST_CHARACTERS + '"}', "more than 65,536"),
        ('{"a": ' + "[" * 40 + "]" * 40 + "}", "nested deeper"),
        ('{"a": ' + "[" * 30_000 + "]" * 30_000 + "}", "nested deeper"),
        ('{"a":' * 10_000 + "1" + "}" * 10_000, "nested deeper"),
        ('{"a": ' + "[" * 60_000, "nested deeper|end too early"),
    ],
)
def test_what_cannot_be_used_is_refused_with_a_reason(text, why):
    with pytest.raises(BadArguments, match=why):
        arguments_of(text)


def test_what_is_as_deep_as_allowed_is_read():
    levels = DEEPEST - 1
    assert arguments_of('{"a": ' + "[" * levels + "]" * levels + "}")
    with pytest.raises(BadArguments):
        arguments_of('{"a": ' + "[" * (levels + 1) + "]" * (levels + 1) + "}")
