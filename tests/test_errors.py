"""Errors: one tree, one line in a cell, nothing unprintable and no key in any message."""

import re

import pytest

import ofox_magic
from ofox_magic import errors
from ofox_magic.errors import Interrupted, OfoxError
from ofox_magic.untrusted import one_line, printable


def tree(kind, depth=0):
    yield "  " * depth + kind.__name__
    for child in kind.__subclasses__():
        yield from tree(child, depth + 1)


def test_the_tree_is_the_one_that_its_docstring_draws():
    drawn = re.findall(r"^    ( *[A-Z]\w+)(?=  |$)", errors.__doc__, re.MULTILINE)
    assert drawn == [*tree(OfoxError), "Interrupted"]


def test_every_error_shows_as_one_line_in_a_cell():
    assert errors.ConfigError("set OFOX_API_KEY")._render_traceback_() == ["ConfigError: set OFOX_API_KEY"]
    assert Interrupted("stopped")._render_traceback_() == ["Interrupted: stopped"]


def test_a_stop_is_not_swallowed_by_except_exception():
    assert issubclass(Interrupted, KeyboardInterrupt)
    assert not issubclass(Interrupted, Exception)


@pytest.mark.parametrize(
    "text",
    ["key sk-of-abc123def456 refused", "SK-ABC1", f"sk-{'abc-_' * 4}", "Authorization: Bearer abc.def"],
)
def test_what_looks_like_a_key_is_masked_in_every_message(text):
    shown = str(OfoxError(text))
    assert "[key]" in shown
    assert "abc" not in shown.lower()


def test_words_that_begin_like_a_key_stay():
    said = "no module sk-learn; try sk-learn-contrib, sk-image or task-1234"
    assert str(OfoxError(said)) == said


def test_no_message_holds_terminal_escapes_or_direction_tricks():
    assert str(OfoxError("a\x1b[31mb\u202ec\U000e0041d\x9be")) == "a[31mbcde"


def test_a_message_with_half_a_character_can_be_shown():
    assert str(OfoxError("a\ud83db")).encode() == b"ab"


def test_printable_keeps_newlines_and_tabs_and_makes_line_ends_one_kind():
    assert printable("a\tb\r\nc\rd\n") == "a\tb\nc\nd\n"


def test_one_line_is_short_and_one_line():
    assert one_line("a\n\n  b\x00") == "a b"
    assert one_line("x" * 1000, 10) == "xxxxxxxxx…"


def test_every_error_is_a_public_name():
    kinds = [line.strip() for line in tree(OfoxError)]
    assert set(kinds) <= set(ofox_magic.__all__)
