"""A real IPython at the other end of a pseudo-terminal: what a user sees, and what a model cannot make it do."""

import os
import re
import sys
import time

import pytest

from ofox_magic.practice import Script

from .kernel import ROOT

pexpect = pytest.importorskip("pexpect")
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="there are no pseudo-terminals")

PROSE = "The mean fell because the sensors were moved in March, and nobody wrote down where to. " * 4
HOSTILE = "a\x1b[2Jb\x1b]0;title\x07c\x9bd\x08e\rf\u202eg\u200fh\x00i\x7fj"


class Terminal:
    """IPython as a user starts it, *width* columns wide; the prompt is the simple one, which writes no escapes."""

    def __init__(self, folder, width, **environment):
        kept = {n: v for n, v in os.environ.items() if not n.upper().startswith(("OFOX", "COLUMNS", "LINES"))}
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        own = {"TERM": "xterm-256color", "PYTHONPATH": path, "IPYTHONDIR": str(folder)}
        command = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor", "--no-confirm-exit"]
        self.process = pexpect.spawn(
            sys.executable, command, env=kept | own | environment, encoding="utf-8", timeout=60, dimensions=(40, width)
        )
        self._number = 0
        self.run("%load_ext ofox_magic")

    def start(self, line):
        """Type *line* at the prompt."""
        self._number += 1
        self.process.expect_exact(f"In [{self._number}]: ")
        self.process.sendline(line)
        self.process.expect_exact("\n")  # its echo

    def rest(self):
        """Wait for the next prompt; return what was shown before it."""
        self.process.expect(rf"(?=In \[{self._number + 1}\]: )")
        return self.process.before.replace("\r\n", "\n").strip("\n")

    def run(self, line):
        self.start(line)
        return self.rest()


@pytest.fixture
def terminal(gateway, tmp_path):
    opened = []

    def open_terminal(width=80):
        opened.append(Terminal(tmp_path, width, OFOX_BASE_URL=gateway.base_url))
        return opened[-1]

    yield open_terminal
    for each in opened:
        each.process.close(force=True)


def test_an_answer_is_shown_as_it_comes_and_its_footer_below(terminal, gateway):
    shell = terminal()
    gateway.play(Script(text="first words " + "and more " * 20 + "the end", chunk_size=9, delay=0.1))
    shell.start("%ofox ask hello")
    began = time.monotonic()
    shell.process.expect_exact("first words")
    first = time.monotonic() - began
    rest = shell.rest()
    assert first < (time.monotonic() - began) / 2
    assert "the end\n[openai/gpt-4o-mini" in rest


def test_nothing_that_a_model_writes_controls_the_terminal(terminal, gateway):
    shell = terminal()
    gateway.play(Script(text=HOSTILE))
    shown = shell.run("%ofox ask hello")
    assert re.sub(r"[^a-j]", "", shown.split("[")[0].replace("\n", "")).startswith("a")
    assert re.findall(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u200e\u200f\u202a-\u202e]", shown.replace("\r", "")) == []


@pytest.mark.parametrize("width", [50, 110])
def test_prose_is_broken_between_words_and_code_is_left_alone(terminal, gateway, width):
    shell = terminal(width)
    line = "x = " + " + ".join(f"value_{n}" for n in range(20))
    gateway.play(Script(text=f"{PROSE}\n\n```python\n{line}\n```\n", chunk_size=7))
    shown = shell.run("%ofox ask hello")
    prose, code = shown.split("```python\n")
    lines = prose.strip().splitlines()
    assert max(map(len, lines)) <= width
    assert " ".join(lines) == PROSE.strip()
    assert line in code


@pytest.mark.parametrize("command", ["%ofox", "%ofox history", "%ofox usage", "%ofox models"])
def test_what_we_print_ourselves_is_no_wider_than_the_terminal(terminal, command):
    shell = terminal(60)
    shell.run("%ofox ask " + "a question that is longer than a line of this terminal " * 2)
    assert max(map(len, shell.run(command).splitlines())) <= 60


def test_ctrl_c_leaves_the_text_and_says_stopped(terminal, gateway):
    shell = terminal()
    gateway.play(Script(text="begun " * 200, chunk_size=6, delay=0.1))
    shell.start("%ofox ask hello")
    shell.process.expect_exact("begun")
    shell.process.sendintr()
    assert "stopped" in shell.rest()
    assert "1 turn" in shell.run("%ofox").replace("main, ", "")
