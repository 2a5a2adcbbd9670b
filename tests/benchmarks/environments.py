"""
A virtual environment for each side of a comparison, so that none meets another's versions.

Made once, in a folder that is kept, and anew where what is asked for has changed. Each has the same ipykernel.
"""

import argparse
import hashlib
import json
import shutil
import subprocess
import sys
import venv
from pathlib import Path

from platformdirs import user_cache_path

ROOT = Path(__file__).parents[2]
KERNEL = ("ipykernel==7.4.0", "ipython==9.18.1")
DEFAULT = user_cache_path("ofox_magic") / "benchmarks"
_SIZE = """
import importlib.metadata, json, pathlib, sysconfig
place = pathlib.Path(sysconfig.get_path("purelib"))
tools = {"pip", "setuptools", "wheel"}
found = [d for d in importlib.metadata.distributions(path=[str(place)]) if d.metadata["Name"] not in tools]
files = {d.locate_file(f) for d in found for f in d.files or () if f.suffix != ".pyc"}
print(json.dumps({"distributions": len(found), "bytes": sum(f.stat().st_size for f in files if f.is_file())}))
"""


def add_flag(parser) -> None:
    """Give *parser* the option that names where the environments are kept."""
    parser.add_argument("--environments", type=Path, default=DEFAULT, metavar="FOLDER", help=f"default: {DEFAULT}")


def asked(doc: str, *, rounds: int) -> argparse.Namespace:
    """Return what the command line of a benchmark says that takes how many `rounds`, and where to keep things."""
    parser = argparse.ArgumentParser(description=doc.split("\n\n")[0])
    parser.add_argument("--rounds", type=int, default=rounds)
    add_flag(parser)
    return parser.parse_args()


def environment(folder: Path, name: str, requirements: tuple[str, ...]) -> Path:
    """Return the interpreter of the environment *name* under *folder*, with *requirements* and the kernel."""
    place, wanted = folder / name, (*KERNEL, *requirements)
    python = place / ("Scripts/python.exe" if sys.platform == "win32" else "bin/python")
    stamp = place / "made-of.txt"
    made_of = "\n".join((sys.version, *map(_described, wanted)))
    if not (stamp.exists() and stamp.read_text() == made_of):
        print(f"making the environment {name}: {', '.join(wanted)}", file=sys.stderr, flush=True)
        shutil.rmtree(place, ignore_errors=True)
        venv.create(place, with_pip=True, symlinks=sys.platform != "win32")
        subprocess.run([python, "-m", "pip", "install", "-q", "--no-warn-script-location", *wanted], check=True)
        stamp.write_text(made_of)
    return python


def installed(python: Path) -> dict[str, int]:
    """Return how many `distributions` and `bytes` are installed beside *python*, without pip and compiled files."""
    return json.loads(subprocess.run([python, "-c", _SIZE], check=True, capture_output=True, text=True).stdout)


def _described(requirement: str) -> str:
    """A checkout is what its pyproject.toml asks for; its code is read from the checkout itself."""
    if requirement != str(ROOT):
        return requirement
    return hashlib.sha256((ROOT / "pyproject.toml").read_bytes()).hexdigest()
