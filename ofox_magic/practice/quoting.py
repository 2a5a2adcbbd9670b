"""
Somebody else's text inside our markdown, so that it cannot break out.

Pure; must not know where the text comes from.
"""

import re

SHORT = 120
LONG = 400
MOST_LINES = 8


def shortened(text: str, longest: int = LONG) -> str:
    """Return *text*, or its beginning with an ellipsis."""
    return text if len(text) <= longest else text[: longest - 1] + "…"


def code(text: str) -> str:
    """Return *text*, on one line and shortened, as inline code."""
    flat = " ".join(shortened(text, SHORT).split())
    if not flat:
        return "(empty)"
    ticks = "`" * (_longest_run(flat) + 1)
    pad = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{ticks}{pad}{flat}{pad}{ticks}"


def cell(text: str) -> str:
    """Return *text* as inline code for a cell of a table."""
    return code(text).replace("|", "\\|")


def fenced(text: str) -> str:
    """Return *text*, shortened, in a fence."""
    lines = shortened(text).splitlines()
    if len(lines) > MOST_LINES:
        lines = [*lines[:MOST_LINES], "…"]
    shown = "\n".join(lines)
    ticks = "`" * max(3, _longest_run(shown) + 1)
    return f"{ticks}text\n{shown}\n{ticks}"


def count(number: int, noun: str) -> str:
    """Return *number* and *noun*, which gets an s where there is not just one."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
