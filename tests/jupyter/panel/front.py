"""The front end's side of the panel, in Python: it keeps what it is told as the page does, and counts it."""

import json
import time

from ofox_magic.context.convert import Converter
from ofox_magic.context.prompt import Notebook
from ofox_magic.context.sharing import Sharing
from ofox_magic.gateway.wire import encode, request_body
from ofox_magic.jupyter.panel.board import Board
from ofox_magic.jupyter.panel.calls import Calls
from ofox_magic.jupyter.panel.controller import Controller
from ofox_magic.jupyter.panel.feed import Feed
from ofox_magic.jupyter.panel.heads import Thumbnails
from ofox_magic.jupyter.panel.printed import printed
from ofox_magic.jupyter.panel.protocol import parse
from ofox_magic.jupyter.panel.questions import Questions
from ofox_magic.jupyter.panel.sent_view import SentView
from ofox_magic.testing import scripted_session

PATIENCE = 20.0


class NoDisplays:
    """What a notebook shows that shows nothing."""

    mark = 0

    def last(self, number=1):
        return ()

    def since(self, mark):
        return ()


class Front:
    """A page with one panel. `turns` are what it shows, `messages` all it was told, `bytes` how much that was."""

    def __init__(self):
        self.turns = {}
        self.older = 0
        self.session = None
        self.messages = []
        self.bytes = 0
        self.answers = {}
        self.waiting = {}
        self.left = ""
        self._number = 100

    def send(self, message):
        text = json.dumps(message)
        self.bytes += len(text)
        message = json.loads(text)
        self.messages.append(message)
        getattr(self, f"_on_{message['type']}")(**{key: value for key, value in message.items() if key != "type"})

    def of(self, kind):
        return [message for message in self.messages if message["type"] == kind]

    def html(self, turn):
        return "".join(turn["blocks"]) + turn["tail"]

    def next_number(self):
        self._number += 1
        return self._number

    def _on_reset(self, turns, older, session):
        self.turns = {turn["id"]: turn for turn in turns}
        self.older, self.session = older, session

    def _on_older(self, turns, older):
        self.turns = {turn["id"]: turn for turn in turns} | self.turns
        self.older = older

    def _on_turn(self, turn):
        self.turns[turn["id"]] = turn

    def _on_grow(self, id, blocks=(), tail=None, reasoning=""):  # noqa: A002
        turn = self.turns[id]
        turn["blocks"] += blocks
        if tail:
            units = turn["tail"].encode("utf-16-le")[: 2 * tail[0]]
            turn["tail"] = units.decode("utf-16-le") + tail[1]
        turn["reasoning"] += reasoning

    def _on_state(self, id, state, note, versions=None):  # noqa: A002
        self.turns[id]["state"] = state

    def _on_calls(self, id, **calls):  # noqa: A002
        self.turns[id] |= calls

    def _on_left(self, line):
        self.left = line

    def _on_head(self, turn):
        self.turns[turn["id"]] |= turn | {"calls": "", "asking": None, "running": ""}

    def _on_session(self, session):
        self.session = session

    def _on_done(self, number, **answer):
        assert number not in self.answers, "a command is answered once"
        self.answers[number] = answer

    def _on_refused(self, number, why):
        assert number not in self.answers, "a command is answered once"
        self.answers[number] = why

    def _on_waiting(self, number, why):
        self.waiting[number] = why


class Desk:
    """A session with a panel on it, and a page that shows the panel. What waits for the main thread is in `held`."""

    def __init__(self, *answers, session=None, namespace=None, displays=None, hold=False):
        self.session = session or scripted_session(*answers)
        self.front = Front()
        self.namespace = {} if namespace is None else namespace
        self.held = []
        converter = Converter(Sharing())
        notebook = Notebook(self.namespace, displays or NoDisplays(), converter)
        thumbnails = Thumbnails()
        later = self.held.append if hold else (lambda work: work())
        calls = Calls(
            *(self.session, lambda words, _: self.session.toolbox.only(words), later, lambda: printed(None)),
            tell=lambda turn_id: self.feed.do(lambda: self.board.tell_calls(turn_id)),
            left=lambda line: self.front.send({"type": "left", "line": line}),
        )
        self.board = Board(self.session, calls, self.front.send, lambda: "scripted/model", thumbnails)
        self.feed = Feed(self.board)
        questions = Questions(self.session, calls, notebook, converter, lambda _: None, later)
        self.controller = Controller(
            *(self.session, questions, calls, self.board, self.feed, self.front.send),
            names=lambda prefix: [{"name": prefix, "kind": "int"}],
            models=tuple,
            tools=lambda: [{"name": name, "about": ""} for name in self.session.toolbox.names],
            sent=SentView(lambda request, without=(): encode(request_body(request)), str),
            thumbnails=thumbnails,
        )
        self.session.subscribe(self.feed.tell)
        self.do("hello")

    def start(self, command, /, files=(), tools=(), **fields):
        """Send a command; return its number."""
        number = self.front.next_number()
        named = {"files": [file_name for file_name, _ in files]} if command == "ask" else {}
        if command in ("ask", "again"):
            named["tools"] = list(tools)
        content = {"do": command, "number": number, **named, **fields}
        self.controller.receive(parse(content, [data for _, data in files]))
        return number

    def do(self, command, /, **fields):
        """Send a command, and return its answer: a dict, or why it was refused. The page has been told all by then."""
        number = self.start(command, **fields)
        wait_for(lambda: number in self.front.answers, f"an answer to {command}")
        self.quiet()  # what the session tells of it comes behind the answer
        return self.front.answers[number]

    def ask(self, text, *, see=False, again=None, files=(), tools=()):
        """Ask, and wait for the answer's end; return the turn as the page shows it."""
        answer = self.do("ask", text=text, see=see, again=again, files=files, tools=tools)
        assert isinstance(answer, dict), answer
        return self.settled(answer["turn"])

    def settled(self, turn_id):
        self.session.turn(turn_id).wait()
        self.quiet()
        return self.front.turns[turn_id]

    def quiet(self):
        """Wait until the page was told all."""
        done = []
        self.feed.do(lambda: done.append(1))
        wait_for(lambda: done, "the feed")

    def close(self):
        self.feed.close()
        assert self.feed.wait(PATIENCE)


def wait_for(condition, what):
    end = time.monotonic() + PATIENCE
    while not condition():
        assert time.monotonic() < end, f"not within {PATIENCE} s: {what}"
        time.sleep(0.002)


__all__ = ["Desk", "Front", "NoDisplays", "wait_for"]
