"""Prose broken between words while it comes: pure text in, text out."""

import itertools
import random
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.jupyter.wrap import WordWrap, columns


def wrapped(text, width=20, sizes=(1000,), flush=False):
    """*text* as it is shown, having come in pieces of *sizes*."""
    wrap, shown, rest = WordWrap(lambda: width), "", text
    while rest:
        for size in sizes:
            shown += wrap.feed(rest[:size])
            shown += wrap.flush() if flush else ""
            rest = rest[size:]
    return shown + wrap.flush()


def test_a_line_of_prose_is_broken_between_words():
    assert wrapped("The quick brown fox jumps over the lazy dog.") == "The quick brown fox\njumps over the lazy\ndog."


def test_a_line_that_fits_exactly_is_left_alone():
    assert wrapped("x" * 9 + " " + "y" * 10) == "x" * 9 + " " + "y" * 10


def test_the_lines_of_an_item_stand_below_its_text_and_those_of_a_quotation_have_its_sign():
    text = "1. one two three four five\n   - six seven eight nine\n> ten eleven twelve thirteen\n"
    assert wrapped(text) == dedent("""\
        1. one two three
           four five
           - six seven eight
             nine
        > ten eleven twelve
        > thirteen
        """)


@pytest.mark.parametrize(
    "text",
    [
        "```python\nprint('a line that is longer than the window')\n```",
        "~~~~ text\n```\na line that is longer than the window\n~~~~",
        "> ```\n> a line that is longer than the window\n> ```",
        "| a row of a table | that is longer than the window |",
        "    indented = 'code that is longer than the window'",
    ],
)
def test_code_and_tables_keep_their_lines(text):
    assert wrapped(text) == text
    assert wrapped(text, sizes=(1, 3, 2)) == text


def test_prose_behind_a_code_block_is_broken_again():
    text = "````\n```\nthis is still code, isn't it, yes\n````\nbut this is prose again"
    assert wrapped(text).endswith("\nbut this is prose\nagain")


def test_a_word_longer_than_a_line_stays_whole_so_that_it_can_be_copied():
    address = "https://docs.example.org/a/long/address"
    assert wrapped(f"see {address} for more") == f"see\n{address}\nfor more"


def test_wide_characters_count_twice_and_text_without_spaces_is_broken_too():
    shown = wrapped("中文很长的一句话，没有空格，要换行。", 12)
    assert [columns(line) for line in shown.split("\n")] == [12, 12, 12]
    assert wrapped("한국어 문장은 단어 사이에서", 14) == "한국어 문장은\n단어 사이에서"


def test_a_word_waits_for_its_rest_until_it_is_known_to_fit():
    wrap = WordWrap(lambda: 20)
    assert [wrap.feed(piece) for piece in ("one", " two thr", "ee ", "x" * 30)] == [
        "",
        "one two",
        " three",
        "\n" + "x" * 30,
    ]


def test_what_stalls_is_shown_as_far_as_it_came_and_goes_on_where_it_stood():
    wrap = WordWrap(lambda: 20)
    assert wrap.feed("some words and so fo") + wrap.flush() == "some words and so fo"
    assert wrap.feed("rth and on") == "rth and"


def test_the_width_is_asked_for_anew_since_windows_change():
    width = 10
    wrap = WordWrap(lambda: width)
    shown = wrap.feed("aaaa bbbb cccc\n")
    width = 20
    assert shown + wrap.feed("aaaa bbbb cccc\n") == "aaaa bbbb\ncccc\naaaa bbbb cccc\n"


TEXTS = st.text(st.sampled_from("ab  \n中文|-`1.*#"), max_size=120)
SIZES = st.lists(st.integers(1, 9), min_size=1, max_size=5)


@given(TEXTS, SIZES)
def test_it_is_all_the_same_in_which_pieces_a_text_comes(text, sizes):
    assert wrapped(text, sizes=sizes) == wrapped(text)


@given(TEXTS, SIZES, st.booleans())
def test_nothing_is_lost_and_nothing_is_added_but_line_ends(text, sizes, flush):
    assert "".join(wrapped(text, sizes=sizes, flush=flush).split()) == "".join(text.split())


@given(st.lists(st.text("abc", min_size=1, max_size=10), min_size=1), st.integers(10, 40))
def test_no_line_of_prose_is_wider_than_the_window_and_none_could_take_one_more_word(words, width):
    lines = wrapped(" ".join(words), width).split("\n")
    assert max(map(len, lines)) <= width
    assert all(len(line) + 1 + len(after.split()[0]) > width for line, after in itertools.pairwise(lines))


def test_a_long_answer_in_small_pieces_costs_little():
    random.seed(1)
    text = "".join(random.choice("abcdefg      \n") for _ in range(200_000)) + "x" * 100_000 + "中" * 50_000
    assert len(wrapped(text, 80, sizes=(4,))) > 350_000
