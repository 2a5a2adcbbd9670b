"""
Where the process that asks writes down what it sees: one file for each place, to be searched from outside.

Here nothing knows the key, so that nothing here is mistaken for a leak.
"""

import json
import logging
import os
import traceback
import warnings
from pathlib import Path

FOLDER = Path(os.environ.get("PROBE_NOTES", "nowhere"))


def note(place: str, where: str, seen: str | bytes | bytearray) -> None:
    """Write down what was *seen*, and *where*."""
    data = {"text": seen} if isinstance(seen, str) else {"hex": bytes(seen).hex()}
    with (FOLDER / f"{place}.jsonl").open("a", encoding="utf-8") as file:
        file.write(json.dumps({"where": where, **data}) + "\n")


def read(folder: Path, place: str) -> list[tuple[str, str | bytes]]:
    """Return what was seen in *place* by the process whose notes are in *folder*."""
    file = folder / f"{place}.jsonl"
    lines = [json.loads(line) for line in file.read_text("utf-8").splitlines()] if file.exists() else []
    return [(line["where"], line["text"] if "text" in line else bytes.fromhex(line["hex"])) for line in lines]


class _Notes(logging.Handler):
    def emit(self, record):
        note("logs", record.name, f"{record.getMessage()}\n{record.args!r}\n{record.exc_text or ''}")
        if record.exc_info:
            note("logs", record.name, "".join(traceback.format_exception(*record.exc_info)))


def listen() -> None:
    """Note from now on all that any logger says, at any level, and every warning."""
    handler = _Notes(level=0)
    root = logging.getLogger()
    root.addHandler(handler)
    root.setLevel(1)
    for logger in [each for each in root.manager.loggerDict.values() if isinstance(each, logging.Logger)]:
        logger.setLevel(1)
        logger.disabled = False
        if not logger.propagate:
            logger.addHandler(handler)
    warnings.simplefilter("always")
    warnings.showwarning = lambda message, kind, *rest: note("warnings", kind.__name__, f"{message} {rest}")
