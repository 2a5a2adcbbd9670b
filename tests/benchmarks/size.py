"""
What is installed for each side beside ipykernel: distributions, and megabytes without compiled files.

    python -m tests.benchmarks.size
"""

import argparse
from pathlib import Path

from . import environments, sides, tables


def report(folder: Path) -> None:
    """Print the table."""
    floor = environments.installed(sides.python(folder, "kernel"))
    rows = [("ipykernel itself, the floor", str(floor["distributions"]), f"{floor['bytes'] / 1e6:.1f}", "–")]
    found = {
        name: environments.installed(sides.python(folder, name)) for name in sides.REQUIREMENTS if name != "kernel"
    }
    more = {name: {key: installed[key] - floor[key] for key in floor} for name, installed in found.items()}
    for name, extra in more.items():
        ratio = extra["bytes"] / more["ofox_magic"]["bytes"]
        rows.append((name, f"+ {extra['distributions']}", f"+ {extra['bytes'] / 1e6:.1f}", f"× {ratio:.2f}"))
    tables.show("Installed", ("environment", "distributions", "MB", "to ours"), rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    environments.add_flag(parser)
    report(parser.parse_args().environments)


if __name__ == "__main__":
    main()
