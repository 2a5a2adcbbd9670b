"""The magics in a real IPython shell (no kernel): every command, and every way to get it wrong."""

import pytest
from IPython.utils.capture import capture_output

import ofox_magic
from ofox_magic import Image, Table, session
from ofox_magic.practice import HTML_PAGE, Script

CHAT = "/chat/completions"


def run(shell, code):
    """Run a cell as a user does, and return what was printed and what it failed with."""
    with capture_output() as captured:
        result = shell.run_cell(code)
    return captured.stdout + captured.stderr, result.error_in_exec or result.error_before_exec


def ok(shell, code):
    printed, error = run(shell, code)
    assert error is None, printed
    return printed


def test_a_cell_asks_and_the_next_one_carries_the_history(shell, gateway):
    assert "first?" in ok(shell, "%%ofox\nfirst?")
    assert "second?" in ok(shell, "%%ofox\nsecond?")
    messages = gateway.received[1].json["messages"]
    assert [(m["role"], m["content"][:6]) for m in messages] == [
        ("user", "first?"),
        ("assistant", messages[1]["content"][:6]),
        ("user", "second"),
    ]
    assert messages[1]["content"] == session().turns[0].reply.text


def test_the_prompt_is_sent_byte_for_byte(shell, gateway):
    prompt = 'a {x} $y %z `df` {{b}} "q" \\n @name\n\n  two  spaces\n'
    ok(shell, "x = 5; y = 6\n")
    shell.run_cell_magic("ofox", "--raw", prompt)
    assert gateway.received[0].json["messages"][0]["content"] == prompt.removesuffix("\n")


def test_the_last_answer_and_the_named_one_are_in_the_namespace(shell, gateway):
    gateway.play(Script(text="42", usage={"prompt_tokens": 1, "completion_tokens": 2, "total_tokens": 3}))
    ok(shell, "%%ofox practice/echo -o answer\nhi")
    assert shell.user_ns["answer"] is shell.user_ns["_ofox"]
    answer = shell.user_ns["_ofox"]
    assert (answer.text, answer.status, answer.finish_reason, answer.model) == ("42", "done", "stop", "practice/echo")
    assert answer.usage.total_tokens == 3
    assert (answer.reasoning, answer.tool_calls, answer.error) == ("", (), None)


def test_the_python_api_shares_the_conversation(shell, gateway):
    ok(shell, "%%ofox\nfrom the cell")
    with session().ask("from Python", Image(url="https://a.example/p.png"), Table("a\n1", 1, 1, "df")) as turn:
        kinds = {type(event).__name__ for event in turn}
    assert {"TextDelta", "Finished"} <= kinds
    ok(shell, "%%ofox\nagain")
    assert len(gateway.received[-1].json["messages"]) == 5
    assert len(session().turns) == 3


def test_a_bare_line_shows_where_things_stand(shell, gateway):
    ok(shell, "%%ofox\nhi")
    printed = ok(shell, "%ofox")
    assert "openai/gpt-4o-mini" in printed
    assert "main, 1 turn" in printed
    assert gateway.base_url in printed
    assert "not needed here" in printed


def test_ask_on_one_line(shell, gateway):
    ok(shell, '%ofox ask -t 0.5 what\'s "up" with {df}')
    body = gateway.received[0].json
    assert (body["temperature"], body["messages"][0]["content"]) == (0.5, 'what\'s "up" with {df}')


def test_history_shows_the_turns_and_one_whole_turn(shell, gateway):
    gateway.play(Script(text="line one\nline two"), Script(status=400))
    ok(shell, "%%ofox\nfirst\nquestion")
    run(shell, "%%ofox\nbad")
    printed = ok(shell, "%ofox history")
    assert "  1  you: first question\n     openai/gpt-4o-mini: line one line two\n" in printed
    assert "  2  you: bad\n     openai/gpt-4o-mini, failed: " in printed
    assert "line one\nline two" in ok(shell, "%ofox history 1")
    _, error = run(shell, "%ofox history 3")
    assert "1 to 2, got '3'" in str(error)


def test_a_question_that_was_refused_is_said_to_have_no_answer(shell, gateway):
    gateway.play(Script(text="fine"), Script(status=400))
    ok(shell, "%%ofox\ngood")
    run(shell, "%%ofox\nbad")
    assert "main, 2 turns, 1 of them without an answer\n" in ok(shell, "%ofox")
    assert "* main          2 turns, 1 of them without an answer\n" in ok(shell, "%ofox switch")


def test_history_tells_a_request_for_repair_from_what_the_user_asked(shell, gateway):
    gateway.play(Script(text="no JSON"), Script(text="[1]"))
    ok(shell, "%%ofox -f json\nthree fruits")
    assert "  1  you: three fruits [ofox_magic asked to repair the answer]\n" in ok(shell, "%ofox history")
    whole = ok(shell, "%ofox history 1")
    assert whole.startswith("user: three fruits\nassistant: no JSON\nofox_magic (asks to repair it): Your last answer")


def test_history_shows_what_went_along_where_it_stood(shell, gateway):
    shell.user_ns["df"] = [{"a": 1}, {"a": 2}]
    ok(shell, "%%ofox\nis ({df}) more than {df}?")
    ok(shell, "from ofox_magic import session; session().ask('look', df, 'again').result()")
    printed = ok(shell, "%ofox history")
    table = "[Table `df`: 2 rows × 1 column]"
    assert f"you: is ({table}) more than [Table" in printed
    assert f"user: is ({table}) more than {table}?\n" in ok(shell, "%ofox history 1")
    assert f"you: look {table} again\n" in printed


def test_undo_redo_and_clear(shell, gateway):
    assert "nothing to undo" in ok(shell, "%ofox undo")
    ok(shell, "%%ofox\none")
    ok(shell, "%%ofox\ntwo")
    assert "1 turn" in ok(shell, "%ofox undo")
    assert "2 turns" in ok(shell, "%ofox redo")
    assert "0 turns" in ok(shell, "%ofox clear")
    ok(shell, "%%ofox\nthree")
    assert len(gateway.received[-1].json["messages"]) == 1


def test_new_and_fork_take_the_next_free_name_and_say_which(shell):
    ok(shell, "%%ofox\none")
    assert ok(shell, "%ofox new").startswith("went on in chat2, which is empty; %ofox switch main goes back\n")
    ok(shell, "%ofox new chat4")
    assert ok(shell, "%ofox new").startswith("went on in chat5, which is empty")  # the fourth, and chat4 is taken
    ok(shell, "%ofox switch main")
    printed = ok(shell, "%ofox fork")
    assert printed.startswith("went on in chat6, a copy of main; %ofox switch main goes back\n")
    assert "* chat6         1 turn\n" in printed
    for command in ("new", "fork"):
        assert "expected one word" in str(run(shell, f"%ofox {command} two words")[1])


def test_save_without_a_file_takes_a_free_one_named_after_notebook_or_conversation(shell, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    ok(shell, "%%ofox\none")
    assert ok(shell, "%ofox save") == "wrote main.ofox.json: main (1 turn)\n"
    assert ok(shell, "%ofox save") == "wrote main-2.ofox.json: main (1 turn)\n"
    ok(shell, "%ofox fork ../other")
    assert ok(shell, "%ofox save").startswith("wrote other.ofox.json: ")
    monkeypatch.setenv("JPY_SESSION_NAME", "/home/ada/report.ipynb")
    assert ok(shell, "%ofox save").startswith("wrote report.ofox.json: ")
    assert ok(shell, "%ofox load main-2.ofox.json").startswith("read main-2.ofox.json: main (1 turn)")


def test_model_and_system_are_set_shown_and_reset(shell, gateway):
    assert ok(shell, "%ofox model") == "openai/gpt-4o-mini\n"
    ok(shell, "%ofox model practice/echo")
    ok(shell, "%ofox system Be brief, it's late.")
    ok(shell, "%%ofox\nhi")
    body = gateway.received[0].json
    assert body["model"] == "practice/echo"
    assert body["messages"][0] == {"role": "system", "content": "Be brief, it's late."}
    assert ok(shell, "%ofox model -") == "openai/gpt-4o-mini\n"
    assert ok(shell, "%ofox system -") == "no system message\n"
    _, error = run(shell, "%ofox model two words")
    assert "expected one word" in str(error)


def test_a_trait_sets_the_default_model_at_the_next_turn(shell, gateway):
    ok(shell, "%config OfoxMagics.model = 'practice/echo'")
    ok(shell, "%%ofox\nhi")
    assert gateway.received[0].json["model"] == "practice/echo"
    ok(shell, "%config OfoxMagics.model = ''")
    assert ok(shell, "%ofox model") == "openai/gpt-4o-mini\n"


def test_models_are_listed_with_prices_and_filtered(shell):
    printed = ok(shell, "%ofox models claude")
    assert "anthropic/claude-sonnet-4.5" in printed
    assert "USD/M in" in printed
    assert "gpt-4o" not in printed
    assert "no model is called like 'zzz'" in ok(shell, "%ofox models zzz")


def test_aliases_are_set_used_listed_and_removed(shell, gateway):
    assert "no aliases" in ok(shell, "%ofox alias")
    ok(shell, "%ofox alias fast practice/echo")
    ok(shell, "%%ofox fast\nhi")
    assert gateway.received[0].json["model"] == "practice/echo"
    assert ok(shell, "%ofox alias") == "fast = practice/echo\n"
    ok(shell, "%ofox dealias fast")
    for wrong, said in [
        ("dealias fast", "there is none yet; got 'fast'"),
        ("alias one", "expected a NAME and a MODEL"),
    ]:
        _, error = run(shell, f"%ofox {wrong}")
        assert said in str(error)


def test_usage_adds_up_by_model(shell, gateway):
    assert "nothing was used yet" in ok(shell, "%ofox usage")
    gateway.play(Script(usage={"prompt_tokens": 1000, "completion_tokens": 20, "total_tokens": 1020}), Script(usage={}))
    ok(shell, "%%ofox\none")
    ok(shell, "%%ofox practice/echo\ntwo")
    printed = ok(shell, "%ofox usage")
    assert "1,020" in printed
    assert "1 answer came without a count of tokens" in printed
    assert printed.splitlines()[3].startswith("all")


def test_version_and_help(shell):
    assert ok(shell, "%ofox version") == f"ofox_magic {ofox_magic.__version__}\n"
    assert "%ofox history [N]" in ok(shell, "%ofox help")
    assert "--temperature" in ok(shell, "%ofox help ask")
    assert "--temperature" in ok(shell, "%%ofox --help\nunasked")
    assert "%ofox history [N]" in ok(shell, "%ofox --help")


def test_help_asks_nothing(shell, gateway):
    ok(shell, "%%ofox --help\nunasked")
    assert gateway.received == []


def test_question_marks_teach_by_example(shell):
    printed = ok(shell, "%%ofox?")
    assert "Why is the sky blue?" in printed


# -- when it goes wrong: one line, a failed cell, and a session that goes on


ALONE = ("undo", "redo", "clear", "usage", "sessions", "version", "panel")
WRONG = [
    ("%%ofox --temprature 1\nhi", {}, "did you mean --temperature?"),
    ("%%ofox -s 'open\nhi", {}, "a quote is not closed"),
    ("%%ofox\n   ", {}, "the prompt is empty"),
    ("%ofox history 1", {}, "%ofox history 1: expected the number of a turn, and there is none yet"),
    ("%ofox panel", {}, "expected a notebook to show it in, and this is a terminal; here %ofox ask"),
    ("%ofox bogus", {}, "no command 'bogus'; expected one of ask, fix,"),
    ("%ofox histroy", {}, "no command 'histroy'; did you mean history?"),
    *((f"%ofox {name} 3", {}, f"%ofox {name}: expected nothing behind it, got '3'") for name in ALONE),
    ("%%ofox undo\nhi", {}, "undo is no model but a command: %ofox undo"),
    ("%%ofox help\nhi", {}, "help is no model but a command: %ofox help"),
    ('%ofox ask "What is that?" -t 0.3', {}, "%ofox ask: -t stands behind the question: options stand before it"),
    ("%ofox level stat", {}, "%ofox level: stat is no level and no table; did you mean stats?"),
    ("%ofox level nowhere", {}, "nowhere is no level and no table: there are schema, stats, sample, full"),
    ("%%ofox -o print\nhi", {}, "expected a variable's name, got 'print', which is Python's own"),
    ("%%ofox -o class\nhi", {}, "expected a variable's name, got 'class'"),
    ("%ofox ask", {}, "the prompt is empty"),
    ("%%ofox nosuch/model\nhi", {}, "nosuch/model"),
    ("%%ofox\nhi", {"OFOX_BASE_URL": None}, "no key: expected one in OFOX_API_KEY"),
    ("%%ofox\nhi", {"OFOX_API_KEY": "sk-of-\u201csecret\u201d"}, "OFOX_API_KEY is no key"),
    ("%%ofox\nhi", {"OFOX_API_KEY": "sk-of-secret\nmore"}, "a line break"),
    ("%%ofox\nhi", {"OFOX_API_KEY": "sk-of-secret more"}, "a space"),
    ("%%ofox\nhi", {"OFOX_BASE_URL": "gateway.example"}, "OFOX_BASE_URL is no address"),
    ("%%ofox\nhi", {"OFOX_BASE_URL": "http://gateway.example"}, "must be https"),
    ("%%ofox\nhi", {"OFOX_BASE_URL": "http://127.0.0.1:9/v1", "OFOX_CONNECT_TIMEOUT": "1"}, "could not connect"),
    ("%%ofox\nhi", {"OFOX_TOTAL_TIMEOUT": "soon"}, "OFOX_TOTAL_TIMEOUT"),
]


@pytest.mark.parametrize(("code", "environment", "said"), WRONG)
def test_what_is_wrong_is_one_clear_line_and_the_next_cell_works(shell, gateway, monkeypatch, code, environment, said):
    with monkeypatch.context() as patch:
        for name, value in environment.items():
            patch.delenv(name, raising=False) if value is None else patch.setenv(name, value)
        printed, error = run(shell, code)
    assert error is not None, "the cell did not fail"
    assert said in str(error)
    shown = [line for line in printed.splitlines() if str(error)[:40] in line]
    assert len(shown) == 1, printed
    assert "Traceback" not in printed
    assert "secret" not in printed
    ok(shell, "%%ofox\nafterwards")


@pytest.mark.parametrize(
    ("script", "said"),
    [
        (Script(status=401), "Check the key"),
        (Script(status=404), "%ofox models"),
        (Script(status=429, headers={"retry-after": "100"}), "It asks to wait until"),
        (Script(status=500, headers={"x-should-retry": "false"}), "try again later"),
        (HTML_PAGE, "got a web page"),
        (Script(text="Hello there", cut_after=600), "was lost"),
    ],
    ids=["401", "404", "429", "500", "HTML", "cut"],
)
def test_what_the_gateway_refuses_is_one_clear_line_and_the_next_cell_works(shell, gateway, script, said):
    gateway.play(script)
    printed, error = run(shell, "%%ofox\nhi")
    assert said in str(error)
    assert "Traceback" not in printed
    assert shell.user_ns["_ofox"].error is error
    ok(shell, "%%ofox\nafterwards")


def test_an_empty_cell_is_refused_by_ipython_in_one_line(shell):
    printed, error = run(shell, "%%ofox\n")
    assert type(error).__name__ == "UsageError"
    assert "Traceback" not in printed


# -- loading


def test_reloading_keeps_the_conversation_and_its_subscribers(shell):
    told = []
    session().subscribe(told.append)
    ok(shell, "%%ofox\none")
    before = session()
    ok(shell, "%reload_ext ofox_magic")
    assert session() is before
    told.clear()
    ok(shell, "%%ofox\ntwo")
    assert told
    assert len(session().turns) == 2


def test_unloading_takes_the_magics_away_and_loading_brings_the_conversation_again(shell):
    ok(shell, "%%ofox\none")
    ok(shell, "%unload_ext ofox_magic")
    _, error = run(shell, "%ofox")
    printed = run(shell, "%ofox")[0]
    assert "ofox" in printed + str(error)
    assert "ofox" not in shell.magics_manager.magics["cell"]
    ok(shell, "%load_ext ofox_magic")
    assert "main, 1 turn" in ok(shell, "%ofox")


def test_loading_sends_nothing(shell, gateway):
    ok(shell, "%ofox")
    ok(shell, "%ofox help")
    assert gateway.received == []


def test_help_of_a_command_is_its_line_of_the_help(shell):
    [line] = ok(shell, "%ofox history --help").splitlines()
    assert line.startswith("%ofox history [N] ")
    [line] = ok(shell, "%ofox redo -h").splitlines()
    assert line.startswith("%ofox undo, redo, clear ")


def test_a_model_that_the_catalogue_does_not_have_is_set_and_said(shell):
    ok(shell, "%ofox models")
    assert ok(shell, "%ofox model openai/gtp-4o").splitlines() == [
        "openai/gtp-4o",
        "the gateway did not list openai/gtp-4o; did you mean openai/gpt-4o?",
    ]
    assert ok(shell, "%ofox model openai/gpt-4o") == "openai/gpt-4o\n"


def test_the_questions_about_tables_are_told_as_a_tool(shell):
    assert "describe_frame and query_frame, without their rows" in ok(shell, "%ofox tools frames")


def test_options_in_the_middle_of_a_question_are_words(shell, gateway):
    ok(shell, "%ofox ask what does -t do")
    ok(shell, "%ofox ask 'a' - 'b' is what")
    asked = [entry.json["messages"][-1]["content"] for entry in gateway.received]
    assert asked == ["what does -t do", "'a' - 'b' is what"]
