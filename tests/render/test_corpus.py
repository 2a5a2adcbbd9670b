"""The corpus of hostile strings against the allow-list, without a browser: whole, at every prefix, and as it streams."""

import json
import os
import random
import sys
import threading
from pathlib import Path

import pytest

from ofox_magic.chat.events import Finished, TextDelta
from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.live import LiveCell
from ofox_magic.jupyter.painter import StillCell, TerminalCell
from ofox_magic.jupyter.screen import StaticScreen, Terminal
from ofox_magic.render import Flow, to_html
from ofox_magic.settings import Deadlines
from ofox_magic.testing import ManualClock, RecordingScreen
from ofox_magic.untrusted import printable

from .allowed import violations

CORPORA = Path(os.environ.get("OFOX_CORPORA") or Path(__file__).parents[3] / "shared" / "corpora")
FILE = CORPORA / "xss.json"
STRINGS = [case["s"] for case in json.loads(FILE.read_text(encoding="utf-8"))] if FILE.exists() else []
pytestmark = pytest.mark.skipif(not STRINGS, reason="no shared/corpora beside the checkout (OFOX_CORPORA)")

CONTROL = ["<script>alert(1)</script>", '<p onclick="x">', '<a href="javascript:x">', "<form>", '<p id="x">', "<svg>"]


def test_the_judge_sees_what_is_forbidden():
    assert all(violations(html) for html in CONTROL)


def test_the_corpus_is_the_whole_one():
    assert len(STRINGS) == 1471


def test_no_string_gets_out_of_the_allow_list():
    assert [string for string in STRINGS if violations(to_html(string))] == []


def test_no_prefix_of_two_hundred_strings_does():
    for string in random.Random(1).sample(STRINGS, 200):
        text = string[:2000]
        for end in range(len(text) + 1):
            assert violations(to_html(text[:end])) == [], text[:end]


def test_nothing_does_while_it_streams():
    for string in STRINGS:
        flow, pieces = Flow(), []
        for start in range(0, len(string), 7):
            flow.feed(string[start : start + 7])
            pieces += flow.take()
            assert violations("".join(pieces) + flow.tail()) == [], string


def test_plain_text_holds_nothing_that_steers_a_terminal():
    for string in STRINGS:
        assert not any((ord(char) < 32 and char not in "\n\t") or 127 <= ord(char) < 160 for char in printable(string))


def test_no_way_of_painting_opens_a_file_or_an_address_that_a_text_names(tmp_path, capsys):
    """`IPython.display.HTML(text)` does: a text that is a path shows that file, one that is an address fetches it."""
    secret = tmp_path / "secret.html"
    secret.write_text("hidden")
    texts = [
        str(secret),
        secret.as_uri(),
        "https://evil.example/x",
        "http://127.0.0.1:9/x",
        "/etc/passwd",
        "data:text/html,x",
    ]
    texts += [string for string in STRINGS if "://" in string or string.startswith(("/", ".", "~"))]
    opened, watching = [], threading.local()

    def audit(event, arguments):
        if getattr(watching, "on", False) and event in (
            "open",
            "socket.connect",
            "socket.getaddrinfo",
            "urllib.Request",
        ):
            opened.append((event, arguments))

    sys.addaudithook(audit)
    to_html("# warm up\n```python\nx\n```")
    watching.on = True
    try:
        for text in texts:
            assert all("hidden" not in html for html in painted(text))
    finally:
        watching.on = False
    assert opened == []
    watching.on = True
    secret.read_text()
    watching.on = False
    assert opened, "the hook sees what is opened"


def painted(text):
    """What every painter makes of an answer that is *text*."""

    class Publisher:
        def publish(self, data, metadata):
            shown.append(data["text/html"])

    shown, screen = [], RecordingScreen()
    turn = Turn("t", None, "m", (), changed=threading.Condition(), versions=tuple, cancel=lambda: None)
    clock = ManualClock()
    painters = [
        LiveCell(turn, screen, Deadlines(), clock),
        StillCell(turn, StaticScreen(Publisher())),
        TerminalCell(turn, Terminal(), Deadlines(), clock),
    ]
    for event in (*(TextDelta(text[at : at + 20]) for at in range(0, len(text), 20)), Finished()):
        turn.take(event)
        clock.advance(1)
        for painter in painters:
            painter.beat(event)
    for painter in painters:
        painter.end()
    return [*shown, *(data["text/html"] for data, _ in screen.frames)]
