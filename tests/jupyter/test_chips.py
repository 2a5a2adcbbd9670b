"""The words on chips."""

import pytest

from ofox_magic.chat.messages import Message, user
from ofox_magic.chat.parts import Image, Inserted, Table, Text
from ofox_magic.jupyter.chips import chips, size

PICTURE = Image(b"x" * 1500, width=640, height=480, name="fig")


def test_each_thing_that_went_along_has_a_chip_in_order():
    question = user(
        Text("is 5 high", (Inserted("n", "int", 1),)),
        Table("a\n1", 1000, 5, "df", "stats"),
        PICTURE,
        Image(url="https://img.example.org/a.png", name="https://img.example.org/a.png"),
    )
    assert chips([question]) == (
        "n · int · 1 B",
        "df · table · 1,000 rows × 5 columns · stats · 3 B · ≈20 tokens",
        "fig · PNG · 640 × 480 px · 1.5 kB · ≈425 tokens",
        "https://img.example.org/a.png · picture · by its address · ≈1,105 tokens",
    )


def test_without_sizes_a_chip_is_the_same_on_every_machine():
    assert chips([Message("user", (PICTURE,))], sizes=False) == ("fig · PNG · 640 × 480 px",)


def test_a_name_is_one_short_line():
    [chip] = chips([user(Image(b"x", name="a\n" + "b" * 200))])
    assert "\n" not in chip
    assert len(chip) < 90


@pytest.mark.parametrize(("count", "words"), [(0, "0 B"), (999, "999 B"), (1500, "1.5 kB"), (2_340_000, "2.3 MB")])
def test_a_size_is_told_in_three_figures(count, words):
    assert size(count) == words
