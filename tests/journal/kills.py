"""
Kill a streaming conversation at random moments, and after each single write, and look at what is left.

    python -m tests.journal.kills 200

Exits 1 where a file is corrupt, a question or an answer that was promised is missing, or text older than a second.
"""

import os
import random
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from pathlib import Path
from shutil import which
from typing import NamedTuple

from ofox_magic.journal import load, sessions
from tests.journal.killed import KILL_AFTER, WORDS, word

CALLS = "pwrite64,fdatasync,fsync,ftruncate,unlink,rename"
ROOT = Path(__file__).parents[2]


class Found(NamedTuple):
    """What a kill left: promises made, those that were broken, and the age in seconds of the newest text on disk."""

    questions: int
    answers: int
    broken: list[str]


def kill_at(seconds: float, path: Path, pause: float) -> Found:
    """Kill a conversation *seconds* after its first question left."""
    with _talking(path, PAUSE=str(pause)) as process:
        lines = [process.stdout.readline()]
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        died = time.monotonic()
        lines += process.stdout.readlines()
    return _look(path, lines, died)


def kill_after(statement: int, path: Path) -> Found:
    """Let a conversation kill itself after its *statement*th statement to SQLite."""
    with _talking(path, PAUSE="0.001", **{KILL_AFTER: str(statement)}) as process:
        lines = process.stdout.readlines()
        died = time.monotonic()
    assert process.wait() == -signal.SIGKILL
    return _look(path, lines, died)


def kill_at_call(number: int, path: Path) -> Found:
    """Let the system kill a conversation when its writer's *number*th call that changes a file is made (needs strace)."""
    inject = f"inject={CALLS}:signal=KILL:when={number}"
    with _talking(
        path, "strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={CALLS}", "-e", inject, PAUSE="0.001"
    ) as process:
        lines = process.stdout.readlines()
        died = time.monotonic()
    return _look(path, lines, died)


def _talking(path: Path, *under: str, **environment: str) -> subprocess.Popen:
    return subprocess.Popen(
        [*under, sys.executable, "-m", "tests.journal.killed", str(path)],
        stdout=subprocess.PIPE, cwd=ROOT, env=os.environ | environment, text=True,
    )  # fmt: skip


def _look(path: Path, lines: list[str], died: float) -> Found:
    promises = [(float(time_), kind, *map(int, rest)) for line in lines if line.endswith("\n")
                for time_, kind, *rest in [line.split()] if kind != "problem"]  # fmt: skip
    broken = [line for line in lines if " problem " in line]
    asked = [p[2] for p in promises if p[1] == "asked"]
    settled = [p[2] for p in promises if p[1] == "settled"]
    broken += _damage(path)
    texts = _on_disk(path) if asked or path.exists() else {}
    for turn in asked:
        if turn not in texts:
            broken.append(f"question {turn} is lost")
    for turn in settled:
        if texts.get(turn, ("", ""))[1] != "".join(word(turn, n) for n in range(WORDS)):
            broken.append(f"answer {turn} is lost")
    for when, kind, *spot in promises:
        if kind == "streamed" and when < died - 1 and word(*spot) not in texts.get(spot[0], ("", ""))[1]:
            broken.append(f"word {spot} is lost, {died - when:.2f} s old")
    return Found(len(asked), len(settled), broken)


def _damage(path: Path) -> list[str]:
    if not path.exists():
        return []
    with closing(sqlite3.connect(path)) as connection:
        found = [row[0] for row in connection.execute("PRAGMA integrity_check")]
    return [] if found == ["ok"] else found


def _on_disk(path: Path) -> dict[int, tuple[str, str]]:
    listed = sessions(path) if _has_tables(path) else ()
    if not listed:
        return {}
    exchanges = load(path, listed[0].id).conversations["main"].exchanges
    return {
        int(e.version.question[0].text.split()[1]): (
            e.version.status,
            e.version.answer.text if e.version.answer else "",
        )
        for e in exchanges
    }


def _has_tables(path: Path) -> bool:
    with closing(sqlite3.connect(path)) as connection:
        return bool(connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])


def main() -> int:
    kills, dice = int(sys.argv[1]), random.Random(7)
    questions = answers = 0
    broken = []
    with tempfile.TemporaryDirectory() as directory:
        for number in range(kills):
            at, pause = dice.uniform(0, 3), dice.choice([0.001, 0.02, 0.2])
            found = kill_at(at, Path(directory) / f"{number}.sqlite3", pause)
            questions, answers = questions + found.questions, answers + found.answers
            broken += [f"kill {number} at {at:.3f} s: {what}" for what in found.broken]
        print(f"{kills} kills at random moments: {questions} questions, {answers} whole answers promised")
        single = min(kills, 80)
        for name, kill in (("statement", kill_after), ("call that writes", kill_at_call))[
            : 2 if which("strace") else 1
        ]:
            for number in range(1, single + 1):
                found = kill(number, Path(directory) / f"{name[0]}{number}.sqlite3")
                broken += [f"kill at {name} {number}: {what}" for what in found.broken]
            print(f"{single} kills, at {name} 1 to {single}")
    print(*broken, sep="\n")
    print(f"{len(broken)} promises broken")
    return 1 if broken else 0


if __name__ == "__main__":
    sys.exit(main())
