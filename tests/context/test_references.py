"""References in a prompt: what is one, what is not, and that everything else goes through byte for byte."""

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofox_magic.context.as_typed import near_misses, passed_over, within_names
from ofox_magic.context.references import MISSING, Found, split


class Untouchable:
    """A value of which nothing may be asked."""

    def __getattribute__(self, name):
        raise AssertionError(f"somebody asked for {name}")

    __eq__ = __hash__ = __repr__ = None


NAMES = {
    "df": Untouchable(),
    "fig": Untouchable(),
    "n": 5,
    "text": "a {df} b",
    "größe": 1,
    "last": "shown",
    "Out[3]": "out",
    "In[3]": "source",
    "Err[3]": "trace",
    "name": "x",
    "color": "red",
    "x": 1,
    "y": 2,
    "media": 3,
    "staticmethod": 4,
    "user": 5,
    "example": 6,
    "title": 7,
    "item": 8,
    "alpha": 9,
    "frac": 10,
    "HOME": 11,
    "i": 12,
    "0": 13,
    "data": 14,
}


def look_up(name):
    return NAMES.get(name, MISSING)


def pieces(text):
    found = split(text, look_up, lambda value: True)
    assert "".join(piece if isinstance(piece, str) else piece.text for piece in found) == text
    return found


def names(text):
    return [piece.name for piece in pieces(text) if isinstance(piece, Found)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("{df}", ["df"]),
        ("@df", ["df"]),
        ("What is in {df} and @fig?", ["df", "fig"]),
        ("({df})", ["df"]),
        ("{df}, {n}; {text}.", ["df", "n", "text"]),
        ("see {df}.", ["df"]),
        ("see @df.", ["df"]),
        ("@df!", ["df"]),
        ("{Out[3]} {In[3]} {Err[3]} {last}", ["Out[3]", "In[3]", "Err[3]", "last"]),
        ("{größe}", ["größe"]),
        ("请看@df的趋势", ["df"]),
        ("- {df}\n- @fig\n", ["df", "fig"]),
        ("# About {df}", ["df"]),
        ("**{df}**", ["df"]),
        ("{df}{n}", ["df"]),
        ("{df}@x {n}", ["df", "n"]),
        ("Compare [{df}, {n}] with <data>@fig</data>", ["df", "n", "fig"]),
        ("@df: @fig; @n? “{df}” – {n}…", ["df", "fig", "n", "df", "n"]),
        ("@df's shape", ["df"]),
        ("@df\n@fig\nSay more.", ["df", "fig"]),
        ("请看{df}的趋势，{n}。", ["df", "n"]),
        ("{gro\u0308ße} @gro\u0308ße", ["größe", "größe"]),  # composed differently, as Python too reads it
        ("an open { and then {df}", ["df"]),
        ("no pair } before {df}", ["df"]),
        ("Plot f'(x) with {df}, then f'(0)", ["df"]),
        ("don't {df} isn't", ["df"]),
        ("{__private__} {_}", []),
        # what is not there
        ("{nothing} @nobody {Out[9]}", []),
        # escapes and neighbours
        ("{{df}}", []),
        ("{ df }", []),
        ("{df.shape}", []),
        ("{df[0]}", []),
        ("{df!r}", []),
        ("{df:>10}", []),
        ("x{df}", []),
        ("_{df}", []),
        ("${df}", []),
        ("${HOME}", []),
        ("#{name}", []),
        ("%{name}", []),
        ("^{x}", []),
        ("'{df}'", []),
        ('"{df}"', []),
        ("){df}", []),
        ("]{df}", []),
        ("{df}x", []),
        ("{df}}", []),
        ("{df}.shape", []),
        ("{df}(x)", []),
        ("user@example.org", []),
        ("mail me at user@example", []),
        ("@df.head()", []),
        ("@staticmethod\ndef f(): pass", []),
        ("@media (max-width: 3px) { a { color: red } }", []),
        ("{ {df} }", []),
        ("{a: {df} }", []),
        ("function f() { return {df} }", []),
        ('{"greeting": "Hello {name}, {x}!"}', []),
        ('["Hello {name}!", "bye {name}"]', []),
        ('f"Hello {name}, {x} left" and rf\'\\d {x}\' and F"""a {x}\nb {x}"""', []),
        ('print("Hello {name}")', []),
        ("s = 'Hello {name} and {x}'", []),
        ('<p title="the {title} of">', []),
        ("https://x.org/users/{user}/@name?x={x}", []),
        ("https://x.org/ {x}", ["x"]),
        ("first.@example, a+@example, me/@example, @user@example.org", []),
        ("@types/node @x/name @name-x @@x @{x}", []),
        ("@article{x, title={title}}", []),
        ("\\section*{title} \\hspace*{x}", []),
        ("@name()\nclass A: ...", []),
        ("@name('x')\n@title()\nasync def f(): ...", []),
        ("  @name\n  def f(self): ...", []),
        ("@media print {\n  @x: 3;\n}", []),
        ("@color: red;", []),
        ("@df['x'] {df}['x'] {df}[0] @df[0]", []),
        ("{df}.x {df}(x", []),
        ("{df}. ({n})", ["df", "n"]),
        ("{Out[03]} {Out[-1]} {Out[3]} {Out[3].x} {out[3]}", ["Out[3]"]),
        ("\\{df} \\@df {df\\}", []),
        # code and formulas
        ("`{df}` and `` @fig ` ``", []),
        ("```\n{df}\n```", []),
        ("~~~python\nprint(f'{df}') # @fig\n~~~\n{n}", ["n"]),
        ("$\\frac{x}{y}$ and {n}", ["n"]),
        ("$$\n{x}\n$$", []),
        ("\\({x}\\) \\[{y}\\]", []),
        ("it costs $5 or {n} dollars", ["n"]),
    ],
)
def test_what_is_a_reference_and_what_is_none(text, expected):
    assert names(text) == expected


SNIPPETS = [
    '{"name": "x", "data": {"x": 1, "y": [2]}}',
    '{"df": {}}',
    "a { color: red; title: x }\n.item{color:blue}",
    'f"{name}: {x:>{n}} {data!r}"',
    "print(f'{df} {name}')",
    r"\frac{x}{y}_{i} \alpha{n} \textbf{title}",
    'for i in {1..3}; do echo "${HOME}/${name}"; done',
    "user@example.org, <x@y.name>",
    "@staticmethod\ndef name(x): ...",
    "{{ user.name }} {% for item in data %}{{ item }}{% endfor %}",
    "${title} $x {{{name}}} {x{y}z} {{}}",
    "@media print { title { color: x } }",
    "dict(x={n: data}) {x for x in data}",
]


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=5), st.sampled_from(["\n\n", "\n", "\n\nand\n\n"]))
def test_code_data_and_addresses_go_through_as_they_are(snippets, between):
    text = between.join(snippets)
    assert pieces(text) == [text]


@settings(max_examples=300, derandomize=True)
@given(st.text(st.sampled_from("{}@df n`$\\()[]\n\"'.x~_#"), max_size=60))
def test_whatever_is_typed_the_pieces_are_the_text(text):
    pieces(text)


@settings(max_examples=150, derandomize=True)
@given(st.lists(st.sampled_from(SNIPPETS), min_size=1, max_size=4), st.integers(0, 4))
def test_a_reference_is_found_among_code_that_is_left_alone(snippets, place):
    snippets[place:place] = ["Look at {df} and @fig."]
    assert names("\n\n".join(snippets)) == ["df", "fig"]


def test_a_value_brings_no_second_reference():
    first, found, rest = pieces("a {text} b")
    assert (first, found.value, rest) == ("a ", "a {df} b", " b")


def test_what_may_not_be_sent_stays_text():
    assert split("{df} @fig", look_up, lambda value: False) == ["{df} @fig"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("what is {dff}?", [("{dff}", "df")]),
        ("@figg and {dff}", [("@figg", "fig"), ("{dff}", "df")]),
        ("{df} {unrelated} @somebody", []),
        ("`{dff}` {{dff}} a@dff.org", []),
        ("{dff} {dff} {DF} {Thresholds}", [("{dff}", "df"), ("{DF}", "df"), ("{Thresholds}", "threshold")]),
        ("请看@figg的趋势", [("@figg", "fig")]),
        ('{"dff": "{dff}"} f"{dff} {dff}"\n@dff\ndef f(): ...', []),
    ],
)
def test_a_near_miss_is_told(text, expected):
    assert near_misses(text, ["df", "fig", "threshold"], look_up) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("the mean of {df.price}, {df.price} and {df['city']}", [("{df.price}", "df"), ("{df['city']}", "df")]),
        ("{df.a.mean()}?", [("{df.a.mean()}", "df")]),
        ("{df} {df.} {df:.2f} {df!r} {{df.a}} @df.a ada@df.org", []),
        ('{"df.a": 1} {color.red} {fig .a} a{df.a} \\frac{df.a} `{df.a}` f"{df.a}" {x:{df.a}} ${df.a}', []),
        ("{nosuch.a} {nosuch[0]}", []),
        ("{Out[3].a} {Out[4].a}", [("{Out[3].a}", "Out[3]")]),
    ],
)
def test_what_looks_into_a_name_of_the_notebook_is_told_and_nothing_else(text, expected):
    names = {"df": object(), "fig": object(), "Out[3]": object()}
    assert [each[:2] for each in within_names(text, lambda name: names.get(name, MISSING))] == expected


def test_a_name_of_a_container_and_a_cell_that_gave_nothing_are_told_once():
    names = {"config": {"k": 1}, "df": object(), "In[1]": "x", "records": [{"a": 1}]}

    def look(name):
        return names.get(name, MISSING)

    def is_sendable(value):
        return value is not names["config"]

    text = "{config} {df} {records} {Out[99]} {In[1]} {Out[99]} {nothing}"
    told = passed_over(text, look, is_sendable, (dict, list))
    assert told == [("{config}", "config", {"k": 1}), ("{Out[99]}", "Out[99]", MISSING)]
    assert passed_over("`{config}` {{config}} a@config.org", look, is_sendable, (dict, list)) == []


def test_private_names_are_suggested_only_for_private_ones():
    assert near_misses("{cach}", ["_cache"], look_up) == []
    assert near_misses("{_cach}", ["_cache", "cache"], look_up) == [("{_cach}", "_cache")]


def test_a_template_full_of_unknown_names_is_compared_in_bounded_time():
    text = " ".join(f"{{unknown{number}}}" for number in range(5_000))
    began = time.process_time()
    near_misses(text, [f"frame_{number}" for number in range(1_000)], look_up)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    "piece",
    [
        "{",
        "}",
        "@",
        "`",
        "$",
        "{a",
        "@a ",
        "\\(",
        "```\n",
        "{df} ",
        "[",
        '"',
        "f'",
        "> ",
        "- ",
        "1. ",
        "$a ",
        "$$ a\n",
        "\\[ ",
        "{{a}}",
        "@a {",
        "@a ;",
        '("',
        '(", "',
        "\\",
        "`a``",
    ],
    ids=repr,
)
def test_a_long_prompt_takes_time_by_its_length(piece):
    began = time.process_time()
    pieces(piece * (100_000 // len(piece)))
    assert time.process_time() - began < 5
