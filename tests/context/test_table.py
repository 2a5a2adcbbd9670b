"""Any table as a part: exact figures within a budget, and nothing that its level keeps back."""

import csv
import datetime as dt
import io
import math
import re
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofox_magic.chat.estimate import tokens
from ofox_magic.context.table import is_table, table_part
from ofox_magic.errors import ConfigError

pd = pytest.importorskip("pandas")
np = pytest.importorskip("numpy")

FRAME = pd.DataFrame(
    {
        "day": pd.date_range("2026-01-01", periods=40, freq="D"),
        "mail": [f"user{n}@secret.example" for n in range(40)],
        "n": [n * 1.5 for n in range(40)],
        "kind": ["left", "right"] * 20,
    }
)


def statistics_of(table, column):
    """What the line of *column* says, by the word: {"min": "0.0", "distinct": "40" …}."""
    line = re.search(rf"^- {re.escape(column)} \([^)]*\): (.*)$", table.text, re.MULTILINE)
    said = line.group(1) if line else ""
    found = dict(re.findall(r"\b(min|max|mean) ([^,]+)", said))
    return found | {
        word.rstrip("s"): count for count, word in re.findall(r"([\d,]+) (nulls?|distinct|NaN|infinite)", said)
    }


def rows_of(table):
    lines = table.text.split("an empty cell is null:\n", 1)[1].splitlines()
    return list(csv.reader(io.StringIO("\n".join(line for line in lines if not line.startswith("Left out:")))))


def test_the_shape_is_the_tables_own_and_the_text_tells_what_was_left_out():
    table = table_part(FRAME, name="df")
    assert (table.rows, table.columns, table.name, table.level) == (40, 4, "df", "sample")
    assert table.text.endswith("Left out: 20 of 40 rows")


def test_figures_are_exact():
    table = table_part(FRAME)
    assert statistics_of(table, "n") == {"min": "0.0", "mean": "29.25", "max": "58.5", "distinct": "40"}
    assert 'top "left"×20 "right"×20' in table.text
    assert "min 2026-01-01 00:00:00, max 2026-02-09 00:00:00" in table.text


def test_at_schema_no_value_is_told():
    text = table_part(FRAME, level="schema").text
    values = {str(value) for column in FRAME for value in FRAME[column]} - {"0.0"}
    assert not [value for value in values if value in text]
    assert "secret" not in text
    assert (
        re.findall(r"\d", text.replace("datetime64[us]", "").replace("datetime64[ns]", "").replace("float64", "")) == []
    )


def test_at_stats_no_row_and_no_name_is_told():
    text = table_part(FRAME, level="stats").text
    assert "secret" not in text
    assert "CSV" not in text
    assert "min 0.0, mean 29.25, max 58.5" in text


@pytest.mark.parametrize("level", ["schema", "stats", "sample", "full"])
def test_of_a_masked_column_only_name_and_dtype_are_told(level):
    text = table_part(FRAME, level=level, mask=["mail", "n"]).text
    assert "secret" not in text
    assert "58.5" not in text
    assert re.search(r"- mail \(\w+, masked\)$", text, re.MULTILINE)


def test_a_mask_that_names_no_column_is_refused():
    with pytest.raises(ConfigError, match="male"):
        table_part(FRAME, mask=["male"])


def test_full_has_all_rows_and_is_refused_above_the_budget():
    assert len(rows_of(table_part(FRAME, level="full"))) == 41
    large = pd.DataFrame({"a": range(5_000)})
    with pytest.raises(ConfigError, match="more than its budget of 1,500"):
        table_part(large, level="full")
    assert len(rows_of(table_part(large, level="full", budget=100_000))) == 5_001


@pytest.mark.parametrize("budget", [1500, 400, 200, 120, 60, 20])
def test_within_any_budget_rows_go_first_then_statistics_then_columns(budget):
    wide = pd.DataFrame({f"column_{n}": range(n, n + 30) for n in range(8)})
    table = table_part(wide, budget=budget)
    assert tokens(table.text) <= max(budget, 60)
    assert (table.rows, table.columns) == (30, 8)
    sample, figures, names = "CSV" in table.text, "distinct" in table.text, table.text.count("- column_")
    assert not sample or figures
    assert not figures or names in {8, 0} or "statistics" in table.text
    assert "Left out" in table.text


ODD = {
    "no rows": pd.DataFrame({"a": [], "b": []}),
    "no columns": pd.DataFrame(index=range(3)),
    "nothing": pd.DataFrame(),
    "all null": pd.DataFrame({"a": [None, None]}),
    "mixed": pd.DataFrame({"a": [1, "x", None, 2.5, [1], {"k": 1}]}),
    "same names": pd.DataFrame([[1, 2], [3, 4]], columns=["a", "a"]),
    "names that are no text": pd.DataFrame([[1, 2, 3]], columns=[0, None, ("a", 1)]),
    "index of two levels": FRAME.set_index(["kind", "day"]),
    "columns of two levels": pd.DataFrame([[1, 2]], columns=pd.MultiIndex.from_tuples([("a", "x"), ("a", "y")])),
    "categories": pd.DataFrame({"a": pd.Categorical(["x", "y", None])}),
    "time zones": pd.DataFrame({"a": pd.date_range("2026-01-01", periods=2, tz="Europe/Berlin")}),
    "decimals": pd.DataFrame({"a": [Decimal("1.10"), Decimal("2.20")]}),
    "huge integers": pd.DataFrame({"a": [2**70, -(2**80)]}),
    "integers that Python refuses to write": pd.DataFrame({"a": pd.Series([10**5000, 1], dtype=object)}),
    "lists": pd.DataFrame({"a": [[1, 2], [3]]}),
    "infinities": pd.DataFrame({"a": [math.inf, -math.inf, math.nan, 1.0]}),
    "a thousand columns": pd.DataFrame([range(1000)], columns=[f"c{n}" for n in range(1000)]),
    "megabytes in a cell": pd.DataFrame({"a": ["x" * 2_000_000]}),
    "what breaks CSV": pd.DataFrame({"a": ['one,"two"\nthree', "\x00\x1b[2J", ""]}),
    "dates and durations": pd.DataFrame({"a": [dt.date(2026, 1, 1)], "b": [dt.timedelta(hours=1)]}),
    "periods and intervals": pd.DataFrame({"a": pd.period_range("2026-01", periods=2), "b": pd.interval_range(0, 2)}),
    "complex": pd.DataFrame({"a": [1 + 2j]}),
    "objects that raise": pd.DataFrame({"a": [type("Odd", (), {"__str__": lambda self: 1 / 0})()]}),
}


@pytest.mark.parametrize("level", ["schema", "stats", "sample"])
@pytest.mark.parametrize("name", list(ODD))
def test_odd_frames_are_told_and_left_as_they_were(name, level):
    frame = ODD[name]
    before = frame.shape, list(frame.columns)
    table = table_part(frame, name=name, level=level)
    assert (table.rows, table.columns) == frame.shape
    assert tokens(table.text) <= 1_500
    assert (frame.shape, list(frame.columns)) == before
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f]", table.text) == []


def test_a_cell_with_commas_quotes_and_lines_is_read_back_as_it_was():
    rows = rows_of(table_part(ODD["what breaks CSV"]))
    assert rows[1] == ['one,"two"\nthree']


numbers = st.lists(
    st.one_of(
        st.none(),
        st.integers(-(2**53), 2**53),
        st.floats(-1e150, 1e150),
        st.sampled_from([math.inf, -math.inf, math.nan]),
    ),
    max_size=30,
)


@settings(max_examples=120, derandomize=True)
@given(numbers)
def test_every_figure_of_a_column_of_numbers_is_that_of_a_plain_computation(values):
    table = table_part(pd.DataFrame({"a": pd.Series([math.nan if v is None else v for v in values], dtype="float64")}))
    said = statistics_of(table, "a")
    present = [float(v) for v in values if v is not None and not math.isnan(v)]
    assert said.get("distinct", "0").replace(",", "") == str(len(set(present)))
    if present:
        assert float(said["min"]) == min(present)
        assert float(said["max"]) == max(present)
    mean = said.get("mean")
    if mean and all(map(math.isfinite, present)):
        plain = math.fsum(present) / len(present)
        assert float(mean.lstrip("≈")) == pytest.approx(plain, rel=1e-5, abs=1e-5 * max(map(abs, present)))


@settings(max_examples=120, derandomize=True)
@given(st.lists(st.one_of(st.none(), st.text(max_size=8)), min_size=1, max_size=30))
def test_every_figure_of_a_column_of_texts_is_that_of_a_plain_computation(values):
    said = statistics_of(table_part([{"a": value} for value in values]), "a")
    present = [value for value in values if value is not None]
    assert said.get("distinct", "0") == str(len(set(present)))
    if present:
        assert said.get("null", "0") == str(len(values) - len(present))


def of_polars():
    pl = pytest.importorskip("polars")
    return pl.DataFrame({"a": [1, 2, None], "b": ["x", "y", "y"]})


def of_lazy_polars():
    return of_polars().lazy()


def of_pyarrow():
    return pytest.importorskip("pyarrow").table({"a": [1, 2, None], "b": ["x", "y", "y"]})


def of_duckdb():
    return pytest.importorskip("duckdb").sql("select * from (values (1, 'x'), (2, 'y'), (null, 'y')) as t(a, b)")


def of_records():
    return [{"a": 1, "b": "x"}, {"a": 2, "b": "y"}, {"a": None, "b": "y"}]


@pytest.mark.parametrize("make", [of_polars, of_lazy_polars, of_pyarrow, of_duckdb, of_records])
def test_every_library_tells_the_same(make):
    value = make()
    assert is_table(value)
    table = table_part(value, name="t")
    assert (table.rows, table.columns) == (3, 2)
    said = statistics_of(table, "a")
    assert {key: said[key] for key in ("null", "distinct")} == {"null": "1", "distinct": "2"}
    assert (float(said["min"]), float(said["max"])) == (1, 2)
    assert 'top "y"×2' in table.text
    assert sorted(rows_of(table)[1:]) == [["", "y"], ["1", "x"], ["2", "y"]]


def test_a_lazy_frame_is_never_collected_as_a_whole(monkeypatch):
    pl = pytest.importorskip("polars")
    collected = []
    collect = pl.LazyFrame.collect
    monkeypatch.setattr(
        pl.LazyFrame, "collect", lambda self, *a, **k: collected.append(collect(self, *a, **k)) or collected[-1]
    )
    frame = pl.LazyFrame({"a": range(50_000), "b": [f"v{n % 7}" for n in range(50_000)]})
    table = table_part(frame)
    assert table.rows == 50_000
    assert collected
    assert max(each.height for each in collected) <= 100


@pytest.mark.parametrize(
    ("value", "rows", "columns"),
    [
        (FRAME["n"], 40, 1),
        (FRAME.groupby("kind"), 2, 1),
        (np.arange(6).reshape(2, 3), 2, 3),
        (np.arange(4), 4, 1),
    ],
)
def test_what_is_like_a_table_is_told_as_one(value, rows, columns):
    assert is_table(value)
    table = table_part(value)
    assert (table.rows, table.columns) == (rows, columns)


def test_a_styler_is_the_frame_that_it_styles():
    pytest.importorskip("jinja2")
    assert table_part(FRAME.style).rows == 40


@pytest.mark.parametrize("value", ["text", 5, {"a": 1}, [], [1, 2], object(), pd, pd.DataFrame, None, b"x"])
def test_other_things_are_no_tables(value):
    assert not is_table(value)


def test_an_engines_own_error_is_one_line():
    pl = pytest.importorskip("polars")
    with pytest.raises(ConfigError) as error:
        table_part(pl.LazyFrame({"a": [1]}).select(pl.col("a").map_elements(lambda _: 1 / 0, return_dtype=pl.Int64)))
    assert "\n" not in str(error.value)
