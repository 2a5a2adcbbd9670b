"""What was sent under a name is compared with what stands under it when the next question is asked."""

import gc
import weakref

import pandas as pd
import pytest

from ofox_magic.chat.parts import Image, Table
from ofox_magic.context.sent_before import SentBefore


def frame(*columns, rows=2):
    return pd.DataFrame({name: range(rows) for name in columns})


def sent(name, value):
    """What remembers that *value*, a frame or a figure, was sent under *name*."""
    before = SentBefore()
    is_frame = isinstance(value, pd.DataFrame)
    part = Table("…", *value.shape, name=name) if is_frame else Image(b"\x89PNG", name=name)
    before.note([part], {name: value})
    return before


@pytest.mark.parametrize(
    ("now", "words"),
    [
        (frame("a", "b", rows=1_234), "df had 2 rows and has 1,234 since it was sent"),
        (frame("a", "b", "c"), "df has other columns (+c)"),
        (frame("a"), "df has other columns (-b)"),
        (frame("b", "a"), "df has other columns (in another order)"),
        (frame("a", "b"), "df is another object"),
        ("no frame at all", "df has other columns (-a, -b)"),
    ],
)
def test_a_frame_that_is_another_one_now_is_said_once(now, words):
    before = sent("df", frame("a", "b"))
    [line] = before.changes({"df": now})
    assert line.startswith(words)
    assert list(before.changes({"df": now})) == []


def test_a_frame_that_was_changed_in_place_is_said():
    df = frame("a")
    before = sent("df", df)
    assert list(before.changes({"df": df})) == []
    df["b"] = 1
    [line] = before.changes({"df": df})
    assert "(+b)" in line


def test_a_figure_that_was_drawn_anew_or_deleted_is_said():
    class Figure:
        pass

    fig = Figure()
    assert list(sent("fig", fig).changes({"fig": fig})) == []
    assert next(sent("fig", fig).changes({"fig": Figure()})).startswith("fig is another object")
    assert next(sent("fig", fig).changes({})).startswith("fig was deleted")


def test_what_goes_along_again_is_not_said_and_is_what_counts_from_then_on():
    before, now = sent("df", frame("a")), frame("a", rows=5)
    part = Table("…", 5, 1, "df")
    assert list(before.changes({"df": now}, [part])) == []
    before.note([part], {"df": now})
    assert list(before.changes({"df": now})) == []


def test_no_value_is_kept_alive():
    df = frame("a")
    before, watched = sent("df", df), weakref.ref(df)
    del df
    gc.collect()
    assert watched() is None
    assert next(before.changes({"df": frame("a")})).startswith("df is another object")
