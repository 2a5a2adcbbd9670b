"""Every figure of every kind of column, whatever library holds it, against a plain computation over the same values."""

import datetime as dt
import json
import math
import re
import statistics
from collections import Counter
from decimal import Decimal
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofox_magic.context.table import table_part

UTC = dt.UTC
DAYS = st.dates(dt.date(1970, 1, 2), dt.date(2200, 1, 1))
MOMENTS = st.builds(dt.datetime.combine, DAYS, st.times())
KINDS = {
    "integers": st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
    "floats": st.floats(-1e300, 1e300) | st.sampled_from([math.inf, -math.inf, math.nan, 0.0, -0.0, 1.0]),
    "booleans": st.booleans(),
    "texts": st.sampled_from(["", "a", "b", "NaN", "null", 'say "hi", twice', "two\nlines"])
    | st.text("xyzäß", max_size=4),
    "categories": st.sampled_from(["low", "mid", "high"]),
    "moments": MOMENTS | st.just(dt.datetime.combine(dt.date(2026, 1, 1), dt.time())),
    "moments in a zone": MOMENTS.map(lambda moment: moment.replace(tzinfo=UTC)),
    "days": DAYS,
    "decimals": st.integers(-(10**12), 10**12).map(lambda cents: Decimal(cents).scaleb(-2)),
    "huge integers": st.integers(-(2**200), 2**200) | st.just(10**4000),
    "mixed": st.one_of(
        st.integers(-5, 5), st.sampled_from(["a", "b"]), st.booleans(), st.just(Decimal("1.5")), MOMENTS
    ),
    "lists": st.lists(st.integers(0, 3), max_size=2),
}
OBJECTS = {"huge integers", "mixed", "lists"}
NUMBERS = {"integers", "floats", "decimals", "huge integers"}
LISTED = {"booleans", "texts", "categories"}


def of_records(kind, values):
    return [{"a": value} for value in values]


def of_pandas(kind, values):
    pd = pytest.importorskip("pandas")
    dtypes = {"integers": "Int64", "floats": "float64", "booleans": "boolean", "categories": "category"}
    if kind in {"moments", "moments in a zone"}:
        return pd.DataFrame({"a": pd.Series(pd.to_datetime(values, utc=kind != "moments"))})
    return pd.DataFrame({"a": pd.Series(values, dtype=dtypes.get(kind, "object"))})


def arrow_type(kind):
    pa = pytest.importorskip("pyarrow")
    return {
        "integers": pa.int64(),
        "floats": pa.float64(),
        "booleans": pa.bool_(),
        "texts": pa.string(),
        "categories": pa.dictionary(pa.int32(), pa.string()),
        "moments": pa.timestamp("us"),
        "moments in a zone": pa.timestamp("us", "UTC"),
        "days": pa.date32(),
        "decimals": pa.decimal128(18, 2),
        "lists": pa.list_(pa.int64()),
    }[kind]


def of_pyarrow(kind, values):
    pa = pytest.importorskip("pyarrow")
    plain = pa.array(values, arrow_type(kind) if kind != "categories" else pa.string(), from_pandas=False)
    return pa.table({"a": plain.dictionary_encode() if kind == "categories" else plain})


def of_pandas_on_arrow(kind, values):
    pd = pytest.importorskip("pandas")
    return of_pyarrow(kind, values).to_pandas(types_mapper=pd.ArrowDtype)


def of_polars(kind, values):
    return pytest.importorskip("polars").from_arrow(of_pyarrow(kind, values))


def of_lazy_polars(kind, values):
    return of_polars(kind, values).lazy()


@cache
def connection():
    """One for all, since older releases end a relation with its connection."""
    connected = pytest.importorskip("duckdb").connect()
    connected.execute("set timezone = 'UTC'")
    return connected


def of_duckdb(kind, values):
    return connection().from_arrow(of_pyarrow(kind, values))


MAKERS = [of_records, of_pandas, of_pyarrow, of_pandas_on_arrow, of_polars, of_lazy_polars, of_duckdb]
EVERY = [
    pytest.param(make, kind, id=f"{kind} {make.__name__}")
    for make in MAKERS
    for kind in KINDS
    if kind not in OBJECTS - {"lists"} or make in {of_records, of_pandas}
]


def plainly(kind, values, *, null_is_nan=False):
    """What the line of a column of *values* must say, but for its mean."""
    filled = [value for value in values if value is not None]
    present = [value for value in filled if not is_nan(value)]
    nulls, nan = len(values) - len(filled), len(filled) - len(present)
    if null_is_nan:
        nulls, nan = 0, nulls + nan
    yield from ["all null"] * (0 < nulls == len(values))
    yield from [f"{nulls:,} null{'s' * (nulls > 1)}"] * (0 < nulls < len(values))
    yield from [f"{nan} NaN"] * (nan > 0)
    infinite = sum(isinstance(value, float) and math.isinf(value) for value in present)
    yield from [f"{infinite} infinite"] * (infinite > 0)
    if kind == "lists":
        return
    if present:
        yield f"{len(set(present))} distinct"
    if present and kind not in LISTED | {"mixed"}:
        yield f"min {text(min(present))}"
        yield f"max {text(max(present))}"
    if kind in LISTED:
        yield from top(Counter(present))
    kinds = Counter(type(value).__name__ for value in present)
    if len(kinds) > 1:
        yield "holds " + " ".join(
            f"{name}×{n}" for name, n in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))
        )


def is_nan(value):
    return isinstance(value, float) and math.isnan(value)


def text(value):
    if isinstance(value, int) and abs(value) >= 2**10_000:
        return f"an integer of {value.bit_length()} bits"
    whole = str(value)
    return whole if len(whole) <= 60 else f"{whole[:59]}…"


def top(counts):
    listed = sorted(((value, n) for value, n in counts.items() if n > 1), key=lambda pair: (-pair[1], str(pair[0])))[:5]
    quoted = [f"{json.dumps(v, ensure_ascii=False) if isinstance(v, str) else v}×{n}" for v, n in listed]
    return ["top " + " ".join(quoted)] if quoted else []


def said_of(table):
    """The line of column a, and apart from it the mean that it tells."""
    line = re.search(r"^- a \([^\n]*?\)(?:: (.*))?$", table.text, re.MULTILINE).group(1) or ""
    mean = re.search(r"(?:^|, )mean (\S+?)(?=,|$)", line)
    line = re.sub(r"(?:, )?mean [^,]+(?=,|$)", "", line)
    return re.sub(r"(?:, )?not computed: .*$", "", line), mean and mean.group(1)


@pytest.mark.parametrize(("make", "kind"), EVERY)
@settings(max_examples=25, derandomize=True)
@given(data=st.data())
def test_every_figure_is_that_of_a_plain_computation(make, kind, data):
    values = data.draw(st.lists(KINDS[kind] | st.none(), min_size=1, max_size=25))
    values = ["a", 1, *values] if kind == "mixed" else values
    null_is_nan = make is of_pandas and kind == "floats"
    said, mean = said_of(table_part(make(kind, values), level="stats", budget=10_000))
    said = said.replace("min -0.0", "min 0.0").replace("max -0.0", "max 0.0")
    expected = ", ".join(plainly(kind, values, null_is_nan=null_is_nan))
    assert said == expected.replace("min -0.0", "min 0.0").replace("max -0.0", "max 0.0")
    check_mean(kind, [value for value in values if value is not None and not is_nan(value)], mean)


def check_mean(kind, present, mean):
    """Of what has one the mean is told, to six digits; marked unless it is all of it."""
    if kind not in NUMBERS or not present:
        assert mean is None
        return
    if kind == "floats" and not all(map(math.isfinite, present)):
        plain = sum(present)
        assert mean == ("undefined" if math.isnan(plain) else str(plain).replace(".0", ""))
        return
    if max(map(abs, present)) >= 2**1000:
        return  # beyond a double, or its sum is: left out, and said so
    plain, largest = float(statistics.mean(present)), float(max(map(abs, present)))
    assert float(mean.removeprefix("≈")) == pytest.approx(plain, rel=1e-5, abs=1e-14 * largest * len(present))


@settings(max_examples=25, derandomize=True)
@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 3)), min_size=1, max_size=10))
def test_the_levels_of_an_index_are_columns_with_figures_of_their_own(keys):
    pd = pytest.importorskip("pandas")
    frame = pd.DataFrame({"a": range(len(keys))}, index=pd.MultiIndex.from_tuples(keys, names=["letter", None]))
    table = table_part(frame)
    numbers = [number for _, number in keys]
    assert table.columns == 1
    assert (
        f"- (index) letter ({frame.index.levels[0].dtype}): {len({letter for letter, _ in keys})} distinct"
        in table.text
    )
    assert f"- (index) (int64): {len(set(numbers))} distinct, min {min(numbers)}, mean" in table.text


def test_none_and_nan_among_texts_are_one_kind_of_missing():
    pd = pytest.importorskip("pandas")
    said, _ = said_of(table_part(pd.DataFrame({"a": pd.Series(["x", None, math.nan, pd.NA, "x"], dtype=object)})))
    assert said == '3 nulls, 1 distinct, top "x"×2'


def test_a_column_that_stops_being_text_after_a_hundred_values_is_told_as_mixed():
    pd = pytest.importorskip("pandas")
    said, _ = said_of(table_part(pd.DataFrame({"a": pd.Series(["x"] * 150 + [7], dtype=object)})))
    assert said == "2 distinct, holds str×150 int×1"


@pytest.mark.parametrize("kind", ["float16", "float32"])
def test_the_mean_of_short_floats_is_computed_in_double_precision(kind):
    np = pytest.importorskip("numpy")
    pd = pytest.importorskip("pandas")
    _, mean = said_of(table_part(pd.DataFrame({"a": np.full(100_000, 60_000, dtype=kind)})))
    assert mean == "60000" or (kind, mean) == ("float16", None)  # which older narwhals does not know


def test_nanoseconds_are_not_rounded():
    pl = pytest.importorskip("polars")
    moments = pl.Series([1_700_000_000_000_000_001, 1_700_000_000_000_000_002]).cast(pl.Datetime("ns"))
    for frame in (pl.DataFrame({"a": moments}), pl.LazyFrame({"a": moments})):
        text = table_part(frame).text
        assert "min 2023-11-14 22:13:20.000000001" in text
        assert text.endswith("2023-11-14 22:13:20.000000002")


def test_integers_of_128_bits_stay_whole_on_their_way_from_the_engine():
    duckdb = pytest.importorskip("duckdb")
    pytest.importorskip("pyarrow")
    text = table_part(duckdb.sql("select 170141183460469231731687303715884105727::hugeint as a")).text
    assert text.count("170141183460469231731687303715884105727") == 3


def test_two_columns_of_one_name_are_both_told():
    duckdb = pytest.importorskip("duckdb")
    pa = pytest.importorskip("pyarrow")
    for frame in (duckdb.sql("select 1 as a, 2 as a"), pa.table([[1], [2]], names=["a", "a"])):
        table = table_part(frame)
        assert table.columns == 2
        assert "min 1, mean 1, max 1" in table.text
        assert "min 2, mean 2, max 2" in table.text


def test_no_dtype_gives_values_away():
    pd = pytest.importorskip("pandas")
    pl = pytest.importorskip("polars")
    secret = pd.DataFrame({"a": pd.arrays.SparseArray([4711, 4711, 1], fill_value=4711)})
    named = pl.DataFrame({"a": pl.Series(["secret"], dtype=pl.Enum(["secret", "other"]))})
    assert "4711" not in table_part(secret, level="schema").text
    assert "secret" not in table_part(named, level="schema").text
    assert "- a (Sparse[int64])" in table_part(secret, level="schema").text
