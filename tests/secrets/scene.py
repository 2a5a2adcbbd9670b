"""
Plants a key, lets everything go wrong in a kernel, in a saved notebook and in a plain program, and keeps all traces.

What is kept is told by the fields of Scene; how it is searched, by places.py.
"""

import json
import os
import subprocess
import sys
import time
from contextlib import ExitStack, closing
from dataclasses import asdict, dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

from ofox_magic.practice import PracticeGateway, Script
from tests.jupyter.kernel import ROOT

from .faults import Addresses, Fault, faults, stranger_answers
from .loopback import Listener, Stranger, Tap, closed_port
from .recorder import recorded_kernel

BEGIN = """\
from ofox_magic import OfoxError, connect, session
from tests.secrets import probe
probe.listen()
%load_ext ofox_magic
%xmode Verbose"""
OF_THE_USER = """\
try:
    {}
except OfoxError as error:
    raise RuntimeError("mine") from error"""
STATES = (
    *("%whos", "%who_ls", "%who", "%ofox", "%ofox history", "%ofox history 1", "%ofox usage", "%config OfoxMagics"),
    *("session()", "session().turns", "session().snapshot()", "turn", "turn.versions", "_ofox", "_ofox.error"),
    *("In", "Out", "%history -n -o", "%tb", "get_ipython().history_manager.writeout_cache()"),
)


@dataclass
class Scene:
    """A planted *key*, and its traces, in a *folder* and in fields. All processes live and write in *home*."""

    key: str
    folder: Path
    leaking: bool = False
    """Whether the key was given away on purpose."""
    messages: list[tuple[str, str]] = field(default_factory=list)
    program: str = ""
    requests: list[bytes] = field(default_factory=list)
    at_target: list[bytes] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.home = self.folder / "home"
        self.kernel_log = self.folder / "kernel.log"
        self.saved_notebook = self.folder / "saved.ipynb"
        self.notes = [self.folder / who for who in ("kernel", "notebook", "program")]


def play(key: str, folder: Path, *, leaking: bool = False) -> Scene:
    """Let everything happen; where the key is given away on purpose, a little is enough."""
    scene = Scene(key, folder, leaking)
    for path in (scene.home, *scene.notes):
        path.mkdir()
    with ExitStack() as stack:
        gateway = stack.enter_context(PracticeGateway())
        tap = stack.enter_context(closing(Tap(urlsplit(gateway.base_url).port)))
        stranger = stack.enter_context(closing(Stranger(stranger_answers(key))))
        target = stack.enter_context(closing(Listener()))
        all_faults = faults(key, Addresses(stranger.url, target.url, f"http://127.0.0.1:{closed_port()}"))
        stage = _Stage(scene, gateway, tap, all_faults[:4] if leaking else all_faults)
        stage.write_conditions()
        stage.run_kernel()
        stage.run_notebook()
        stage.run_program()
        scene.requests = [bytes(each) for each in (*tap.received, *stranger.received)]
        scene.at_target = [bytes(each) for each in target.received]
    return scene


class _Stage:
    """Where the kernel, the notebook and the program have their turns."""

    def __init__(self, scene: Scene, gateway: PracticeGateway, tap: Tap, happening: list[Fault]) -> None:
        self._scene = scene
        self._gateway = gateway
        self._tap = tap
        self._faults = happening
        self._leak = ["probe.leak()"] if scene.leaking else []

    def write_conditions(self):
        conditions = {fault.name: {**asdict(fault), "scripts": None} for fault in self._faults}
        (self._scene.folder / "conditions.json").write_text(json.dumps(conditions), "utf-8")

    def run_kernel(self):
        scene = self._scene
        with recorded_kernel(scene.home, scene.kernel_log, self._environment("kernel")) as recorder:
            scene.messages = recorder.messages
            recorder.about = "the beginning"
            for source in (BEGIN, *self._leak):
                recorder.tell(source)
            for fault in self._faults:
                self._let_happen(recorder, fault)
            recorder.about = "the end"
            for source in STATES:
                recorder.run(source)
            recorder.tell("probe.look_around()")

    def run_notebook(self):
        """As papermill does, and nbconvert; nobody is there to interrupt it."""
        happening = [fault for fault in self._faults if not fault.interrupted]
        self._play([Script(text="fine")] * len(self._leak), *(fault.scripts * len(_asks(fault)) for fault in happening))
        sources = [BEGIN, *self._leak]
        for fault in happening:
            sources += [f"probe.begin({fault.name!r})", *_asks(fault), "probe.end()"]
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources])
        manager = AsyncKernelManager()
        manager._kernel_spec = KernelSpec(
            argv=[sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="test",
            language="python",
        )
        client = NotebookClient(notebook, km=manager, allow_errors=True, timeout=60)
        with (self._scene.folder / "notebook.log").open("wb") as log:
            client.execute(
                env=self._environment("notebook"), cwd=str(self._scene.home), stdout=log, stderr=subprocess.STDOUT
            )
        nbformat.write(notebook, self._scene.saved_notebook)

    def run_program(self):
        self._play([Script(text="fine")] * len(self._leak), *(fault.scripts for fault in self._faults))
        done = subprocess.run(
            [sys.executable, "-X", "dev", "-m", "tests.secrets.program", *(["--leak"] if self._leak else [])],
            env=self._environment("program"),
            cwd=self._scene.home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=60,
            check=False,
        )
        self._scene.program = done.stdout.decode("utf-8", "replace")

    def _let_happen(self, recorder, fault):
        recorder.about = fault.name
        recorder.tell(f"probe.begin({fault.name!r})")
        for source in _asks(fault):
            self._play(fault.scripts)
            if fault.interrupted:
                arrived = len(self._gateway.received)
                with recorder.running(source):
                    self._gateway.wait_for(arrived + 1)
                    time.sleep(0.2)
            else:
                recorder.run(source)
            recorder.tell("probe.look_again()")
        recorder.tell("probe.end()")

    def _play(self, *scripts):
        self._gateway.play(*(script for each in scripts for script in each))

    def _environment(self, who):
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("OFOX", "PYTEST"))}
        home = str(self._scene.home)
        return kept | {
            "OFOX_API_KEY": self._scene.key,
            "OFOX_BASE_URL": f"{self._tap.url}/v1",
            "PROBE_NOTES": str(self._scene.folder / who),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
            "HOME": home,
            "IPYTHONDIR": str(Path(home) / "ipython"),
            "NO_PROXY": "*",
            "no_proxy": "*",
        }


def _asks(fault: Fault) -> list[str]:
    """Return the cells that ask: as a magic, and in Python with an error of the user's own that comes from ours."""
    return [source for source in (fault.magic, OF_THE_USER.format(fault.python)) if source]
