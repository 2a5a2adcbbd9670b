"""Questions about tables: exact in every library, within the levels and masks, and with no word that is evaluated."""

import datetime as dt
import json
import math
import statistics

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofox_magic.chat.parts import ToolCall
from ofox_magic.context.frame_query import Condition, Figure, Query
from ofox_magic.context.frame_questions import FrameQuestions
from ofox_magic.errors import ConfigError
from ofox_magic.tools import Toolbox

ROWS = 60
CITIES = ["Seoul", "Busan", None, "Seoul", "Daegu", "Seoul"]
DATA = {
    "city": [CITIES[n % 6] for n in range(ROWS)],
    "price": [None if n % 7 == 0 else n / 4 for n in range(ROWS)],
    "visits": [n - 5 for n in range(ROWS)],
    "huge": [2**62 - n for n in range(ROWS)],
    "paid": [n % 3 == 0 for n in range(ROWS)],
    "day": [dt.date(2026, 1, 1) + dt.timedelta(days=n) for n in range(ROWS)],
    "at": [dt.datetime(2026, 1, 1, 12) + dt.timedelta(hours=n) for n in range(ROWS)],  # noqa: DTZ001 - without a zone
}


def of_pandas():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame(DATA)
    return frame.assign(day=pd.to_datetime(frame["day"]))


def of_pandas_index():
    return of_pandas().set_index(["city", "visits"])


def of_pandas_arrow():
    pytest.importorskip("pyarrow")
    return of_pandas().convert_dtypes(dtype_backend="pyarrow")


def of_polars():
    return pytest.importorskip("polars").DataFrame(DATA)


def of_lazy_polars():
    return of_polars().lazy()


def of_pyarrow():
    return pytest.importorskip("pyarrow").table(DATA)


def of_duckdb():
    pytest.importorskip("pyarrow")
    return pytest.importorskip("duckdb").from_arrow(of_pyarrow())


EVERY = [of_pandas, of_pandas_index, of_pandas_arrow, of_polars, of_lazy_polars, of_pyarrow, of_duckdb]


def questions(value, level="full", masked=(), name="df"):
    return FrameQuestions({name: value}, lambda *_: (level, frozenset(masked)))


def asked(value, *figures, level="full", masked=(), **query):
    """The rows of the answer, as lists of their cells' text."""
    query = Query(figures=figures, **query)
    _, table = questions(value, level, masked).ask("df", query)
    return [line.split(",") for line in table.text.splitlines()[1:]]


def near(text, value):
    return math.isclose(float(text), value, rel_tol=1e-12)


PRICES = [price for price in DATA["price"] if price is not None]
VISITS = DATA["visits"]


@pytest.mark.parametrize("make", EVERY)
def test_the_figures_of_a_column_are_exact(make):
    of = ("missing", "distinct", "sum", "mean", "std", "min", "max", "median")
    [found] = asked(make(), *(Figure(each, "price") for each in of))
    expected = [
        *(ROWS - len(PRICES), len(set(PRICES)), sum(PRICES), statistics.mean(PRICES), statistics.stdev(PRICES)),
        *(min(PRICES), max(PRICES), statistics.median(PRICES)),
    ]
    assert all(map(near, found, expected)), (found, expected)


@pytest.mark.parametrize("make", EVERY)
def test_a_sum_beyond_64_bits_is_exact(make):
    assert asked(make(), Figure("sum", "huge")) == [[str(sum(DATA["huge"]))]]
    assert asked(make(), Figure("sum", "visits")) == [[str(sum(VISITS))]]


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize("share", [0, 0.1, 0.25, 0.5, 0.9, 1])
def test_quantiles_are_interpolated_between_sorted_values(make, share):
    place = share * (ROWS - 1)
    low, part = math.floor(place), place - math.floor(place)
    ordered = sorted(VISITS)
    expected = ordered[low] + part * (ordered[min(low + 1, ROWS - 1)] - ordered[low])
    [[found]] = asked(make(), Figure("quantile", "visits", share))
    assert math.isclose(float(found), expected, abs_tol=1e-9)


def rows_where(test):
    return [n for n in range(ROWS) if test(n)]


CONDITIONS = [
    (Condition("city", "==", "Seoul"), lambda n: DATA["city"][n] == "Seoul"),
    (Condition("city", "!=", "Seoul"), lambda n: DATA["city"][n] not in ("Seoul", None)),
    (Condition("city", "in", ["Busan", "Daegu", "x"]), lambda n: DATA["city"][n] in ("Busan", "Daegu")),
    (Condition("city", "not in", ["Busan"]), lambda n: DATA["city"][n] not in ("Busan", None)),
    (Condition("city", "contains", "ou"), lambda n: "ou" in (DATA["city"][n] or "")),
    (Condition("city", "contains", ".*"), lambda n: False),
    (Condition("city", "missing"), lambda n: DATA["city"][n] is None),
    (Condition("city", "==", "None"), lambda n: False),
    (Condition("price", "not missing"), lambda n: DATA["price"][n] is not None),
    (Condition("price", ">", 7), lambda n: (DATA["price"][n] or 0) > 7),
    (Condition("price", "<=", 7.25), lambda n: DATA["price"][n] is not None and DATA["price"][n] <= 7.25),
    (Condition("visits", "<", 0), lambda n: VISITS[n] < 0),
    (Condition("huge", ">=", 2**62 - 3), lambda n: n <= 3),
    (Condition("paid", "==", True), lambda n: n % 3 == 0),
    (Condition("day", ">=", "2026-02-01"), lambda n: DATA["day"][n] >= dt.date(2026, 2, 1)),
    (Condition("at", "<", "2026-01-02T00:00"), lambda n: n < 12),
]  # fmt: skip


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize(
    ("condition", "test"), CONDITIONS, ids=lambda value: "" if callable(value) else str(value)[:60]
)
def test_rows_are_filtered_as_in_python(make, condition, test):
    expected = rows_where(test)
    found = asked(make(), Figure("rows"), Figure("sum", "visits"), where=(condition,))
    assert found == [[str(len(expected)), str(sum(VISITS[n] for n in expected))]]


@pytest.mark.parametrize("make", EVERY)
def test_conditions_hold_together(make):
    both = (Condition("city", "==", "Seoul"), Condition("visits", ">", 10))
    expected = rows_where(lambda n: DATA["city"][n] == "Seoul" and VISITS[n] > 10)
    assert asked(make(), Figure("rows"), where=both) == [[str(len(expected))]]


def of_group(name, city):
    return [v for c, v in zip(DATA["city"], DATA[name], strict=True) if c == city and v is not None]


@pytest.mark.parametrize("make", EVERY)
def test_groups_are_told_most_rows_first_with_each_figure_of_theirs(make):
    figures = [Figure(of, "price") for of in ("mean", "median", "distinct", "missing")]
    found = asked(make(), Figure("rows"), *figures, Figure("mean", "paid"), by=("city",))
    assert [row[0] for row in found] == ["Seoul", "Busan", "Daegu", ""]
    for row, city in zip(found, ["Seoul", "Busan", "Daegu", None], strict=True):
        prices, paid = of_group("price", city), of_group("paid", city)
        expected = [statistics.mean(prices), statistics.median(prices), len(set(prices)), len(paid) - len(prices)]
        assert int(row[1]) == len(paid)
        assert all(map(near, row[2:], [*expected, statistics.mean(paid)])), row


@pytest.mark.parametrize("make", EVERY)
def test_groups_are_ordered_by_a_figure_or_by_their_keys(make):
    means = {city: statistics.mean(of_group("price", city)) for city in {*CITIES}}
    by_mean = sorted(means, key=means.get)
    mean, by = Figure("mean", "price"), ("city",)
    assert [row[0] for row in asked(make(), mean, by=by, order="smallest")] == [city or "" for city in by_mean]
    assert [row[0] for row in asked(make(), mean, by=by, order="largest", most=1)] == [by_mean[-1] or ""]
    assert [row[0] for row in asked(make(), mean, by=by, order="key")] == ["Busan", "Daegu", "Seoul", ""]


@pytest.mark.parametrize("make", EVERY)
def test_two_keys_make_groups_and_how_many_is_said(make):
    groups = set(zip(DATA["paid"], DATA["city"], strict=True))
    text, table = questions(make()).ask("df", Query(figures=(Figure("rows"),), by=("paid", "city"), most=2))
    assert text.text == f"`df`: all {ROWS} rows, 2 of {len(groups)} groups"
    assert (table.rows, table.columns) == (2, 3)


@pytest.mark.parametrize("make", EVERY)
def test_where_no_row_is_left_a_count_is_zero_and_a_mean_is_empty(make):
    none = (Condition("visits", ">", 10**6),)
    assert asked(make(), Figure("rows"), Figure("sum", "price"), Figure("mean", "price"), where=none) in (
        [["0", "0", ""]],
        [["0", "0.0", ""]],
    )
    assert asked(make(), Figure("rows"), where=none, by=("city",)) == []


def test_a_nan_counts_as_missing_in_every_library():
    polars, pandas = pytest.importorskip("polars"), pytest.importorskip("pandas")
    values = {"x": [1.0, math.nan, 3.0, None]}
    figures = [Figure(of, "x") for of in ("missing", "mean", "max", "distinct")]
    for make in (polars.DataFrame, polars.LazyFrame, pandas.DataFrame):
        assert asked(make(values), *figures) == [["2", "2.0", "3.0", "2"]]
        assert asked(make(values), Figure("rows"), where=(Condition("x", ">", 0),)) == [["2"]]


@settings(max_examples=60, deadline=None)
@given(
    values=st.lists(
        st.tuples(st.sampled_from(["a", "b", None]), st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1))),
        min_size=1,
        max_size=30,
    ),
    low=st.integers(-(2**63), 2**63 - 1),
)
def test_whatever_the_values_counts_and_sums_are_those_of_python(values, low):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame(values, schema={"key": polars.String, "n": polars.Int64}, orient="row")
    kept = [(key, n) for key, n in values if n is not None and n >= low]
    expected = {key: [n for k, n in kept if k == key] for key, _ in kept}
    where = (Condition("n", ">=", low),)
    found = asked(frame, Figure("rows"), Figure("sum", "n"), where=where, by=("key",))
    assert {row[0] or None: row[1:] for row in found} == {
        key: [str(len(ns)), str(sum(ns))] for key, ns in expected.items()
    }


# -- what cannot be asked


@pytest.mark.parametrize(
    ("query", "said"),
    [
        (Query(), "expected at least one figure"),
        (Query(figures=(Figure("mean"),)), "mean needs a column"),
        (Query(figures=(Figure("mean", "city"),)), "holds no numbers"),
        (Query(figures=(Figure("min", "city"),)), "has no order here"),
        (Query(figures=(Figure("quantile", "price"),)), "quantile needs at"),
        (Query(figures=(Figure("quantile", "price", 1.5),)), "expected at from 0 to 1"),
        (Query(figures=(Figure("mean", "prize"),)), "no column 'prize'; is 'price' meant?"),
        (Query(figures=(Figure("rows"),), by=("__class__",)), "no column '__class__'"),
        (Query(figures=(Figure("rows"),), by=("city", "city")), "names a column twice"),
        (Query(figures=(Figure("rows"),) * 17), "at most"),
        (Query(figures=(Figure("median", "price"),), by=("city",), order="largest"), "put another figure first"),
        (Query(figures=(Figure("rows"),), where=(Condition("price", ">", "7"),)), "expected a number, got '7'"),
        (Query(figures=(Figure("rows"),), where=(Condition("price", "==", True),)), "expected a number"),
        (Query(figures=(Figure("rows"),), where=(Condition("city", "==", 7),)), "expected text"),
        (Query(figures=(Figure("rows"),), where=(Condition("paid", "==", 1),)), "expected true or false"),
        (Query(figures=(Figure("rows"),), where=(Condition("at", ">", "soon"),)), "in ISO 8601"),
        (Query(figures=(Figure("rows"),), where=(Condition("at", ">", "2026-01-01T00:00Z"),)), "without a time zone"),
        (Query(figures=(Figure("rows"),), where=(Condition("city", "in", "Seoul"),)), "a list of values"),
        (Query(figures=(Figure("rows"),), where=(Condition("city", "=="),)), "expected one value"),
        (Query(figures=(Figure("rows"),), where=(Condition("price", "contains", "7"),)), "a column of text"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
@pytest.mark.parametrize("make", [of_pandas, of_polars, of_duckdb])
def test_what_cannot_be_asked_is_said(make, query, said):
    with pytest.raises(ConfigError) as raised:
        questions(make()).ask("df", query)
    assert said in str(raised.value)


def test_columns_of_objects_or_of_one_name_cannot_be_asked_about_and_the_others_can():
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame([[1, "a", [1]], [2, 3, [2]]], columns=["n", "n", "o"])
    with pytest.raises(ConfigError, match="2 columns called 'n'"):
        asked(frame, Figure("sum", "n"))
    with pytest.raises(ConfigError, match="Python objects"):
        asked(frame, Figure("missing", "o"))
    assert asked(frame[["o"]].assign(k=1), Figure("sum", "k")) == [["2"]]


def test_the_users_frame_stays_as_it_was():
    frame = of_pandas()
    before = frame.copy(deep=True)
    asked(frame, Figure("mean", "price"), by=("city",), where=(Condition("visits", ">", 3),))
    assert frame.equals(before)
    assert list(frame.columns) == list(DATA)


# -- levels and masks


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize(
    "query",
    [
        Query(figures=(Figure("mean", "price"),)),
        Query(figures=(Figure("rows"),), by=("price",)),
        Query(figures=(Figure("rows"),), where=(Condition("price", ">", 1),)),
        Query(figures=(Figure("missing", "price"),)),
    ],
)
def test_a_masked_column_cannot_be_asked_about_in_any_way(make, query):
    with pytest.raises(ConfigError, match="`price` is masked"):
        questions(make(), masked=["price"]).ask("df", query)
    assert "masked" in questions(make(), masked=["price"]).describe("df").text


@pytest.mark.parametrize("make", EVERY)
def test_at_schema_nothing_is_told_but_the_columns(make):
    for figure in (Figure("rows"), Figure("missing", "price"), Figure("mean", "price")):
        with pytest.raises(ConfigError, match="level schema"):
            asked(make(), figure, level="schema")
    assert "Seoul" not in questions(make(), "schema").describe("df").text


@pytest.mark.parametrize("level", ["stats", "sample", "full"])
def test_a_description_holds_statistics_and_no_rows_at_any_level(level):
    text = questions(of_pandas(), level).describe("df").text
    assert "mean" in text
    assert "CSV" not in text


@pytest.mark.parametrize("make", EVERY)
@pytest.mark.parametrize(
    "where",
    [
        (Condition("visits", "==", 3),),  # one row
        (Condition("visits", "!=", 3),),  # all but one
        (Condition("visits", "<", -1),),
        (Condition("visits", ">", 10**6),),  # none: else a count would tell whether a value is there
        (Condition("city", "==", "Seoul"), Condition("visits", "in", [1, 2, 3])),
    ],
)
def test_at_stats_nothing_is_told_of_few_rows_or_of_all_but_few(make, where):
    for figure in (Figure("rows"), Figure("mean", "price"), Figure("distinct", "city")):
        with pytest.raises(ConfigError, match="fewer than 10 rows"):
            asked(make(), figure, level="stats", where=where)


@pytest.mark.parametrize("of", ["min", "max", "median", "quantile"])
def test_at_stats_the_value_of_one_row_is_told_of_the_whole_table_only(of):
    figure = Figure(of, "price", 0.5 if of == "quantile" else None)
    assert asked(of_pandas(), figure, level="stats")
    for part in ({"by": ("city",)}, {"where": (Condition("paid", "==", True),)}):
        with pytest.raises(ConfigError, match="value of one row"):
            asked(of_pandas(), figure, level="stats", **part)
    with pytest.raises(ConfigError, match="quantiles are told at"):
        asked(of_pandas(), Figure("quantile", "price", 0.017), level="stats")


def test_at_stats_a_filter_of_many_rows_is_told():
    seoul = (Condition("city", "==", "Seoul"),)
    assert asked(of_pandas(), Figure("rows"), Figure("mean", "visits"), level="stats", where=seoul)[0][0] == "30"


@pytest.mark.parametrize("key", ["price", "visits", "day"])
def test_at_stats_rows_are_not_grouped_by_what_may_name_a_row(key):
    with pytest.raises(ConfigError, match="grouped by text, categories and booleans only"):
        asked(of_pandas(), Figure("rows"), level="stats", by=(key,))


def test_at_stats_a_small_group_is_not_told_and_cannot_be_found_by_subtraction():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"key": ["a"] * 40 + ["b"] * 30 + ["c"] * 3, "x": [1.0] * 73})
    figures = (Figure("rows"), Figure("sum", "x"))
    assert asked(frame, *figures, level="stats", by=("key",)) == [["a", "40", "40.0"]]
    assert len(asked(frame, *figures, level="sample", by=("key",))) == 3


def test_at_stats_the_mean_of_few_values_among_many_rows_is_not_told():
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"key": ["a"] * 20 + ["b"] * 20, "x": [7.5] + [None] * 19 + [1.0] * 20})
    assert asked(frame, Figure("mean", "x"), level="stats", by=("key",)) == [["a", "(too few values)"], ["b", "1.0"]]


@pytest.mark.parametrize(("level", "most"), [("stats", 5), ("sample", 20), ("full", 100)])
def test_a_level_bounds_how_many_groups_are_told(level, most):
    polars = pytest.importorskip("polars")
    frame = polars.DataFrame({"key": [f"k{n % 150:03}" for n in range(3_000)]})
    assert len(asked(frame, Figure("rows"), level=level, by=("key",), most=10_000)) == most


def test_a_rule_that_changes_counts_from_the_next_question_on():
    rules = {"df": "full"}
    asking = FrameQuestions({"df": of_pandas()}, lambda _, name: (rules[name], frozenset()))
    query = Query(figures=(Figure("rows"),))
    asking.ask("df", query)
    rules["df"] = "schema"
    with pytest.raises(ConfigError, match="level schema"):
        asking.ask("df", query)


# -- as a tool


def tool_of(*names):
    toolbox = Toolbox()
    for function in FrameQuestions(dict.fromkeys(names, of_pandas()), lambda *_: ("full", frozenset())).functions:
        toolbox.tool(safe=True)(function)
    return toolbox


def run(toolbox, name, arguments):
    ready = toolbox.call_of(ToolCall("1", name, json.dumps(arguments)))
    return ready.text if not hasattr(ready, "function") else toolbox.run(ready, None).text


def test_the_tool_knows_the_tables_that_were_named_and_no_other():
    toolbox = tool_of("df", "other")
    for definition in toolbox.definitions:
        assert definition["function"]["parameters"]["properties"]["frame"]["enum"] == ["df", "other"]
    assert "Seoul" in run(toolbox, "query_frame", {"frame": "df", "figures": [{"of": "rows"}], "by": ["city"]})
    assert "was not run" in run(toolbox, "query_frame", {"frame": "secrets", "figures": [{"of": "rows"}]})


@pytest.mark.parametrize(
    "change",
    [
        {"figures": [{"of": "eval"}]},
        {"figures": [{"of": "rows", "code": "1"}]},
        {"figures": "rows"},
        {"where": [{"column": "city", "op": "like", "value": "x"}]},
        {"where": [{"column": "city", "op": "==", "value": {"$gt": ""}}]},
        {"where": "city == 'Seoul'"},
        {"by": [["city"]]},
        {"most": "20"},
        {"order": "random"},
        {"sql": "select 1"},
    ],
    ids=str,
)
def test_what_is_no_word_of_the_vocabulary_is_refused(change):
    said = run(tool_of("df"), "query_frame", {"frame": "df", "figures": [{"of": "rows"}], **change})
    assert said.startswith("This call was not run: its arguments cannot be used")
