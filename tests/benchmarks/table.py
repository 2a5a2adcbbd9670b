"""
What a Table part costs beside pandas' own summary: 1,000,000 rows × 20 mixed columns, time and added peak memory.

    python -m tests.benchmarks.table

Each runs in a process of its own; memory is what the process's peak grew by above the frame itself. Exits 1 where
`table_part` is not below `df.describe(include="all")` in both.
"""

import resource
import subprocess
import sys
import time
from pathlib import Path

ROWS = 1_000_000


def frame():
    """20 columns: 5 floats, 5 integers, 4 categories of text, 2 dates, 2 booleans, a text of its own per row, a category."""
    import numpy as np
    import pandas as pd

    rng = np.random.default_rng(7)
    columns = {f"float_{i}": np.where(rng.random(ROWS) < 0.01, np.nan, rng.normal(100, 15, ROWS)) for i in range(5)}
    columns |= {f"int_{i}": rng.integers(0, 10 ** (i + 2), ROWS) for i in range(5)}
    columns |= {f"text_{i}": rng.choice([f"value {n}" for n in range(10 ** (i + 1))], ROWS) for i in range(4)}
    columns |= {
        f"date_{i}": pd.Timestamp("2024-01-01") + pd.to_timedelta(rng.integers(0, 10**8, ROWS), "s") for i in range(2)
    }
    columns |= {f"bool_{i}": rng.random(ROWS) < 0.3 for i in range(2)}
    columns["id"] = [f"id-{n}" for n in range(ROWS)]
    columns["category"] = pd.Categorical(rng.choice(["low", "mid", "high"], ROWS))
    return pd.DataFrame(columns)


def _profile(df):
    from ofox_magic.context.table import table_part

    return table_part(df, name="df").text


def _describe(df):
    return df.describe(include="all").to_string()


JOBS = {"table_part": _profile, "describe": _describe}


def _peak() -> int:
    """The process's largest resident set so far, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _reset_peak() -> bool:
    """Start the peak anew, where the system can (Linux)."""
    try:
        with Path("/proc/self/clear_refs").open("w") as file:
            file.write("5")
    except OSError:
        return False
    return True


def _high_water() -> int:
    with Path("/proc/self/status").open() as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith("VmHWM"))


def measure(job: str) -> tuple[float, int]:
    """Return the seconds and the added peak bytes of *job*, after one run on a few rows that pays for the imports."""
    df = frame()
    JOBS[job](df.head(1_000))
    resettable = _reset_peak()
    before = _high_water() if resettable else _peak()
    started = time.perf_counter()
    JOBS[job](df)
    seconds = time.perf_counter() - started
    return seconds, (_high_water() if resettable else _peak()) - before


def main() -> int:
    """Print both, and return 0 where ours is the cheaper in both."""
    found = {}
    for job in JOBS:
        out = subprocess.run(
            [sys.executable, "-m", __spec__.name, job], check=True, capture_output=True, text=True
        ).stdout
        seconds, peak = out.split()
        found[job] = float(seconds), int(peak)
        print(f"{job:12} {float(seconds):6.2f} s   {int(peak) / 2**20:8.1f} MiB added at the peak")
    return 0 if all(ours < theirs for ours, theirs in zip(found["table_part"], found["describe"], strict=True)) else 1


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(*measure(sys.argv[1]))
    else:
        sys.exit(main())
