"""Functions as tools: what a model is told of them, which calls of them may run, and what asking means."""

import dataclasses
import datetime as dt
import enum
import functools
import json
import pathlib
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from typing import Annotated, Any, Literal, Optional

import pydantic
import pytest

from ofox_magic.chat.parts import ToolCall
from ofox_magic.chat.tools import ReadyCall, Refusal, Tools
from ofox_magic.errors import ConfigError
from ofox_magic.tools import Toolbox


@dataclasses.dataclass
class Place:
    city: str
    country: str = "NO"


class Order(pydantic.BaseModel):
    """What is to be bought."""

    item: str = pydantic.Field(description="its number in the catalogue")
    count: int = 1
    parts: list["Order"] = []


class Colour(enum.Enum):
    RED = "red"
    BLUE = "blue"


class Yes:
    def ask(self, call, described):
        return True


def call(name, **arguments):
    return ToolCall("call_1", name, json.dumps(arguments))


def schema_of(function, **options):
    toolbox = Toolbox()
    toolbox.tool(**options)(function) if options else toolbox.tool(function)
    (definition,) = toolbox.definitions
    assert definition["type"] == "function"
    return definition["function"]


def taken(function, **arguments):
    """What *function* gets when a model passes *arguments*: the keywords; a refusal's text where it is not run."""
    seen = []

    @functools.wraps(function)
    def noting(**given):
        seen.append(given)

    toolbox = Toolbox()
    toolbox.tool(safe=True)(noting)
    ready = toolbox.call_of(call(function.__name__, **arguments))
    if isinstance(ready, Refusal):
        return ready.text
    toolbox.run(ready, None)
    return seen[0]


def weather(city: str, days: int = 3, unit: Literal["C", "F"] = "C") -> str:
    """
    Forecast the weather.

    Of the coming days, not of the past.

    Args:
        city: where,
            in English
        days: how many
    """


def test_a_typed_function_with_a_docstring_is_described_whole():
    assert schema_of(weather) == {
        "name": "weather",
        "description": "Forecast the weather.\n\nOf the coming days, not of the past.",
        "parameters": {
            "type": "object",
            "properties": {
                "city": {"type": "string", "description": "where, in English"},
                "days": {"type": "integer", "default": 3, "description": "how many"},
                "unit": {"type": "string", "enum": ["C", "F"], "default": "C"},
            },
            "required": ["city"],
            "additionalProperties": False,
        },
    }


def google(n: int):
    """Count.

    Args:
        n (int): how far
    """


def numpy(n: int):
    """
    Count.

    Parameters
    ----------
    n : int
        how far

    Returns
    -------
    int
        the count
    """


def sphinx(n: int):
    """Count.

    :param n: how far
    """


@pytest.mark.parametrize("function", [google, numpy, sphinx], ids=lambda function: function.__name__)
def test_parameters_are_told_from_docstrings_of_every_style(function):
    described = schema_of(function)
    assert described["description"] == "Count."
    assert described["parameters"]["properties"]["n"]["description"] == "how far"


def test_a_docstring_that_no_style_explains_is_told_as_it_is():
    def count():
        """
        Count: args, Args and other words.

            Parameters: none
        """

    assert schema_of(count)["description"].startswith("Count: args, Args and other words.")
    assert "description" not in schema_of(lambda: None, name="nothing")


def of_types(
    place: Place,
    order: Order,
    colour: Colour,
    when: dt.date,
    price: Decimal,
    names: list[str],
    counts: dict[str, int],
    near: Annotated[float, pydantic.Field(ge=0, description="km")],
    note: Annotated[str, "for the driver"],
    maybe: Optional[int] = None,  # noqa: UP045 - people write it so
    either: int | str = "x",
    anything: Any = None,
):
    pass


GOOD = {
    "place": {"city": "Oslo"},
    "order": {"item": "a", "parts": [{"item": "b"}]},
    "colour": "red",
    "when": "2026-01-31",
    "price": "1.50",
    "names": ["a"],
    "counts": {"a": 1},
    "near": 3,
    "note": "x",
}


def test_values_of_every_kind_of_type_reach_the_function_as_that_type():
    assert taken(of_types, **GOOD, maybe=7, either=5, anything=[1, {"a": None}]) == {
        "place": Place("Oslo"),
        "order": Order(item="a", parts=[Order(item="b")]),
        "colour": Colour.RED,
        "when": dt.date(2026, 1, 31),
        "price": Decimal("1.50"),
        "names": ["a"],
        "counts": {"a": 1},
        "near": 3.0,
        "note": "x",
        "maybe": 7,
        "either": 5,
        "anything": [1, {"a": None}],
    }


def test_kinds_of_types_are_described():
    described = schema_of(of_types)["parameters"]
    found = described["properties"]
    assert described["required"] == list(GOOD)
    assert found["near"] == {"type": "number", "minimum": 0, "description": "km"}
    assert found["note"] == {"type": "string", "description": "for the driver"}
    assert found["names"] == {"type": "array", "items": {"type": "string"}}
    assert found["when"] == {"type": "string", "format": "date"}
    assert {"type": "null"} in found["maybe"]["anyOf"]
    assert described["$defs"]["Order"]["properties"]["item"] == {
        "type": "string",
        "description": "its number in the catalogue",
    }


def test_what_is_left_out_is_left_to_the_functions_own_default():
    assert taken(weather, city="Oslo") == {"city": "Oslo"}


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({"near": "3"}, "near: Input should be a valid number"),
        ({"near": True}, "near: Input should be a valid number"),
        ({"near": -1}, "near: Input should be greater than or equal to 0"),
        ({"names": "a"}, "names: Input should be a valid array"),
        ({"names": ["a", 1]}, "names.1: Input should be a valid string"),
        ({"counts": {"a": "1"}}, "counts.a: Input should be a valid integer"),
        ({"colour": "green"}, "colour: Input should be 'red' or 'blue'"),
        ({"when": "soon"}, "when: Input should be a valid date"),
        ({"place": {"country": "SE"}}, "place.city: Field required"),
        ({"order": {"item": "a", "parts": [{"item": 1}]}}, "order.parts.0.item: Input should be a valid string"),
        ({"extra": 1}, "extra: Extra inputs are not permitted"),
    ],
)
def test_arguments_of_another_type_are_refused_and_the_place_is_said(change, where):
    refused = taken(of_types, **GOOD | change)
    assert isinstance(refused, str)
    assert where in refused


def test_names_that_pydantic_keeps_for_itself_are_fine_for_parameters():
    def odd(schema: str, json: int, copy: bool, _hidden: int, model_config: str, self: str):
        pass

    arguments = {"schema": "a", "json": 1, "copy": True, "_hidden": 2, "model_config": "b", "self": "c"}
    assert taken(odd, **arguments) == arguments
    assert "Extra inputs" in taken(odd, **arguments, p0="a")


class Desk:
    def __init__(self):
        self.log = []

    def note(self, text: str):
        """Write it down."""
        self.log.append(text)


def test_a_method_of_an_object_is_a_function_too():
    desk, toolbox = Desk(), Toolbox()
    toolbox.tool(safe=True)(desk.note)
    toolbox.run(toolbox.call_of(call("note", text="hi")), None)
    assert desk.log == ["hi"]
    assert list(toolbox.definitions[0]["function"]["parameters"]["properties"]) == ["text"]


def _stars(*words: str): ...
def _named(**words: str): ...
def _positional(word: str, /): ...
def _untyped(word): ...
def _callback(then: Callable[[], None]): ...
def _module(where: type(sys)): ...
def _unknown(what: "Nowhere"): ...  # noqa: F821
def _imports(what: pydantic.ImportString): ...
def _looks_at_the_disk(path: pydantic.FilePath): ...
def _deep_inside(paths: list[dict[str, pydantic.DirectoryPath | None]]): ...
def _generator():
    yield 1


async def _coroutine(): ...
async def _async_generator():
    yield 1


def _accented(): ...


_accented.__name__ = "größe"


class Config(pydantic.BaseModel):
    hook: pydantic.ImportString[Any]


def _in_a_model(config: list[Config]): ...


@pytest.mark.parametrize(
    ("function", "why"),
    [
        (_stars, r"_stars takes \*words: str, which no model can fill in: name its parameters one by one"),
        (_named, r"_named takes \*\*words: str, which"),
        (_positional, "takes word by position only; .* remove the /"),
        (_untyped, "does not say of which type word is: write `word: str`"),
        (_callback, "cannot be described to a model: .*Callable"),
        (_module, "cannot be described to a model: .*module"),
        (_unknown, "cannot be read .*Nowhere.*: define them before"),
        (_imports, "reaches outside|cannot be described"),  # the oldest pydantic has no schema for it
        (_in_a_model, "reaches outside|cannot be described"),
        (_looks_at_the_disk, "reaches outside .*validate_file"),
        (_deep_inside, "reaches outside .*validate_directory"),
        (_generator, "is a generator: return a list"),
        (_coroutine, "is async, .* write a def that waits for it"),
        (_async_generator, "is async"),
        (_accented, "'größe'. Pass name="),
        (len, "a tool is a function; got builtin_function_or_method"),
        (Place, "a tool is a function; got type"),
        (functools.partial(weather, "Oslo"), "a tool is a function; got partial. Wrap it"),
        (lambda: 1, "got '<lambda>'. Pass name="),
        ("weather", "a tool is a function; got str"),
    ],
    ids=lambda value: getattr(value, "__name__", "") or "",
)
def test_what_cannot_be_described_is_refused_in_one_line_that_says_what_to_write(function, why):
    toolbox = Toolbox()
    with pytest.raises(ConfigError, match=why) as refused:
        toolbox.tool(function)
    assert "\n" not in str(refused.value)
    assert toolbox.names == ()


def test_a_path_is_taken_as_a_path_without_looking_at_the_disk():
    def read(path: pathlib.Path):
        pass

    assert taken(read, path="/nowhere/at all") == {"path": pathlib.Path("/nowhere/at all")}


@pytest.mark.parametrize("name", ["", "a b", "a.b", "é", "x" * 65, "__class__()", "a\n"])
def test_a_name_is_what_the_gateway_takes(name):
    with pytest.raises(ConfigError, match="1 to 64 of a-z A-Z 0-9 _ -"):
        Toolbox().tool(name=name)(weather)


def test_a_name_of_ones_own_choice_is_the_one_that_counts():
    toolbox = Toolbox()
    toolbox.tool(name="look-up")(weather)
    assert toolbox.names == ("look-up",)
    assert isinstance(toolbox.call_of(call("weather", city="Oslo")), Refusal)
    assert isinstance(toolbox.call_of(call("look-up", city="Oslo")), ReadyCall)


def test_the_function_stays_as_it_is():
    toolbox = Toolbox()
    assert toolbox.tool(weather) is weather
    assert toolbox.tool(safe=True)(weather) is weather


def test_running_a_cell_again_replaces_its_tool_and_no_call_that_was_described_before():
    toolbox, log = Toolbox(), []

    def make(word):
        @toolbox.tool(safe=True)
        def act(n: int):
            log.append((word, n))

    make("old")
    ready = toolbox.call_of(call("act", n=1))
    make("new")
    toolbox.run(ready, None)
    toolbox.run(toolbox.call_of(call("act", n=2)), None)
    assert log == [("old", 1), ("new", 2)]
    assert toolbox.names == ("act",)


def test_only_what_is_chosen_is_offered():
    toolbox = Toolbox()
    toolbox.tool(weather)
    toolbox.tool(google)
    chosen = toolbox.only(["google"])
    assert [each["function"]["name"] for each in chosen.definitions] == ["google"]
    refused = chosen.call_of(call("weather", city="Oslo"))
    assert refused.text == (
        "This call was not run: no tool is called 'weather'; there are: google. Correct it, or answer without it."
    )
    assert refused.said == "weather: not run, no tool is called 'weather'; there are: google"


def test_to_choose_what_is_not_there_names_what_is_close():
    toolbox = Toolbox()
    toolbox.tool(weather)
    with pytest.raises(ConfigError, match="no tool is called 'whether'; is weather meant"):
        toolbox.only(["whether"])


class Recorded:
    """Answers with *answer* and notes what it was asked."""

    def __init__(self, answer):
        self.answer = answer
        self.asked = []

    def ask(self, call, described):
        self.asked.append((call, described))
        if isinstance(self.answer, BaseException):
            raise self.answer
        return self.answer


@pytest.fixture
def spent():
    """A toolbox with a function that may not run by itself, and how often it did."""
    toolbox, log = Toolbox(), []

    @toolbox.tool
    def spend(amount: int, note: str = ""):
        """Spend money."""
        log.append(amount)
        return f"spent {amount}"

    return toolbox, log


def test_a_function_runs_after_a_yes_and_is_asked_for_each_time(spent):
    toolbox, log = spent
    consent = Recorded(True)
    ready = toolbox.call_of(call("spend", amount=5))
    assert toolbox.run(ready, consent).text == "spent 5"
    assert toolbox.run(toolbox.call_of(call("spend", amount=6)), consent).ending == "done"
    assert log == [5, 6]
    assert consent.asked[0] == (call("spend", amount=5), "spend\n  amount = 5")
    assert len(consent.asked) == 2


@pytest.mark.parametrize("answer", [False, 0, 1, "yes", "no", object(), OSError("no keyboard"), EOFError()])
def test_nothing_but_true_is_a_yes(spent, answer):
    toolbox, log = spent
    outcome = toolbox.run(toolbox.call_of(call("spend", amount=5)), Recorded(answer))
    assert log == []
    assert outcome.ending == "denied"
    assert outcome.text.startswith("The user did not allow this call, so it was not run.")
    assert outcome.said == "spend: not allowed"


def test_without_an_answer_yet_nothing_runs_and_there_is_no_outcome(spent):
    toolbox, log = spent
    assert toolbox.run(toolbox.call_of(call("spend", amount=5)), Recorded(None)) is None
    assert log == []


def test_where_nobody_can_be_asked_it_is_denied_and_the_model_is_told(spent):
    toolbox, log = spent
    outcome = toolbox.run(toolbox.call_of(call("spend", amount=5)), None)
    assert log == []
    assert (outcome.ending, outcome.said) == ("denied", "spend: nobody to ask")
    assert outcome.text.startswith("Nobody is there to allow this call")


def test_an_interrupt_while_being_asked_goes_through(spent):
    toolbox, log = spent
    with pytest.raises(KeyboardInterrupt):
        toolbox.run(toolbox.call_of(call("spend", amount=5)), Recorded(KeyboardInterrupt()))
    assert log == []


def test_what_is_safe_runs_without_asking():
    toolbox, consent = Toolbox(), Recorded(False)

    @toolbox.tool(safe=True)
    def now():
        return "noon"

    assert toolbox.run(toolbox.call_of(call("now")), consent).text == "noon"
    assert toolbox.run(toolbox.call_of(ToolCall("1", "now", "")), None).text == "noon"
    assert consent.asked == []


def test_the_user_is_shown_all_of_a_call_and_nothing_in_it_can_hide(spent):
    toolbox, _ = spent
    note = "fine\n  amount = 1\u202e\x1b[2J\u200b\U000e0041 \u2028é" + "x" * 2_000
    ready = toolbox.call_of(ToolCall("1", "spend", json.dumps({"amount": 10**6, "note": note})))
    first, second, third = ready.described.split("\n")
    assert (first, second) == ("spend", "  amount = 1000000")
    assert third == ('  note = "fine\\n  amount = 1\\u202e\\u001b[2J\\u200b\\U000e0041 \\u2028é' + "x" * 2_000 + '"')


def test_a_toolbox_is_what_a_session_asks_for():
    tools: Tools = Toolbox()
    assert tools.definitions == []


def test_to_have_a_toolbox_imports_nothing_heavy():
    program = (
        "import sys; from ofox_magic.tools import Toolbox; Toolbox();"
        "print([name for name in ('pydantic', 'docstring_parser', 'narwhals') if name in sys.modules])"
    )
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout == "[]\n"
