"""
What loading costs in a kernel that runs, and how soon its first answer begins.

    python -m tests.benchmarks.imports --rounds 9

Each sample is a kernel of its own. Wall time is what the user waits, CPU is what a busy machine does not change. "First
text" is from the end of loading to the first text of an answer, cold, with all that is imported only then; the sum of
both is what counts: who imports everything at first has it behind him.
"""

import json
from pathlib import Path
from statistics import median
from typing import NamedTuple

from . import environments, kernels, sides, spoken, tables
from .replay import Replay
from .tap import watched

MOST_MS, OPENAI = 60.0, sides.SIDES[1].name
_MARK = "what it took: "  # whatever else is printed
_LOADING = """\
import json, sys, time
_known, _wall, _cpu = set(sys.modules), time.perf_counter(), time.process_time()
{load}
print("{mark}" + json.dumps([time.perf_counter() - _wall, time.process_time() - _cpu, len(set(sys.modules) - _known)]))
"""


class Loaded(NamedTuple):
    """Milliseconds of wall and CPU for loading, modules that came with it, milliseconds of a cell to its first text."""

    wall: float
    cpu: float
    modules: int
    first_text: float


def sample(side: sides.Side, folder: Path, server: Replay) -> Loaded:
    """Load *side* in a new kernel, and ask once."""
    with kernels.started(side, folder, server) as asked:
        asked.kernel.run("1")
        cell = asked.kernel.run(_LOADING.format(mark=_MARK, load=side.load.format(url=server.url)))
        assert cell.status == "ok", cell.error
        wall, cpu, modules = json.loads(cell.printed.partition(_MARK)[2].splitlines()[0])
        asked.run(side.prepare)
        prompt = spoken.PROMPT.format(tokens=20, rate=0)
        seen = watched(asked.kernel, side.ask.format(url=server.url, prompt=prompt))
        server.served()
        return Loaded(1000 * wall, 1000 * cpu, modules, 1000 * (seen.first_text - seen.began))


def measure(rounds: int, folder: Path) -> dict[str, list[Loaded]]:
    """Return the samples of each side, a round each."""
    found = {side.name: [] for side in sides.SIDES}
    with Replay() as server:
        sample(sides.OURS, folder, server)  # now the checkout is compiled, as what is installed is
        for _ in range(rounds):
            for side in sides.SIDES:
                found[side.name].append(sample(side, folder, server))
    return found


def report(found: dict[str, list[Loaded]]) -> None:
    ours = found[sides.OURS.name]
    rows = []
    for name, samples in found.items():
        sums = [one.wall + one.first_text for one in samples]
        rows.append(
            (
                name,
                tables.spread([one.wall for one in samples], "{:.0f}".format),
                tables.spread([one.cpu for one in samples], "{:.0f}".format),
                tables.ratio([one.cpu for one in samples], [one.cpu for one in ours]),
                str(samples[0].modules),
                tables.spread([one.first_text for one in samples], "{:.0f}".format),
                tables.spread(sums, "{:.0f}".format),
            )
        )
    head = ("side", "loading, ms", "CPU, ms", "to ours", "modules", "then first text, ms", "both, ms")
    tables.show("Loading in a running kernel, and the first cell", head, rows)
    tables.judged("%load_ext, CPU", median(one.cpu for one in ours), MOST_MS, " ms")
    pairs = [
        (one.wall + one.first_text) / (two.wall + two.first_text) for one, two in zip(ours, found[OPENAI], strict=True)
    ]
    tables.judged("loading and first text, times openai-python's", median(pairs), 1.0)


def main() -> None:
    chosen = environments.asked(__doc__, rounds=9)
    report(measure(chosen.rounds, chosen.environments))


if __name__ == "__main__":
    main()
