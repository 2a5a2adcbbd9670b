"""The grammar of a question's line."""

import pytest
from IPython.core.error import UsageError

from ofox_magic.jupyter.options import Options, help_text, parse, parse_question

NAMES = {"my_tools": [{"type": "function"}], "number": 3, "thing": object(), "nan": float("nan")}


def params(line):
    return parse(line, NAMES).params


def test_an_empty_line_sets_nothing():
    assert parse("", {}) == Options()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("-t 0.7", {"temperature": 0.7}),
        ("--temperature 1", {"temperature": 1}),
        ("-t=0", {"temperature": 0}),
        ("-t -0.5", {"temperature": -0.5}),
        ("--max-tokens 100", {"max_tokens": 100}),
        ("--top-p .9", {"top_p": 0.9}),
        ("--frequency-penalty -1.5", {"frequency_penalty": -1.5}),
        ("--presence-penalty 2", {"presence_penalty": 2}),
        ("--stop END", {"stop": "END"}),
        ("--stop a --stop 'b c'", {"stop": ["a", "b c"]}),
        ("--reasoning-effort high", {"reasoning_effort": "high"}),
        ("--tool-choice auto", {"tool_choice": "auto"}),
        ("--tool-choice none", {"tool_choice": "none"}),
        ("--tool-choice f", {"tool_choice": {"type": "function", "function": {"name": "f"}}}),
        ("""--tool-choice '{"type": "any"}'""", {"tool_choice": {"type": "any"}}),
        ("--routing cost", {"provider": {"routing": "cost"}}),
        ("--fallback a/b,c/d", {"provider": {"fallback": ["a/b", "c/d"]}}),
        ("""--provider '{"type": "azure", "options": {"azure": {"x": 1}}}'""",
         {"provider": {"type": "azure", "options": {"azure": {"x": 1}}}}),
        ("""--provider '{"type": "azure"}' --routing latency""", {"provider": {"type": "azure", "routing": "latency"}}),
        ("--provider {}", {"provider": {}}),
        ("--option seed=7", {"seed": 7}),
        ("--option user=ada", {"user": "ada"}),
        ("--option user='ada l'", {"user": "ada l"}),
        ("""--option user='"7"'""", {"user": "7"}),
        ("--option x=null", {"x": None}),
        ("--option x=", {"x": ""}),
        ("--option x=a=b", {"x": "a=b"}),
        ("""--option response_format='{"type": "json_object"}'""", {"response_format": {"type": "json_object"}}),
        ("--option tools=@my_tools", {"tools": [{"type": "function"}]}),
        ("--option a=1 --option b=2", {"a": 1, "b": 2}),
        ("-t 1 --option temperature=0.2", {"temperature": 0.2}),
    ],
)  # fmt: skip
def test_each_parameter_becomes_its_key_of_the_body(line, expected):
    assert params(line) == expected


def test_numbers_stay_as_they_were_typed():
    assert isinstance(params("-t 1")["temperature"], int)
    assert isinstance(params("-t 1.0")["temperature"], float)


def test_the_turns_own_options():
    options = parse("openai/gpt-4o -s 'be \"brief\"' -o answer --name Ada --no-stream --timeout 2.5", {})
    assert options == Options(
        model="openai/gpt-4o", system='be "brief"', output="answer", name="Ada", stream=False, timeout=2.5
    )
    assert parse("-m a/b", {}).model == "a/b"


def test_a_schema_may_have_a_name_that_an_answer_may_not():
    """Nothing of Python's is hidden where a variable is only looked up."""
    assert parse("--schema filter", {}).schema == "filter"


@pytest.mark.parametrize(
    "line",
    [
        *("--option seed=7 fast", "--option user=ada a/b", "fast --option user=ada", "--option 'user=ada b' fast"),
        *("-s brief a/b", "-s 'be brief' fast", "fast -s brief"),
    ],
)
def test_a_model_may_stand_behind_an_option_that_is_whole(line):
    assert parse(line, {}).model in ("fast", "a/b")


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("--temprature 1", "no option --temprature; did you mean --temperature?"),
        ("--temp 1", "no option --temp; did you mean --temperature?"),
        ("-x", "no option -x"),
        ("a/b c/d", "expected one model and then options, got 'c/d' too: a value that holds spaces stands in quotes"),
        ("-s be brief please", "got 'please' too: a value that holds spaces stands in quotes, the prompt goes below"),
        (
            "--option user=ada lovelace",
            "'lovelace' follows --option user=ada: a value that holds spaces stands in quotes",
        ),
        ("-s be brief", "'brief' follows -s be: a value that holds spaces stands in quotes, and a model stands first"),
        ("-t 1 --system be brief", "'brief' follows --system be: "),
        ('--option practice={"status": 502}', "a value that holds spaces stands in quotes"),
        ("a/b -m c/d", "two models are named, 'a/b' and 'c/d'"),
        ("-t warm", "expected a number, got 'warm'"),
        ("-t nan", "expected a number"),
        ("-t ١", "expected a number"),
        ("-t", "expected one argument"),
        ("--max-tokens 1.5", "expected a whole number above 0"),
        ("--max-tokens 0", "expected a whole number above 0"),
        ("--timeout -1", "expected a number above 0"),
        ("-o 2x", "expected a variable's name, got '2x'"),
        ("-s 'open", "a quote is not closed"),
        ("--option seed", "expected KEY=VALUE"),
        ("--option =1", "expected KEY=VALUE"),
        ("--option messages=[]", "made of the cell itself"),
        ("--option x=@nowhere", "no variable called 'nowhere'"),
        ("--option x=@thing", "'thing' cannot be written as JSON"),
        ("--option x=@nan", "'nan' cannot be written as JSON"),
        ('--provider {"type": "x"}', "expected a JSON object in single quotes"),
        ("--provider [1]", "expected a JSON object"),
        ("--tool-choice {x", "expected auto, none, required"),
        ("--no-stream=1", "ignored explicit argument"),
    ],
)
def test_what_a_line_cannot_mean_is_one_clear_line(line, said):
    with pytest.raises(UsageError) as caught:
        parse(line, NAMES)
    message = str(caught.value)
    assert said in message
    assert message.startswith("%%ofox: ")
    assert "--help" in message
    assert "\n" not in message


@pytest.mark.parametrize(
    "line", ["--key sk-of-secret", "--api-key=sk-of-secret", "--api_key sk-of-secret", "--token sk"]
)
def test_a_key_cannot_be_given_and_is_not_repeated(line):
    with pytest.raises(UsageError, match="no option for a key") as caught:
        parse(line, {})
    assert "sk-of" not in str(caught.value)


@pytest.mark.parametrize(
    ("line", "options", "question"),
    [
        ("what is df about", Options(), "what is df about"),
        ('what\'s "up"', Options(), 'what\'s "up"'),
        ('"what is this?"', Options(), "what is this?"),
        ("'a' or 'b'", Options(), "'a' or 'b'"),
        ("-t 1 it's -t 2", Options(params={"temperature": 1}), "it's -t 2"),
        ("-t=1 --no-stream hello", Options(params={"temperature": 1}, stream=False), "hello"),
        ("-s 'be brief' -m a/b  two  spaces", Options(system="be brief", model="a/b"), "two  spaces"),
        ("-- -5 degrees", Options(), "-5 degrees"),
        ("# a comment", Options(), "# a comment"),
        ("", Options(), ""),
    ],
)
def test_a_question_on_one_line_stays_as_it_was_typed(line, options, question):
    assert parse_question(line, {}) == (options, question)


def test_a_quote_that_is_not_closed_in_the_options_of_a_question_is_said():
    with pytest.raises(UsageError, match="quote is not closed"):
        parse_question("-s 'be brief what now", {})


def test_help_shows_every_option_and_examples():
    text = help_text()
    for option in ("--temperature", "--option KEY=VALUE", "--fallback", "--output NAME", "--no-stream", "examples:"):
        assert option in text
