"""Which names are offered for a reference: by type, so that no value has to do anything for it."""

import pytest

from ofox_magic.context.convert import Converter
from ofox_magic.context.nameable import kind, nameable
from ofox_magic.context.sharing import Sharing


class Speaks:
    def _ai_repr_(self):
        return {"text/plain": "x"}


class Touchy:
    def __getattribute__(self, name):
        raise AssertionError(f"{name} was read")

    def __len__(self):
        raise AssertionError("it was measured")


class ComputesItsClass:
    @property
    def __class__(self):
        raise AssertionError("its class was computed")


def function():
    pass


VALUES = [
    "a",
    1,
    1.5,
    True,
    2j,
    Speaks(),
    Speaks,
    function,
    pytest,
    object(),
    {"a": 1},
    [1],
    [],
    [{"a": 1}],
    None,
    b"x",
]


@pytest.mark.parametrize("value", VALUES)
def test_what_is_offered_is_what_a_reference_takes(value):
    assert (kind(value) is not None) == Converter(Sharing()).is_sendable(value)


@pytest.mark.parametrize("make", [Touchy, ComputesItsClass, lambda: [Touchy()]])
def test_no_value_is_looked_into(make):
    assert kind(make()) is None


def test_tables_and_pictures_come_first_and_the_newest_of_each():
    from PIL import Image

    namespace = {"n": 1, "old": [{"a": 1}], "_own": "x", "word": "y", "In": "z", "picture": Image.new("L", (1, 1))}
    assert nameable(namespace, {"In"}) == [
        ("picture", "picture"),
        ("old", "table"),
        ("word", "text"),
        ("n", "number"),
    ]
