"""
An answer in a real JupyterLab and a headless Chromium: when its last text stands, and what the page's main thread did.

    python -m tests.benchmarks.page --rounds 1 --tokens 2000 10000

At 300/s. "Stands after" counts from when the server had sent all, looked at each 50 ms; task time and long tasks (over
50 ms) are those from the cell's start until three seconds after. A side that has not ended 60 s after its answer is
given up. The peers run in their own environments, under the same JupyterLab.
"""

import argparse
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import NamedTuple

from playwright.sync_api import sync_playwright

from tests.browser import lab
from tests.browser.conftest import FLAGS
from tests.browser.page import NotebookPage

from . import environments, sides, spoken, tables
from .replay import Replay

RATE, PATIENCE, QUIET = 300, 60, 3000
SCRIPT = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SIDES = (sides.OURS, *(side for side in sides.SIDES if "openai-python" in side.name))
MOST_AFTER, MOST_TASKS, MOST_LONG = 0.2, 8.0, 100.0
"""Seconds from the stream's end to the last text, seconds of task time, milliseconds of the longest task."""


class Stood(NamedTuple):
    """Seconds until the last text stood (None: it never did), seconds of task time, milliseconds of each long task."""

    after: float | None
    tasks: float
    long: list[float]


@contextmanager
def notebook(context, side: sides.Side, folder: Path, server: Replay, tokens: int):
    """A notebook of *side* in a new page, its first cells run; the last one asks."""
    with TemporaryDirectory(prefix="ofox-benchmark-") as own, ExitStack() as stack:
        places = {"XDG_DATA_HOME": own, "XDG_CACHE_HOME": own}
        python = sides.python(folder, side.environment)
        jupyter = lab.JupyterServer(Path(own), python=python, **sides.COMMON | places)
        stack.callback(jupyter.close)
        prompt = spoken.PROMPT.format(tokens=tokens, rate=RATE)
        cells = [code.format(url=server.url, prompt=prompt) for code in (side.load, side.prepare, side.ask)]
        jupyter.write("answer.ipynb", *cells)
        page = context.new_page()
        stack.callback(page.close)
        opened = NotebookPage(page, jupyter, "answer.ipynb")
        opened.run(0)
        opened.run(1)
        yield opened


def sample(context, side: sides.Side, folder: Path, server: Replay, tokens: int) -> Stood:
    """Ask once, and watch the page."""
    with notebook(context, side, folder, server, tokens) as opened:
        page = opened.page
        devtools = page.context.new_cdp_session(page)
        devtools.send("Performance.enable")
        page.evaluate("(words) => window.__await(words)", spoken.LAST)
        before = _task_seconds(devtools)
        opened.start(2)
        sent = server.served(PATIENCE + 2 * tokens / RATE).last_wall
        try:
            opened.wait_for(lambda: page.evaluate("window.__benchmark.stood"), "the last text", PATIENCE)
        except AssertionError:
            return Stood(None, _task_seconds(devtools) - before, page.evaluate("window.__benchmark.long"))
        page.wait_for_timeout(QUIET)
        seen = page.evaluate("window.__benchmark")
        return Stood(seen["stood"] - sent, _task_seconds(devtools) - before, seen["long"])


def _task_seconds(devtools) -> float:
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    return next(metric["value"] for metric in metrics if metric["name"] == "TaskDuration")


def measure(rounds: int, tokens: int, folder: Path) -> dict[str, list[Stood]]:
    """Return the samples of each side, a round each; every one has a server, a kernel and a page of its own."""
    found = {side.name: [] for side in SIDES}
    with Replay() as server, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=lab.chromium(), args=FLAGS)
        context = browser.new_context(viewport={"width": 1100, "height": 900})
        context.add_init_script(SCRIPT)
        for _ in range(rounds):
            for side in SIDES:
                found[side.name].append(sample(context, side, folder, server, tokens))
        browser.close()
    return found


def report(tokens: int, found: dict[str, list[Stood]]) -> None:
    ours = [one.tasks for one in found[sides.OURS.name]]
    rows = []
    for name, samples in found.items():
        after = [one.after for one in samples if one.after is not None]
        tasks = [one.tasks for one in samples]
        rows.append(
            (
                name,
                tables.spread(after, "{:.2f}".format) if after else f"not within {PATIENCE}",
                tables.spread(tasks, "{:.1f}".format),
                tables.ratio(tasks, ours),
                tables.spread([len(one.long) for one in samples], "{:.0f}".format),
                tables.spread([max(one.long, default=0) for one in samples], "{:.0f}".format),
            )
        )
    head = ("side", "last text stands after, s", "task time, s", "to ours", "long tasks", "longest, ms")
    tables.show(f"In JupyterLab: {tokens:,} tokens at {RATE}/s", head, rows)


def judge(samples: list[Stood]) -> None:
    """What the targets say to ours; the longest of the rounds counts."""
    tables.judged("the last text stands", max(one.after or PATIENCE for one in samples), MOST_AFTER, " s")
    tables.judged("task time", max(one.tasks for one in samples), MOST_TASKS, " s")
    tables.judged("longest task", max(max(one.long, default=0) for one in samples), MOST_LONG, " ms")


def run(rounds: int, tokens: list[int], folder: Path) -> None:
    """Measure and print; where there is no browser, say so."""
    if lacks := lab.missing():
        print(f"\nno page: this is missing: {lacks}")
        return
    for count in tokens:
        found = measure(rounds, count, folder)
        report(count, found)
        judge(found[sides.OURS.name])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--tokens", type=int, nargs="+", default=[2_000, 10_000])
    environments.add_flag(parser)
    chosen = parser.parse_args()
    run(chosen.rounds, chosen.tokens, chosen.environments)


if __name__ == "__main__":
    main()
