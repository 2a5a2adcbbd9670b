"""Painting an answer: what is shown when, by a manual clock on a recording screen."""

import io
import re
import threading
from html import unescape

import pytest

from ofox_magic.chat.events import Finished, FinishReason, ReasoningDelta, Retrying, TextDelta, UsageReported
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.parts import ToolCall
from ofox_magic.chat.turn import Turn
from ofox_magic.errors import ProtocolError
from ofox_magic.jupyter.bundle import footer, of_turn, steady
from ofox_magic.jupyter.live import PAINT_EVERY, LiveCell
from ofox_magic.jupyter.painter import StillCell, TerminalCell, follow
from ofox_magic.jupyter.screen import StaticScreen, Terminal
from ofox_magic.render import to_html
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


def words(html):
    return unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?s)<style>.*?</style>", "", html))).strip()


def shown(screen):
    """What stands on the screen now."""
    return words("".join(data["text/html"] for data, _ in screen.outputs))


def said(screen):
    """All that was ever shown, bundle by bundle, without the empty ones."""
    return [text for data, _ in screen.frames if (text := words(data["text/html"]))]


def come(turn, cell, *events):
    for event in events:
        turn.take(event)
        cell.beat(event)


def test_while_nothing_comes_the_cell_says_what_it_waits_for_and_how_long(cell, screen, clock):
    for _ in range(40):
        cell.beat()
        clock.advance(0.55)
    assert said(screen)[0] == "m/asked · waiting"
    assert "m/asked · waiting 7 s" in said(screen)
    assert said(screen)[-1] == "m/asked · waiting 21 s of at most 300 s"
    assert len(said(screen)) == len(set(said(screen)))  # nothing is painted twice


def test_a_queued_turn_says_so(turn, cell, screen):
    turn.reply.status = "queued"
    cell.beat()
    assert shown(screen) == "queued: another answer comes first · 0 s"


def test_a_retry_counts_down(turn, cell, screen, clock):
    come(turn, cell, Retrying(1, 3.0, "429 slow down"))
    for _ in range(4):
        clock.advance(1.0)
        cell.beat()
    assert said(screen) == [f"429 slow down · trying again in {left} s" for left in (3, 2, 1, 0)]


def test_a_model_that_thinks_is_said_to(turn, cell, screen, clock):
    come(turn, cell, ReasoningDelta("hm"))
    clock.advance(3)
    cell.beat()
    assert said(screen)[-1] == "m/asked · thinking 3 s"


def test_the_first_text_is_painted_at_once_and_the_rest_at_most_twelve_times_a_second(turn, cell, screen, clock):
    cell.beat()
    come(turn, cell, TextDelta("a"))
    assert said(screen) == ["m/asked · waiting", "a"]
    for _ in range(100):
        clock.advance(0.01)
        come(turn, cell, TextDelta("b"))
    assert 5 < len(said(screen)) - 2 <= 1.0 / PAINT_EVERY


def test_what_is_left_is_painted_when_the_stream_stalls(turn, cell, screen, clock):
    come(turn, cell, TextDelta("a"), TextDelta("b"), TextDelta("c"))
    assert shown(screen) == "a"
    clock.advance(PAINT_EVERY)
    cell.beat()
    assert shown(screen) == "abc"


def test_painting_takes_no_more_than_its_share_of_the_time(turn, clock):
    class SlowScreen(RecordingScreen):
        def change(self, number, bundle):
            super().change(number, bundle)
            clock.advance(1.0)

    screen = SlowScreen()
    turn.reply.status = "waiting"
    cell = LiveCell(turn, screen, Deadlines(), clock)
    while clock.now < 50:
        come(turn, cell, TextDelta("a"))
        clock.advance(0.01)
    assert len(screen.frames) <= 13


def test_the_end_makes_one_output_with_the_whole_and_its_footer(turn, cell, screen, clock):
    come(turn, cell, TextDelta("# Hi"))
    clock.advance(1.25)
    come(turn, cell, UsageReported(Usage(10, 2000, 2010)), FinishReason("stop"), Finished())
    cell.end()
    assert len(screen.outputs) == 1
    assert screen.closed
    data, metadata = screen.outputs[0]
    assert data["text/plain"] == "# Hi"
    assert data["text/html"].startswith("<style>")
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


def test_at_every_moment_the_screen_shows_all_that_was_painted(turn, cell, screen, clock):
    """However many pieces: what stands in the outputs, read in order, is the text so far."""
    text = "".join(f"paragraph {number} of **many** with some more words in it\n\n" for number in range(600))
    for start in range(0, len(text), 50):
        clock.advance(0.1)
        come(turn, cell, TextDelta(text[start : start + 50]))
        if start % 1000 == 0:
            assert shown(screen).split() == words(to_html(text[: start + 50])).split()
    assert len(screen.outputs) < 40  # JupyterLab shows 50
    cell.end()
    assert len(screen.outputs) == 1


def test_a_finished_piece_is_sent_few_times_however_long_the_answer(turn, cell, screen, clock):
    text = "".join(f"paragraph {number} with a few words\n\n" for number in range(1500))
    for start in range(0, len(text), 20):
        clock.advance(0.1)
        come(turn, cell, TextDelta(text[start : start + 20]))
    live = sum(len(data["text/html"]) for data, _ in screen.frames)
    times = sum("paragraph 3 with" in data["text/html"] for data, _ in screen.frames)
    # its own piece while that was growing, once as it was finished, once more for each level
    assert times < 60
    assert live / len(screen.frames) < 1500


def test_a_long_piece_of_code_is_cut_too(turn, cell, screen, clock):
    text = "```python\n" + "".join(f"x{number} = 'a line of code'  # {number}\n" for number in range(300)) + "```\n"
    for start in range(0, len(text), 40):
        clock.advance(0.1)
        come(turn, cell, TextDelta(text[start : start + 40]))
    assert max(len(data["text/html"]) for data, _ in screen.frames[-20:] if data["text/html"]) < 60_000
    assert sum(len(data["text/html"]) for data, _ in screen.frames) < 12 * len(to_html(text))
    assert "x299" in shown(screen)


def test_what_somebody_else_writes_ends_a_segment_and_nothing_is_cleared(turn, cell, screen, clock):
    come(turn, cell, ReasoningDelta("hm"), TextDelta("first *half*"))
    clock.advance(1)
    cell.beat()
    screen.others += 1
    clock.advance(1)
    come(turn, cell, TextDelta(" and second"), Finished())
    cell.end()
    kept = [data["text/plain"] for data, _ in screen.outputs if data.get("text/plain")]
    assert kept == ["first *half*", " and second"]
    first, second = (data["text/html"] for data, _ in screen.outputs if data.get("text/plain"))
    assert "<em>half</em>" in first
    assert "Reasoning" in first
    assert "Reasoning" not in second
    assert words(second).endswith("1 · 2.0 s") or "2.0 s" in words(second)


def test_an_answer_below_somebody_elses_output_gathers_in_its_first_output(turn, cell, screen):
    screen.others = 0
    screen.replace = lambda bundle: False  # the cell is not ours alone
    come(turn, cell, TextDelta("all of it"), Finished())
    cell.end()
    assert [data["text/plain"] for data, _ in screen.outputs if data.get("text/plain")] == ["all of it"]
    assert screen.outputs[0][0].get("text/plain") == "all of it"
    assert all(not data["text/html"] for data, _ in screen.outputs[1:])


@pytest.mark.parametrize(
    ("events", "ending"),
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
def test_the_footer_says_how_an_answer_ended(turn, events, ending):
    for event in events:
        turn.take(event)
    assert footer(turn).startswith("m/asked · ")
    assert footer(turn).endswith(ending)


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


def test_the_last_words_of_a_long_answer_stand_before_all_of_it_becomes_one_output(turn, cell, screen):
    come(turn, cell, TextDelta("word " * 2_000))
    painted = len(screen.frames)
    come(turn, cell, TextDelta("\n\nThe last line."), Finished())
    assert len(screen.frames) == painted, "the last paint was just now"
    cell.end()
    with_it = [data["text/html"] for data, _ in screen.frames[painted:] if "The last line." in data["text/html"]]
    assert len(with_it) == 2
    assert screen.outputs == [screen.frames[-1]]


class Publisher:
    """Stands in for a shell's display publisher."""

    def __init__(self):
        self.published = []

    def publish(self, data, metadata):
        self.published.append((data, metadata))


def test_a_turn_that_failed_before_anything_was_shown_leaves_the_error_to_speak(turn, screen, clock):
    turn.take(Finished(ProtocolError("x")))
    publisher = Publisher()
    for cell in (LiveCell(turn, screen, Deadlines(), clock), StillCell(turn, StaticScreen(publisher))):
        cell.beat()
        cell.end()
    assert screen.frames == publisher.published == []


def test_a_turn_that_failed_after_it_waited_leaves_nothing_but_the_error(turn, cell, screen):
    cell.beat()
    come(turn, cell, Finished(ProtocolError("x")))
    cell.end()
    assert screen.outputs == []


def test_a_still_cell_is_painted_once_and_the_same_every_time(turn):
    publisher = Publisher()
    cell = StillCell(turn, StaticScreen(publisher))
    come(turn, cell, TextDelta("a"), Finished())
    cell.end()
    assert len(publisher.published) == 1
    assert words(publisher.published[0][0]["text/html"]).split() == ["a", "m/asked"]


def test_a_terminal_gets_the_text_as_it_comes_and_nothing_that_steers_it(turn, clock):
    stream = io.StringIO()
    cell = TerminalCell(turn, Terminal(stream), Deadlines(), clock)
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


class Screenful(io.StringIO):
    """What stands on a terminal: a line that is written over is seen as it is then."""

    def isatty(self):
        return True

    @property
    def lines(self):
        lines = []
        for line in self.getvalue().split("\n"):
            over = ""
            for written in line.split("\r"):
                over = written + over[len(written) :]
            lines.append(over.rstrip())
        return lines


def test_a_terminal_says_what_is_waited_for_until_there_is_text(turn, clock):
    turn.reply.status = "waiting"
    stream = Screenful()
    cell = TerminalCell(turn, Terminal(stream), Deadlines(), clock)
    cell.beat()
    assert stream.lines == [""], "an answer that comes at once needs no such line"
    clock.advance(25)
    cell.beat()
    assert stream.lines == ["[m/asked · waiting 25 s of at most 300 s]"]
    come(turn, cell, Retrying(1, 4.0, "429 slow down"))
    assert stream.lines == ["[429 slow down · trying again in 4 s]"]
    come(turn, cell, TextDelta("so "))
    clock.advance(5)
    cell.beat()
    assert stream.lines == ["so"], "where there is text the line is gone, and comes no more"
    come(turn, cell, TextDelta("it is\n"), Finished())
    cell.end()
    assert stream.lines == ["so it is", "[m/asked · 30.0 s]", ""]


def test_a_pipe_gets_no_line_that_passes(turn, clock):
    stream = io.StringIO()
    cell = TerminalCell(turn, Terminal(stream), Deadlines(), clock)
    clock.advance(25)
    cell.beat()
    assert stream.getvalue() == ""


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
    assert len(screen.outputs) == 1
    assert words(screen.outputs[0][0]["text/html"]).endswith("stopped")
    assert screen.outputs[0][0]["text/plain"] == "half"


def test_the_one_script_is_ours_the_same_for_every_answer_and_gone_at_the_end(turn, cell, screen):
    come(turn, cell, TextDelta("<script>alert(1)</script> ```js\nalert(2)\n```"))
    scripts = [data["application/javascript"] for data, _ in screen.frames if "application/javascript" in data]
    assert scripts == [steady("any")[0]["application/javascript"]]
    assert "alert" not in scripts[0]
    cell.end()
    assert not any("application/javascript" in data for data, _ in screen.outputs)


def test_the_script_goes_also_where_nothing_can_be_cleared(turn, cell, screen):
    come(turn, cell, TextDelta("a"))
    screen.others += 1
    cell.end()
    assert not any("application/javascript" in data for data, _ in screen.outputs)
