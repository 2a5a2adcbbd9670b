"""
One session and its journal, driven through whatever can happen, in any order, and looked at after every step.

    python -m tests.chat.machine 2000

runs so many conversations of 30 steps; `tests/chat/test_machine.py` runs a few. Where a promise is broken, the shortest
way there is printed.
"""

import sys
import time
from contextlib import nullcontext
from functools import partial

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from ofox_magic.chat import records
from ofox_magic.chat.events import (
    Finished,
    FinishReason,
    Identified,
    ReasoningDelta,
    Retrying,
    TextDelta,
    ToolCallDelta,
    UsageReported,
)
from ofox_magic.chat.messages import Usage
from ofox_magic.chat.parts import Image
from ofox_magic.errors import ConfigError, ProtocolError, ServerError, TransportError
from tests.chat.by_hand import elsewhere, interrupted_at
from tests.chat.checked import Checked
from tests.chat.expected import Pile, Run

STEPS = 30
LOST, BROKEN = TransportError("the connection was lost"), ProtocolError("it broke off")
REFUSED = ServerError("overloaded", status=503)
CALL, CALLS = ToolCallDelta(0, "a", "f", "{}"), FinishReason("tool_calls")
SECOND_CALL = ToolCallDelta(1, "a", "picture", "{}")  # with the id of the first, as some models do
EVENTS = st.sampled_from(
    [
        *(TextDelta("one "), TextDelta("word"), ReasoningDelta("hm "), Identified("m-2", "r", "x")),
        *(CALL, SECOND_CALL, ToolCallDelta(0, "", "", "{"), CALLS, FinishReason("stop"), FinishReason("length")),
        *(UsageReported(Usage(5, 6, 11)), Retrying(1, 0.5, "503")),
    ]
)
ENDS = st.sampled_from([Finished(), Finished(LOST), Finished(BROKEN), Finished(REFUSED)])
CALLING = st.sampled_from(
    [
        (CALL, CALLS, Finished()),
        (TextDelta("let me see"), CALL, SECOND_CALL, CALLS, Finished()),
        (ToolCallDelta(0, "", "no name.", "{"), CALLS, Finished()),
    ]
)
ANSWERS = CALLING | st.sampled_from(
    [
        (TextDelta("fine"), FinishReason("stop"), Finished()),
        (CALL, FinishReason("length"), Finished()),
        (FinishReason("stop"), Finished()),
    ]
)
MET_AT_START = st.sampled_from(
    [
        *((), (), (TextDelta("at once "),), (TextDelta("all"), Finished()), (Finished(REFUSED),)),
        *(ConfigError("no key"), ValueError("a bug"), KeyboardInterrupt()),
    ]
)
KEYS = st.none() | st.sampled_from(["cell-1", "cell-2", "cell-3"])
NAMES = st.sampled_from(["main", "side", "third"])
NUMBERS = st.integers(0, 9)
MEANWHILE = st.sampled_from(["stop", "", "cancel", "undo", "clear", "ask"])


def press_stop():
    raise KeyboardInterrupt


def waits_for_tools(machine):
    return machine.expected.running and machine.expected.running.turn.state == "tools"


class Conversations(Checked, RuleBasedStateMachine):
    """The machine; see the module."""

    def __init__(self):
        RuleBasedStateMachine.__init__(self)
        Checked.__init__(self)
        self.count = 0

    @property
    def session(self):
        return self.kernel.session

    @property
    def expected(self):
        return self.kernel.expected

    @invariant()
    def all_is_as_it_must_be(self):
        self.clock.advance(1)
        self.look()

    def teardown(self):
        try:
            self.come_to_rest()
            self.look()
            self._ask()
            self.kernel.gateway.live.say(TextDelta("the last"))
            self.kernel.gateway.live.end()
            assert self.kernel.runs[-1].turn.reply.text == "the last"
        finally:
            self.close()

    # -- asking -------------------------------------------------------------------------------------------------------

    @rule(key=KEYS, tools=st.booleans(), met=MET_AT_START)
    def a_cell_asks(self, key, tools, met):
        if self.expected.running is None:
            self.kernel.gateway.at_start = met
        self._ask(key, tools)
        self.kernel.gateway.at_start = ()

    @rule(tools=st.booleans())
    def a_panel_asks(self, tools):
        elsewhere(partial(self._ask, None, tools))

    @rule(key=KEYS, name=NAMES, most=st.none() | st.integers(0, 2))
    def a_cell_asks_in_a_conversation(self, key, name, most):
        self._ask(key, conversation=name, max_history=most)

    @rule(key=KEYS, entry=st.integers(1, 80))
    def a_cell_is_interrupted_while_it_asks(self, key, entry):
        self._ask(key, stop=interrupted_at(entry))

    @rule(key=KEYS)
    def a_cell_is_interrupted_before_its_question_leaves(self, key):
        self.kernel.before_leaving = press_stop
        self._ask(key)
        self.kernel.before_leaving = lambda: None

    def _ask(self, key=None, tools=False, conversation=None, max_history=None, stop=None):
        self.count += 1
        label, place = f"q{self.count}", conversation or self.expected.current
        most = self.session.max_history if max_history is None else max_history
        self.kernel.asked_in[label] = place, most
        content = (label, Image(b"\x89PNG" + bytes(self.count % 3), name="fig")) if self.count % 2 else (label,)
        toolbox = self.kernel.toolbox if tools else None
        try:
            with stop or nullcontext():
                turn = self.session.ask(
                    *content, key=key, conversation=conversation, max_history=max_history, tools=toolbox
                )
        except KeyboardInterrupt:
            self._asked_in_vain(label, key, place)
        else:
            self._asked(Run(label, turn, key, place))

    def _asked(self, run):
        self.kernel.runs.append(run)
        self.expected.piles.setdefault(run.place, Pile())
        self.expected.queue.append(run)
        self.expected.catch_up()

    def _asked_in_vain(self, label, key, place):
        """The turn never was, or was stopped, or its connection is told to."""
        if place in self.session.names:
            self.expected.piles.setdefault(place, Pile())
        asked = next((each for each in self.session._runner.under_way if each.turn.question[0].text == label), None)
        if asked is not None:
            assert asked is self.session._runner.running
            assert asked.cancelled
            self._asked(Run(label, asked.turn, key, place))
            return
        for exchange in self.session.conversations[place].exchanges if place in self.session.names else ():
            if exchange.versions[-1].question[0].text == label:
                assert exchange.versions[-1].status == "stopped"
                pile = self.expected.piles[place]
                pile.step(pile.now.begin(exchange.id, key, label))
                pile.settle(label, False)

    # -- what the gateway says ----------------------------------------------------------------------------------------

    @precondition(lambda self: self.kernel.gateway.live)
    @rule(events=st.lists(EVENTS, min_size=1, max_size=3))
    def something_comes(self, events):
        self._say(events)

    @precondition(lambda self: self.kernel.gateway.live)
    @rule(answer=ANSWERS)
    def an_answer_comes(self, answer):
        self._say(answer)

    @precondition(lambda self: self.kernel.gateway.live)
    @rule(end=ENDS, met=MET_AT_START)
    def an_answer_ends(self, end, met):
        """The next turn that waits begins, on the thread of the gateway, where nobody presses Stop."""
        if self.expected.queue and not isinstance(met, KeyboardInterrupt):
            self.kernel.gateway.at_start = met
        self._say([end])

    @precondition(lambda self: self.kernel.gateway.live and self.kernel.gateway.live.cancelled)
    @rule()
    def a_cancelled_connection_closes(self):
        self._say([Finished(stopped=True)])

    def _say(self, events):
        connection = self.kernel.gateway.live
        for event in events:
            if connection.is_open:
                connection.say(event)
        self.kernel.gateway.at_start = ()
        self.expected.catch_up()

    # -- tools, and stopping ------------------------------------------------------------------------------------------

    @rule(key=KEYS, answer=CALLING, meanwhile=st.none() | MEANWHILE)
    def a_cell_is_answered_with_calls(self, key, answer, meanwhile):
        """After all that was under way has ended; left alone, such a turn is rare."""
        self.come_to_rest()
        self._ask(key, tools=True)
        self._say(answer)
        if meanwhile is not None and waits_for_tools(self):
            self._serve(meanwhile)

    @precondition(waits_for_tools)
    @rule(meanwhile=MEANWHILE, met=MET_AT_START, entry=st.none() | st.integers(1, 60))
    def whoever_waits_runs_the_tools(self, meanwhile, met, entry):
        """Stop is pressed once: what ends a turn that was stopped is not itself proof against another Stop."""
        pressed = meanwhile == "stop"
        self.kernel.gateway.at_start = () if isinstance(met, KeyboardInterrupt) and (pressed or entry) else met
        self._serve(meanwhile, None if pressed else entry)

    def _serve(self, meanwhile, entry=None):
        run, ran = self.expected.running, len(self.kernel.toolbox.ran)
        self.kernel.toolbox.meanwhile = self._happening(meanwhile, run)
        try:
            with interrupted_at(entry) if entry else nullcontext():
                self.session.serve()
        except KeyboardInterrupt:
            connection, begun = self.kernel.gateway.live, len(self.kernel.toolbox.ran) > ran
            waits_on = run.turn.state == "tools" and not begun and not self.session._runner.running.served_by
            assert run.turn.reply.settled or (connection and connection.cancelled) or waits_on
        finally:
            self.kernel.toolbox.meanwhile = lambda: None
            self.kernel.gateway.at_start = ()
        assert len(set(self.kernel.toolbox.ran[ran:])) == len(self.kernel.toolbox.ran[ran:]), "a call ran twice"
        self.expected.catch_up()

    def _happening(self, what, run):
        actions = {
            "stop": press_stop,
            "cancel": lambda: elsewhere(partial(self._cancel, run)),
            "undo": lambda: elsewhere(partial(self._step, "undo")),
            "clear": lambda: elsewhere(partial(self._step, "clear")),
            "ask": lambda: elsewhere(self._ask),
        }
        return actions.get(what, lambda: None)

    @precondition(lambda self: self.kernel.runs)
    @rule(number=NUMBERS, from_elsewhere=st.booleans())
    def a_turn_is_cancelled(self, number, from_elsewhere):
        run = self.kernel.runs[-1 - number % len(self.kernel.runs)]
        (elsewhere if from_elsewhere else lambda action: action())(partial(self._cancel, run))

    @precondition(lambda self: self.expected.running)
    @rule()
    def whoever_waits_is_interrupted(self):
        try:
            with self.expected.running.turn:
                press_stop()
        except KeyboardInterrupt:
            self.expected.catch_up()

    def _stopped(self):
        return [run.label for run in self.kernel.runs if run.turn.reply.status == "stopped"]

    def _cancel(self, run):
        was_settled, stopped = run.turn.reply.settled, self._stopped()
        run.turn.cancel()
        assert set(self._stopped()) <= {*stopped, run.label}, "another turn was stopped"
        if run in self.expected.queue:
            assert run.turn.reply.status == "stopped"
            self.expected.queue.remove(run)
        elif not was_settled and not run.turn.reply.settled:
            connection = self.kernel.gateway.live
            assert self.session._runner.running.cancelled
            assert connection is None or connection.cancelled
        self.expected.catch_up()

    # -- the history --------------------------------------------------------------------------------------------------

    @rule(step=st.sampled_from(["undo", "undo", "redo", "redo", "clear"]))
    def a_step_is_taken(self, step):
        self._step(step)

    @rule(step=st.sampled_from(["undo", "clear"]), end=ENDS | st.just(Finished(stopped=True)))
    def what_runs_is_taken_away_ends_and_is_brought_again(self, step, end):
        self.come_to_rest()
        self._ask()
        self._step(step)
        self._say([end])
        self._step({"undo": "redo", "clear": "undo"}[step])

    @rule(count=st.integers(1, 3))
    def the_oldest_turns_are_dropped(self, count):
        pile = self.expected.pile
        assert self.session.drop_oldest(count) == bool(pile.now.places)
        if pile.now.places:
            pile.step(pile.now.without_oldest(count))
        self.expected.catch_up()

    @rule(number=NUMBERS, version=st.integers(0, 3))
    def a_version_is_chosen(self, number, version):
        exchanges = self.session.conversations[self.session.name].exchanges
        if not exchanges:
            return
        exchange = exchanges[number % len(exchanges)]
        try:
            self.session.activate(exchange.id, version)
        except ConfigError:
            assert version >= len(exchange.versions) or exchange.versions[version].status == "waiting"
        else:
            pile = self.expected.pile
            pile.step(pile.now.activate(exchange.id, version))
        self.expected.catch_up()

    @rule(name=NAMES, how=st.sampled_from(["fork", "new", "switch"]))
    def another_conversation_is_gone_to(self, name, how):
        piles, pile = self.expected.piles, self.expected.pile
        try:
            getattr(self.session, how)(name)
        except ConfigError:
            assert (name in piles) == (how != "switch")
            return
        assert (name in piles) == (how == "switch")
        piles.setdefault(name, Pile(pile.now.at_rest()) if how == "fork" else Pile())
        self.expected.current = name

    @rule()
    def the_conversation_is_saved_and_loaded(self):
        name, pile = self.session.name, self.expected.pile
        conversation = self.session.conversations[name]
        record = records.to_dict(conversation)
        pictures = dict(records.pictures(records.messages_in(conversation)))
        self.session.restore({name: records.from_dict(record, pictures.get)}, name)
        if pile.now.running:
            self.saved_early.add(pile.now.running)
        pile.step(pile.now.ended())
        self.expected.catch_up()

    @rule(most=st.none() | st.integers(0, 3))
    def the_longest_history_is_set(self, most):
        self.session.max_history = self.max_history = most

    @rule()
    def the_kernel_is_restarted(self):
        self.restart_kernel()

    def _step(self, step):
        pile = self.expected.pile
        may = {"undo": pile.past, "redo": pile.future, "clear": pile.now.places}[step]
        assert getattr(self.session, step)() == bool(may)
        if may:
            getattr(pile, step)()
        self.expected.catch_up()


def main(runs):
    began = time.monotonic()
    run_state_machine_as_test(Conversations, settings=profile(runs))
    print(f"{runs} runs of {STEPS} steps in {time.monotonic() - began:.0f} s: no promise was broken")


def profile(runs):
    """Return the settings for so many runs, none of them remembered from another time."""
    return settings(
        max_examples=runs,
        stateful_step_count=STEPS,
        deadline=None,
        database=None,
        print_blob=False,
        suppress_health_check=list(HealthCheck),
    )


if __name__ == "__main__":
    main(int(sys.argv[1]))
