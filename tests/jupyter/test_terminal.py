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
HOSTILE = [
    "\x1b[31;5m",  # colours
    "\x1b]0;owned\x07",  # the window's title
    "\x1b]8;;https://evil.example\x1b\\",  # a link that hides where it leads
    "\x1b]52;c;cm0gLXJmIC8=\x07",  # what is in the clipboard
    "\x1b[2J\x1b[H\x1bc",  # an empty screen
    "\x1b[6n\x1b[c\x1bP$qm\x1b\\",  # questions, whose answers the prompt would read as typed
    "\x9b31m\x9d0;owned\x9c\x90q\x85",  # the same in 8 bits
    "rm\x08\x08ls\x7f",  # backspaces
    "evil\rgood",  # a line written over
    "\x07\x00\x0b\x0c\x0e\x0f\x05",
    "\u202egnirts\u202c \u2066x\u2069\u200f\u061c",  # text turned round
    "\U000e0041\U000e0042",  # text that nobody sees
]
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]")


class Terminal:
    """IPython as a user starts it, *width* columns wide; the prompt is the simple one, which writes no escapes."""

    def __init__(self, folder, width, **environment):
        kept = {n: v for n, v in os.environ.items() if not n.upper().startswith(("OFOX", "COLUMNS", "LINES"))}
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        own = {"TERM": "xterm-256color", "PYTHONPATH": path, "IPYTHONDIR": str(folder)}
        command = ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor", "--no-confirm-exit"]
        self.process = pexpect.spawn(
            sys.executable,
            command,
            env=kept | own | environment,
            encoding="utf-8",
            timeout=60,
            dimensions=(40, width),
            use_poll=True,  # select knows no descriptor beyond 1,023, and a long run has as many
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
    shell.run("%ofox ask what is imported at first")
    gateway.play(Script(text="first words " + "and more " * 20 + "the end", chunk_size=9, delay=0.1))
    shell.start("%ofox ask hello")
    began = time.monotonic()
    shell.process.expect_exact("first words")
    first = time.monotonic() - began
    rest = shell.rest()
    assert first < (time.monotonic() - began) / 2
    assert "the end\n[openai/gpt-4o-mini" in rest


def test_what_is_waited_for_stands_there_until_the_answer_does(terminal, gateway):
    shell = terminal()
    gateway.play(Script(text="here it is", first_delay=2.5))
    shell.start("%ofox ask hello")
    shell.process.expect_exact("[openai/gpt-4o-mini · waiting 1 s]")
    shell.process.expect(r"\r *\rhere it is")
    assert "waiting" not in shell.rest()


def test_the_empty_line_that_ends_a_cell_is_not_asked(terminal, gateway):
    shell = terminal()
    shell.start("%%ofox")
    for line in ("what is", "  this? ", "", ""):
        shell.process.sendline(line)
    shell.rest()
    asked = [entry.json["messages"][-1]["content"] for entry in gateway.received if entry.path.endswith("/completions")]
    assert asked == ["what is\n  this? "]


def test_half_a_word_is_shown_when_its_rest_does_not_come(terminal, gateway):
    shell = terminal()
    gateway.play(Script(text="half-and-the-rest", chunk_size=5, delay=3))
    shell.start("%ofox ask hello")
    shell.process.expect_exact("half-")
    began = time.monotonic()
    assert "and-the-rest\n[" in shell.rest()
    assert time.monotonic() - began > 1


@pytest.mark.parametrize("size", [1, 1000])
def test_nothing_that_a_model_or_a_gateway_writes_controls_the_terminal(terminal, gateway, size):
    shell = terminal()
    for text in HOSTILE:
        gateway.play(Script(text=f"before {text} after", model=f"m/{text}", chunk_size=size))
        shown = shell.run("%ofox ask hello")
        assert shown.startswith("before ")
        assert " after\n[" in shown
        assert CONTROL.findall(shown) == [], repr(text)


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


def test_a_window_that_changes_its_size_is_noticed(terminal, gateway):
    shell = terminal(110)
    for width in (40, 70):
        shell.process.setwinsize(40, width)
        gateway.play(Script(text=PROSE, chunk_size=7))
        assert width - 12 < max(map(len, shell.run("%ofox ask hello").splitlines())) <= width


def test_what_is_captured_is_not_broken_into_lines(terminal, gateway):
    shell = terminal(50)
    gateway.play(Script(text=PROSE))
    shell.run("from IPython.utils.capture import capture_output as capture")
    shell.run("with capture() as out: get_ipython().run_line_magic('ofox', 'ask hello')")
    assert shell.run(f"print(out.stdout.startswith({PROSE!r}))") == "True"


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


def test_ctrl_c_while_nothing_has_come_leaves_a_prompt(terminal, gateway):
    shell = terminal()
    gateway.play(Script(text="late", first_delay=60))
    shell.start("%ofox ask hello")
    gateway.wait_for(1)
    shell.process.sendintr()
    shown = shell.rest()
    assert "stopped" in shown
    assert "Traceback" not in shown
    assert shell.run("print(6 * 7)") == "42"


@pytest.mark.parametrize(("typed", "ran"), [("y", "['Seoul']"), ("n", "[]")])
def test_a_call_is_asked_for_at_the_terminal(terminal, gateway, typed, ran):
    shell = terminal()
    shell.run("from ofox_magic import session; ran = []")
    shell.run("def look(city: str): ran.append(city)")
    gateway.play(Script(text="Let me see.", tool_calls=(("c1", "look", '{"city": "Seoul"}'),)), Script(text="Done."))
    shell.start("%ofox ask -T look hello")
    shell.process.expect_exact('look\r\n  city = "Seoul"\r\nRun it? [y/N] ')
    shell.process.sendline(typed)
    assert "Done.\n[" in shell.rest()
    assert shell.run("print(ran)") == ran
