"""
Everything that compares us with what else one would use in a notebook, one table after another.

    python -m tests.benchmarks.peers
    python -m tests.benchmarks.peers size client imports

With names, only these: size, client, imports, first_text, memory, traffic, page. Each is a command of its own too, with
more to choose. The first run makes an environment for each peer (about 700 MB in all), with the versions pinned in
`sides`. In a round each side is measured once, so that a busy moment slows all; ratios are within a round. It takes half
an hour; other work on the machine moves the medians, and less the ratios.
"""

import argparse
from collections.abc import Callable
from pathlib import Path

from . import client, environments, first_text, imports, memory, page, sides, size, traffic

PARTS: dict[str, Callable[[int, Path], None]] = {
    "size": lambda _, folder: size.report(folder),
    "client": lambda rounds, folder: client.report(client.measure(3 * rounds, folder)),
    "imports": lambda rounds, folder: imports.report(imports.measure(rounds, folder)),
    "first_text": lambda rounds, folder: first_text.report(first_text.measure(3 * rounds, folder)),
    "memory": lambda _, folder: memory.report(memory.ANSWERS, memory.measure(memory.ANSWERS, folder)),
    "traffic": lambda rounds, folder: traffic.run(1, rounds, folder),
    "page": lambda _, folder: page.run(1, [2_000, 10_000], folder),
}
"""What is measured, by its module's name; a round costs some seconds to some minutes."""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(PARTS)}; all where none is named")
    parser.add_argument("--rounds", type=int, default=5)
    environments.add_flag(parser)
    chosen = parser.parse_args()
    if unknown := set(chosen.parts) - set(PARTS):
        parser.error(f"no such part: {', '.join(sorted(unknown))}; there are {', '.join(PARTS)}")
    for name in sides.REQUIREMENTS:
        sides.python(chosen.environments, name)
    for name in chosen.parts or PARTS:
        PARTS[name](chosen.rounds, chosen.environments)


if __name__ == "__main__":
    main()
