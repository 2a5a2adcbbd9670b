"""
Many turns with faults among them: do memory, descriptors and threads come back to where they started?

    python -m tests.benchmarks.soak --turns 2000 --faults 5

A real Session over the real client, and a practice gateway in a process of its own. The conversation is cleared every
50 turns, so that what is measured is what turns leave behind and not the history that they make. Linux only: it reads
/proc.
"""

import argparse
import gc
import os
import random
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from ofox_magic import OfoxError
from ofox_magic.wiring import Wiring

ROOT = Path(__file__).parents[2]
WARM_UP = 100
CLEARED_EVERY = 50
FAULTS = (
    {"status": 429, "headers": {"retry-after": "0"}},
    {"status": 500, "headers": {"retry-after": "0"}},
    {"status": 401},
    {"text": "cut " * 50, "cut_after": 900},
    {"text": "half of it", "error_after": 1},
    {"body": "<html>Log in</html>", "content_type": "text/html"},
    {"text": "no end", "finish_reason": "", "done": False},
    "cancel",
)


class Held(NamedTuple):
    """What the process holds: resident memory in MiB, open descriptors, threads."""

    memory: float
    descriptors: int
    threads: int

    @classmethod
    def now(cls) -> "Held":
        gc.collect()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        memory = pages * os.sysconf("SC_PAGE_SIZE") / (1 << 20)
        return cls(memory, sum(1 for _ in Path("/proc/self/fd").iterdir()), threading.active_count())

    def __str__(self) -> str:
        return f"{self.memory:7.1f} MiB {self.descriptors:4} descriptors {self.threads:3} threads"


def soak(turns: int, faults: float, report: int = 200) -> tuple[Held, Held, Counter]:
    """Run *turns*, of which *faults* per cent go wrong. Returns what was held after the warm-up and at the end."""
    dice, ends = random.Random(7), Counter()
    with gateway() as base_url:
        wiring = Wiring(base_url=base_url)
        session, first = wiring.session, Held.now()
        began = time.monotonic()
        for number in range(1, turns + 1):
            ends[one_turn(session, dice, dice.random() < faults / 100)] += 1
            if number % CLEARED_EVERY == 0:
                session.clear()
            if number == WARM_UP:
                first = at_rest(wiring)
            if number % report == 0:
                each = (time.monotonic() - began) / number
                print(f"{number:6} turns  {Held.now()}  {1000 * each:6.1f} ms a turn", flush=True)
        return first, at_rest(wiring), ends


def at_rest(wiring: Wiring) -> Held:
    """What is held without the connections that are kept for the next turn; that one opens them again."""
    wiring.close()
    return Held.now()


def one_turn(session, dice, faulty: bool) -> str:
    fault = dice.choice(FAULTS) if faulty else None
    script = {"text": "word " * 100} if fault in (None, "cancel") else fault
    turn = session.ask("Say something.", practice=script)
    if fault == "cancel":
        time.sleep(dice.random() * 0.01)
        turn.cancel()
    try:
        turn.result()
    except OfoxError as error:
        return type(error).__name__
    return turn.state


@contextmanager
def gateway() -> Iterator[str]:
    command = [sys.executable, "-m", "ofox_magic", "practice"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT) as process:
        try:
            yield next(found[1] for line in process.stdout if (found := re.search(r"export OFOX_BASE_URL=(\S+)", line)))
        finally:
            process.terminate()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--turns", type=int, default=2000)
    parser.add_argument("--faults", type=float, default=5, help="per cent of the turns (default: 5)")
    chosen = parser.parse_args()
    first, last, ends = soak(chosen.turns, chosen.faults)
    print(f"\nafter {WARM_UP} turns:  {first}\nat the end:       {last}")
    print(
        f"more:         {last.memory - first.memory:+11.1f} MiB {last.descriptors - first.descriptors:+4} "
        f"descriptors {last.threads - first.threads:+3} threads"
    )
    print("turns ended:", ", ".join(f"{count} {end}" for end, count in ends.most_common()))


if __name__ == "__main__":
    main()
