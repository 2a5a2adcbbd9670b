"""
What a kernel's memory grows by over ten answers of 10,000 tokens.

    python -m tests.benchmarks.memory

At 2,000/s, in kernels that have answered once before. What is resident and what was at most (Linux) after the tenth, less
what was resident before the first.
"""

import argparse
from pathlib import Path

import psutil

from . import environments, kernels, sides, tables

ANSWERS, TOKENS, RATE = 10, 10_000, 2_000


def measure(answers: int, folder: Path) -> dict[str, tuple[float, float, float]]:
    """Return for each side the MiB before, and by how many it grew at the end and at most."""
    found = {}
    with kernels.loaded([sides.RAW, *sides.SIDES], folder) as asked:
        before = {each.side.name: _resident(each) for each in asked}
        for _ in range(answers):
            for each in asked:
                each.answer(TOKENS, RATE)
        for each in asked:
            first = before[each.side.name]
            found[each.side.name] = first, _resident(each) - first, _peak(each) - first
    return found


def _resident(each: kernels.Asked) -> float:
    return psutil.Process(each.kernel.manager.provisioner.pid).memory_info().rss / 2**20


def _peak(each: kernels.Asked) -> float:
    status = Path(f"/proc/{each.kernel.manager.provisioner.pid}/status")
    if not status.exists():
        return float("nan")
    kibibytes = next(line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM"))
    return int(kibibytes) / 2**10


def report(answers: int, found: dict[str, tuple[float, float, float]]) -> None:
    rows = [(name, f"{first:.0f}", f"+ {more:.1f}", f"+ {most:.1f}") for name, (first, more, most) in found.items()]
    tables.show(
        f"Memory over {answers} answers of {TOKENS:,} tokens", ("side", "MiB before", "at the end", "at most"), rows
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--answers", type=int, default=ANSWERS)
    environments.add_flag(parser)
    chosen = parser.parse_args()
    report(chosen.answers, measure(chosen.answers, chosen.environments))


if __name__ == "__main__":
    main()
