"""
What a streamed answer costs a kernel: bytes and messages on iopub, and CPU.

    python -m tests.benchmarks.traffic --rounds 1 --fast-rounds 7

10,000 tokens at 300/s and 2,000 at 100/s, `--rounds` times, then 10,000 at full speed, `--fast-rounds` times. At full
speed a side that publishes faster than the reader takes can lose messages, so its bytes are a lower bound.
"""

import argparse
from dataclasses import replace
from pathlib import Path
from statistics import median

from . import environments, kernels, sides, tables
from .tap import Seen

LONG, SHORT, FAST = (10_000, 300), (2_000, 100), (10_000, 0)
UNJOURNALLED = replace(sides.OURS, name="ofox_magic, OFOX_JOURNAL=0")
OURS, RAW, PRINT = sides.OURS.name, sides.RAW.name, sides.SIDES[1].name
MOST_BYTES, MOST_TO_RAW, MOST_TO_PRINT = 1.0, 2.0, 0.2
"""MB on iopub for LONG; CPU at full speed, times the raw socket's and times that of openai-python's print loop."""


def measure(plan: tuple[int, int], rounds: int, chosen: list, folder: Path) -> dict[str, list[Seen]]:
    """Return what was seen of each of the *chosen* sides for tokens at a rate, a round each."""
    found = {side.name: [] for side in chosen}
    with kernels.loaded(chosen, folder) as asked:
        for each in asked:
            if each.side is UNJOURNALLED:
                each.run('import os; os.environ["OFOX_JOURNAL"] = "0"')
        for _ in range(rounds):
            for each in asked:
                found[each.side.name].append(each.answer(*plan)[0])
    return found


def report(plan: tuple[int, int], found: dict[str, list[Seen]]) -> None:
    tokens, rate = plan
    ours = {name: [getattr(seen, name) for seen in found[OURS]] for name in ("bytes", "cpu")}
    rows = []
    for name, seen in found.items():
        size, cpu = [one.bytes for one in seen], [one.cpu for one in seen]
        rows.append(
            (
                name,
                f"{median(size) / 1e6:.3f}",
                f"{median(one.messages for one in seen):.0f}",
                tables.ratio(size, ours["bytes"]),
                tables.spread(cpu, "{:.3f}".format),
                f"{1e6 * median(cpu) / tokens:.0f}",
                tables.ratio(cpu, ours["cpu"]),
            )
        )
    pace = f"{rate}/s" if rate else "full speed"
    head = ("side", "iopub MB", "messages", "to ours", "kernel CPU, s", "µs a chunk", "to ours")
    tables.show(f"{tokens:,} tokens at {pace}", head, rows)


def judge(plan: tuple[int, int], found: dict[str, list[Seen]]) -> None:
    if plan == LONG:
        size = median(seen.bytes for seen in found[OURS]) / 1e6
        tables.judged("iopub of 10,000 tokens at 300/s", size, MOST_BYTES, " MB")
    elif plan == FAST:
        for other, most in ((RAW, MOST_TO_RAW), (PRINT, MOST_TO_PRINT)):
            pairs = [one.cpu / two.cpu for one, two in zip(found[OURS], found[other], strict=True)]
            tables.judged(f"CPU at full speed, times that of {other}", median(pairs), most)
        pairs = [one.cpu / two.cpu for one, two in zip(found[OURS], found[UNJOURNALLED.name], strict=True)]
        print(f"with the journal: CPU × {median(pairs):.2f} of that without, in {len(pairs)} rounds")


def run(rounds: int, fast_rounds: int, folder: Path) -> None:
    """Measure and print the three."""
    everyone = [sides.RAW, *sides.SIDES]
    for plan, times in ((LONG, rounds), (SHORT, rounds), (FAST, fast_rounds)):
        if times:
            found = measure(plan, times, everyone + [UNJOURNALLED] * (plan == FAST), folder)
            report(plan, found)
            judge(plan, found)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=1, help="of the two paced ones, four minutes each")
    parser.add_argument("--fast-rounds", type=int, default=7, help="of the one at full speed")
    environments.add_flag(parser)
    chosen = parser.parse_args()
    run(chosen.rounds, chosen.fast_rounds, chosen.environments)


if __name__ == "__main__":
    main()
