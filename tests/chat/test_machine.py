"""Whatever happens to a conversation, in whatever order, it keeps its promises; `python -m tests.chat.machine 2000` is long."""

from hypothesis.stateful import run_state_machine_as_test

from tests.chat.machine import Conversations, profile


def test_a_conversation_keeps_its_promises_whatever_happens():
    run_state_machine_as_test(Conversations, settings=profile(25))
