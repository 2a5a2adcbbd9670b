"""
Which changes to the code do the tests notice? mutmut makes small ones, one at a time, and runs the tests on each.

    python -m tests.mutation
    python -m tests.mutation markdown journal --show

Works in a copy of the checkout, and on what it has of its own: no corpus from beside it. A change of a function that
has a decorator is not tried, nor one outside of functions. One that makes the tests hang has been noticed as well.
Exits 1 where a group's tests notice less than 85 in 100. Takes long; name the group that you are at work on.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.benchmarks.tables import show

ROOT = Path(__file__).parents[2]
ENOUGH = 0.85
NOTICED = ("killed", "timeout")
_RESULT = re.compile(r"^ +(?P<mutant>(?P<module>ofox_magic\.\S*?)\.x\S+): (?P<status>.+)$", re.MULTILINE)
_CONFIGURATION = """
[tool.mutmut]
source_paths = {modules}
also_copy = ["ofox_magic"]
pytest_add_cli_args = {arguments}
pytest_add_cli_args_test_selection = {tests}
timeout_multiplier = 5.0
timeout_constant = 10.0
"""
_ARGUMENTS = (
    "-o",
    "addopts=",
    "-q",
    "-x",
    "-p",
    "no:cacheprovider",
    "-p",
    "tests.mutation.fresh",
    "--hypothesis-seed=0",
)


@dataclass(frozen=True)
class Group:
    """Changes in *modules*, paths in the package, *only* where their name matches; *tests*, *without* the slow ones."""

    modules: tuple[str, ...]
    tests: tuple[str, ...]
    without: tuple[str, ...] = ()
    only: str = "*"


GROUPS = {
    "sse": Group(("gateway/sse.py",), ("tests/gateway/test_sse.py",)),
    "wire": Group(("gateway/wire.py",), ("tests/gateway/test_wire.py",)),
    "retry": Group(("gateway/retry.py",), ("tests/gateway/test_retry.py",)),
    "secret": Group(("settings.py",), ("tests/test_settings.py",), only="ofox_magic.settings.xǁSecretǁ*"),
    "markdown": Group(
        tuple(
            f"render/{name}.py"
            for name in ("markdown", "links", "math", "tasks", "tex", "sanitize", "code", "document")
        ),
        tuple(f"tests/render/test_{name}.py" for name in ("markdown", "math", "code", "blocks")),
    ),
    "blocks": Group(("render/blocks.py",), ("tests/render/test_blocks.py",)),
    "budget": Group(("render/budget.py",), ("tests/render/test_budget.py",)),
    "flow": Group(
        ("render/flow.py",),
        tuple(f"tests/render/test_{name}.py" for name in ("flow", "mathml", "pathological")),
        without=(
            "tests/render/test_flow.py::test_and_of_documents_made_of_any_lines",
            "tests/render/test_flow.py::test_and_of_code_so_long_that_its_lines_are_finished_before_it_ends",
            "tests/render/test_pathological.py::test_it_ends_within_a_second_or_three_on_a_slow_machine",
        ),
    ),
    "journal": Group(
        tuple(f"journal/{name}.py" for name in ("runs", "recording", "reading", "problems", "file")),
        tuple(f"tests/journal/test_{name}.py" for name in ("runs", "recording", "problems", "file", "journal")),
        without=(
            "tests/journal/test_journal.py::test_kernels_that_make_the_file_at_the_same_moment_all_get_it",
            "tests/journal/test_journal.py::test_two_kernels_write_into_one_file_at_once",
        ),
    ),
    "writing": Group(
        ("journal/writing.py", "journal/storage.py"),
        tuple(f"tests/journal/test_{name}.py" for name in ("file", "writing", "journal", "faults")),
        without=(
            # nobody may read mutmut, which stands between
            "tests/journal/test_faults.py::test_a_directory_that_may_not_be_written_is_said_once",
            "tests/journal/test_faults.py::test_a_file_that_may_not_be_written_is_said_once_and_left_as_it_is",
        ),
    ),
}


def mutate(group: Group, folder: Path, children: int) -> Iterator[tuple[str, str, str]]:
    """Try all changes of *group* in a copy under *folder*; yield module, name and status of each."""
    for name in ("ofox_magic", "tests"):
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    settings = _CONFIGURATION.format(
        modules=[f"ofox_magic/{path}" for path in group.modules],
        tests=[*group.tests],
        arguments=[*_ARGUMENTS, *(f"--deselect={test}" for test in group.without)],
    )
    (folder / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text(encoding="utf-8") + settings, "utf-8")
    with (folder / "mutmut.log").open("w", encoding="utf-8") as log:
        ran = mutmut(folder, "run", "--max-children", str(children), group.only, stdout=log, stderr=log)
    if ran.returncode:
        sys.exit(f"mutmut ended with {ran.returncode}:\n{(folder / 'mutmut.log').read_text(encoding='utf-8')[-4000:]}")
    for found in _RESULT.finditer(mutmut(folder, "results", "--all", "true").stdout):
        if found["status"] != "not checked":
            yield found["module"], found["mutant"], found["status"]


def mutmut(folder: Path, *arguments: str, stdout=subprocess.PIPE, stderr=None) -> subprocess.CompletedProcess:
    program = Path(sysconfig.get_path("scripts")) / "mutmut"
    environment = {name: value for name, value in os.environ.items() if not name.startswith("OFOX")}
    return subprocess.run(
        [program, *arguments], cwd=folder, env=environment, stdout=stdout, stderr=stderr, text=True, check=False
    )


def try_all(name: str, *, children: int, shows: bool) -> dict[str, Counter[str]]:
    """Return how the tries of the group *name* ended, by module; print what no test noticed where that *shows*."""
    found: dict[str, Counter[str]] = {}
    print(f"{name} …", file=sys.stderr, flush=True)
    with tempfile.TemporaryDirectory(prefix="ofox-mutation-") as folder:
        for module, mutant, status in tuple(mutate(GROUPS[name], Path(folder), children)):
            found.setdefault(module.removeprefix("ofox_magic."), Counter())[status] += 1
            if shows and status not in NOTICED:
                print(mutmut(Path(folder), "show", mutant).stdout, flush=True)
    return found


def noticed(statuses: Counter[str]) -> int:
    return sum(statuses[status] for status in NOTICED)


def row(name: str, statuses: Counter[str]) -> tuple[str, ...]:
    total = statuses.total()
    counts = (total, *(statuses[status] for status in NOTICED), total - noticed(statuses))
    return name, *map(str, counts), f"{100 * noticed(statuses) / total:.1f} %"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("groups", nargs="*", default=[*GROUPS], metavar="GROUP", help=f"of {', '.join(GROUPS)}")
    parser.add_argument("--show", action="store_true", help="print each change that no test notices")
    parser.add_argument("--children", type=int, default=os.cpu_count(), help="how many to try at once")
    given = parser.parse_args()
    if unknown := set(given.groups) - set(GROUPS):
        parser.error(f"no group is called {', '.join(unknown)}: {', '.join(GROUPS)} are")
    rows, enough = [], True
    for name in given.groups:
        found = try_all(name, children=given.children, shows=given.show)
        whole = sum(found.values(), Counter())
        rows += [row(module, statuses) for module, statuses in found.items()]
        rows += [row(f"{name}, all of it", whole)] if len(found) > 1 else []
        enough &= noticed(whole) >= ENOUGH * whole.total()
    show("changes that the tests notice", ("module", "mutants", *NOTICED, "survived", "noticed"), rows)
    return 0 if enough else 1


if __name__ == "__main__":
    sys.exit(main())
