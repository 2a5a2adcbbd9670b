"""
How long until the first text is on iopub, after the server has sent it.

    python -m tests.benchmarks.first_text --rounds 15

Answers of 50 tokens at 100/s, from kernels that have answered before. The raw socket's print is what the way through a
kernel takes by itself.
"""

from statistics import median

from . import environments, kernels, sides, tables

TOKENS, RATE = 50, 100
MOST = 10.0
"""Milliseconds later than the raw socket's."""


def measure(rounds: int, folder) -> dict[str, list[float]]:
    """Return for each side the milliseconds, a round each."""
    waited = {side.name: [] for side in (sides.RAW, *sides.SIDES)}
    with kernels.loaded([sides.RAW, *sides.SIDES], folder) as asked:
        for _ in range(rounds):
            for each in asked:
                seen, served = each.answer(TOKENS, RATE)
                waited[each.side.name].append(1000 * (seen.first_text - served.first))
    return waited


def report(waited: dict[str, list[float]]) -> None:
    ours = waited[sides.OURS.name]
    rows = [
        (name, tables.spread(values, "{:.1f}".format), tables.ratio(values, ours)) for name, values in waited.items()
    ]
    tables.show(f"First text of {TOKENS} tokens at {RATE}/s, after it was sent", ("side", "ms", "to ours"), rows)
    later = [one - other for one, other in zip(ours, waited[sides.RAW.name], strict=True)]
    tables.judged("first text, later than the raw socket's", median(later), MOST, " ms")


def main() -> None:
    chosen = environments.asked(__doc__, rounds=15)
    report(measure(chosen.rounds, chosen.environments))


if __name__ == "__main__":
    main()
