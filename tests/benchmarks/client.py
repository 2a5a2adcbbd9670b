"""
The client alone: CPU for each chunk of a streamed answer at full speed.

    python -m tests.benchmarks.client --rounds 15

Each side is a process that stays; a round asks each once. The first round is to warm up and does not count.
"""

import json
import os
import subprocess
from contextlib import ExitStack
from pathlib import Path
from statistics import median

from . import environments, sides, spoken, tables
from .replay import Replay

TOKENS = 10_000
NAMES = {
    "raw": "raw socket, split, json.loads",
    "httpx_bytes": "httpx iter_bytes, split, json.loads",
    "gateway_client": "ofox_magic, the client",
    "session": "ofox_magic, a session's turn",
    "openai": "openai-python",
}
MOST = 1.5
"""Times httpx's own loop."""


class Loop:
    """A loop in a process of its own."""

    def __init__(self, python: Path, name: str, url: str) -> None:
        kept = {key: value for key, value in os.environ.items() if not key.upper().startswith(("OFOX", "OPENAI"))}
        self._process = subprocess.Popen(
            [python, "-m", "tests.benchmarks.loops", name, url],
            cwd=environments.ROOT,
            env=kept | sides.COMMON,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ask(self, prompt: str) -> float:
        """Return the CPU seconds that the answer took."""
        self._process.stdin.write(f"{prompt}\n")
        self._process.stdin.flush()
        seconds, size = json.loads(self._process.stdout.readline())
        assert size == 4 * TOKENS, size
        return seconds

    def close(self) -> None:
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


def measure(rounds: int, folder: Path) -> dict[str, list[float]]:
    """Return for each loop its CPU seconds, a round each."""
    prompt = spoken.PROMPT.format(tokens=TOKENS, rate=0)
    python = {name: sides.python(folder, "openai" if name == "openai" else "ofox_magic") for name in NAMES}
    with Replay() as server, ExitStack() as stack:
        loops = {}
        for name in NAMES:
            loops[name] = Loop(python[name], name, server.url)
            stack.callback(loops[name].close)
        seconds = [{name: loop.ask(prompt) for name, loop in loops.items()} for _ in range(rounds + 1)][1:]
    return {name: [found[name] for found in seconds] for name in NAMES}


def report(seconds: dict[str, list[float]]) -> None:
    rows = [
        (
            label,
            tables.spread([1e6 * value / TOKENS for value in seconds[name]], "{:.1f}".format),
            tables.ratio(seconds[name], seconds["httpx_bytes"]),
            tables.ratio(seconds[name], seconds["raw"]),
        )
        for name, label in NAMES.items()
    ]
    tables.show(
        f"The client alone, {TOKENS:,} chunks at full speed", ("loop", "µs CPU a chunk", "to httpx", "to raw"), rows
    )
    pairs = [ours / theirs for ours, theirs in zip(seconds["gateway_client"], seconds["httpx_bytes"], strict=True)]
    tables.judged("client CPU, times httpx's own loop", median(pairs), MOST)


def main() -> None:
    chosen = environments.asked(__doc__, rounds=15)
    report(measure(chosen.rounds, chosen.environments))


if __name__ == "__main__":
    main()
