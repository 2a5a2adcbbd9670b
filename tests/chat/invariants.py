"""What must hold of a request, of a conversation in memory, and of what the journal has of it."""

from collections import Counter

from ofox_magic.chat.parts import ToolCall, ToolResult
from ofox_magic.chat.reply import SETTLED


def is_well_formed(messages):
    """Raise AssertionError where a gateway would refuse *messages*."""
    roles = [message.role for message in messages]
    assert "system" not in roles[1:], roles
    open_calls, before = [], None
    for message in messages:
        results = [part.call_id for part in message.parts if isinstance(part, ToolResult)]
        calls = [part.id for part in message.parts if isinstance(part, ToolCall)]
        assert message.parts, "an empty message"
        if message.role == "tool":
            assert len(results) == 1, "a tool message answers one call"
            assert results[0] in open_calls, f"{results[0]!r} answers no call, or one that was answered"
            open_calls.remove(results[0])
        else:
            assert not results
            assert not open_calls, f"{open_calls} were not answered"
        if message.role == "assistant":
            assert before in ("user", "tool"), f"an assistant after {before}: {roles}"
            assert max(Counter(calls).values(), default=0) <= 1, f"calls with one id: {calls}"
            open_calls = calls
        if message.role == "user":
            assert before != "user", f"two questions without an answer: {roles}"
        before = message.role
    assert not open_calls, f"{open_calls} were not answered"
    assert before in ("user", "tool"), f"nothing is asked: {roles}"


def questions(messages):
    """The labels of the turns that *messages* carry, in order."""
    texts = (message.text for message in messages if message.role == "user")
    return [text for text in texts if text.startswith("q")]


def label_of(version):
    return version.question[0].text


def layout(conversation):
    """What of *conversation* is told a second time by `expected`."""
    return [
        (exchange.id, exchange.key, tuple(map(label_of, exchange.versions)), exchange.active)
        for exchange in getattr(conversation, "exchanges", ())
    ]


def is_kept(loaded, standing, coming):
    """
    Raise AssertionError where *loaded* from the journal is not *standing* in memory.

    *coming* are the replies of the turns of this kernel, by label.
    """
    assert layout(loaded) == layout(standing)
    for there, here in zip(loaded.exchanges, standing.exchanges, strict=True):
        for kept, version in zip(there.versions, here.versions, strict=True):
            if version.status in SETTLED:
                assert kept == version
            else:
                reply = coming[label_of(version)]
                assert (kept.question, kept.steps) == (version.question, reply.steps)
                assert (kept.answer.text if kept.answer else "") == reply.message.text
