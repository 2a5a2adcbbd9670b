"""Tools in a real kernel: the model's calls are shown, asked for at the keyboard, run in the cell, and remembered."""

import json
import time

import pytest

from ofox_magic.practice import Script

from .kernel import END_OF_FILE, Kernel

CHAT = "/chat/completions"
REGISTERED = '''
from ofox_magic import session
ran = []

@session().tool
def weather(city: str, days: int = 1) -> str:
    """Tell the weather.

    Args:
        city: Where.
    """
    print("looking", city, "up")
    ran.append(city)
    return f"12 degrees in {city}"

@session().tool(safe=True)
def double(x: int) -> int:
    """Double a number."""
    ran.append(x)
    return 2 * x

def shout(text: str) -> str:
    ran.append(text)
    return text.upper()
'''


@pytest.fixture
def kernel(kernel):
    assert kernel.run(REGISTERED).status == "ok"
    return kernel


def calls(*named, text=None):
    """An answer that makes calls, each a name and its arguments."""
    made = ((f"call_{n}", name, json.dumps(arguments)) for n, (name, arguments) in enumerate(named))
    return Script(text=text, tool_calls=tuple(made))


SEOUL = ("weather", {"city": "Seoul"})


def sent(gateway, number=-1):
    return [entry for entry in gateway.received if entry.path.endswith(CHAT)][number].json


def results(gateway):
    return [message["content"] for message in sent(gateway)["messages"] if message["role"] == "tool"]


def ran(kernel):
    return kernel.run("print(ran)").printed.strip()


def shows(cell):
    """What stands in the cell, in order, without what is empty."""
    texts = [output.get("text") or output.get("data", {}).get("text/plain", "") for output in cell.outputs]
    return [text.strip() for text in texts if text.strip()]


# -- consent


def test_the_call_is_printed_with_its_arguments_and_runs_after_a_yes(kernel, kernel_gateway):
    kernel_gateway.play(calls(SEOUL, text="Let me see."), Script(text="It is cold."))
    cell = kernel.start("%%ofox -T weather\nhow is it?", allow_stdin=True)
    assert kernel.asked() == "Run it? [y/N] "
    kernel.answer("y")
    kernel.finish()
    assert cell.status == "ok", cell.error
    said, called, printed, *_ = shows(cell)
    assert said == "Let me see."
    assert called == 'weather(city = "Seoul") · done'
    assert printed.startswith('weather\n  city = "Seoul"')
    assert "looking Seoul up" in cell.printed
    assert shows(cell)[-1] == "It is cold."
    assert results(kernel_gateway) == ["12 degrees in Seoul"]


@pytest.mark.parametrize("answer", ["n", "", "Y E S", "yy", "sure", "tak", END_OF_FILE])
def test_anything_but_yes_is_a_no_and_the_model_is_told(kernel, kernel_gateway, answer):
    kernel_gateway.play(calls(SEOUL), Script(text="Then not."))
    cell = kernel.start("%%ofox -T weather\nhow is it?", allow_stdin=True)
    kernel.asked()
    kernel.answer(answer)
    kernel.finish()
    assert cell.status == "ok", cell.error
    assert ran(kernel) == "[]"
    assert "The user did not allow this call" in results(kernel_gateway)[0]
    assert 'weather(city = "Seoul") · not allowed' in shows(cell)


def test_each_call_is_asked_for_anew(kernel, kernel_gateway):
    kernel_gateway.play(calls(SEOUL, SEOUL), calls(SEOUL), Script(text="done"))
    kernel.start("%%ofox -T weather\nhow is it?", allow_stdin=True)
    for answer in ("y", "n", "YES"):
        kernel.asked()
        kernel.answer(answer)
    assert kernel.finish().status == "ok"
    assert ran(kernel) == "['Seoul', 'Seoul']"


def test_an_interrupt_of_the_question_runs_nothing_and_the_next_turn_works(kernel, kernel_gateway):
    kernel_gateway.play(calls(SEOUL), Script(text="next"))
    cell = kernel.start("%%ofox -T weather\nhow is it?", allow_stdin=True)
    kernel.asked()
    kernel.interrupt()
    kernel.finish()
    assert cell.status == "error"
    assert "Interrupted" in cell.reply["content"]["ename"]
    assert ran(kernel) == "[]"
    assert 'weather(city = "Seoul") · stopped' in shows(cell)
    assert kernel.run("%%ofox\nand now?").text == "next"
    assert [m["role"] for m in sent(kernel_gateway)["messages"]] == ["user", "assistant", "tool", "assistant", "user"]


def test_where_nobody_can_be_asked_nothing_runs_and_the_model_is_told(kernel, kernel_gateway):
    kernel_gateway.play(calls(SEOUL, ("double", {"x": 4})), Script(text="done"))
    cell = kernel.run("%%ofox -T weather -T double\nhow is it?")
    assert cell.status == "ok", cell.error
    assert ran(kernel) == "[4]"
    assert results(kernel_gateway) == [
        "Nobody is there to allow this call, so it was not run. Go on without it, and say so.",
        "8",
    ]
    assert 'weather(city = "Seoul") · nobody to ask' in shows(cell)


def test_a_question_from_python_asks_at_the_keyboard_too(kernel, kernel_gateway):
    kernel_gateway.play(calls(SEOUL), Script(text="cold"))
    cell = kernel.start("print(session().ask('q', tools=session().toolbox).result().text)", allow_stdin=True)
    kernel.asked()
    kernel.answer("y")
    kernel.finish()
    assert cell.printed.endswith("cold\n")
    assert ran(kernel) == "['Seoul']"


def test_a_thread_has_no_keyboard(kernel, kernel_gateway):
    kernel_gateway.play(calls(SEOUL), Script(text="done"))
    code = (
        "import threading\nturn = session().ask('q', tools=session().toolbox)\n"
        "thread = threading.Thread(target=turn.wait); thread.start(); thread.join(30); print(turn.state)"
    )
    assert kernel.run(code, allow_stdin=True).printed == "done\n"
    assert ran(kernel) == "[]"


def test_a_long_argument_is_shortened_and_the_count_is_said(kernel, kernel_gateway):
    kernel_gateway.play(calls(("weather", {"city": "begin" + "x" * 20_000 + "end\n\x1b[2J"})), Script(text="done"))
    cell = kernel.start("%%ofox -T weather\nhow is it?", allow_stdin=True)
    kernel.asked()
    kernel.answer("n")
    kernel.finish()
    assert 'city = "begin' in cell.printed
    assert "more characters …] " in cell.printed
    assert 'xend\\n\\u001b[2J"\n' in cell.printed
    assert len(cell.printed) < 1_200


# -- what is offered


def test_only_the_tools_that_a_turn_names_are_offered_and_only_in_that_turn(kernel, kernel_gateway):
    kernel.run("%%ofox -T double --tool-choice none\nfirst")
    body = sent(kernel_gateway)
    assert [tool["function"]["name"] for tool in body["tools"]] == ["double"]
    assert body["tool_choice"] == "none"
    kernel.run("%%ofox\nsecond")
    assert "tools" not in sent(kernel_gateway)


def test_a_function_of_the_notebook_is_a_tool_for_that_turn_and_asks(kernel, kernel_gateway):
    kernel_gateway.play(calls(("shout", {"text": "hi"})), Script(text="done"))
    kernel.run("%%ofox -T shout\nfirst")
    assert ran(kernel) == "[]"
    kernel_gateway.play(calls(("shout", {"text": "hi"})), Script(text="done"))
    kernel.start("%%ofox -T shout\nfirst", allow_stdin=True)
    kernel.asked()
    kernel.answer("y")
    kernel.finish()
    assert results(kernel_gateway) == [
        "Nobody is there to allow this call, so it was not run. Go on without it, and say so.",
        "HI",
    ]
    assert "shout" not in kernel.run("%ofox tools").printed


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-T wether", "no tool is called 'wether'; is weather meant?"),
        ("-T ran", "no tool is called 'ran'"),
        ("-T rows", "-T rows: that is a table, and no function; -T frames:rows lets a model ask about it"),
        ("-T print", "no tool is called 'print'"),
        ("-T weather --option tools=[]", "-T and --option tools contradict each other"),
    ],
)
def test_what_cannot_be_offered_is_said_and_nothing_is_sent(kernel, kernel_gateway, line, said):
    kernel.run("rows = [{'a': 1}, {'a': 2}]")
    before = len(kernel_gateway.received)
    cell = kernel.run(f"%%ofox {line}\nhi")
    assert said in "\n".join([*cell.error, cell.printed])
    assert len(kernel_gateway.received) == before


def test_the_tools_are_listed_and_one_is_shown_as_the_model_reads_it(kernel):
    listed = kernel.run("%ofox tools").printed
    assert "weather(city: str, days: int = 1) -> str\n    asks before it runs\n    Tell the weather.\n" in listed
    assert "double(x: int) -> int\n    safe: runs without asking\n    Double a number.\n" in listed
    definition = json.loads(kernel.run("%ofox tools weather").printed)
    assert definition["function"]["parameters"]["properties"]["city"] == {"type": "string", "description": "Where."}
    assert "no tool is called 'nope'" in "".join(kernel.run("%ofox tools nope").error)


# -- what comes of a call


def test_parallel_calls_run_in_order_and_their_prints_stand_where_they_ran(kernel, kernel_gateway):
    kernel_gateway.play(calls(("double", {"x": 1}), SEOUL, ("double", {"x": 3})), Script(text="all done"))
    cell = kernel.start("%%ofox -T weather -T double\ngo", allow_stdin=True)
    kernel.asked()
    kernel.answer("y")
    kernel.finish()
    assert ran(kernel) == "[1, 'Seoul', 3]"
    shown = shows(cell)
    order = [shown.index(f"double(x = {x}) · done") for x in (1, 3)]
    printed = next(n for n, text in enumerate(shown) if "looking Seoul up" in text)
    assert order[0] < printed < order[1]
    messages = sent(kernel_gateway)["messages"]
    assert [message["role"] for message in messages] == ["user", "assistant", "tool", "tool", "tool"]
    assert len(messages[1]["tool_calls"]) == 3
    assert "3 tool calls" in cell.shown


def test_a_failing_tool_is_told_to_the_model_and_the_turn_goes_on(kernel, kernel_gateway):
    kernel.run("@session().tool(safe=True)\ndef broken(x: int):\n    raise ValueError(f'no {x}')")
    kernel_gateway.play(calls(("broken", {"x": 4})), Script(text="it failed"))
    cell = kernel.run("%%ofox -T broken\ngo")
    assert cell.status == "ok", cell.error
    assert "broken(x = 4) · failed: ValueError: no 4" in shows(cell)
    assert results(kernel_gateway) == ["broken ran and failed: ValueError: no 4"]


def test_a_huge_result_is_cut_for_the_model_and_in_the_cell(kernel, kernel_gateway):
    kernel.run("@session().tool(safe=True)\ndef huge() -> str:\n    return 'word ' * 1_000_000")
    kernel_gateway.play(calls(("huge", {})), Script(text="long"))
    cell = kernel.run("%%ofox -T huge\ngo")
    [result] = results(kernel_gateway)
    assert "of 5,000,000 characters are left out. Ask for less.]" in result
    assert len(result) < 40_000
    assert cell.traffic < 200_000


def test_a_frame_and_a_figure_as_results_become_parts_and_are_shown(kernel, kernel_gateway):
    kernel.run(
        "import matplotlib; matplotlib.use('agg')\nimport pandas as pd\nfrom matplotlib.figure import Figure\n"
        "@session().tool(safe=True)\ndef look():\n    figure = Figure(figsize=(2, 1), dpi=50)\n"
        "    figure.subplots().plot([1, 2])\n    return pd.DataFrame({'a': [1, 2, 3]}), figure"
    )
    kernel_gateway.play(calls(("look", {})), Script(text="seen"))
    cell = kernel.run("%%ofox -T look\ngo")
    assert cell.status == "ok", cell.error
    assert "Table: 3 rows × 1 column" in results(kernel_gateway)[0]
    pictures = [part for part in sent(kernel_gateway)["messages"][-1]["content"] if part["type"] == "image_url"]
    assert len(pictures) == 1
    assert [output for output in cell.outputs if "image/png" in output.get("data", {})]
    assert "min 1, mean 2, max 3" in cell.shown


def test_an_endless_loop_is_stopped_by_an_interrupt_and_the_next_turn_works(kernel, kernel_gateway):
    kernel.run(
        "import time\n@session().tool(safe=True)\ndef endless():\n    print('begun')\n    while True: time.sleep(0.01)"
    )
    kernel_gateway.play(calls(("endless", {}), ("double", {"x": 1})), Script(text="next"))
    cell = kernel.start("%%ofox -T endless -T double\ngo")
    wait_for(lambda: "begun" in cell.printed)
    kernel.interrupt()
    kernel.finish()
    assert cell.status == "error"
    assert "endless() · stopped" in shows(cell)
    assert ran(kernel) == "[]"
    assert kernel.run("%%ofox\nand now?").text == "next"
    assert "The user stopped this call while it ran" in results(kernel_gateway)[0]
    assert results(kernel_gateway)[1] == "This call was not run."


def test_eight_rounds_are_the_most(kernel, kernel_gateway):
    kernel_gateway.play(*[calls(("double", {"x": n})) for n in range(9)])
    cell = kernel.run("%%ofox -T double\ngo")
    assert cell.status == "ok", cell.error
    assert ran(kernel) == str(list(range(8)))
    assert "the model asks for double()" in cell.shown


def test_each_call_is_in_the_history(kernel, kernel_gateway):
    kernel_gateway.play(calls(SEOUL, ("double", {"x": 4}), text="Let me see."), Script(text="It is cold."))
    kernel.run("%%ofox -T weather -T double\ngo")
    assert "called weather, double: Let me see. It is cold." in kernel.run("%ofox history").printed
    whole = kernel.run("%ofox history 1").printed
    assert 'assistant calls weather {"city": "Seoul"}' in whole
    assert 'assistant calls double {"x": 4}' in whole
    assert "tool: Nobody is there to allow this call" in whole
    assert "tool: 8\n" in whole


def wait_for(condition, seconds=20.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.02)


# -- questions about tables

SALES = (
    "import pandas as pd\n"
    "sales = pd.DataFrame({'city': ['Seoul', 'Busan'] * 20, 'price': range(40)})\nother = pd.DataFrame({'a': [1]})"
)
MEANS = {"frame": "sales", "by": ["city"], "figures": [{"of": "mean", "column": "price"}]}


@pytest.mark.parametrize(("line", "prompt"), [("frames", "which of {sales}?"), ("frames:sales", "which?")])
def test_a_table_that_the_turn_names_can_be_asked_about_without_consent(kernel, kernel_gateway, line, prompt):
    kernel.run(SALES)
    kernel_gateway.play(calls(("query_frame", MEANS)), Script(text="Busan"))
    cell = kernel.run(f"%%ofox -T {line}\n{prompt}")
    assert cell.status == "ok", cell.error
    [result] = results(kernel_gateway)
    assert "Busan,20.0\nSeoul,19.0" in result
    names = {tool["function"]["name"]: tool["function"] for tool in sent(kernel_gateway)["tools"]}
    assert list(names) == ["describe_frame", "query_frame"]
    assert "other" not in json.dumps(names)


def test_a_table_that_was_not_named_cannot_be_asked_about(kernel, kernel_gateway):
    kernel.run(SALES)
    asked = {"frame": "other", "figures": [{"of": "sum", "column": "a"}]}
    kernel_gateway.play(calls(("query_frame", asked)), Script(text="no"))
    kernel.run("%%ofox -T frames\nwhich of {sales}?")
    assert "was not run: its arguments cannot be used: frame" in results(kernel_gateway)[0]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("-T frames", "no table is named; write one into the question"),
        ("-T frames:nobody", "-T frames:nobody: expected the name of a table"),
        ("-T frames:ran,sales", "-T frames:ran: expected the name of a table"),
    ],
)
def test_where_no_table_is_named_that_is_said_and_nothing_is_sent(kernel, kernel_gateway, line, said):
    kernel.run(SALES)
    before = len(kernel_gateway.received)
    assert said in "\n".join(kernel.run(f"%%ofox {line}\nhi").error)
    assert len(kernel_gateway.received) == before


def test_the_level_of_the_turn_and_the_mask_of_the_table_hold_for_questions(kernel, kernel_gateway):
    kernel.run(SALES)
    few = {"frame": "sales", "where": [{"column": "price", "op": "==", "value": 7}], "figures": [{"of": "rows"}]}
    kernel_gateway.play(calls(("query_frame", few), ("query_frame", MEANS)), Script(text="no"))
    kernel.run("%%ofox -T frames --level stats\nwhich of {sales}?")
    assert "nothing is told of fewer than 10 rows" in results(kernel_gateway)[0]
    assert "Seoul,19.0" in results(kernel_gateway)[1]
    kernel.run("%ofox level sales --mask price")
    kernel_gateway.play(calls(("query_frame", MEANS)), Script(text="no"))
    kernel.run("%%ofox -T frames --fresh\nwhich of {sales}?")
    assert "`price` is masked by the user" in results(kernel_gateway)[-1]
    assert "19.0" not in results(kernel_gateway)[-1]
    kernel.run("%ofox level sales sample --mask ''")


# -- what is kept


def test_each_call_is_in_the_journal_and_comes_back(kernel_gateway, tmp_path):
    home = {"OFOX_BASE_URL": kernel_gateway.base_url, "OFOX_JOURNAL": "1", "XDG_DATA_HOME": str(tmp_path)}
    first = Kernel(tmp_path, **home)
    try:
        first.run("%load_ext ofox_magic")
        first.run(REGISTERED)
        kernel_gateway.play(calls(SEOUL, ("double", {"x": 4}), text="Let me see."), Script(text="It is cold."))
        assert first.run("%%ofox -T weather -T double\nhow is it?").status == "ok"
        told = first.run("%ofox history 1").printed
        first.run("%unload_ext ofox_magic")
    finally:
        first.close()
    second = Kernel(tmp_path, **home)
    try:
        second.run("%load_ext ofox_magic")
        second.run("%ofox resume 1")
        assert second.run("%ofox history 1").printed == told
        assert 'assistant calls double {"x": 4}' in told
        assert "tool: 8\n" in told
        kernel_gateway.play(Script(text="next"))
        second.run("%%ofox\nand now?")
        roles = [message["role"] for message in sent(kernel_gateway)["messages"]]
        assert roles == ["user", "assistant", "tool", "tool", "assistant", "user"]
    finally:
        second.close()
