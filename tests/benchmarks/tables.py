"""How the benchmarks print: a table of medians, what a target says to one, and how busy the machine was."""

import os
from collections.abc import Callable, Iterable, Sequence
from statistics import median


def show(title: str, head: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table in markdown, the first column to the left, the others to the right."""
    lines = [head, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(head))]
    rule = ["-" * widths[0], *("-" * (width - 1) + ":" for width in widths[1:])]
    print(f"\n{title} · load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores\n")
    for line in (lines[0], rule, *lines[1:]):
        first, *others = line
        cells = [first.ljust(widths[0]), *(cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True))]
        print(f"| {' | '.join(cells)} |", flush=True)


def spread(values: Sequence[float], form: Callable[[float], str]) -> str:
    """The median, and the least and the most where there are more than one."""
    if not values:
        return "–"
    middle = form(median(values))
    return middle if len(values) == 1 else f"{middle} ({form(min(values))}–{form(max(values))})"


def ratio(values: Sequence[float], to: Sequence[float]) -> str:
    """
    The median of the ratios of what was measured in the same round, so that a busy moment slows both sides of one.
    """
    pairs = [value / other for value, other in zip(values, to, strict=False) if other]
    return f"× {median(pairs):.2f}" if pairs else "–"


def judged(what: str, value: float, most: float, unit: str = "") -> None:
    """Print what a target says to *value*."""
    verdict = "met" if value <= most else "MISSED"
    print(f"{verdict}: {what}: {value:.3g}{unit}, at most {most:g}{unit}", flush=True)
