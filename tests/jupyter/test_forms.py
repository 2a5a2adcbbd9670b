"""The form of an answer, in a real kernel: what is asked for, checked, repaired, kept, and put into a new cell."""

import json

import pytest

from ofox_magic.practice import Script

from .kernel import Kernel
from .test_kernel import CHAT, wait_until

MODELS = """
from pydantic import BaseModel

class Sale(BaseModel):
    fruit: str
    price: float

FRUIT = {"type": "object", "properties": {"fruit": {"type": "string"}}, "required": ["fruit"]}
"""
GOOD = '{"fruit": "fig", "price": 1.5}'
BAD = '{"fruit": "fig", "price": "dear"}'
REFUSAL = {"error": {"message": "Unsupported parameter: response_format", "type": "invalid_request_error"}}
REFUSED = Script(status=400, body=json.dumps(REFUSAL), content_type="application/json")


@pytest.fixture
def forms(kernel):
    assert kernel.run(MODELS).status == "ok"
    kernel.run("globals().pop('got', None)")
    return kernel


def played(gateway, *answers):
    """Have the gateway answer so, and return a function that tells the bodies that it got since."""
    gateway.play(*(Script(text=answer) if isinstance(answer, str) else answer for answer in answers))
    before = len(gateway.received)
    return lambda: [request.json for request in gateway.received[before:] if request.path.endswith(CHAT)]


def printed(kernel, code):
    cell = kernel.run(code, store_history=False)
    assert cell.status == "ok", cell.error
    return cell.printed.rstrip("\n")


def new_cells(cell):
    return [each["text"] for each in cell.reply["content"]["payload"] if each["source"] == "set_next_input"]


# -- what goes along


@pytest.mark.parametrize("wanted", ["", "-f markdown"])
def test_without_a_format_nothing_is_added(forms, kernel_gateway, wanted):
    bodies = played(kernel_gateway, "fine")
    forms.run(f"%%ofox {wanted}\nhello")
    assert set(bodies()[0]) == {"model", "messages", "stream", "stream_options"}
    assert [message["role"] for message in bodies()[0]["messages"]] == ["user"]


def test_a_format_is_asked_for_below_the_users_own_system_message(forms, kernel_gateway):
    bodies = played(kernel_gateway, "{}", "{}", "{}")
    forms.run("%%ofox -f json -s 'Be brief.'\nhello")
    forms.run("session().system = 'Be kind.'")
    forms.run("%%ofox -f json\nhello")
    forms.run("%%ofox -f json -s ''\nhello")
    systems = [body["messages"][0]["content"] for body in bodies()]
    asked = "Answer with one JSON value and nothing else."
    assert systems == [f"Be brief.\n\n{asked}", f"Be kind.\n\n{asked}", asked]
    assert [body["response_format"] for body in bodies()] == [{"type": "json_object"}] * 3
    assert printed(forms, "print(session().system)") == "Be kind."


def test_the_users_own_response_format_wins(forms, kernel_gateway):
    bodies = played(kernel_gateway, "{}")
    forms.run("""%%ofox -f json --option response_format='{"type": "text"}'\nhello""")
    assert bodies()[0]["response_format"] == {"type": "text"}


def test_a_dry_run_shows_the_schema_and_sends_nothing(forms, kernel_gateway):
    bodies = played(kernel_gateway)
    body = json.loads(forms.run("%%ofox --schema Sale --dry-run\none").text.splitlines()[-1])
    assert body["response_format"]["json_schema"]["name"] == "Sale"
    assert "It must be valid by this JSON Schema" in body["messages"][0]["content"]
    assert bodies() == []


# -- JSON


def test_json_is_a_value_in_the_variable_and_the_answer_stays_an_answer(forms, kernel_gateway):
    played(kernel_gateway, f"Here you are:\n\n```json\n{GOOD}\n```")
    cell = forms.run("%%ofox -f json -o got\none")
    assert cell.status == "ok"
    assert printed(forms, "print(got, type(_ofox).__name__, _ofox.json == got)") == (
        "{'fruit': 'fig', 'price': 1.5} Answer True"
    )


def test_json_is_shown_indented_as_one_block_and_kept_as_it_came(forms, kernel_gateway):
    played(kernel_gateway, Script(text=GOOD, chunk_size=3, delay=0.01))
    cell = forms.run("%%ofox -f json\none")
    assert len(cell.outputs) == 1
    assert cell.shown.startswith('{\n  "fruit": "fig",\n  "price": 1.5\n}')
    assert cell.text == GOOD


def test_json_and_text_stream_as_they_are_and_no_markdown_is_made_of_them(forms, kernel_gateway):
    text = "*a* " * 40 + "\n# no title\n"
    played(kernel_gateway, Script(text=text, chunk_size=8, delay=0.02))
    cell = forms.run("%%ofox -f text\none")
    frames = [frame["data"].get("text/html", "") for frame in cell.frames]
    assert len(frames) > 5
    assert not any("<em>" in frame or "<h1>" in frame for frame in frames)
    assert "# no title" in cell.shown


def test_a_pydantic_model_gives_an_instance(forms, kernel_gateway):
    bodies = played(kernel_gateway, GOOD)
    assert forms.run("%%ofox --schema Sale -o got\none").status == "ok"
    assert printed(forms, "print(repr(got))") == "Sale(fruit='fig', price=1.5)"
    assert bodies()[0]["response_format"]["json_schema"]["schema"]["required"] == ["fruit", "price"]


def test_a_json_schema_gives_the_value_and_works_on_one_line(forms, kernel_gateway):
    played(kernel_gateway, '{"fruit": "fig"}')
    assert forms.run("%ofox ask --schema FRUIT -o got one").status == "ok"
    assert printed(forms, "print(got)") == "{'fruit': 'fig'}"


def test_the_practice_gateway_answers_by_any_schema(forms):
    assert forms.run("%%ofox --schema Sale -o got\none").status == "ok"
    assert printed(forms, "print(isinstance(got, Sale))") == "True"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "--schema Nobody",
            "ConfigError: --schema Nobody: there is no variable of that name; expected a pydantic model",
        ),
        ("--schema MODELS", "ConfigError: --schema MODELS: expected a pydantic model (the class itself) or a JSON"),
        ("--schema Sale -f code", "ConfigError: --schema Sale and -f code contradict each other"),
        ("-f yaml", "UsageError: %%ofox: argument -f/--format: invalid choice: 'yaml'"),
    ],
)
def test_what_is_no_form_is_refused_in_one_line_and_not_sent(forms, kernel_gateway, line, said):
    forms.run("MODELS = 5")
    bodies = played(kernel_gateway)
    cell = forms.run(f"%%ofox {line}\none")
    (problem,) = cell.error or [cell.printed.rstrip("\n")]
    assert problem.startswith(said)
    assert "\n" not in problem
    assert bodies() == []


# -- the repair


def test_an_answer_that_is_not_by_the_schema_is_repaired_once_and_shown(forms, kernel_gateway):
    bodies = played(kernel_gateway, BAD, GOOD)
    cell = forms.run("%%ofox --schema Sale -o got\none")
    assert cell.status == "ok"
    assert printed(forms, "print(got.price, _ofox.text)") == f"1.5 {GOOD}"
    first, second = bodies()
    assert second["messages"][:2] == first["messages"]
    assert [message["role"] for message in second["messages"]] == ["system", "user", "assistant", "user"]
    assert second["messages"][2]["content"] == BAD
    assert "price: Input should be a valid number" in second["messages"][3]["content"]
    assert second["response_format"] == first["response_format"]
    shown = [text for answer in cell.answers if (text := answer["data"].get("text/plain"))]
    assert shown == [BAD, GOOD]
    assert "price: Input should be a valid number" in cell.shown
    assert "the model was asked to repair it" in cell.shown


def test_a_repair_is_a_version_of_the_same_turn(forms, kernel_gateway):
    bodies = played(kernel_gateway, BAD, GOOD, "later", GOOD, "last")
    forms.run("%%ofox --schema Sale\none", cell_id="a")
    forms.run("%%ofox\nand now?", cell_id="b")
    roles = ["user", "assistant", "user", "assistant", "user"]
    assert [message["role"] for message in bodies()[2]["messages"]] == roles
    forms.run("%%ofox --schema Sale\none", cell_id="a")
    assert [message["role"] for message in bodies()[3]["messages"]] == ["system", "user"]
    forms.run("%%ofox\nand now?", cell_id="b")
    assert [message["role"] for message in bodies()[4]["messages"]] == ["user", "assistant", "user"]
    assert printed(forms, "print(len(session().turns), len(session().turns[0].versions))") == "2 3"


def test_a_repair_without_cell_ids_and_without_a_history_knows_what_it_repairs(forms, kernel_gateway):
    bodies = played(kernel_gateway, "before", BAD, GOOD)
    forms.run("%%ofox\nzero")
    assert forms.run("%%ofox --fresh --schema Sale\none").status == "ok"
    assert [message["role"] for message in bodies()[2]["messages"]] == ["system", "user", "assistant", "user"]
    assert printed(forms, "print(len(session().turns))") == "2"


def test_an_answer_that_stays_wrong_fails_the_cell_in_one_line_and_sets_no_value(forms, kernel_gateway):
    bodies = played(kernel_gateway, BAD, "Sorry, no.")
    cell = forms.run("%%ofox --schema Sale -o got\none")
    (problem,) = cell.error
    assert problem.startswith("AnswerError: expected JSON, got 'Sorry, no.'")
    assert "-f json" not in problem, "it was asked for JSON already"
    assert len(bodies()) == 2
    assert printed(forms, "print('got' in globals(), _ofox.text)") == "False Sorry, no."


@pytest.mark.parametrize(
    "cut",
    [
        Script(text=BAD[:12], finish_reason="length"),
        Script(text="", finish_reason="content_filter"),
        Script(tool_calls=(("c1", "look", "{}"),), text="", finish_reason="tool_calls"),
    ],
)
def test_what_was_cut_withheld_or_is_a_call_is_not_repaired(forms, kernel_gateway, cut):
    bodies = played(kernel_gateway, cut)
    cell = forms.run("%%ofox -f json\none")
    assert cell.error[0].startswith("AnswerError: expected JSON")
    assert len(bodies()) == 1


def test_an_answer_that_broke_off_says_how_and_is_not_repaired(forms, kernel_gateway):
    bodies = played(kernel_gateway, Script(text=GOOD, error_after=1))
    cell = forms.run("%%ofox -f json -o got\none")
    assert cell.status == "error"
    assert not cell.error[0].startswith("AnswerError")
    assert len(bodies()) == 1


def test_a_saved_notebook_with_a_repair_is_the_same_every_time_and_loads_as_the_repaired_answer(
    kernel_gateway, tmp_path
):
    kernel = Kernel(tmp_path, OFOX_BASE_URL=kernel_gateway.base_url, OFOX_LIVE="0")
    source = "%%ofox --fresh --schema Sale\none"
    try:
        kernel.run(f"%load_ext ofox_magic\n{MODELS}")
        shown = []
        for _ in range(2):
            played(kernel_gateway, BAD, GOOD)
            cell = kernel.run(source)
            shown.append([(output["data"], output["metadata"]) for output in cell.outputs])
        outputs = [{"output_type": "display_data", "data": d, "metadata": m} for d, m in shown[0]]
        cells = [{"cell_type": "code", "source": source, "outputs": outputs, "metadata": {}, "execution_count": 1}]
        saved = tmp_path / "saved.ipynb"
        saved.write_text(json.dumps({"nbformat": 4, "nbformat_minor": 5, "metadata": {}, "cells": cells}))
        kernel.run(f"%ofox load {saved}")
        loaded = printed(kernel, "from ofox_magic import session; print([t.reply.text for t in session().turns])")
    finally:
        kernel.close()
    for _, metadata in (pair for run in shown for pair in run):
        for drifting in ("response_id", "request_id"):
            metadata["ofox"].pop(drifting)
    assert shown[0] == shown[1]
    assert len(shown[0]) == 2
    assert loaded == f"[{GOOD!r}]"


def test_what_tools_gave_goes_along_when_the_answer_behind_it_is_repaired(forms, kernel_gateway):
    forms.run("@session().tool(safe=True)\ndef price(fruit: str) -> float:\n    'What it costs.'\n    return 1.5")
    call = Script(tool_calls=(("c1", "price", '{"fruit": "fig"}'),), text="", finish_reason="tool_calls")
    bodies = played(kernel_gateway, call, BAD, GOOD)
    cell = forms.run("%%ofox --schema Sale -T price --tool-choice required -o got\none")
    assert cell.status == "ok", cell.error
    roles = ["system", "user", "assistant", "tool", "assistant", "user"]
    assert [message["role"] for message in bodies()[2]["messages"]] == roles
    assert bodies()[2]["messages"][3]["content"] == "1.5"
    assert ["tool_choice" in body for body in bodies()] == [True, False, False]
    assert printed(forms, "print(got.price)") == "1.5"


# -- a parameter that is refused


def test_a_response_format_that_is_refused_is_left_out_and_that_is_said(forms, kernel_gateway):
    bodies = played(kernel_gateway, REFUSED, GOOD)
    cell = forms.run("%%ofox practice/echo --schema Sale -o got\none")
    assert cell.status == "ok", cell.error
    first, second = bodies()
    assert "response_format" in first
    assert {**first, "response_format": None} == {**second, "response_format": None}
    assert "response_format" not in second
    assert "practice/echo takes no response_format, so it was asked without" in cell.shown
    assert len(cell.outputs) == 1
    assert printed(forms, "print(got.price, len(session().turns))") == "1.5 1"


def test_what_was_left_out_stays_out_of_the_repair(forms, kernel_gateway):
    bodies = played(kernel_gateway, REFUSED, BAD, GOOD)
    assert forms.run("%%ofox --schema Sale\none").status == "ok"
    assert ["response_format" in body for body in bodies()] == [True, False, False]


@pytest.mark.parametrize("line", ["""-f json --option response_format='{"type": "text"}'""", "-f code"])
def test_a_refusal_of_what_the_user_asked_for_is_the_users_to_know(forms, kernel_gateway, line):
    bodies = played(kernel_gateway, REFUSED)
    cell = forms.run(f"%%ofox {line}\none")
    assert cell.error[0].startswith("BadRequest")
    assert len(bodies()) == 1


# -- code

CODE = "First:\n\n1. load\n   ```python\n   import os\n   ```\n\nthen\n\n```py\nprint(os.name)\n```\n\n```bash\nrm -rf /\n```"


def test_code_is_one_new_cell_and_a_block_to_copy_and_is_not_run(forms, kernel_gateway):
    bodies = played(kernel_gateway, CODE)
    cell = forms.run("%%ofox -f code -o got\none")
    assert new_cells(cell) == ["import os\n\nprint(os.name)"]
    assert cell.shown.startswith("import os\n\nprint(os.name)")
    assert cell.html.count("<pre") == 1
    assert len(cell.outputs) == 1
    assert "Answer with Python code only" in bodies()[0]["messages"][0]["content"]
    assert "response_format" not in bodies()[0]
    assert printed(forms, "print(len(got.code), 'os' in globals())") == "3 False"


@pytest.mark.parametrize(
    "answer",
    [
        "I would rather not.",
        Script(text="```python\nimport os\n", finish_reason="length"),
        Script(text="```python\nimport os\n```", error_after=1),
    ],
)
def test_without_whole_code_there_is_no_new_cell(forms, kernel_gateway, answer):
    played(kernel_gateway, answer)
    assert new_cells(forms.run("%%ofox -f code\none")) == []


def test_other_formats_make_no_new_cell(forms, kernel_gateway):
    played(kernel_gateway, CODE, CODE)
    assert new_cells(forms.run("%%ofox\none")) == new_cells(forms.run("%%ofox -f text\none")) == []


def test_code_that_is_nested_too_deep_is_shown_and_said(forms, kernel_gateway):
    played(kernel_gateway, "> " * 50 + "```\nx")
    cell = forms.run("%%ofox -f code\none")
    assert cell.error[0].startswith("AnswerError: expected markdown that can be taken apart")
    assert cell.answers


# -- answers are objects


def test_an_answer_as_the_last_expression_shows_itself_safely(forms, kernel_gateway):
    played(kernel_gateway, "| month | mean |\n|---|---|\n| May | 3.5 |\n\n<script>alert(1)</script>")
    forms.run("%%ofox -o got\none")
    cell = forms.run("got")
    (result,) = cell.of("execute_result")
    assert set(result["content"]["data"]) == {"text/html", "text/plain"}
    assert result["content"]["data"]["text/plain"].startswith("<Answer '| month | mean |")
    assert "<script>" not in result["content"]["data"]["text/html"]
    assert printed(forms, "print(got.usage.total_tokens > 0, got.model, [m.role for m in got.messages])") == (
        "True openai/gpt-4o-mini ['user', 'assistant']"
    )


def test_a_result_in_python_is_the_same_kind_of_object(forms, kernel_gateway):
    played(kernel_gateway, f"```json\n{GOOD}\n```")
    code = "a = session().ask('one').result(); print(type(a).__name__, a.json['price'], a.code[0].language, a.status)"
    assert printed(forms, code) == "Answer 1.5 json done"


# -- stopped


def test_a_stop_while_it_is_repaired_ends_the_cell_and_sets_no_value(forms, kernel_gateway):
    played(kernel_gateway, BAD, Script(text="word " * 200, chunk_size=5, delay=0.05))
    cell = forms.start("%%ofox --schema Sale -o got\none")
    wait_until(lambda: "word word" in str(cell.frames[-1:]))
    forms.interrupt()
    cell = forms.finish()
    assert cell.error == ["Interrupted: the answer was stopped; what came by then is kept"]
    assert (
        printed(forms, "print('got' in globals(), _ofox.status, session().turns[-1].state)") == "False stopped stopped"
    )
