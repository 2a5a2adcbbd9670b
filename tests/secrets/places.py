"""
The list of places where a key could come to lie, and how each is looked into.

To add one, write a function here under `@place`: it takes the Scene and yields pairs of where, and what lies there. A
new kind of object, or what only the asking process itself can see, is added in probe.py, which notes it for a place.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import TypeAlias

from . import notes
from .scene import Scene

Things: TypeAlias = Iterable[tuple[str, str | bytes]]
PLACES: dict[str, Callable[[Scene], Things]] = {}


def place(look: Callable[[Scene], Things]) -> Callable[[Scene], Things]:
    PLACES[look.__name__] = look
    return look


# -- what leaves the process that asks


@place
def messages_to_front_ends(scene: Scene) -> Things:
    """Outputs, their updates and metadata, tracebacks in all four modes, `%whos`, replies: all of the protocol."""
    return scene.messages


@place
def output_of_the_kernel_process(scene: Scene) -> Things:
    yield "stdout and stderr", scene.kernel_log


@place
def output_of_a_program(scene: Scene) -> Things:
    """Its tracebacks show every variable, its last one is Python's own."""
    for number, line in enumerate(scene.program.splitlines(), 1):
        yield f"line {number}", line


@place
def requests(scene: Scene) -> Things:
    """Everything but the one header that is for the key."""
    for number, request in enumerate(scene.requests):
        yield f"request {number}", re.sub(rb"(?i)\r\nauthorization: Bearer [!-~]+(?=\r\n)", b"", request)


@place
def the_saved_notebook(scene: Scene) -> Things:
    for cell in json.loads(scene.notebook)["cells"]:
        yield repr(cell["source"]), json.dumps(cell)
    yield "the file", scene.notebook


@place
def files(scene: Scene) -> Things:
    """All that was written: the shell's history, and whatever else lies where the processes ran and are at home."""
    for path in scene.home.rglob("*"):
        if path.is_file():
            yield str(path.relative_to(scene.home)), path.read_bytes()


# -- what keeps a conversation in which the key was said


def _kept(scene: Scene, *patterns: str) -> Things:
    for pattern in patterns:
        for path in sorted(scene.kept.rglob(pattern)):
            yield str(path.relative_to(scene.kept)), path.read_bytes()


def _shown(scene: Scene, *commands: str) -> Things:
    for where, message in scene.shown:
        if any(command in where for command in commands):
            yield where, message


@place
def the_journal(scene: Scene) -> Things:
    """With its write-ahead log."""
    return _kept(scene, "user-data/**/*.sqlite3*")


@place
def the_cassette(scene: Scene) -> Things:
    return _kept(scene, "*.ofox.jsonl")


@place
def the_saved_conversations(scene: Scene) -> Things:
    return _kept(scene, "saved.json")


@place
def transcripts(scene: Scene) -> Things:
    """In a cell, as markdown, as a page, and of a session that was resumed."""
    yield from _kept(scene, "transcript.*")
    yield from _shown(scene, "transcript")


@place
def what_was_sent(scene: Scene) -> Things:
    """As it is shown, as a file, and in a variable."""
    yield from _kept(scene, "sent.json")
    yield from _shown(scene, "sent", "'body'")


@place
def dry_runs(scene: Scene) -> Things:
    return _shown(scene, "dry-run")


@place
def earlier_sessions(scene: Scene) -> Things:
    """Their titles, and what was said in one of them."""
    return _shown(scene, "sessions", "resume", "history")


@place
def the_catalogue(scene: Scene) -> Things:
    """Of a gateway whose list of models holds the key."""
    for path in sorted(scene.home.glob("*/user-cache/**/*")):
        if path.is_file():
            yield str(path.relative_to(scene.home)), path.read_bytes()


# -- what a look inside it finds


def _noted(scene: Scene, what: str) -> Things:
    for process, folder in scene.notes.items():
        for where, seen in notes.read(folder, what):
            yield f"{process}: {where}", seen


@place
def logs(scene: Scene) -> Things:
    """Of every logger, at every level."""
    return _noted(scene, "logs")


@place
def warnings(scene: Scene) -> Things:
    return _noted(scene, "warnings")


@place
def errors(scene: Scene) -> Things:
    """Their arguments, notes and attributes, and those of all that they came from."""
    return _noted(scene, "errors")


@place
def frames(scene: Scene) -> Things:
    """The variables of the frames that an error passed through, as a debugger shows them."""
    return _noted(scene, "frames")


@place
def objects(scene: Scene) -> Things:
    """Everything that a user can lay hands on: repr, str, format, vars, dir, and all that IPython displays of it."""
    return _noted(scene, "objects")


@place
def copies(scene: Scene) -> Things:
    """Pickles, copies and JSON of them; most are refused."""
    return _noted(scene, "copies")


@place
def help_texts(scene: Scene) -> Things:
    """What `help()`, `?` and Shift-Tab show."""
    return _noted(scene, "help")


@place
def the_namespace(scene: Scene) -> Things:
    """Variables of the user, In, Out and the history."""
    return _noted(scene, "namespace")


@place
def memory(scene: Scene) -> Things:
    """All that our objects reach, but for the environment and for what is inside a Secret."""
    return _noted(scene, "memory")


@place
def the_whole_process(scene: Scene) -> Things:
    """All that anything at all holds in the end, but for the environment and Secrets."""
    return _noted(scene, "anywhere")
