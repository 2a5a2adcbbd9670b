"""
The engines that are too heavy for every test run: Ibis, Dask, PySpark (local mode) and modin, each profiled where it lives.

    pip install 'ibis-framework[duckdb]' 'dask[dataframe]' pyspark 'modin[dask]' geopandas
    python -m tests.benchmarks.frames

Checks every figure against a plain computation, and that nothing but aggregates and the sample came to the kernel: the
largest frame that narwhals collected. PySpark needs Java. An engine that is not installed is skipped and said so;
exits 1 where a figure differs, where too much was pulled, or where nothing was checked.
"""

import datetime as dt
import random
import sys
import time
import traceback
from contextlib import contextmanager
from unittest import mock

ROWS = 20_000
PULLED = 100  # rows in one collected frame, at most


def columns():
    """A column of each plain kind, with nulls, the same each time."""
    draw = random.Random(5)
    day = dt.datetime.combine(dt.date(2026, 1, 1), dt.time())
    return {
        "number": [None, None, *(draw.randrange(-500, 500) for _ in range(ROWS - 2))],
        "weight": [draw.gauss(70, 12) for _ in range(ROWS)],
        "colour": [draw.choice(["red", "red", "green", "blue"]) for _ in range(ROWS)],
        "moment": [day + dt.timedelta(seconds=draw.randrange(10**6)) for _ in range(ROWS)],
        "flag": [draw.random() < 0.25 for _ in range(ROWS)],
    }


def expected(data):
    """The parts of its lines that must be there, computed in plain Python."""
    numbers = [value for value in data["number"] if value is not None]
    for name in ("red", "green", "blue"):
        yield f'"{name}"×{data["colour"].count(name)}'
    yield f"{len(set(numbers)):,} distinct, min {float(min(numbers)):g}"
    yield f"mean ≈{sum(numbers) / len(numbers):.6g}"
    yield f"{len(set(data['weight'])):,} distinct, min {min(data['weight'])!r}"
    yield f"max {max(data['weight'])!r}"
    yield f"{len(set(data['moment'])):,} distinct, min {min(data['moment'])}"
    yield f"max {max(data['moment'])}"
    yield f"×{sum(data['flag'])}"
    yield f"Left out: {ROWS - 20:,} of {ROWS:,} rows"


def of_ibis(data):
    import ibis
    import pandas as pd

    return ibis.memtable(pd.DataFrame(data).astype({"number": "Int64"}))


def of_dask(data):
    import dask.dataframe as dd
    import pandas as pd

    return dd.from_pandas(pd.DataFrame(data).astype({"number": "Int64"}), npartitions=4)


def of_pyspark(data):
    from pyspark.sql import SparkSession, types

    spark = (
        SparkSession.builder.master("local[2]")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.session.timeZone", "UTC")
        .config("spark.sql.shuffle.partitions", "2")
        .getOrCreate()
    )
    spark.sparkContext.setLogLevel("ERROR")
    kinds = types.LongType(), types.DoubleType(), types.StringType(), types.TimestampNTZType(), types.BooleanType()
    schema = types.StructType([types.StructField(name, kind) for name, kind in zip(data, kinds, strict=True)])
    return spark.createDataFrame(list(zip(*data.values(), strict=True)), schema)


def of_modin(data):
    import modin.pandas as mpd

    return mpd.DataFrame(data).astype({"number": "Int64"})


def of_geopandas(data):
    import geopandas
    import pandas as pd

    places = geopandas.points_from_xy(data["weight"], data["weight"])
    frame = pd.DataFrame(data).astype({"number": "Int64"})
    return geopandas.GeoDataFrame(frame, geometry=places)


EAGER = {"modin", "geopandas"}
ENGINES = {"ibis": of_ibis, "dask": of_dask, "pyspark": of_pyspark, "modin": of_modin, "geopandas": of_geopandas}


@contextmanager
def watched():
    """Note the height of whatever a lazy frame of narwhals hands over."""
    import narwhals as nw

    heights = []
    collect = nw.LazyFrame.collect

    def noting(self, *args, **kwargs):
        frame = collect(self, *args, **kwargs)
        heights.append(len(frame))
        return frame

    with mock.patch.object(nw.LazyFrame, "collect", noting):
        yield heights


def check(engine: str) -> bool | None:
    """Profile the data in *engine*; True where all is as computed, False where not, None where it is not installed."""
    from ofox_magic.context.table import table_part

    data = columns()
    try:
        value = ENGINES[engine](data)
    except ImportError as error:
        print(f"{engine:10} skipped: {error}")
        return None
    started = time.perf_counter()
    with watched() as heights:
        text = table_part(value, name=engine).text
    seconds = time.perf_counter() - started
    lost = [line for line in expected(data) if line not in text]
    pulled = max(heights, default=0)
    print(f"{engine:10} {seconds:5.1f} s, {len(heights)} collected frames of at most {pulled} rows")
    if lost or "2 nulls" not in text:
        print("  missing:", *lost, sep="\n    ")
        print(text)
    lazily = engine in EAGER or 0 < pulled <= PULLED
    return not lost and "2 nulls" in text and lazily


def main(engines: list[str]) -> int:
    """Check the *engines* that are named, all where none is; return the exit code."""
    found = []
    for engine in engines or ENGINES:
        try:
            found.append(check(engine))
        except Exception:  # noqa: BLE001 - one engine must not hide what the others say
            traceback.print_exc()
            found.append(False)
    passed, failed = found.count(True), found.count(False)
    print(f"{passed} passed, {failed} failed, {found.count(None)} skipped")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
