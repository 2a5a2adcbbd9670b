"""A turn in which the model calls tools: rounds of requests, run by whoever waits, one turn in the history."""

import threading
import time
from decimal import Decimal

import pytest

from ofox_magic import ConfigError, TransportError
from ofox_magic.chat.conversation import NOT_RUN
from ofox_magic.chat.events import Finished, FinishReason, TextDelta, ToolCallDelta, ToolsAsked, ToolsRan, UsageReported
from ofox_magic.chat.ledger import Spent
from ofox_magic.chat.messages import Usage, assistant, tool, user
from ofox_magic.chat.parts import Image, ToolCall
from ofox_magic.chat.tools import MOST_ROUNDS, Outcome, ReadyCall, Refusal
from ofox_magic.testing import scripted_session


class Tools:
    """Answers each call with its name in capitals, by *run* where one is given."""

    definitions = ({"type": "function", "function": {"name": "f"}},)

    def __init__(self, run=None):
        self.calls = []
        self.threads = set()
        self._run = run or (lambda call: done(call, call.name.upper()))

    def call_of(self, call):
        return ReadyCall(call, call.name, True, lambda: self._run(call))

    def run(self, ready, consent):
        self.calls.append(ready.call)
        self.threads.add(threading.get_ident())
        return ready.function()


def done(call, text, *parts):
    return Outcome(call, "done", text, "", parts)


def calls(*names, text="", start=0, reason="tool_calls", usage=None):
    """The events of an answer that calls *names*."""
    yield from [TextDelta(text)] if text else []
    for index, name in enumerate(names):
        yield ToolCallDelta(index, f"{name}-{start}", name, "{}")
    yield FinishReason(reason)
    yield from [UsageReported(usage)] if usage else []


def carried(session, number=-1):
    return session._transport.requests[number].messages


CALLED_F = assistant(ToolCall("f-0", "f", "{}"))


def test_calls_are_run_and_the_model_goes_on_in_the_same_turn():
    session, tools = scripted_session(calls("f"), "the end"), Tools()
    reply = session.ask("q", tools=tools).result()
    assert (reply.text, reply.status) == ("the end", "done")
    assert carried(session) == (user("q"), CALLED_F, tool("F", "f-0"))
    assert len(session.turns) == 1


def test_parallel_calls_are_answered_each_behind_the_one_message_that_made_them():
    session, tools = scripted_session(calls("f", "g"), "x"), Tools()
    session.ask("q", tools=tools).result()
    both = assistant(ToolCall("f-0", "f", "{}"), ToolCall("g-0", "g", "{}"))
    assert carried(session) == (user("q"), both, tool("F", "f-0"), tool("G", "g-0"))


def test_what_a_tool_message_cannot_hold_follows_the_results():
    session = scripted_session(calls("f", "g"), "x")
    session.ask("q", tools=Tools(lambda call: done(call, "see below", Image(call.name.encode())))).result()
    assert [message.role for message in carried(session)] == ["user", "assistant", "tool", "tool", "user"]
    assert [part.data for part in carried(session)[-1].parts if isinstance(part, Image)] == [b"f", b"g"]


def test_a_call_that_cannot_run_is_answered_with_the_reason():
    session, tools = scripted_session(calls("f"), "x"), Tools()
    tools.call_of = lambda call: Refusal(call, "no such tool", "")
    session.ask("q", tools=tools).result()
    assert carried(session)[-1] == tool("no such tool", "f-0")
    assert tools.calls == []


def test_whoever_may_be_asked_is_handed_to_what_runs_the_call():
    session, tools, consent = scripted_session(calls("f"), "x"), Tools(), object()
    asked = []
    tools.run = lambda ready, consent: (asked.append(consent), done(ready.call, "F"))[1]
    session.ask("q", tools=tools, consent=consent).result()
    assert asked == [consent]


def test_later_turns_carry_the_calls_and_what_they_gave():
    session = scripted_session(calls("f", text="let me see"), "the end", "next")
    session.ask("q", tools=Tools()).result()
    session.ask("q2").result()
    said = assistant("let me see\n\n", ToolCall("f-0", "f", "{}"))
    assert carried(session) == (user("q"), said, tool("F", "f-0"), assistant("the end"), user("q2"))


def test_the_text_of_all_rounds_is_the_answers_text():
    session = scripted_session(calls("f", text="let me see"), "the end")
    turn = session.ask("q", tools=Tools())
    assert turn.result().text == "let me see\n\nthe end"
    reply = turn.reply
    assert reply.message == assistant("the end")


def test_whoever_comes_late_sees_the_same_answer():
    session = scripted_session(calls("f", "g", text="let me see"), calls("f", start=1), "the end")
    turn = session.ask("q", tools=Tools())
    turn.result()
    reply, again = turn.reply, session.turns[0].reply
    assert (again.text, again.steps, again.message) == (reply.text, reply.steps, reply.message)
    assert len(reply.steps) == 5


def test_a_turn_tells_its_rounds():
    session = scripted_session(calls("f"), "x")
    turn = session.ask("q", tools=Tools())
    kinds = [type(event) for event in turn]
    assert kinds.index(ToolsAsked) < kinds.index(ToolsRan) < kinds.index(TextDelta)
    assert kinds.count(Finished) == 1


def test_tools_run_on_the_thread_that_waits():
    session, tools = scripted_session(calls("f"), "x"), Tools()
    session.ask("q", tools=tools).result()
    assert tools.threads == {threading.get_ident()}


def test_nothing_runs_while_nobody_waits():
    session, tools = scripted_session(calls("f"), "x"), Tools()
    turn = session.ask("q", tools=tools)
    deadline = time.monotonic() + 5
    while turn.state != "tools" and time.monotonic() < deadline:
        time.sleep(0.005)
    assert (turn.state, tools.calls) == ("tools", [])
    session.serve()
    assert turn.wait(5)
    assert len(tools.calls) == 1


def test_whoever_waits_for_a_later_turn_runs_the_tools_of_the_one_before_it():
    session, tools = scripted_session(calls("f"), "x", "second"), Tools()
    session.ask("q", tools=tools)
    assert session.ask("q2").result().text == "second"


def test_a_tool_that_asks_in_its_own_session_is_told_so_instead_of_waiting_for_itself():
    said = []

    def ask(call):
        with pytest.raises(ConfigError, match="a tool cannot ask in its own session") as raised:
            session.ask("and you?")
        said.append(raised.value)
        return done(call, "asked")

    session = scripted_session(calls("f"), "x", "y")
    assert session.ask("q", tools=Tools(ask)).result().text == "x"
    assert len(said) == 1
    assert session.ask("afterwards").result().text == "y"


def test_that_holds_while_a_tool_of_a_stopped_turn_ends_on_another_thread():
    begun, may_end = threading.Event(), threading.Event()

    def ends_late(call):
        begun.set()
        may_end.wait(20)
        return done(call, "late")

    def asks_after_that(call):
        may_end.set()
        waiter.join(20)
        with pytest.raises(ConfigError, match="a tool cannot ask in its own session"):
            session.ask("and you?")
        return done(call, "asked")

    session = scripted_session(calls("f"), calls("f"), "the end")
    stopped = session.ask("q", tools=Tools(ends_late))
    waiter = threading.Thread(target=stopped.result)
    waiter.start()
    assert begun.wait(20)
    stopped.cancel()
    assert session.ask("q2", tools=Tools(asks_after_that)).result().text == "the end"


def test_without_tools_the_calls_are_the_answer():
    session = scripted_session(calls("f"), "next")
    assert [call.name for call in session.ask("q").result().tool_calls] == ["f"]
    session.ask("q2").result()
    assert carried(session) == (user("q"), CALLED_F, tool(NOT_RUN, "f-0"), user("q2"))


@pytest.mark.parametrize("reason", ["length", "content_filter"])
def test_calls_of_an_answer_that_was_cut_are_never_run(reason):
    session, tools = scripted_session(calls("f", reason=reason)), Tools()
    session.ask("q", tools=tools).result()
    assert tools.calls == []


def test_some_gateways_say_stop_and_call_all_the_same():
    session, tools = scripted_session(calls("f", reason="stop"), "x"), Tools()
    assert session.ask("q", tools=tools).result().text == "x"


def test_after_eight_rounds_nothing_more_is_run():
    session, tools = scripted_session(*(calls("f", start=n) for n in range(20))), Tools()
    reply = session.ask("q", tools=tools).result()
    assert len(tools.calls) == MOST_ROUNDS == 8
    assert len(session._transport.requests) == 9
    assert reply.status == "done"


def test_the_tools_are_in_each_request_and_a_forced_call_in_the_first_only():
    session = scripted_session(calls("f"), "x")
    session.ask("q", tools=Tools(), tool_choice="required", temperature=0).result()
    first, second = (request.params for request in session._transport.requests)
    assert first == {"tools": list(Tools.definitions), "tool_choice": "required", "temperature": 0}
    assert second == {"tools": list(Tools.definitions), "temperature": 0}


def test_an_interrupt_in_a_tool_stops_the_turn_and_the_next_one_works():
    def run(call):
        raise KeyboardInterrupt

    session = scripted_session(calls("f", text="let me see"), "next")
    turn = session.ask("q", tools=Tools(run))
    with pytest.raises(KeyboardInterrupt):
        turn.result()
    assert turn.state == "stopped"
    assert session.ask("q2").result().text == "next"
    assert [message.role for message in carried(session)] == ["user", "assistant", "tool", "assistant", "user"]
    assert "stopped this call while it ran" in carried(session)[2].parts[0].text
    assert carried(session)[3] == assistant("[The user stopped this answer here.]")


def test_a_call_without_consent_yet_waits_with_those_behind_it_until_somebody_serves_again():
    allowed = set()
    tools = Tools(lambda call: done(call, call.name.upper()) if call.name in allowed else None)
    session = scripted_session(calls("f", "g"), "the end")
    turn = session.ask("q", tools=tools)
    assert not turn.wait(0.3)
    assert {call.name for call in tools.calls} == {"f"}
    allowed.add("f")
    assert not turn.wait(0.3)
    assert turn.state == "tools"
    allowed.add("g")
    assert turn.result().text == "the end"
    assert [message.role for message in carried(session)] == ["user", "assistant", "tool", "tool"]
    assert [message.parts[0].text for message in carried(session)[2:]] == ["F", "G"]


def test_a_turn_that_is_stopped_from_elsewhere_while_a_tool_runs_ends_and_runs_no_further_call():
    session = scripted_session(calls("f", "g"), "next")
    tools = Tools(lambda call: (turn.cancel(), done(call, "F"))[1])
    turn = session.ask("q", tools=tools)
    assert turn.result().status == "stopped"
    assert [call.name for call in tools.calls] == ["f"]
    assert session.ask("q2").result().text == "next"


def test_a_round_that_fails_leaves_what_was_done_and_the_history_well_formed():
    session = scripted_session(calls("f"), TransportError("gone"), "next")
    with pytest.raises(TransportError):
        session.ask("q", tools=Tools()).result()
    session.ask("q2").result()
    assert carried(session) == (
        *(user("q"), CALLED_F, tool("F", "f-0")),
        *(assistant("[This answer broke off here.]"), user("q2")),
    )


def test_the_tokens_of_all_rounds_count():
    session = scripted_session(
        calls("f", usage=Usage(10, 1, 11)), [TextDelta("x"), FinishReason("stop"), UsageReported(Usage(20, 2, 22))]
    )
    reply = session.ask("q", tools=Tools()).result()
    assert reply.usage == Usage(30, 3, 33)
    assert session.ledger.lines["scripted/model"].usage == Usage(30, 3, 33)
    assert session.ledger.spent().requests == 2


class DollarARequest:
    """Prices by which every request costs a dollar."""

    def cost(self, usage, answered, asked):
        return Decimal(1)

    def estimate(self, request, largest_answer):
        from ofox_magic.chat.account import Estimate

        return Estimate(Decimal(1), 0)

    def refresh(self):
        raise AssertionError("the price is known")


@pytest.mark.parametrize("cap", ["turn", "session"])
def test_each_round_is_checked_against_the_caps_before_it_leaves(cap):
    from ofox_magic.chat.session import Session
    from ofox_magic.testing import ScriptedTransport

    rounds = (calls("f", start=n, usage=Usage(1, 1, 2)) for n in range(5))
    session = Session(ScriptedTransport(*rounds), default_model=lambda: "m", prices=DollarARequest())
    session.budget = Decimal("2.5") if cap == "session" else None
    tools = Tools()
    turn = session.ask("q", tools=tools, max_cost=Decimal("2.5") if cap == "turn" else None)
    with pytest.raises(ConfigError, match=r"not sent: ≈\$2.00 spent, and"):
        turn.result()
    assert (len(session._transport.requests), turn.state) == (2, "incomplete")
    assert session.ledger.spent() == Spent(2, 0, Usage(2, 2, 4), session.ledger.spent().cost)
