"""The whole way in a real ipykernel: from the cell to the server's bytes and back to the live output."""

import json
import time

import pytest

from ofox_magic.jupyter.bundle import steady
from ofox_magic.practice import Script

CHAT = "/chat/completions"
SLOW = Script(text="word " * 200, chunk_size=5, delay=0.05)


def sent(gateway, number=-1):
    return [entry for entry in gateway.received if entry.path.endswith(CHAT)][number]


# -- the answer in the cell


def test_an_answer_streams_into_the_cell_as_rendered_markdown_and_ends_as_one_output(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="# Hi\n\n" + "some **bold** words\n\n" * 10, chunk_size=8, delay=0.02))
    cell = kernel.run("%%ofox practice/echo\nhello")
    assert cell.status == "ok"
    updates = cell.of("update_display_data")
    assert len(updates) >= 4
    assert updates[-1]["came"] - updates[0]["came"] > 0.3
    assert len(cell.outputs) == 1
    assert cell.html.count("<strong>bold</strong>") == 10
    assert "<h1>Hi</h1>" in cell.html


def test_no_frame_of_an_answer_is_markdown_that_a_front_end_would_trust(kernel, kernel_gateway):
    kernel_gateway.play(
        Script(text='<img src=x onerror="alert(1)"> [a](javascript:alert(1))', chunk_size=4, delay=0.03)
    )
    cell = kernel.run("%%ofox\nhello")
    assert len(cell.frames) > 3
    for frame in cell.frames:
        assert set(frame["data"]) <= {"text/html", "text/plain", "application/javascript"}
        assert frame["data"].get("application/javascript") in (None, steady("")[0]["application/javascript"])
        assert "<img" not in frame["data"]["text/html"]
        assert "href" not in frame["data"]["text/html"]


def test_the_first_text_is_shown_long_before_the_last(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="word " * 20, chunk_size=5, delay=0.1))
    cell = kernel.run("%%ofox\nhello")
    first = next(m for m in cell.of("update_display_data") if "word" in m["content"]["data"]["text/html"])
    assert cell.of("display_data")[-1]["came"] - first["came"] > 1.0


def test_the_next_cells_request_carries_the_history(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="one"), Script(text="two"))
    kernel.run("%%ofox\nfirst")
    kernel.run("%%ofox\nsecond")
    assert sent(kernel_gateway).json["messages"] == [
        {"role": "user", "content": "first"},
        {"role": "assistant", "content": "one"},
        {"role": "user", "content": "second"},
    ]


def test_the_metadata_of_the_output_says_what_it_was_and_never_the_prompt(kernel):
    cell = kernel.run("%%ofox practice/echo --no-stream\nthe prompt is here")
    meta = cell.meta
    assert set(meta) == {
        *("v", "turn", "key", "status", "asked_model", "model", "finish_reason", "usage", "response_id", "request_id")
    }
    assert (meta["status"], meta["model"], meta["finish_reason"]) == ("done", "practice/echo", "stop")
    assert meta["request_id"].startswith("practice-")
    assert "the prompt" not in json.dumps(meta)


def test_the_answer_is_in_the_namespace(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="forty-two"))
    kernel.run("%%ofox -o answer\nhello")
    assert kernel.run("print(answer.text, _ofox is answer, _ofox.status)").printed == "forty-two True done\n"


def test_the_python_api_works_in_a_notebook(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="one two three", chunk_size=4))
    cell = kernel.run(
        "from ofox_magic import session, Table\n"
        "with session().ask('look', Table('a\\n1', 1, 1, 'df'), temperature=0) as turn:\n"
        "    events = [type(event).__name__ for event in turn]\n"
        "print(turn.reply.text, events.count('TextDelta'))"
    )
    assert cell.printed == "one two three 4\n"
    body = sent(kernel_gateway).json
    assert body["messages"][-1]["content"][1]["text"] == "Table `df`: 1 row × 1 column\n```\na\n1\n```"
    assert body["temperature"] == 0


def test_an_abandoned_turn_never_blocks_the_next(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="a b c d", chunk_size=2, delay=0.05), Script(text="next"))
    cell = kernel.run("from ofox_magic import session; turn = session().ask('unread')")
    assert cell.seconds < 1
    cell = kernel.run("%%ofox\nhello")
    assert cell.text == "next"
    assert any("queued" in frame["data"]["text/html"] for frame in cell.frames)


# -- every documented parameter, byte for byte

PARAMETERS = [
    ("", {}),
    ("openai/gpt-4o", {"model": "openai/gpt-4o"}),
    ("-m openai/gpt-4o", {"model": "openai/gpt-4o"}),
    ("-t 0.7", {"temperature": 0.7}),
    ("--temperature 1", {"temperature": 1}),
    ("--max-tokens 100", {"max_tokens": 100}),
    ("--top-p 0.9", {"top_p": 0.9}),
    ("--frequency-penalty -1.5", {"frequency_penalty": -1.5}),
    ("--presence-penalty 2", {"presence_penalty": 2}),
    ("--stop END", {"stop": "END"}),
    ("--stop a --stop 'b c'", {"stop": ["a", "b c"]}),
    ("--reasoning-effort high", {"reasoning_effort": "high"}),
    ("--option tools=@my_tools --tool-choice none", {"tool_choice": "none", "tools": "TOOLS"}),
    ("--option tools=@my_tools --tool-choice look_up",
     {"tool_choice": {"type": "function", "function": {"name": "look_up"}}, "tools": "TOOLS"}),
    ("--option response_format='{\"type\": \"json_object\"}'", {"response_format": {"type": "json_object"}}),
    ("--routing cost", {"provider": {"routing": "cost"}}),
    ("--fallback openai/gpt-4o,practice/echo", {"provider": {"fallback": ["openai/gpt-4o", "practice/echo"]}}),
    ("--provider '{\"type\": \"azure\", \"options\": {\"azure\": {\"x\": 1}}}' --routing latency",
     {"provider": {"type": "azure", "options": {"azure": {"x": 1}}, "routing": "latency"}}),
    ("--option seed=7 --option user=ada --option logprobs=null", {"seed": 7, "user": "ada", "logprobs": None}),
    ("-t 0 --max-tokens 5 --top-p 1 --stop x --option seed=7",
     {"temperature": 0, "max_tokens": 5, "top_p": 1, "stop": "x", "seed": 7}),
]  # fmt: skip
TOOLS = [{"type": "function", "function": {"name": "look_up", "description": "d", "parameters": {"type": "object"}}}]


@pytest.mark.parametrize("stream", [True, False], ids=["streaming", "whole"])
@pytest.mark.parametrize(("line", "expected"), PARAMETERS)
def test_each_parameter_reaches_the_server_exactly_and_nothing_else_does(
    kernel, kernel_gateway, line, expected, stream
):
    kernel_gateway.play(Script(text="fine"))
    kernel.run(f"my_tools = {TOOLS!r}")
    cell = kernel.run(f"%%ofox {line} {'' if stream else '--no-stream'}\n한국어 question")
    assert cell.status == "ok", cell.error
    expected = {name: TOOLS if value == "TOOLS" else value for name, value in expected.items()}
    body = {"model": expected.pop("model", "openai/gpt-4o-mini")}
    body["messages"] = [{"role": "user", "content": "한국어 question"}]
    body["stream"] = stream
    if stream:
        body["stream_options"] = {"include_usage": True}
    body |= expected
    assert sent(kernel_gateway).body == json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def test_system_and_name_go_into_the_messages(kernel, kernel_gateway):
    kernel.run("%%ofox -s 'Be brief.' --name Ada\nhi")
    assert sent(kernel_gateway).json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "hi", "name": "Ada"},
    ]


def test_all_four_roles_and_tool_calls_reach_the_server(kernel, kernel_gateway):
    cell = kernel.run(
        "from ofox_magic import session, user, assistant, tool, ToolCall\n"
        "reply = session().ask(user('weather?'), assistant(ToolCall('c1', 'look_up', '{\"city\": \"Seoul\"}')),\n"
        "                      tool('12 degrees', call_id='c1'), 'So?', system='Be brief.').result()\n"
        "print(reply.status)"
    )
    assert cell.printed == "done\n", cell.error
    function = {"name": "look_up", "arguments": '{"city": "Seoul"}'}
    assert sent(kernel_gateway).json["messages"] == [
        {"role": "system", "content": "Be brief."},
        {"role": "user", "content": "weather?"},
        {"role": "assistant", "content": None, "tool_calls": [{"id": "c1", "type": "function", "function": function}]},
        {"role": "tool", "tool_call_id": "c1", "content": "12 degrees"},
        {"role": "user", "content": "So?"},
    ]


# -- stopping


def wait_until(condition, seconds=10.0):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "it did not come about in time"
        time.sleep(0.01)


@pytest.mark.parametrize("phase", ["before the headers", "before the first token", "between tokens"])
def test_an_interrupt_ends_the_cell_at_once_closes_the_connection_and_keeps_the_text(kernel, kernel_gateway, phase):
    scripts = {
        "before the headers": Script(text="late", header_delay=30),
        "before the first token": Script(text="late", first_delay=30),
        "between tokens": Script(text="word " * 20, chunk_size=5, delay=0.5),
    }
    kernel_gateway.play(scripts[phase])
    before = len(kernel_gateway.received)
    cell = kernel.start("%%ofox\nhello")
    kernel_gateway.wait_for(before + 1)
    if phase == "between tokens":
        wait_until(lambda: cell.shown.startswith("word"))
    else:
        wait_until(lambda: cell.frames)
    stopped = time.monotonic()
    kernel.interrupt()
    kernel.finish()
    assert time.monotonic() - stopped < 1.0
    assert cell.status == "error"
    assert cell.error == ["Interrupted: the answer was stopped; what came by then is kept"]
    assert cell.shown.rstrip().endswith("stopped")
    assert len(cell.answers) == 1
    assert cell.meta["status"] == "stopped"
    assert cell.text.startswith("word" if phase == "between tokens" else "openai/gpt-4o-mini")
    closed = kernel_gateway.wait_closed(before, timeout=1.0)
    assert closed.closed_early - stopped < 1.0
    assert kernel.run("%%ofox\nafterwards").status == "ok"
    history = sent(kernel_gateway).json["messages"]
    if phase == "between tokens":
        assert "[The user stopped this answer here.]" in history[1]["content"]
    assert history[-1] == {"role": "user", "content": "afterwards"}


def test_an_interrupt_after_the_last_byte_leaves_the_answer_whole(kernel, kernel_gateway):
    """The text is complete but the stream is held open: the kernel is waiting for its end."""
    kernel_gateway.play(Script(text="all of it", finish_reason="stop", done=False, hold=True))
    before = len(kernel_gateway.received)
    cell = kernel.start("%%ofox\nhello")
    wait_until(lambda: cell.shown.strip() == "all of it")
    stopped = time.monotonic()
    kernel.interrupt()
    kernel.finish()
    assert time.monotonic() - stopped < 1.0
    assert cell.text == "all of it"
    kernel_gateway.wait_closed(before, timeout=1.0)
    assert kernel.run("print(_ofox.text)").printed == "all of it\n"
    assert kernel.run("%%ofox\nafterwards").status == "ok"


def test_an_interrupted_wait_in_python_stops_the_turn(kernel, kernel_gateway):
    kernel_gateway.play(SLOW)
    before = len(kernel_gateway.received)
    cell = kernel.start("from ofox_magic import session\nturn = session().ask('hi')\nturn.result()")
    kernel_gateway.wait_for(before + 1)
    time.sleep(0.3)
    kernel.interrupt()
    kernel.finish()
    assert cell.status == "error"
    kernel_gateway.wait_closed(before, timeout=1.0)
    assert kernel.run("print(turn.state)").printed == "stopped\n"


# -- when it goes wrong


def test_an_error_is_one_line_and_the_cell_fails(kernel, kernel_gateway):
    kernel_gateway.play(Script(status=401))
    cell = kernel.run("%%ofox\nhello")
    assert cell.status == "error"
    assert len(cell.error) == 1
    assert cell.answers == []
    assert cell.error[0].startswith("AuthError: the gateway refused (401 authentication_error")
    assert cell.reply["content"]["ename"] == "AuthError"
    assert kernel.run("%%ofox\nafterwards").status == "ok"


def test_a_retry_shows_its_countdown_in_the_cell(kernel, kernel_gateway):
    kernel_gateway.play(Script(status=429, headers={"retry-after": "1"}), Script(text="fine"))
    cell = kernel.run("%%ofox\nhello")
    assert cell.text == "fine"
    assert any("trying again in 1 s" in frame["data"]["text/html"] for frame in cell.frames)


def test_an_interrupt_breaks_the_countdown_of_a_retry(kernel, kernel_gateway):
    kernel_gateway.play(Script(status=429, headers={"retry-after": "50"}))
    before = len(kernel_gateway.received)
    cell = kernel.start("%%ofox\nhello")
    wait_until(lambda: "trying again in 4" in cell.shown)
    stopped = time.monotonic()
    kernel.interrupt()
    kernel.finish()
    assert time.monotonic() - stopped < 1.0
    assert cell.error == ["Interrupted: the answer was stopped; what came by then is kept"]
    assert len(kernel_gateway.received) == before + 1
    assert kernel.run("%%ofox\nafterwards").status == "ok"


def test_an_answer_that_breaks_off_keeps_its_text_and_fails_the_cell(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="half of it", chunk_size=4, error_after=2))
    cell = kernel.run("%%ofox\nhello")
    assert cell.status == "error"
    assert cell.text == "half of "
    assert cell.meta["status"] == "incomplete"
    assert cell.shown.rstrip().endswith("broke off")


# -- when somebody else writes into the cell


def test_what_was_printed_before_a_question_on_a_line_is_not_erased(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="# The answer"))
    cell = kernel.run("print('before')\n%ofox ask hello\nprint('after')")
    kinds = [output.get("name") or output["data"]["text/html"][:0] or "ours" for output in cell.outputs]
    assert [kind for kind in kinds if kind != "ours"] == ["stdout", "stdout"]
    assert cell.printed == "before\nafter\n"
    assert [output["data"]["text/plain"] for output in cell.answers if output["data"].get("text/plain")] == [
        "# The answer"
    ]
    assert cell.shown.startswith("The answer")


def test_what_a_thread_prints_meanwhile_is_not_erased_and_the_answer_goes_on_below(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="one two three four five six seven eight", chunk_size=8, delay=0.25))
    kernel.run("import threading, time\ndef later():\n    time.sleep(0.6); print('from a thread')\n")
    kernel.run("threading.Timer(0.2, later).start()")
    cell = kernel.run("%%ofox\nhello")
    texts = [output.get("text") or output["data"].get("text/plain") for output in cell.outputs]
    texts = [text for text in texts if text]
    place = next(i for i, text in enumerate(texts) if "from a thread" in text)
    assert 0 < place < len(texts) - 1, "the answer stands above and below what was printed"
    answer = "".join(texts[:place] + texts[place + 1 :])
    assert answer == "one two three four five six seven eight"
    assert kernel.run("print(_ofox.text)").printed == "one two three four five six seven eight\n"


def test_after_an_answer_the_shells_own_methods_are_back(kernel):
    probe = (
        "import sys\nshell = get_ipython()\n"
        "print('write' in vars(sys.stdout), 'write' in vars(sys.stderr), 'publish' in vars(shell.display_pub))"
    )
    before = kernel.run(probe).printed
    kernel.run("%%ofox\nhello")
    assert kernel.run(probe).printed == before


def test_a_captured_answer_is_one_output(kernel, kernel_gateway):
    kernel_gateway.play(Script(text="captured", chunk_size=2, delay=0.03))
    kernel.run("%%capture kept\n%ofox ask hello")
    assert kernel.run("print(len(kept.outputs), kept.outputs[0].data['text/plain'])").printed == "1 captured\n"


# -- what it costs


@pytest.mark.parametrize("tokens", [200, 2000])
def test_streaming_costs_what_the_answer_is_long(kernel, kernel_gateway, tokens):
    """At most 3 times the final output and 1.5 kB for each update, over iopub."""
    paragraph = (
        "Some *words* that `say` something, and **more** of them.\n\n- an item\n- another\n\n```python\nx = 1\n```\n\n"
    )
    text = (paragraph * (4 * tokens // len(paragraph) + 1))[: 4 * tokens]
    kernel_gateway.play(Script(text=text, chunk_size=4, delay=0.002))
    cell = kernel.run("%%ofox\nhello")
    assert cell.status == "ok"
    assert len(cell.outputs) == 1
    final = len(json.dumps(cell.outputs[0]))
    updates = len(cell.of("display_data", "update_display_data", "clear_output"))
    assert updates > 5
    assert cell.traffic <= 3 * final + 1536 * updates


# -- the kernel itself


def test_loading_is_light_and_sends_nothing(tmp_path, kernel_gateway):
    from .kernel import Kernel

    before = len(kernel_gateway.received)
    kernel = Kernel(tmp_path, OFOX_BASE_URL=kernel_gateway.base_url)
    try:
        cell = kernel.run(
            "import sys\n%load_ext ofox_magic\n%ofox\n"
            "print([name for name in ('httpx', 'markdown_it', 'nh3', 'PIL', 'pydantic') if name in sys.modules])"
        )
        assert cell.printed.splitlines()[-1] == "[]"
        assert len(kernel_gateway.received) == before
    finally:
        kernel.close()


def test_the_practice_gateway_runs_inside_the_kernel_and_ends_on_unload(tmp_path):
    from .kernel import Kernel

    kernel = Kernel(tmp_path, OFOX_BASE_URL="practice", OFOX_API_KEY="sk-of-never-sent-0123")
    try:
        assert kernel.run("%load_ext ofox_magic").status == "ok"
        assert "no language model" in kernel.run("%%ofox\nhello").text
        threads = "import threading; print(sorted(t.name for t in threading.enumerate() if 'ofox' in t.name))"
        assert kernel.run(threads).printed == "['ofox-loop', 'ofox-practice']\n"
        kernel.run("%unload_ext ofox_magic")
        assert kernel.run(threads).printed == "[]\n"
        kernel.run("%load_ext ofox_magic")
        assert "2 user" in kernel.run("%%ofox\nagain").text
    finally:
        kernel.close()


def test_without_live_painting_the_cell_shows_one_stable_output(tmp_path, kernel_gateway):
    from .kernel import Kernel

    kernel = Kernel(tmp_path, OFOX_BASE_URL=kernel_gateway.base_url, OFOX_LIVE="0")
    try:
        kernel.run("%load_ext ofox_magic")
        outputs = []
        for _ in range(2):
            kernel_gateway.play(Script(text="same", chunk_size=1, delay=0.05))
            cell = kernel.run("%%ofox\nhello")
            assert [m["msg_type"] for m in cell.of("display_data", "update_display_data")] == ["display_data"]
            assert "display_id" not in cell.of("display_data")[0]["content"].get("transient", {})
            outputs.append(cell.frames[0]["data"])
            kernel.run("%ofox clear")
        assert outputs[0] == outputs[1]
    finally:
        kernel.close()
