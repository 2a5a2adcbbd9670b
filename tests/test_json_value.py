"""The one JSON value that an answer is or holds."""

import json
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.errors import AnswerError, OfoxError
from ofox_magic.json_value import json_value
from ofox_magic.untrusted import fenced

JSON = "```json\n{}\n```".format

HELD = {
    "an object": ('{"a": 1}', {"a": 1}),
    "an array": ("[1, 2]", [1, 2]),
    "nothing in it": ("{}", {}),
    "a number": ("42", 42),
    "a negative fraction": (" -1.5e3\n", -1500.0),
    "a text": ('"a \\u00e9 \\n"', "a é \n"),
    "a truth": ("true", True),
    "a null": ("null", None),
    "blanks around": ('\n\t {"a": 1} \r\n', {"a": 1}),
    "a byte order mark": ("\ufeff42", 42),
    "keys twice": ('{"a": 1, "a": 2}', {"a": 2}),
    "a line end in a text": ('{"a": "b\nc\td"}', {"a": "b\nc\td"}),
    "a fence within a text": ('{"a": "```json\\n1\\n```"}', {"a": "```json\n1\n```"}),
    "a fence": (JSON('{"a": 1}'), {"a": 1}),
    "a fence in capitals": ("```JSON\n[1]\n```", [1]),
    "a fence without a name": ('```\n{"a": 1}\n```', {"a": 1}),
    "a fence of tildes": ("~~~json\n[1]\n~~~", [1]),
    "a fence around a number": (JSON("42"), 42),
    "a fence that is not closed": ('```json\n{"a": 1}', {"a": 1}),
    "a fence with words": ("Here you are:\n\n" + JSON('{"a": 1}') + "\n\nThat is all {so to speak}.", {"a": 1}),
    "a fence in a list": ('1. so:\n   ```json\n   {"a": 1}\n   ```', {"a": 1}),
    "a fence in a quotation": ('> ```json\n> {"a": 1}\n> ```', {"a": 1}),
    "a fence of another kind beside it": (JSON("[1]") + '\n```python\nx = {"b": 2}\n```', [1]),
    "an output beside it": ("```\nnot this\n```\n" + JSON("[1]"), [1]),
    "only one without a name is JSON": ("```\nnot this\n```\n```\n[1]\n```", [1]),
    "words before": ('The answer is {"a": 1}', {"a": 1}),
    "words behind": ('{"a": 1} is the answer', {"a": 1}),
    "words around": ('So: {"a": {"b": [1, {"c": 2}]}}. Done.', {"a": {"b": [1, {"c": 2}]}}),
    "an array among words": ('These: ["a", "b"], I think', ["a", "b"]),
    "an array of numbers on its lines": ("These:\n[1,\n 2]\nI think", [1, 2]),
    "braces among the words": ('With {name} and {} and [1] and [ ]: {"a": 1}', {"a": 1}),
    "footnotes": ('As [1] and [2, 3] say: {"a": 1} [4]', {"a": 1}),
    "a task list": ('- [ ] to do\n- [x] done\n\n{"a": 1}', {"a": 1}),
    "code in another language": ('{"a": 1}\n```python\nx = {"b": 2}\n```', {"a": 1}),
    "deep but not too deep": ("[" * 100 + "]" * 100, json.loads("[" * 100 + "]" * 100)),
}


@pytest.mark.parametrize(("text", "value"), HELD.values(), ids=HELD)
def test_the_value_is_found(text, value):
    assert json_value(text) == value


REFUSED = {
    "nothing": ("", "it is empty"),
    "blanks": (" \n", "it is empty"),
    "words": ("I cannot do that.", "Expecting value"),
    "words with braces": ("With {} and {name} and [1] in a line", "Expecting value"),
    "a task": ("- [ ] to do", "Expecting value"),
    "two objects": ('{"a": 1} {"b": 2}', "one JSON value, got 2"),
    "lines of JSON": ('{"a": 1}\n{"a": 2}\n{"a": 3}', "one JSON value, got 3"),
    "two fences": (JSON("1") + "\n" + JSON("2"), "one JSON value, got 2"),
    "two fences without a name": ("```\n1\n```\n```\n2\n```", "one JSON value, got 2"),
    "not a number": ('{"a": NaN}', "NaN is not JSON"),
    "infinity": ("-Infinity", "Infinity is not JSON"),
    "a comma too many": ('{"a": {"b": 1},}', "line 1, column 1"),
    "a comment": ('{"a": 1 // one\n}', "line 1, column 9"),
    "as Python writes it": ("{'a': {\"b\": 1}}", "column 2"),
    "as JavaScript writes it": ('so {a: {"b": 1}}', "column 5"),
    "cut in a text": ('{"a": {"b": 1}, "c": "d', "Unterminated string"),
    "cut behind a value": ('{"a": [{"b": 1}, {"b": 2}', "it breaks off"),
    "cut in a fence": ('```json\n{"a": {"b": 1},', "it breaks off"),
    "broken in a fence with a whole one beside it": (JSON("{oops}") + "\n" + JSON('{"a": 1}'), "line 1, column 2"),
    "broken in the middle": ('so: {"a": oops, "b": {"c": 1}}', "'oops"),
    "a dict in code": ('```python\nx = {"a": 1}\n```', "Expecting value"),
    "too deep": ("[" * 100_000, "nested too deep"),
    "too deep among words": ("so: " + '{"a":' * 100_000, "nested too deep"),
    "too long a number": ("1" * 5000, "digits"),
}


@pytest.mark.parametrize(("text", "why"), REFUSED.values(), ids=REFUSED)
def test_what_is_no_json_is_refused_with_the_place(text, why):
    with pytest.raises(AnswerError, match="expected") as caught:
        json_value(text)
    assert why in str(caught.value)
    assert "\n" not in str(caught.value)
    assert isinstance(caught.value, ValueError)
    assert isinstance(caught.value, OfoxError)


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(values, st.booleans(), st.sampled_from([None, 1]))
def test_any_value_comes_back_bare_and_out_of_a_fence(value, ascii_only, indent):
    text = json.dumps(value, ensure_ascii=ascii_only, indent=indent)
    assert json_value(text) == value
    assert json_value(f"Here:\n\n{fenced(json.dumps(value), 'json')}\n\nThat is all.") == value


@given(st.dictionaries(st.text(), values, min_size=1))
def test_any_object_comes_back_from_among_words(value):
    assert json_value(f"It is {json.dumps(value)}, I think.") == value


@given(st.dictionaries(st.text(), values, min_size=1), st.data())
def test_no_part_of_a_cut_object_is_taken_for_the_whole(value, data):
    text = json.dumps(value)
    cut = text[: data.draw(st.integers(min_value=2, max_value=len(text) - 1))]
    with pytest.raises(AnswerError):
        json_value(f"So: {cut}")


@given(st.text(alphabet='{}[]":,1a \n`'))
def test_no_text_makes_it_stumble(text):
    with suppress(AnswerError):
        json_value(text)
