"""
What a Table part costs beside pandas' own summary: 1,000,000 rows × 20 mixed columns, time and added peak memory.

    python -m tests.benchmarks.table

Each runs in a process of its own; memory is what the process's peak grew by above the frame itself (Linux). Exits 1
where `table_part` is not below `df.describe(include="all")` in both.
"""

import ctypes
import gc
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


def measure(job: str) -> tuple[float, int]:
    """Return the seconds and the added peak bytes of *job*, after one run on a few rows that pays for the imports."""
    df = frame()
    JOBS[job](df.head(1_000))
    before = start_anew()
    started = time.perf_counter()
    JOBS[job](df)
    return time.perf_counter() - started, resident("VmHWM") - before


def start_anew() -> int:
    """Give freed memory back and start the peak anew (Linux); return the bytes resident now."""
    gc.collect()
    ctypes.CDLL(None).malloc_trim(0)  # else the job would grow into what making the frame has left
    Path("/proc/self/clear_refs").write_text("5")
    return resident("VmRSS")


def resident(field: str) -> int:
    """Return the bytes that the process holds (VmRSS), or has held at most since the peak was reset (VmHWM)."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(int(line.split()[1]) * 1024 for line in lines if line.startswith(field))


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
