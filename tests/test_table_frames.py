"""Tables of an answer as frames, with the numbers that are plainly numbers."""

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic import table_frames
from ofox_magic.render import TableBlock
from ofox_magic.table_frames import columns_of, frame_of

TABLE = TableBlock(("month", "mean", "count"), (("March", "3.1", "120"), ("April", "4.4", "")))


def column(*cells):
    return columns_of(["a"], [(cell,) for cell in cells])["a"]


@pytest.mark.parametrize(
    ("cells", "values"),
    [
        (["1", "2"], [1, 2]),
        (["0", "-7"], [0, -7]),
        (["\u22127"], [-7]),
        (["1", "", "3"], [1, None, 3]),
        (["1.5", "2"], [1.5, 2.0]),
        (["1.50", ""], [1.5, None]),
        (["-0.5", "1e3", "2.5E-3"], [-0.5, 1000.0, 0.0025]),
        (["999999999999999999"], [999999999999999999]),
        (["0.123456789012345"], [0.123456789012345]),
    ],
)
def test_plain_numbers_are_numbers(cells, values):
    assert column(*cells) == values
    assert [type(value) for value in column(*cells)] == [type(value) for value in values]


@pytest.mark.parametrize(
    "cell",
    [
        *("1,234", "1.234.567", "1 234", "1_000", "12 %", "12%", "$5", "5 kg", "≈5", "~5", "<5", "(5)"),
        *("007", "00", "-01", "+49", "+1.5", "1.", ".5", "0x10", "1e400", "1/2", "½", "١٢", "１２"),
        *("NaN", "nan", "inf", "-inf", "null", "None", "n/a", "-", "—", "true"),
        *("2024-03-01", "01.03.2024", "3/1/2024", "12:30", "2024-W09"),
        *("1234567890123456789", "4111111111111111111", "3.14159265358979323846"),
    ],
)
def test_what_could_mean_something_else_stays_text(cell):
    assert column(cell) == [cell]
    assert column("1", cell) == ["1", cell]


def test_a_large_integer_is_no_float_even_beside_one():
    assert column("9007199254740993", "0.5") == ["9007199254740993", "0.5"]


def test_empty_cells_alone_stay_text():
    assert column("", "") == ["", ""]


@given(st.lists(st.integers(-(10**18) + 1, 10**18 - 1), min_size=1))
def test_any_integers_come_back(numbers):
    assert column(*map(str, numbers)) == numbers


@given(st.lists(st.decimals(-(10**9), 10**9, places=4), min_size=1))
def test_any_decimals_come_back_digit_by_digit(numbers):
    values = column(*(f"{number:.4f}" for number in numbers))
    assert [f"{value:.4f}" for value in values] == [f"{number:.4f}" for number in numbers]


@given(st.lists(st.text(alphabet="01.e-+, %"), min_size=1))
def test_what_becomes_a_number_says_the_same(cells):
    for cell, value in zip(cells, column(*cells), strict=True):
        assert value == cell if isinstance(value, str) else value == (float(cell) if cell else None)


@pytest.mark.parametrize(
    ("header", "names"),
    [
        (("a", "a", "a"), ["a", "a (2)", "a (3)"]),
        (("a", "a", "a (2)"), ["a", "a (3)", "a (2)"]),
        (("", ""), ["", " (2)"]),
    ],
)
def test_columns_of_one_name_are_told_apart(header, names):
    assert list(columns_of(header, [("1",) * len(header)])) == names


def test_pandas_gets_it_where_pandas_is_there():
    pandas = pytest.importorskip("pandas")
    frame = frame_of(TABLE)
    assert isinstance(frame, pandas.DataFrame)
    assert [str(kind) for kind in frame.dtypes[1:]] == ["float64", "Int64"]
    assert frame["mean"].sum() == 7.5
    assert frame["count"].isna().tolist() == [False, True]
    assert frame["month"].tolist() == ["March", "April"]


def test_an_empty_table_keeps_its_columns():
    pytest.importorskip("pandas")
    assert list(frame_of(TableBlock(("a", "b"))).columns) == ["a", "b"]
    assert len(frame_of(TableBlock(("a", "b")))) == 0


def test_polars_gets_it_where_polars_is_what_is_used(monkeypatch):
    polars = pytest.importorskip("polars")
    monkeypatch.setattr(table_frames, "_at_hand", lambda: "polars")
    frame = frame_of(TABLE)
    assert frame.schema == {"month": polars.String, "mean": polars.Float64, "count": polars.Int64}
    assert frame["count"].to_list() == [120, None]
    assert frame_of(TableBlock(("a",))).schema == {"a": polars.String}


def test_without_a_library_there_are_records(monkeypatch):
    monkeypatch.setattr(table_frames, "_at_hand", lambda: None)
    assert frame_of(TABLE) == [
        {"month": "March", "mean": 3.1, "count": 120},
        {"month": "April", "mean": 4.4, "count": None},
    ]
    assert frame_of(TableBlock(("a",))) == []


PROBE = """
import sys
{before}
import ofox_magic.table_frames as tables
found = tables._at_hand()
print(found, [name for name in ("pandas", "polars") if sys.modules.get(name)])
"""


@pytest.mark.parametrize(
    ("before", "said"),
    [
        ("", "pandas []"),
        ("import polars", "polars ['polars']"),
        ("import polars, pandas", "pandas ['pandas', 'polars']"),
        ("sys.modules['pandas'] = None", "polars []"),
    ],
)
def test_the_library_in_use_comes_first_and_none_is_imported_to_look(before, said):
    pytest.importorskip("pandas")
    pytest.importorskip("polars")
    run = subprocess.run(
        [sys.executable, "-c", PROBE.format(before=before)], capture_output=True, text=True, check=False
    )
    assert run.stdout.strip() == said, run.stderr
