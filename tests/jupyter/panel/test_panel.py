"""The panel's kernel side, with a page played in Python."""

import io
import re
import threading
from html import unescape

import pytest

from ofox_magic.chat.events import FinishReason, ReasoningDelta, Retrying, TextDelta, ToolCallDelta, UsageReported
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.parts import Image
from ofox_magic.errors import TransportError
from ofox_magic.testing import ScriptedTransport, scripted_session

from .front import Desk, wait_for

LONG = "".join(
    f"## Part {n}\n\nA paragraph with **bold** words and `code`, number {n}.\n\n- one\n- two\n\n" for n in range(60)
)


def pieces(text, size=20):
    return [TextDelta(text[at : at + size]) for at in range(0, len(text), size)]


def words(html):
    """What *html* shows: long code comes in pieces, which the page joins."""
    return unescape(re.sub(r"<[^>]*>", "", html.replace("</code></pre>\n<pre", "</code></pre><pre")))


@pytest.fixture
def desk():
    desks = []

    def make(*answers, **given):
        desks.append(Desk(*answers, **given))
        return desks[-1]

    yield make
    for each in desks:
        each.close()


def test_a_question_is_asked_and_its_answer_shown(desk):
    page = desk("It is **so**.")
    turn = page.ask("Why?")
    assert turn["question"] == "Why?"
    assert turn["state"] == "done"
    assert "<strong>so</strong>" in page.front.html(turn)
    assert page.session.turns[0].reply.text == "It is **so**."


def test_what_a_program_asks_appears_while_it_streams(desk):
    gate = threading.Event()
    page = desk([TextDelta("Half"), gate, TextDelta(" and half.")])
    turn = page.session.ask("From a cell", key="cell:1")
    wait_for(lambda: turn.id in page.front.turns and "Half" in page.front.html(page.front.turns[turn.id]), "the half")
    assert page.front.turns[turn.id]["cell"]
    assert page.front.turns[turn.id]["state"] == "streaming"
    gate.set()
    assert "Half and half." in page.front.html(page.settled(turn.id))


@pytest.mark.parametrize(
    "text", [LONG, "𝄞 and 😀 " * 50 + "\n\n```python\n" + "x = '😀'\n" * 300 + "```\n\n" + "한국어 $x^2$ " * 20]
)
def test_what_was_patched_together_is_the_whole_and_costs_less_than_three_times_its_html(desk, text):
    answer = pieces(text)
    gates = [threading.Event() for _ in answer]
    page = desk([each for pair in zip(answer, gates, strict=True) for each in pair])
    before = page.front.bytes
    turn = page.session.ask("Go")
    for gate in gates:
        gate.set()
        page.quiet()
        page.feed.do(page.board.paint)  # as if each piece came a while after the one before it
    shown = page.settled(turn.id)
    spent = page.front.bytes - before
    late = Desk(session=page.session)
    assert words(page.front.html(shown)) == words(late.front.html(late.front.turns[turn.id]))
    late.close()
    html = len(page.front.html(shown).encode())
    # at one piece a paint; the envelope of each patch, which a real pace sends a dozen times a second, is beside it
    patches = page.front.of("grow")
    assert spent - 60 * len(patches) <= 3 * html, (spent, len(patches), html)


def test_a_view_that_comes_late_misses_nothing(desk):
    gate = threading.Event()
    page = desk("one", [ReasoningDelta("hm "), TextDelta("first "), gate, TextDelta("last")], "three")
    page.ask("1")
    turn = page.session.ask("2")
    wait_for(lambda: "first" in turn.reply.text, "the beginning")
    queued = page.session.ask("3")
    page.do("hello")
    assert [each["state"] for each in page.front.turns.values()] == ["done", "streaming", "queued"]
    assert page.front.turns[turn.id]["reasoning"] == "hm "
    gate.set()
    assert "first last" in page.front.html(page.settled(turn.id))
    assert "three" in page.front.html(page.settled(queued.id))


def test_two_pages_agree(desk):
    page = desk(LONG, "b", "c")
    other = Desk(session=page.session)
    page.ask("1")
    other.ask("2")
    page.do("undo")
    page.ask("3")
    other.quiet()
    assert list(page.front.turns.values()) == list(other.front.turns.values())
    assert page.front.session == other.front.session
    other.close()


def test_stop_stops_what_runs_and_what_is_queued(desk):
    never = threading.Event()
    page = desk([TextDelta("Half"), never])
    first, second = page.session.ask("1"), page.session.ask("2")
    wait_for(lambda: first.reply.text, "the beginning")
    page.do("stop", turn=second.id)
    page.do("stop", turn=first.id)
    assert page.settled(first.id)["state"] == "stopped"
    page.quiet()
    assert second.state == "stopped"
    assert "Half" in page.front.html(page.front.turns[first.id])
    assert second.id not in page.front.turns or page.front.turns[second.id]["state"] == "stopped"


def test_asking_again_makes_a_version_and_versions_can_be_chosen(desk):
    page = desk("first", "second", "third")
    turn = page.ask("1")
    page.settled(page.do("again", turn=turn["id"])["turn"])
    shown = page.front.turns[turn["id"]]
    assert (shown["versions"], shown["version"]) == (2, 1)
    assert "second" in page.front.html(shown)
    page.do("version", turn=turn["id"], index=0)
    assert "first" in page.front.html(page.front.turns[turn["id"]])
    assert page.front.turns[turn["id"]]["version"] == 0
    page.ask("edited", again=turn["id"])
    shown = page.front.turns[turn["id"]]
    assert (shown["question"], shown["versions"]) == ("edited", 3)
    assert len(page.session.turns) == 1


def test_a_version_that_fails_leaves_the_one_before_it(desk):
    page = desk("first", TransportError("no route"))
    turn = page.ask("1")
    page.settled(page.do("again", turn=turn["id"])["turn"])
    assert "first" in page.front.html(page.front.turns[turn["id"]])


def test_a_turn_that_fails_says_why(desk):
    page = desk(TransportError("no route to sk-abcdef123456"))
    turn = page.ask("1")
    assert turn["state"] == "failed"
    assert turn["error"] == "no route to [key]"


def test_editing_gives_what_was_typed_and_keeps_what_went_along(desk):
    page = desk("a", "b")
    turn = page.ask("Look", files=[("p.png", png())])
    found = page.do("edit", turn=turn["id"])
    assert found["text"] == "Look"
    assert [chip["picture"][:22] for chip in found["chips"]] == ["data:image/png;base64,"]
    page.ask("Look again", again=turn["id"])
    (message,) = page.session.turns[0].question
    assert [type(part) for part in message.parts][1] is Image


def test_undo_redo_clear_and_conversations_show(desk):
    page = desk("a", "b")
    page.ask("1")
    assert page.do("undo") == {}
    assert page.front.turns == {}
    page.do("redo")
    assert len(page.front.turns) == 1
    page.do("fork", name="other")
    assert page.front.session["name"] == "other"
    page.do("clear")
    assert page.do("clear") == {"say": "There is nothing to clear."}
    page.do("switch", name="main")
    assert len(page.front.turns) == 1
    assert page.do("fork", name="two words") == "a conversation's name is one word"
    assert "no conversation is called" in page.do("switch", name="none")
    page.session.clear()  # as a cell does
    page.quiet()
    assert page.front.turns == {}


def test_a_choice_made_in_a_cell_shows_in_the_panel_and_back(desk):
    page = desk()
    page.session.model = "some/model"
    page.quiet()
    assert page.front.session["model"] == "some/model"
    page.do("model", model=None)
    assert page.session.model is None
    assert page.front.session["is_default_model"]


def test_a_turn_of_another_conversation_does_not_show(desk):
    page = desk("a")
    page.session.ask("elsewhere", conversation="other").wait()
    page.quiet()
    assert page.front.turns == {}
    page.do("switch", name="other")
    assert [turn["question"] for turn in page.front.turns.values()] == ["elsewhere"]


def test_text_is_asked_while_a_cell_runs_and_live_objects_wait_for_its_end(desk):
    page = desk("a", "b", "c", namespace={"price": 3}, hold=True)
    page.ask("plain text")
    waiting = page.start("ask", text="{price} please", see=False, again=None)
    behind = page.start("ask", text="and text behind it", see=False, again=None)
    page.quiet()
    assert page.front.waiting == {waiting: "waiting for the cell", behind: "waiting for the cell"}
    assert len(page.session.turns) == 1
    for work in page.held:
        work()
    wait_for(lambda: behind in page.front.answers, "the questions")
    assert [turn.question[0].text for turn in page.session.turns] == ["plain text", "3 please", "and text behind it"]


def test_a_question_that_waits_can_be_withdrawn(desk):
    page = desk(namespace={"price": 3}, hold=True)
    waiting = page.start("ask", text="{price}", see=False, again=None)
    page.quiet()
    assert page.do("withdraw", question=waiting) == {"withdrawn": True}
    page.held[0]()
    assert page.session.turns == ()
    assert page.do("withdraw", question=waiting) == {"withdrawn": False}


def test_an_empty_question_and_a_broken_file_are_refused(desk):
    page = desk()
    assert "empty" in page.do("ask", text="  ", see=False, again=None)
    assert "expected a picture" in page.do("ask", text="x", see=False, again=None, files=[("a.bin", b"\x00\x01\x02")])
    assert "no turn" in page.do("again", turn="nothing")
    assert page.session.turns == ()


def test_files_go_along_as_pictures_and_text(desk):
    page = desk("a")
    turn = page.ask("See", files=[("p.png", png()), ("notes.txt", b"some notes")])
    words = [chip["words"] for chip in turn["chips"]]
    assert words[0].startswith("p.png · PNG · 40 × 30 px")
    assert words[1].startswith("notes.txt · file")
    assert "some notes" in page.session.turns[0].question[0].text


def test_tool_calls_and_what_they_gave_are_shown(desk):
    from ofox_magic.chat.tools import Outcome, ReadyCall

    class Tools:
        definitions = ()

        def call_of(self, call):
            return ReadyCall(call, "f(x)", safe=True, function=lambda: "<b>42</b>")

        def run(self, ready, consent):
            return Outcome(ready.call, "done", ready.function(), "f: done")

    page = desk(
        [TextDelta("Let me see."), ToolCallDelta(0, "c1", "look", '{"x": "<script>"}'), FinishReason("tool_calls")],
        "It is 42.",
    )
    turn = page.session.ask("What?", tools=Tools())
    wait_for(lambda: page.front.of("calls"), "the calls")
    assert "&lt;script&gt;" in page.front.of("calls")[0]["calls"]
    turn.wait()
    shown = page.front.html(page.settled(turn.id))
    order = [shown.index(text) for text in ("Let me see.", "<code>look</code>", "&lt;b&gt;42&lt;/b&gt;", "It is 42.")]
    assert order == sorted(order)
    assert "<script>" not in shown
    page.do("hello")
    assert page.front.html(page.front.turns[turn.id]) == shown


def test_what_was_sent_is_shown_with_its_parts_and_its_json(desk):
    page = desk("a")
    turn = page.ask("See <b>", files=[("p.png", png())])
    html = page.do("sent", turn=turn["id"])["html"]
    assert "See &lt;b&gt;" in html
    assert 'src="data:image/png;base64,' in html
    assert "JSON" in html
    assert page.do("sent", turn="nothing") == "that turn is gone"


def test_a_retry_is_told(desk):
    page = desk([Retrying(1, 2.0, "the gateway is busy"), TextDelta("a")])
    page.ask("1")
    assert "the gateway is busy · trying again in 2 s" in [message["note"] for message in page.front.of("state")]


def test_tokens_and_cost_are_told_before_and_after(desk):
    page = desk([TextDelta("a"), UsageReported(Usage(10, 2, 12))], namespace={"df": 1})
    assert "10 + 2 tokens" in page.ask("1")["note"]
    found = page.do("measure", text="and @df", see=False)
    assert found["chips"] == [{"words": "df · int", "picture": ""}]
    assert found["open"]
    assert page.front.session["tokens"] == 12


def test_what_was_spent_is_told_again_when_the_prices_may_be_known(desk):
    page = desk("a")
    page.ask("1")
    told = len(page.front.of("session"))
    assert page.do("models") == {"models": []}
    wait_for(lambda: len(page.front.of("session")) == told + 1, "what was spent")


def test_five_hundred_turns_open_as_one_page_and_a_new_turn_costs_what_the_first_did(desk):
    transport = ScriptedTransport(*["An answer of **one** paragraph."] * 502)
    session = scripted_session()
    session._runner._transport = session._transport = transport
    first = Desk(session=session)
    before = first.front.bytes
    first.ask("question 000")
    cost_of_first = first.front.bytes - before
    first.close()
    for number in range(1, 501):
        session.ask(f"question {number:03}").wait()
    page = desk(session=session)
    opened = page.front.bytes
    assert len(page.front.turns) < 20
    assert page.front.older == 501 - len(page.front.turns)
    before = page.front.bytes
    page.ask("question 501")
    assert page.front.bytes - before < 1.3 * cost_of_first
    assert opened < 20 * cost_of_first
    while page.front.older:
        page.do("older", before=next(iter(page.front.turns)))
    assert [turn["question"] for turn in page.front.turns.values()] == [f"question {n:03}" for n in range(502)]


def png():
    import PIL.Image

    written = io.BytesIO()
    PIL.Image.new("RGB", (40, 30), "red").save(written, "PNG")
    return written.getvalue()
