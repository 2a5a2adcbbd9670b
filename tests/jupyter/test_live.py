"""Painting an answer: what is shown when, by a manual clock on a recording screen."""

import io
import threading

import pytest

from ofox_magic.chat.events import Finished, FinishReason, ReasoningDelta, Retrying, TextDelta, UsageReported
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.parts import ToolCall
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import ProtocolError
from ofox_magic.jupyter.bundle import footer, of_turn
from ofox_magic.jupyter.live import PAINT_EVERY, LiveCell, StillCell, TerminalCell, follow
from ofox_magic.jupyter.screen import Terminal
from ofox_magic.settings import Deadlines
from ofox_magic.testing import ManualClock, RecordingScreen, scripted_session


@pytest.fixture
def turn():
    return Turn("t1", "k1", "m/asked", (), changed=threading.Condition(), versions=tuple, cancel=lambda: None)


@pytest.fixture
def clock():
    return ManualClock()


@pytest.fixture
def screen():
    return RecordingScreen()


@pytest.fixture
def cell(turn, screen, clock):
    turn.reply.status = "waiting"
    return LiveCell(turn, screen, Deadlines(), clock)


def notes(screen):
    return [frame[0]["text/plain"] for frame in screen.frames]


def test_while_nothing_comes_the_cell_says_what_it_waits_for_and_how_long(cell, screen, clock):
    for _ in range(40):
        cell.beat()
        clock.advance(0.55)
    assert notes(screen)[0] == "m/asked · waiting"
    assert "m/asked · waiting 7 s" in notes(screen)
    assert notes(screen)[-1] == "m/asked · waiting 21 s of at most 300 s"
    assert len(screen.frames) == len(set(notes(screen)))  # nothing is painted twice


def test_a_queued_turn_says_so(turn, cell, screen):
    turn.reply.status = "queued"
    cell.beat()
    assert notes(screen) == ["queued: another answer comes first · 0 s"]


def test_a_retry_is_shown(turn, cell, screen):
    turn.take(Retrying(1, 3.0, "429 slow down"))
    cell.beat()
    assert notes(screen) == ["429 slow down · next try in 3 s · 0 s"]


def test_the_first_text_is_painted_at_once_and_the_rest_at_most_twelve_times_a_second(turn, cell, screen, clock):
    cell.beat()
    turn.take(TextDelta("a"))
    cell.beat(TextDelta("a"))
    assert notes(screen) == ["m/asked · waiting", "a"]
    for _ in range(100):
        clock.advance(0.01)
        turn.take(TextDelta("b"))
        cell.beat(TextDelta("b"))
    assert len(screen.frames) - 2 <= 1.0 / PAINT_EVERY


def test_what_is_left_is_painted_when_the_stream_stalls(turn, cell, screen, clock):
    for text in "abc":
        turn.take(TextDelta(text))
        cell.beat(TextDelta(text))
    clock.advance(PAINT_EVERY)
    cell.beat()
    assert notes(screen)[-1] == "abc"


def test_painting_takes_no_more_than_its_share_of_the_time(turn, clock):
    class SlowScreen(RecordingScreen):
        def show(self, bundle):
            super().show(bundle)
            clock.advance(1.0)

    screen = SlowScreen()
    turn.reply.status = "waiting"
    cell = LiveCell(turn, screen, Deadlines(), clock)
    while clock.now < 50:
        turn.take(TextDelta("a"))
        cell.beat()
        clock.advance(0.01)
    assert len(screen.frames) <= 11


def test_the_end_shows_the_whole_with_its_footer(turn, cell, screen, clock):
    turn.take(TextDelta("# Hi"))
    cell.beat()
    clock.advance(1.25)
    turn.take(UsageReported(Usage(10, 2000, 2010)))
    turn.take(FinishReason("stop"))
    turn.take(Finished())
    cell.end()
    data, metadata = screen.frames[-1]
    assert data["text/plain"] == "# Hi"
    assert "<h1>Hi</h1>" in data["text/html"]
    assert "m/asked · 10 + 2,000 tokens · 1.2 s" in data["text/html"]
    assert metadata["ofox"] == {
        "v": 1,
        "turn": "t1",
        "key": "k1",
        "status": "done",
        "asked_model": "m/asked",
        "model": None,
        "finish_reason": "stop",
        "usage": {
            "prompt_tokens": 10,
            "completion_tokens": 2000,
            "total_tokens": 2010,
            "cached_tokens": 0,
            "reasoning_tokens": 0,
        },
        "response_id": None,
        "request_id": None,
    }


@pytest.mark.parametrize(
    ("events", "said"),
    [
        ([TextDelta("a"), Finished(stopped=True)], "stopped"),
        ([TextDelta("a"), Finished(ProtocolError("x"))], "broke off"),
        ([Finished(ProtocolError("x"))], "failed"),
        ([TextDelta("a"), FinishReason("length"), Finished()], "cut at the longest allowed answer (max_tokens)"),
        ([ReasoningDelta("a"), FinishReason("length"), Finished()], "while the model was still thinking"),
        ([FinishReason("content_filter"), Finished()], "withheld by a content filter"),
        ([FinishReason("stop"), Finished()], "the answer is empty"),
    ],
)
def test_the_footer_says_how_an_answer_ended(turn, events, said):
    for event in events:
        turn.take(event)
    assert footer(turn).startswith("m/asked · ")
    assert footer(turn).endswith(said)


def test_the_footer_names_the_model_that_answered_and_the_one_that_was_asked(turn):
    turn.reply.model = "m/other"
    turn.take(TextDelta("a"))
    turn.take(Finished())
    assert footer(turn) == "m/other · asked for m/asked"


def test_the_footer_names_the_calls_that_the_model_wants(turn):
    from ofox_magic.chat.reply import deltas

    for event in deltas([ToolCall("c", "look_up", "{}")]):
        turn.take(event)
    turn.take(Finished())
    assert footer(turn) == "m/asked · the model asks for look_up()"


def test_a_hostile_model_name_stays_text(turn):
    turn.reply.model = "<img src=x onerror=alert(1)>\u202e\n"
    turn.take(TextDelta("a"))
    turn.take(Finished())
    data, _ = of_turn(turn, footer(turn))
    assert "<img" not in data["text/html"]
    assert "&lt;img" in data["text/html"]


def test_nothing_that_a_front_end_would_trust_as_markdown_is_published(turn):
    turn.take(TextDelta("<script>alert(1)</script>\x1b[31m"))
    data, _ = of_turn(turn, "")
    assert set(data) == {"text/html", "text/plain"}
    assert "<script>" not in data["text/html"]
    assert "\x1b" not in data["text/plain"]


def test_reasoning_is_folded(turn):
    turn.take(ReasoningDelta("because <b>"))
    turn.take(TextDelta("so"))
    data, _ = of_turn(turn, "")
    assert "<details><summary>Reasoning</summary><p>because &lt;b&gt;</p>" in data["text/html"]
    assert data["text/plain"] == "so"


def test_a_turn_that_failed_before_anything_was_shown_leaves_the_error_to_speak(turn, screen, clock):
    turn.take(Finished(ProtocolError("x")))
    for cell in (LiveCell(turn, screen, Deadlines(), clock), StillCell(turn, screen)):
        cell.beat()
        cell.end()
    assert screen.frames == []


def test_a_still_cell_is_painted_once_and_the_same_every_time(turn, screen):
    cell = StillCell(turn, screen)
    turn.take(TextDelta("a"))
    cell.beat(TextDelta("a"))
    turn.take(Finished())
    cell.end()
    assert len(screen.frames) == 1
    assert "m/asked</small>" in screen.frames[0][0]["text/html"]


def test_a_terminal_gets_the_text_as_it_comes_and_nothing_that_steers_it(turn, clock):
    stream = io.StringIO()
    cell = TerminalCell(turn, Terminal(stream), clock)
    shown = []
    for text in ("Hel", "lo\r", "\nnew\x1b[2J", " line"):
        turn.take(TextDelta(text))
        cell.beat(TextDelta(text))
        shown.append(stream.getvalue())
    turn.take(Finished())
    clock.advance(2)
    cell.end()
    assert shown == ["Hel", "Hello", "Hello\nnew[2J", "Hello\nnew[2J line"]
    assert stream.getvalue().splitlines()[2:] == ["[m/asked · 2.0 s]"]


def test_following_an_interrupted_turn_stops_it_and_paints_what_came(screen, clock, monkeypatch):
    gate = threading.Event()
    session = scripted_session([TextDelta("half"), gate])
    turn = session.ask("1")

    class Interrupting(LiveCell):
        def beat(self, event=None):
            super().beat(event)
            if isinstance(event, TextDelta):
                raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        follow(turn, Interrupting(turn, screen, Deadlines(), clock))
    assert turn.state == "stopped"
    assert "stopped" in screen.frames[-1][0]["text/html"]
    assert screen.frames[-1][0]["text/plain"] == "half"
