"""The command line, as a user has it: real processes, real kernels, the practice gateway."""

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from ofox_magic import __version__
from ofox_magic.__main__ import main
from ofox_magic.practice import Script
from ofox_magic.testing import practice_gateway

TOUR = Path(__file__).parent.parent / "notebooks" / "tour.ipynb"
PATIENCE = 60
KEY = "sk-not-a-real-key-0001"

posix = pytest.mark.skipif(os.name == "nt", reason="signals as POSIX has them")


def environment(**more):
    """The machine's, without its OFOX_* settings and proxies, and with *more*."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OFOX", "PYTEST", "PYTHONUNBUFFERED", "JUPYTER", "IPYTHON"))
        and not name.lower().endswith("_proxy")
    }
    return kept | {name: str(value) for name, value in more.items()}


def command(*arguments):
    return [sys.executable, "-m", "ofox_magic", *arguments]


def run(*arguments, cwd=None, **settings):
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(**settings),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


class Running:
    """A command that runs while the test reads what it prints."""

    def __init__(self, *arguments, **settings):
        self._process = subprocess.Popen(
            command(*arguments),
            env=environment(**settings),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self._process.poll() is None:
            self._process.kill()
        self._process.communicate()

    def lines_until(self, end):
        """Return what is printed up to the line that holds *end*; less where the command ends before."""
        lines = []
        for line in self._process.stdout:
            lines.append(line)
            if end in line:
                break
        return "".join(lines)

    def press_ctrl_c(self):
        """Interrupt it, and return its exit status and what it still had to say."""
        self._process.send_signal(signal.SIGINT)
        printed, complained = self._process.communicate(timeout=PATIENCE)
        return self._process.returncode, printed, complained


def decoys(folder):
    """A `python3` kernel that cannot start, and a start-up file that breaks things: neither is the demo's business."""
    kernel = folder / "jupyter" / "kernels" / "python3" / "kernel.json"
    kernel.parent.mkdir(parents=True)
    kernel.write_text(json.dumps({"argv": ["/no/such/python"], "display_name": "decoy", "language": "python"}))
    startup = folder / "ipython" / "profile_default" / "startup" / "00-decoy.py"
    startup.parent.mkdir(parents=True)
    startup.write_text("import builtins\nbuiltins.print = None")
    return {
        "JUPYTER_PATH": folder / "jupyter",
        "JUPYTER_PREFER_ENV_PATH": "0",
        "IPYTHONDIR": folder / "ipython",
    }


# -- demo ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    return tmp_path_factory.mktemp("empty")


@pytest.fixture(scope="module")
def demo(empty, tmp_path_factory):
    """Where a key, a model that the practice gateway has not, and another gateway are set."""
    return run(
        "demo",
        cwd=empty,
        OFOX_API_KEY=KEY,
        OFOX_MODEL="nobody/no-such-model",
        OFOX_BASE_URL="https://gateway.invalid/v1",
        **decoys(tmp_path_factory.mktemp("decoys")),
    )


def test_the_demo_succeeds_from_an_empty_folder_and_leaves_it_empty(demo, empty):
    assert (demo.returncode, demo.stderr) == (0, "")
    assert list(empty.iterdir()) == []


def test_the_demo_prints_every_cell_and_what_came_of_it(demo):
    place = 0
    for cell in json.loads(TOUR.read_text(encoding="utf-8"))["cells"]:
        first_line = cell["source"][0].rstrip("\n")
        shown = f"In: {first_line}" if cell["cell_type"] == "code" else first_line
        assert shown in demo.stdout[place:], shown
        place = demo.stdout.index(shown, place) + len(shown)
    assert "**Messages:** 3 (2 user, 1 assistant)" in demo.stdout
    assert "image 1: PNG, 320 × 160 pixels" in demo.stdout


def test_the_demo_talks_with_the_practice_gateway_whatever_is_set(demo):
    assert "gateway       the practice gateway" in demo.stdout
    assert "key           not needed here" in demo.stdout
    assert KEY not in demo.stdout


def test_the_demo_says_how_to_go_on(demo):
    assert "ofox-magic demo --lab" in demo.stdout.splitlines()[-2]


@posix
def test_the_demo_prints_as_it_goes_and_ctrl_c_ends_it_quietly(gateway):
    gateway.play(Script(text="The first answer."), Script(first_delay=PATIENCE))
    with Running("demo", "--live", OFOX_BASE_URL=gateway.base_url) as demo:
        printed = demo.lines_until("And why is it red")
        assert "The first answer." in printed
        gateway.wait_for(2)
        status, _, complained = demo.press_ctrl_c()
    assert (status, complained) == (130, "")


def test_live_sends_the_key_to_the_gateway_that_is_set_and_a_refusal_ends_the_demo():
    with practice_gateway(api_key="another-key") as gateway:
        demo = run("demo", "--live", OFOX_BASE_URL=gateway.base_url, OFOX_API_KEY=KEY)
        assert len(gateway.received) == 1
    assert (demo.returncode, demo.stderr) == (1, "")
    assert demo.stdout.rstrip().splitlines()[-1].startswith("AuthError: the gateway refused (401")
    assert "And why is it red" not in demo.stdout
    assert KEY not in demo.stdout


def test_a_cell_that_takes_too_long_is_given_up_and_said_in_one_line(gateway):
    gateway.play(Script(first_delay=PATIENCE))
    demo = run("demo", "--live", "--timeout", "1", OFOX_BASE_URL=gateway.base_url)
    assert demo.returncode == 1
    assert demo.stderr == "ofox-magic: the cell took longer than 1 s; --timeout allows more\n"


@pytest.mark.parametrize(
    ("settings", "said"), [({}, "expected one in OFOX_API_KEY"), ({"OFOX_BASE_URL": "practice"}, "unset it")]
)
def test_live_without_a_gateway_to_talk_with_is_one_line(monkeypatch, capsys, settings, said):
    for name, value in settings.items():
        monkeypatch.setenv(name, value)
    assert main(["demo", "--live"]) == 1
    printed, complained = capsys.readouterr()
    assert printed == ""
    assert complained.startswith("ofox-magic: --live: ")
    assert said in complained
    assert complained.count("\n") == 1


@pytest.mark.parametrize(
    ("arguments", "module", "extra"), [(["demo"], "nbclient", "demo"), (["demo", "--lab"], "jupyterlab", "lab")]
)
def test_a_missing_extra_is_one_line_that_says_what_to_install(monkeypatch, capsys, arguments, module, extra):
    monkeypatch.setitem(sys.modules, module, None)
    assert main(arguments) == 1
    assert capsys.readouterr() == ("", f"ofox-magic: this needs {module}: pip install 'ofox_magic[{extra}]'\n")


# -- demo --lab, with a JupyterLab that only tells how it was called ----------------------------------------------


@pytest.fixture
def stand_in(tmp_path):
    package = tmp_path / "stand-in" / "jupyterlab"
    package.mkdir(parents=True)
    (package / "__init__.py").touch()
    (package / "__main__.py").write_text(
        "import json, os, sys\nprint(json.dumps({'called': sys.argv[1:], **os.environ}))\nsys.exit(7)"
    )
    return package.parent


def open_lab(folder, stand_in, **settings):
    """Return the exit status, JupyterLab's arguments, its environment, and what was said before."""
    done = run("demo", "--lab", cwd=folder, PYTHONPATH=f"{stand_in}{os.pathsep}{TOUR.parents[1]}", **settings)
    assert done.stderr == ""
    *said, told = done.stdout.splitlines()
    told = json.loads(told)
    return done.returncode, told.pop("called"), told, "\n".join(said)


def test_the_lab_is_jupyterlab_on_loopback_with_a_copy_of_the_tour(tmp_path, stand_in):
    folder = tmp_path / "here"
    folder.mkdir()
    status, called, told, said = open_lab(folder, stand_in)
    assert status == 7
    assert (folder / "tour.ipynb").read_bytes() == TOUR.read_bytes()
    assert [each for each in called if each != "--allow-root"] == ["--ip=127.0.0.1", "tour.ipynb"]
    assert ("--allow-root" in called) == (hasattr(os, "geteuid") and os.geteuid() == 0)
    assert told["OFOX_BASE_URL"] == "practice"
    assert "practice gateway" in said


def test_with_a_key_the_lab_changes_no_setting_and_never_writes_over_a_tour(tmp_path, stand_in):
    (tmp_path / "tour.ipynb").write_text("mine")
    _, _, told, said = open_lab(tmp_path, stand_in, OFOX_API_KEY=KEY)
    assert (tmp_path / "tour.ipynb").read_text() == "mine"
    assert "opened as it is" in said
    assert "OFOX_BASE_URL" not in told
    assert told["OFOX_API_KEY"] == KEY


# -- practice -----------------------------------------------------------------------------------------------------


@posix
def test_practice_prints_its_address_answers_and_stops_quietly():
    with Running("practice") as practice:
        address = re.search(r"export OFOX_BASE_URL=(\S+)", practice.lines_until("export "))[1]
        models = httpx.get(f"{address}/models", timeout=5, trust_env=False).json()["data"]
        assert "practice/echo" in [model["id"] for model in models]
        assert practice.press_ctrl_c() == (0, "", "")


def test_a_port_that_is_taken_is_said_in_one_line(gateway):
    port = gateway.base_url.split(":")[2].split("/")[0]
    done = run("practice", "--port", port)
    assert (done.returncode, done.stdout) == (1, "")
    assert port in done.stderr
    assert done.stderr.count("\n") == 1


def test_port_and_delay_reach_the_gateway(monkeypatch):
    calls = []
    monkeypatch.setattr("ofox_magic.practice.serve_forever", lambda *given: calls.append(given))
    assert main(["practice", "--port", "8765", "--delay", "0.05"]) == 0
    assert main(["practice"]) == 0
    assert calls == [(8765, 0.05), (0, 0.0)]


# -- what the command line itself says ----------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--help"], []])
def test_help_teaches_by_example(arguments):
    done = run(*arguments)
    assert (done.returncode, done.stderr) == (0, "")
    for example in ("ofox-magic demo --lab", "ofox-magic practice --port", "%load_ext ofox_magic", "%%ofox"):
        assert example in done.stdout


def test_every_example_of_the_help_is_understood(monkeypatch, capsys):
    asked = []
    monkeypatch.setattr("ofox_magic.__main__._run", lambda chosen: asked.append(chosen.command) or 0)
    main([])
    with pytest.raises(SystemExit):
        main(["--help"])
    examples = re.findall(r"^  ofox-magic (.+?)(?:  |$)", capsys.readouterr().out, re.MULTILINE)
    assert len(examples) == 4
    for example in examples:
        assert main(example.split()) == 0
    assert asked == [None, "demo", "demo", "demo", "practice"]


def test_the_version_is_the_packages(capsys):
    with pytest.raises(SystemExit) as ended:
        main(["--version"])
    assert ended.value.code == 0
    assert capsys.readouterr().out == f"ofox_magic {__version__}\n"


@pytest.mark.parametrize(
    "arguments",
    [
        "demonstrate",
        "demo --live --lab",
        "demo --timeout 0",
        "demo --timeout soon",
        "practice --port 65536",
        "practice --port -1",
        "practice --delay -1",
        "practice --delay inf",
        "practice --delay nan",
    ],
)
def test_what_cannot_be_meant_is_a_usage_error(arguments, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments.split())
    assert ended.value.code == 2
    assert "Traceback" not in capsys.readouterr().err


# -- the notebook that is carried ---------------------------------------------------------------------------------


def test_the_tour_is_saved_as_it_ran():
    """nbval compares nothing in a cell that was never run, and would pass."""
    tour = json.loads(TOUR.read_text(encoding="utf-8"))
    cells = tour["cells"]
    counts = [cell["execution_count"] for cell in cells if cell["cell_type"] == "code"]
    assert counts == list(range(1, len(counts) + 1))
    assert (tour["nbformat"], tour["nbformat_minor"]) >= (4, 5)
    assert len({cell["id"] for cell in cells}) == len(cells)
    assert tour["metadata"]["kernelspec"]["name"] == "python3"
