"""Reads golden files: cases of title, input and expected output, each ended by a line with a lone dot."""

from pathlib import Path
from typing import NamedTuple

GOLDEN = Path(__file__).parent.parent / "golden"


class Case(NamedTuple):
    line: int
    title: str
    given: str
    expected: str


def cases(name: str) -> list[Case]:
    found, fields, start = [], [""], 1
    for number, line in enumerate((GOLDEN / name).read_text(encoding="utf-8").splitlines(keepends=True), 1):
        if line.rstrip("\n") != ".":
            fields[-1] += line
        elif len(fields) < 3:
            fields.append("")
        else:
            title, given, expected = fields
            found.append(Case(start, title.strip(), given, expected))
            fields, start = [""], number + 1
    assert not fields[0].strip(), f"the case that begins in line {start} of {name} is not complete"
    return found


def case_id(case: Case) -> str:
    return f"{case.line}: {case.title}"
