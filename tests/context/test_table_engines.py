"""What leaves an engine, and what leaves the kernel: as little as the level says, whatever library holds the table."""

import re

import pytest

from ofox_magic.chat.estimate import tokens
from ofox_magic.context.table import table_part
from tests.benchmarks.frames import watched

ROWS = 3_000
SECRETS = {  # no value is a part of a name, a dtype or a count
    "word": [f"zebra{n % 4}" for n in range(ROWS)],
    "amount": [70_001.5 + n for n in range(ROWS)],
    "code": [880_000 + 2 * n for n in range(ROWS)],
}


def of_records():
    return [dict(zip(SECRETS, row, strict=True)) for row in zip(*SECRETS.values(), strict=True)]


def of_pandas():
    return pytest.importorskip("pandas").DataFrame(SECRETS)


def of_pandas_index():
    return of_pandas().set_index(["word", "code"])


def of_polars():
    return pytest.importorskip("polars").DataFrame(SECRETS)


def of_lazy_polars():
    return of_polars().lazy()


def of_pyarrow():
    return pytest.importorskip("pyarrow").table(SECRETS)


def of_duckdb():
    pytest.importorskip("pyarrow")
    return pytest.importorskip("duckdb").from_arrow(of_pyarrow())


EVERY = [of_records, of_pandas, of_pandas_index, of_polars, of_lazy_polars, of_pyarrow, of_duckdb]


def told(text):
    """Which columns' values are in *text*, with the values."""
    return {name: found for name, values in SECRETS.items() if (found := {v for v in values if str(v) in text})}


@pytest.mark.parametrize("make", EVERY)
def test_at_schema_no_value_leaves(make):
    text = table_part(make(), level="schema").text
    assert told(text) == {}
    assert all(f"{name} (" in text for name in SECRETS)


@pytest.mark.parametrize("make", EVERY)
def test_at_stats_only_bounds_and_the_most_frequent_leave(make):
    assert told(table_part(make(), level="stats").text) == {
        "word": {"zebra0", "zebra1", "zebra2", "zebra3"},
        "amount": {70_001.5, 73_000.5},
        "code": {880_000, 885_998},
    }


@pytest.mark.parametrize("level", ["schema", "stats", "sample", "full"])
@pytest.mark.parametrize("masked", list(SECRETS))
@pytest.mark.parametrize("make", EVERY)
def test_a_masked_column_leaves_its_name_and_dtype_alone(make, masked, level):
    text = table_part(make(), level=level, mask=[masked], budget=100_000).text
    assert masked not in told(text)
    line = re.search(rf"^- (\(index\) )?{masked} \((.*)\)(.*)$", text, re.MULTILINE)
    assert line.group(2).endswith(", masked")
    assert line.group(3) == ""
    assert level in {"schema", "stats"} or set(told(text)) == set(SECRETS) - {masked}


@pytest.fixture
def collected():
    """The heights of all that lazy frames hand over."""
    with watched() as heights:
        yield heights


@pytest.mark.parametrize("make", [of_lazy_polars, of_duckdb])
def test_the_engine_counts_and_hands_over_aggregates_and_the_sample_only(make, collected):
    table = table_part(make())
    assert table.rows == ROWS
    assert max(collected) == 20
    assert "3,000 distinct, min 70001.5" in table.text


@pytest.mark.parametrize("make", [of_lazy_polars, of_duckdb])
def test_at_schema_the_engine_hands_over_one_number(make, collected):
    assert table_part(make(), level="schema").rows == ROWS
    assert collected == [1]


@pytest.mark.parametrize("make", [of_lazy_polars, of_duckdb])
def test_a_full_table_over_the_budget_is_refused_before_it_is_collected(make, collected):
    with pytest.raises(Exception, match="more than its budget"):
        table_part(make(), level="full")
    assert collected == [1]


@pytest.mark.parametrize("make", EVERY)
def test_a_larger_budget_never_says_less_and_rows_come_last(make):
    value, before = make(), (0, 0, 0)
    for budget in range(40, 700, 20):
        text = table_part(value, budget=budget).text
        rows = int((re.search(r"([\d,]+) rows? as CSV", text) or [0, "0"])[1])
        shown = (len(re.findall(r"^- ", text, re.MULTILINE)), text.count(" distinct"), rows)
        assert tokens(text) <= budget or shown[0] == 0
        assert shown >= before
        assert shown[1] in {0, *range(1, 4)}
        assert shown[1] == 0 or shown[0] == 3
        assert shown[2] == 0 or shown[1] == 3
        assert f"Left out: {ROWS - rows:,} of {ROWS:,} rows" in text
        before = shown
    assert before == (3, 3, 20)


def test_what_a_styler_hides_stays():
    pytest.importorskip("jinja2")
    frame = of_pandas().set_index("code")
    text = table_part(frame.style.hide(axis="columns", subset=["word"]).hide(axis="index")).text
    assert set(told(text)) == {"amount"}


@pytest.mark.parametrize("make", [of_pandas, of_polars])
def test_a_group_by_is_told_as_the_size_of_each_group(make):
    frame = make()
    groups = frame.groupby("word") if hasattr(frame, "groupby") else frame.group_by("word")
    table = table_part(groups)
    assert (table.rows, set(told(table.text))) == (4, {"word"})
    assert sorted(re.findall(r"^zebra\d,\d+$", table.text, re.MULTILINE)) == [f"zebra{n},750" for n in range(4)]


def test_to_recognise_a_table_imports_nothing():
    import subprocess
    import sys

    program = (
        "import sys; from ofox_magic.context.table import is_table; is_table([{'a': 1}]); is_table(object());"
        "print([name for name in ('narwhals', 'pandas', 'polars', 'numpy', 'pyarrow') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"


@pytest.mark.parametrize(
    ("cells", "line"),
    [
        ([None, 1], ",1"),
        (["", 1], '"",1'),
        (["a,b", 'say "x"'], '"a,b","say ""x"""'),
        (["two\r\nlines", " spaced"], '"two\nlines"," spaced"'),
        (["red\x1b[31m\x00", "\ud800"], "red[31m,?"),
        ([float("nan"), "NaN"], "NaN,NaN"),
        ([10**5000, b"x"], "an integer of 16610 bits,b'x'"),
    ],
)
def test_no_cell_breaks_its_line(cells, line):
    text = table_part([dict(zip("ab", cells, strict=True))]).text
    assert text.endswith(f"\na,b\n{line}")


def test_a_cell_too_long_is_cut_and_that_is_said():
    text = table_part([{"a": "x" * 2_000_000}, {"a": "y" * 200}]).text
    assert f"\n{'x' * 199}…\n{'y' * 200}\n" in text
    assert text.endswith("Left out: the ends of 1 cell longer than 200 characters")


def test_geometries_are_told_as_text():
    geopandas = pytest.importorskip("geopandas")  # in no extra, for it brings 150 MB; seen with 1.2.0
    places = geopandas.GeoDataFrame({"name": ["home"]}, geometry=geopandas.points_from_xy([1], [2]))
    text = table_part(places).text
    assert "- geometry (geometry): not computed: distinct" in text
    assert text.endswith("\nhome,POINT (1 2)")


def test_a_statistic_that_a_library_refuses_costs_no_other_column_its_own(monkeypatch):
    pl = pytest.importorskip("polars")
    n_unique = pl.Series.n_unique
    monkeypatch.setattr(pl.Series, "n_unique", lambda self: 1 / 0 if self.dtype == pl.Int64 else n_unique(self))
    text = table_part(pl.DataFrame({"a": [1, 2, None], "b": ["x", "y", "y"]})).text
    assert "- a (int64): 1 null, not computed: all but nulls" in text
    assert '- b (string): 2 distinct, top "y"×2' in text


def test_a_column_that_an_engine_cannot_compare_costs_no_other_column_its_own():
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    text = table_part(duckdb.sql("select interval 1 day as a, 7 as b")).text
    assert "- a (duration): not computed: all but nulls" in text
    assert "- b (int32): 1 distinct, min 7, mean 7, max 7" in text
