"""
Plants a key, lets everything go wrong in a kernel, in a saved notebook and in a plain program, and keeps all traces.

How the traces are searched is told by places.py.
"""

import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import asdict, dataclass, field
from pathlib import Path

from .faults import Addresses, faults, stranger_answers
from .loopback import Listener, Stranger, nobody
from .stage import KeepingStage, KernelStage, NotebookStage, ProgramStage

STAGES = {"kernel": KernelStage, "notebook": NotebookStage, "program": ProgramStage}
KEEPING = "keeping"


@dataclass
class Scene:
    """
    A planted *key* and its traces. What the processes themselves write lies in *home*, what a probe saw in *notes*.

    One process is told the key in so many words, so that it is in its memory and in what it asks: of that one, only
    what it keeps and shows afterwards counts, *kept* and *shown*.
    """

    key: str
    home: Path
    notes: dict[str, Path]
    kernel_log: bytes = b""
    messages: list[tuple[str, str]] = field(default_factory=list)
    notebook: bytes = b""
    program: str = ""
    requests: list[bytes] = field(default_factory=list)
    at_target: list[bytes] = field(default_factory=list)
    kept: Path = Path()
    shown: list[tuple[str, str]] = field(default_factory=list)


def play(key: str, folder: Path, *, leaking: bool = False) -> Scene:
    """Let everything happen in *folder*; where the key is given away on purpose (*leaking*), a little is enough."""
    scene = Scene(key, folder / "home", {name: folder / name for name in STAGES})
    for path in (scene.home, *scene.notes.values()):
        path.mkdir()
    with closing(Stranger(stranger_answers(key))) as stranger, closing(Listener()) as target, nobody() as nowhere:
        happening = faults(key, Addresses(stranger.url, target.url, nowhere))
        happening = happening[:4] if leaking else happening
        conditions = {fault.name: {**asdict(fault), "scripts": None} for fault in happening}
        (folder / "conditions.json").write_text(json.dumps(conditions), "utf-8")
        stages = {name: kind(key, happening, folder, name, leaking=leaking) for name, kind in STAGES.items()}
        scene.kept = folder / "kept" / "home" / KEEPING
        scene.kept.parent.mkdir(parents=True)
        keeping = KeepingStage(key, [], folder / "kept", KEEPING, leaking=leaking)
        with ThreadPoolExecutor() as pool:
            for done in [pool.submit(stage.run) for stage in (*stages.values(), keeping)]:
                done.result()
        taps = [stage.received for stage in stages.values()]
        scene.requests = [bytes(each) for received in (*taps, stranger.received) for each in received]
        scene.at_target = [bytes(each) for each in target.received]
    scene.kernel_log, scene.messages = stages["kernel"].log, stages["kernel"].messages
    scene.shown = keeping.shown
    scene.notebook, scene.program = stages["notebook"].saved, stages["program"].output
    return scene
