"""Where everything goes wrong: a kernel, a notebook that is executed and saved, and a plain program."""

import os
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit

import nbformat

from ofox_magic.practice import PracticeGateway, Script
from tests.jupyter.kernel import ROOT

from .faults import Fault
from .loopback import Tap
from .recorder import Recorder, recorded_kernel

BEGIN = """\
from ofox_magic import OfoxError, connect, session
from tests.secrets import probe
probe.listen()
%load_ext ofox_magic
%xmode Verbose"""
UNMASKED = ("from ofox_magic.settings import Secret", "Secret.mask = lambda _, text: text")
LOOKING = "looking back"
SAYING = (
    "%load_ext ofox_magic",
    "import os; from ofox_magic import session; said = os.environ['OFOX_API_KEY']",
    "session().system = f'The key is {said}.'",
    "%%ofox\nthe key is {said}, is it not?",
    "os.environ['OFOX_MODE'] = 'record'",
    "%%ofox --name anna\nand again: @said",
    "os.environ['OFOX_MODE'] = 'live'",
)
LOOKING_BACK = (
    "%ofox sent",
    "%ofox sent 1",
    "%ofox sent --to sent.json -o body",
    "body",
    "%%ofox --dry-run\n{said}",
    "%ofox transcript",
    "%ofox transcript --to transcript.md",
    "%ofox transcript --to transcript.html",
    "%ofox save saved.json",
)
LOOKING_FURTHER_BACK = ("%ofox sessions", "%ofox resume 1", "%ofox history", "%ofox transcript", "%ofox sent")
OF_THE_USER = """\
try:
    {}
except OfoxError as error:
    raise RuntimeError("mine") from error"""
STATES = (
    *("%whos", "%who_ls", "%who", "%ofox", "%ofox history", "%ofox history 1", "%ofox usage", "%config OfoxMagics"),
    *("%ofox sent", "%%ofox --dry-run\nhello", "%ofox transcript", "%ofox sessions", "%ofox save talk.json"),
    *("session()", "session().turns", "session().snapshot()", "turn", "turn.versions", "_ofox", "_ofox.error"),
    *("In", "Out", "%history -n -o", "%tb", "get_ipython().history_manager.writeout_cache()"),
)


class Stage:
    """
    A process that has the *key* and asks its own practice gateway, through a tap that writes down what is asked.

    *name* is that of the folder for the notes of its probe; it is at home in a folder of its own below `home`.
    """

    def __init__(self, key: str, happening: list[Fault], folder: Path, name: str, *, leaking: bool) -> None:
        self.received: list[bytearray] = []
        self._key = key
        self._faults = happening
        self._folder = folder
        self._name = name
        self._leak = ["probe.leak()"] if leaking else []
        self._home = folder / "home" / name

    def run(self):
        self._home.mkdir()
        with PracticeGateway() as gateway, closing(Tap(urlsplit(gateway.base_url).port)) as tap:
            self.received = tap.received
            self._gateway = gateway
            self._tap = tap
            self.act()

    def act(self):
        """Let everything happen."""
        raise NotImplementedError

    def play(self, *scripts: Script) -> None:
        self._gateway.play(*scripts)

    def play_all(self, faults: list[Fault], times: dict[str, int]) -> None:
        """Have the gateway answer as the *faults* want it, in order; the first answer is for what leaks on purpose."""
        self.play(*(Script(text="fine") for _ in self._leak))
        for fault in faults:
            self.play(*fault.scripts * times.get(fault.name, 1))

    def python(self, module: str, *words: str) -> subprocess.CompletedProcess[str]:
        """Run a program with everything that Python may have to say."""
        return subprocess.run(
            [sys.executable, "-X", "dev", "-m", module, *words],
            env=self.environment(),
            cwd=self._home,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            errors="replace",
            timeout=60,
            check=False,
        )

    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith(("OFOX", "PYTEST"))}
        return kept | {
            "OFOX_API_KEY": self._key,
            "OFOX_BASE_URL": f"{self._tap.url}/v1",
            "PROBE_NOTES": str(self._folder / self._name),
            "PYTHONPATH": os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")])),
            "HOME": str(self._home),
            "IPYTHONDIR": str(self._home / "ipython"),
            "XDG_DATA_HOME": str(self._home / "user-data"),
            "XDG_CACHE_HOME": str(self._home / "user-cache"),
            "NO_PROXY": "*",
            "no_proxy": "*",
        }


class KernelStage(Stage):
    """A kernel; `log` is what its process wrote, `messages` what it sent to its front ends."""

    log = b""
    messages: list[tuple[str, str]] = []

    def act(self):
        log = self._folder / "kernel.log"
        with recorded_kernel(self._home, log, self.environment()) as recorder:
            self.messages = recorder.messages
            recorder.about = "the beginning"
            for source in (BEGIN, *self._leak):
                recorder.tell(source)
            for fault in self._faults:
                self._let_happen(fault, recorder)
            recorder.about = "the end"
            for source in STATES:
                recorder.run(source)
            recorder.tell("probe.look_around()")
        self.log = log.read_bytes()

    def _let_happen(self, fault: Fault, recorder: Recorder) -> None:
        recorder.about = fault.name
        recorder.tell(f"probe.begin({fault.name!r})")
        for source in _asks(fault):
            self.play(*fault.scripts)
            if fault.interrupted:
                arrived = len(self._gateway.received)
                with recorder.running(source):
                    self._gateway.wait_for(arrived + 1)
                    time.sleep(0.2)
            else:
                recorder.run(source)
            recorder.tell("probe.look_again()")
        recorder.tell("probe.end()")


class KeepingStage(Stage):
    """
    A kernel in which the key itself is said, by the user and by the model, and all that keeps a conversation keeps it.

    `shown` is what the commands that look back show then, there and in a kernel that comes after.
    """

    shown: list[tuple[str, str]] = []

    def act(self):
        self.play(*(Script(text=f"you said {self._key}, `{self._key}`") for _ in range(4)))
        environment = self.environment() | {"OFOX_JOURNAL": "1", "OFOX_CASSETTE": "tape.ofox.jsonl"}
        log = self._folder / "keeping.log"
        unmasked = UNMASKED if self._leak else ()
        for saying, looking in (((*unmasked, *SAYING), LOOKING_BACK), (SAYING[:1], LOOKING_FURTHER_BACK)):
            with recorded_kernel(self._home, log, environment) as recorder:
                for about, sources in (("saying", saying), (LOOKING, looking)):
                    recorder.about = about
                    for source in sources:
                        recorder.tell(source)
            self.shown = [*self.shown, *(each for each in recorder.messages if each[0].startswith(LOOKING))]


class NotebookStage(Stage):
    """A notebook as it is `saved` after it was executed; nobody is there to interrupt it."""

    saved = b""

    def act(self):
        happening = [fault for fault in self._faults if not fault.interrupted]
        self.play_all(happening, {fault.name: len(_asks(fault)) for fault in happening})
        sources = [BEGIN, *self._leak]
        for fault in happening:
            sources += [f"probe.begin({fault.name!r})", *_asks(fault), "probe.end()"]
        path = self._folder / "saved.ipynb"
        nbformat.write(nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in sources]), path)
        done = self.python("tests.secrets.saving", str(path))
        assert done.returncode == 0, done.stdout
        self.saved = path.read_bytes()


class ProgramStage(Stage):
    """A plain program; `output` is all that it printed."""

    output = ""

    def act(self):
        self.play_all(self._faults, {})
        self.output = self.python("tests.secrets.program", *(["--leak"] if self._leak else [])).stdout


def _asks(fault: Fault) -> list[str]:
    """Return the cells that ask: as a magic, and in Python with an error of the user's own that comes from ours."""
    return [source for source in (fault.magic, OF_THE_USER.format(fault.python)) if source]
