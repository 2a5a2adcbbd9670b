"""
What a journal of many turns costs: writing a turn when it is the first and when it is the last, and loading them all.

    python -m tests.benchmarks.journal --turns 10000

Every turn has a picture, one in ten a new one of 50 kB; answers are 2 kB. Exits 1 where the last turns cost more than
1.5 times what the first did, or loading takes more than 2 seconds.
"""

import argparse
import json
import statistics
import sys
import tempfile
import time
from pathlib import Path

from ofox_magic.chat.conversation import Conversation, Version
from ofox_magic.chat.messages import Usage, assistant, user
from ofox_magic.chat.parts import Image
from ofox_magic.chat.records import to_dict
from ofox_magic.journal import load, sessions
from ofox_magic.journal.file import JournalFile
from ofox_magic.journal.recording import Recording

SAMPLE = 500
LONGEST_LOAD = 2.0
LARGEST_RATIO = 1.5


class Growing:
    """A session that has nothing but conversations, so that only the journal is measured."""

    name = "main"

    def __init__(self) -> None:
        self.conversations = {"main": Conversation()}

    def begin(self, number: int) -> None:
        picture = Image((number // 10).to_bytes(4) * 12_500, width=400, height=300, name="fig")
        self.conversations["main"] = self.conversations["main"].begin(
            f"t{number}", None, (user(f"q {number}", picture),)
        )

    def settle(self, number: int) -> None:
        question = self.conversations["main"].exchanges[-1].version.question
        version = Version(question, assistant("word " * 400), "done", "m", "stop", Usage(10, 20, 30))
        self.conversations["main"] = self.conversations["main"].settle(f"t{number}", version)


class Written:
    """A growing session and its file; `turn` adds one and returns the seconds that its two commits took."""

    def __init__(self, path: Path) -> None:
        self.session = Growing()
        self.said: list[tuple[str, ...]] = []
        self._count = 0
        self._recordings = (Recording(self.session, "", lambda text: text),)
        self._file = JournalFile(path, lambda *line: self.said.append(line), time.time)

    def turn(self) -> float:
        cost = 0.0
        for step in (self.session.begin, self.session.settle):
            step(self._count)
            began = time.perf_counter()
            self._file.write(self._recordings, {})
            cost += time.perf_counter() - began
        self._count += 1
        return cost

    def close(self) -> None:
        self._file.disconnect()
        assert not self.said, self.said


def write(directory: Path, turns: int) -> list[tuple[float, float]]:
    """Return what the first SAMPLE turns cost and the last, in pairs made by turns, so that a busy disk slows both."""
    short, long = Written(directory / "short.sqlite3"), Written(directory / "long.sqlite3")
    for _ in range(turns - SAMPLE):
        long.turn()
    pairs = [(short.turn(), long.turn()) for _ in range(SAMPLE)]
    short.close()
    long.close()
    return pairs


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--turns", type=int, default=10_000)
    turns = parser.parse_args().turns
    with tempfile.TemporaryDirectory() as directory:
        path = Path(directory) / "long.sqlite3"
        first, last = (statistics.median(costs) for costs in zip(*write(path.parent, turns), strict=True))
        began = time.perf_counter()
        (info,) = sessions(path)
        listed = time.perf_counter() - began
        loaded = load(path, info.id).conversations["main"]
        took = time.perf_counter() - began - listed
        assert len(loaded) == info.turns == turns
        size = path.stat().st_size / 2**20
    began = time.perf_counter()
    text = json.loads(json.dumps(to_dict(loaded)))
    plain = time.perf_counter() - began
    print(f"{turns} turns, {size:.0f} MiB on disk, {len(json.dumps(text)) / 2**20:.0f} MiB of it text")
    print(f"a turn's two commits: {1000 * first:.2f} ms at first, {1000 * last:.2f} ms at last: × {last / first:.2f}")
    print(
        f"sessions() {1000 * listed:.0f} ms; load() {took:.2f} s, × {took / plain:.1f} of json.dumps and loads of the same"
    )
    return 0 if took < LONGEST_LOAD and last / first < LARGEST_RATIO else 1


if __name__ == "__main__":
    sys.exit(main())
