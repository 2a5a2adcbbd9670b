"""What was sent is known afterwards, to the byte: every round, every try, whatever happened to the history since."""

import json
import sys
from threading import Event

import pytest

from ofox_magic.chat.conversation import Conversation
from ofox_magic.chat.events import Finished, Retrying, TextDelta
from ofox_magic.chat.messages import assistant, user
from ofox_magic.chat.parts import Image, Opaque, Reasoning, Table, Text
from ofox_magic.chat.records import from_dict, to_dict
from ofox_magic.chat.sent import draft_request, sent_requests
from ofox_magic.chat.trail import Trail
from ofox_magic.chat.transport import Request
from ofox_magic.errors import OfoxError
from ofox_magic.gateway.wire import encode, request_body
from ofox_magic.testing import scripted_session


def body_of(request, without=()):
    return encode({name: value for name, value in request_body(request).items() if name not in without})


def talk_of(*answers):
    """A session that draws *answers*, and the requests that its transport got."""
    session = scripted_session(*answers)
    return session, session._transport.requests


def sent(session, turn, run=None):
    return sent_requests(turn, body_of, session.conversations[session.name], run)


def test_each_turn_tells_what_was_sent_for_it():
    session, requests = talk_of("a", "b", "c", "d")
    for number in range(1, 5):
        session.ask(f"question {number}", temperature=number).result()
    told = [sent(session, turn)[0] for turn in session.turns]
    assert [each.body for each in told] == [body_of(request) for request in requests]
    assert [each.request for each in told] == requests
    assert all(each.is_exact for each in told)


def test_what_was_sent_stays_what_it_was_when_the_history_changes():
    session, requests = talk_of("a", "b", "c", "d")
    session.ask("one", key="1").result()
    session.ask("two", key="2").result()
    session.ask("one, otherwise", key="1", system="Be brief.").result()
    session.ask("three", key="3").result()
    first, second, third = session.turns
    assert [s.body for s in sent(session, second)] == [body_of(requests[1])]
    assert [s.body for s in sent(session, third)] == [body_of(requests[3])]
    assert [[s.body for s in sent(session, first, run)] for run in (0, 1, None)] == [
        [body_of(requests[number])] for number in (0, 2, 2)
    ]


def test_a_run_that_failed_tells_what_it_sent_though_an_older_one_counts():
    session, _ = talk_of("answer 1", OfoxError("no"))
    session.ask("one", key="1").result()
    session.ask("one again", key="1").wait()
    [turn] = session.turns
    assert turn.reply.text == "answer 1"
    assert b"one again" in sent(session, turn)[0].body


def test_a_parameter_that_its_owner_changes_later_is_shown_as_it_went():
    session, _ = talk_of("a")
    schema = {"type": "object", "tags": ["a"]}
    turn = session.ask("one", response_format=schema)
    turn.result()
    schema["tags"].append("b")
    assert json.loads(sent(session, turn)[0].body)["response_format"]["tags"] == ["a"]


def test_each_try_is_listed_with_the_reason_for_the_next():
    tries = Retrying(1, 0.0, "no stream_options here", ("stream_options",)), Retrying(1, 2.0, "busy")
    session, _ = talk_of([*tries, TextDelta("x"), Finished()])
    turn = session.ask("one")
    turn.result()
    told = sent(session, turn)
    assert [(each.attempt, each.why) for each in told] == [(1, ""), (2, "no stream_options here"), (3, "busy")]
    assert ["stream_options" in json.loads(each.body) for each in told] == [True, False, False]
    assert sent(session, session.turns[0]) == told


def test_where_nothing_left_nothing_is_told():
    session, _ = talk_of()  # whose transport refuses
    turn = session.ask("one")
    turn.wait()
    assert turn.state == "failed"
    assert sent(session, turn) == ()
    assert sent(session, session.turns[0]) == ()


def test_what_was_brought_back_is_put_together_again_and_says_so():
    session, requests = talk_of("a", "b")
    session.ask("one", system="Be brief.").result()
    session.ask("two").result()
    talk = from_dict(to_dict(session.conversations["main"]))
    session.restore({"main": talk}, "main")
    [told] = sent(session, session.turns[1])
    assert not told.is_exact
    assert told.body == body_of(requests[1])
    assert "Be brief." not in sent(session, session.turns[0])[0].body.decode()  # which nobody knows any more


def test_a_queued_turn_has_sent_nothing():
    session, _ = talk_of([Event()])
    running, queued = session.ask("one"), session.ask("two")
    assert (len(sent(session, running)), sent(session, queued)) == (1, ())
    running.cancel()
    queued.cancel()


def test_the_parts_of_a_request_are_those_that_its_body_holds():
    picture, other = Image(b"p" * 30), Image(url="https://a.example/b.png")
    request = Request(
        "m",
        (
            user("look", picture, Table("a\n1", 1, 1, "df"), Opaque("x", "not there", "{}")),
            assistant(Reasoning("hm"), "seen"),
            user(picture, other, "grüße"),
        ),
    )
    parts = draft_request(request, body_of).parts
    assert [(part.message, part.role, type(part.part)) for part in parts] == [
        *((1, "user", kind) for kind in (Text, Image, Table)),
        (2, "assistant", Text),
        *((3, "user", kind) for kind in (Text, Image, Text)),
    ]
    messages = json.loads(body_of(request))["messages"]
    table = messages[0]["content"][2]["text"]
    assert "Table `df`: 1 row × 1 column" in table
    assert [part.size for part in parts] == [4, 30, len(table.encode()), 4, 52, 23, 7]
    content = messages[2]["content"]
    assert content[0]["text"] == parts[4].part.text


def test_a_long_conversation_keeps_each_message_once():
    """Kept as they are, the requests of 500 turns would hold a quarter of a million references."""
    messages, trail, trails = (), None, []
    for number in range(500):
        messages = (*messages, user(f"question {number}"), assistant(f"answer {number}"))
        trail = Trail.of(Request("m", messages, {"temperature": 1}), trail)
        trails.append(trail)
    assert sum(len(each.own.messages) for each in trails) == len(messages)
    assert len({id(each.own.params) for each in trails}) == 1
    assert trails[250].request.messages == messages[:502]
    assert trails[-1].request.messages == messages


@pytest.mark.parametrize("keep", [0, 1, 3, 7])
def test_a_trail_gives_back_what_it_was_made_of_wherever_the_two_part(keep):
    one = tuple(user(str(number)) for number in range(7))
    first = Trail.of(Request("m", one[:3]))
    second = Trail.of(Request("m", one), first)
    other = Request("n", (*one[:keep], user("x"), user("y")))
    assert Trail.of(other, second).request == other
    assert second.request.messages == one


def test_a_trail_lets_go_of_what_it_does_not_need():
    one = tuple(user(str(number)) for number in range(7))
    first = Trail.of(Request("m", one[:3]))
    second = Trail.of(Request("m", one), first)
    assert Trail.of(Request("m", one[:2]), second).before is first
    assert Trail.of(Request("m", (user("x"),)), second).before is None


def test_a_trail_of_many_turns_is_freed_without_depth():
    trail = None
    for number in range(10 * sys.getrecursionlimit()):
        trail = Trail.of(Request("m", (user("x"),) * min(number, 3)), trail)
    del trail


def test_a_conversation_is_equal_whether_or_not_it_knows_what_was_sent():
    session, _ = talk_of("a")
    session.ask("one").result()
    talk = session.conversations["main"]
    assert from_dict(to_dict(talk)) == talk
    assert isinstance(talk, Conversation)
