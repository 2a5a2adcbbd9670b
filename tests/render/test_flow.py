"""
The one promise that streaming lives on: at every prefix of a text, its finished pieces and its tail are the whole.

So what was taken was right, however the text went on.

The tail's code has no colours, and code that is cut is one piece of code in several elements; apart from that the HTML
is the same to the letter.
"""

import json
import os
import re
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ofox_magic.render import plain_html, to_html
from ofox_magic.render.budget import Budget
from ofox_magic.render.flow import LONG_CODE, LONG_LIST, LONGEST_TAIL, Flow
from ofox_magic.render.markdown import parse, render
from ofox_magic.untrusted import printable

from .answers import ANSWERS
from .budgets import endless, of_steps

COMMONMARK = os.environ.get("OFOX_COMMONMARK")

LINES = [
    *("a", "b **c", "**", "   c", "한국어", "", "", " ", "  ", "   ", "a\\", "\\", "<div>", "&amp;", "`c|", "c`"),
    *("- a", "- ", "-", "  - n", "* s", "+ p", "\t- t", "1. x", "2. y", "10. z", "1) r", "- [ ] t", "- ```"),
    *(
        "    code",
        "     x",
        "```",
        "```py",
        "~~~",
        "x = 1",
        "> q",
        ">",
        "> - a",
        "> ```",
        "# h",
        "#",
        "===",
        "---",
        "***",
    ),
    *("| a | b |", "|---|---|", "| 1 |", "|", "$$", "x^2", "= y", "\\[", "\\]", "$$ a $$", "$$ a", "text $a$"),
    *("[l]: https://x.example", "[l]"),
]
SEAM = re.compile(
    r'(?s)(<pre class="ofox-code) ofox-part("><code>(?:(?!</code>).)*)</code></pre>\n<pre class="ofox-code( ofox-part)?"><code>'
)
DOCUMENTS = st.builds(
    str.join, st.sampled_from(["\n", "\n", "\r\n"]), st.lists(st.sampled_from(LINES), min_size=2, max_size=10)
)


def whole(text):
    return plain_code(render(parse(printable(text), endless()), endless()))


def plain_code(html):
    """*html* without colours, and with the code that was cut in one element again."""
    return joined(re.sub(r'(?s)<span class="ofox-[a-z]">(.*?)</span>', r"\1", html))


def joined(html):
    seams = 1
    while seams:
        html, seams = SEAM.subn(r"\1\3\2", html, count=1)
    return html.replace(" ofox-part", "")


def assert_whole_at_every_prefix(text, cuts=()):
    """Feed *text* in pieces that end at *cuts*, character by character without any."""
    flow, frozen = Flow(endless()), ""
    ends = sorted({min(cut, len(text)) for cut in cuts} | {len(text)}) if cuts else range(1, len(text) + 1)
    begin = 0
    for end in ends:
        flow.feed(text[begin:end])
        begin = end
        frozen += "".join(flow.take())
        if not text[:end].endswith("\r"):  # it may be half of a CRLF
            assert plain_code(frozen + flow.tail()) == whole(text[:end]), text[:end]


@pytest.mark.parametrize("text", ANSWERS.values(), ids=ANSWERS)
def test_the_pieces_and_the_tail_are_the_whole_at_every_prefix_of_an_answer(text):
    assert_whole_at_every_prefix(text)


@given(DOCUMENTS)
@settings(max_examples=250, derandomize=True, database=None)
def test_and_of_documents_made_of_any_lines(text):
    assert_whole_at_every_prefix(text)


@given(DOCUMENTS, st.lists(st.integers(1, 80), min_size=1, max_size=12))
@settings(max_examples=250, derandomize=True, database=None)
def test_whatever_pieces_they_come_in(text, cuts):
    assert_whole_at_every_prefix(text, cuts)


@pytest.mark.skipif(not COMMONMARK, reason="no CommonMark examples (OFOX_COMMONMARK: a path to them as JSON)")
def test_and_of_every_example_of_commonmark():
    examples = json.loads(Path(COMMONMARK).read_text(encoding="utf-8"))
    assert len(examples) > 600
    for example in examples:
        assert_whole_at_every_prefix(example["markdown"])


LONG_PYTHON = "```python\n" + "".join(f"x{number} = {number}  # a line\n\n" for number in range(60)) + "```\n\n"


def test_and_of_code_so_long_that_its_lines_are_finished_before_it_ends():
    assert len(LONG_PYTHON) > LONG_CODE
    assert_whole_at_every_prefix(LONG_PYTHON + "and\n\n**more**\n\nend")


def test_all_pieces_of_such_code_have_its_colours():
    text = LONG_PYTHON + "and\n\nend"
    flow, pieces = Flow(endless()), []
    for start in range(0, len(text), 7):
        flow.feed(text[start : start + 7])
        pieces += flow.take()
    html = "".join(pieces) + flow.tail()
    assert html.count("ofox-part") > 0
    assert joined(html) == to_html(text)


def test_the_items_of_a_long_list_are_finished_before_it_ends_and_go_on_with_the_next_number():
    text = "1. an item of **many**\n" * 170  # models leave the counting to the list
    assert len(text) > 2 * LONG_LIST
    flow, pieces = Flow(endless()), []
    for start in range(0, len(text), 11):
        flow.feed(text[start : start + 11])
        pieces += flow.take()
    html = "".join(pieces) + flow.tail()
    lists = list(re.finditer('<ol(?: start="([0-9]+)")?>', html))
    assert len(lists) > 2
    assert [int(each[1] or 1) for each in lists] == [1 + html[: each.start()].count("<li>") for each in lists]
    assert re.sub(r"</ol>\n<ol[^>]*>\n", "", html) == whole(text)


def test_what_was_taken_is_gone_from_the_tail_and_long_answers_keep_a_short_one():
    text = "".join(ANSWERS.values()) * 5
    flow, tails = Flow(endless()), []
    for start in range(0, len(text), 7):
        flow.feed(text[start : start + 7])
        list(flow.take())
        tails.append(len(flow.tail()))
    assert max(tails) < 3000


def test_what_is_no_markdown_is_shown_as_it_is_while_it_grows():
    flow, shown = Flow(plain=True), ""
    for piece in ("**a** <b>\n", "- c\n" * 3000, "```"):
        flow.feed(piece)
        shown += "".join(flow.take())
    shown += flow.tail()
    assert re.sub(r'</?pre(?: class="ofox-plain")?>\n?', "", shown) == "**a** &lt;b&gt;\n" + "- c\n" * 3000 + "```"
    assert shown.count("<pre") > 2


def pieces_of(text, flow=None):
    flow = flow or Flow(endless())
    flow.feed(text)
    return list(flow.take()), flow


def test_code_is_cut_into_lines_once_it_is_long_and_while_it_is_open():
    line = "x = 12345\n"
    pieces, flow = pieces_of("```py\n" + line * (LONG_CODE // 10 - 1))
    assert pieces == []
    more, flow = pieces_of(line + "y", flow)
    assert [joined(html) for html in more] == [to_html("```py\n" + line * (LONG_CODE // 10))]
    assert flow.tail() == '<pre class="ofox-code"><code>y</code></pre>\n'
    pieces_of(" = 1", flow)
    assert flow.end() == '<pre class="ofox-code"><code>y = <span class="ofox-m">1</span></code></pre>\n'
    assert pieces_of("```py\n" + line * LONG_CODE + "```\n")[0] == []


def test_code_that_can_still_change_has_no_colours():
    _, flow = pieces_of("```py\nx = 1\n")
    assert flow.tail() == '<pre class="ofox-code"><code>x = 1\n</code></pre>\n'
    assert flow.end() == to_html("```py\nx = 1\n")


def test_code_that_ends_where_it_was_cut_leaves_no_empty_box():
    _, flow = pieces_of("```py\n" + "x = 12345\n" * LONG_CODE)
    assert flow.tail() == ""
    pieces, flow = pieces_of("```\n", flow)
    assert pieces == []
    assert flow.tail() == flow.end() == ""
    pieces, flow = pieces_of("a", flow)
    assert pieces == []
    assert flow.tail() == "<p>a</p>\n"


def test_code_is_cut_below_empty_lines_too_and_goes_on_in_its_language():
    pieces, flow = pieces_of("\n\n```py\n" + "x = 12345\n" * LONG_CODE)
    assert len(pieces) == 1
    pieces_of("y = 1", flow)
    assert flow.end() == to_html("```py\ny = 1").replace("\n</code>", "</code>")


def test_code_that_speaks_of_our_classes_is_not_changed_where_it_is_cut():
    text = "```\n" + '<pre class="ofox-code">\n' * LONG_CODE
    (html,), _ = pieces_of(text)
    assert html == to_html(text).replace("ofox-code", "ofox-code ofox-part", 1)


def test_a_list_is_cut_before_its_last_item_once_it_is_long():
    item = "- " + "a" * 97 + "\n"
    assert pieces_of(item * (LONG_LIST // 100))[0] == []
    (html,), flow = pieces_of(item * (LONG_LIST // 100) + "- b\n")
    assert html == to_html(item * (LONG_LIST // 100))
    assert flow.tail() == to_html("- b")
    assert pieces_of("- " + "a\n" * LONG_LIST)[0] == [], "a single item has no seam"


@pytest.mark.parametrize(("first", "start"), [("7. ", 22), ("1. ", 16), ("0) ", 15)])
def test_the_rest_of_a_numbered_list_goes_on_counting(first, start):
    mark = first[-2:]
    item = mark + "a" * 97 + "\n"
    _, flow = pieces_of(first + "a" * 97 + "\n" + "".join(f"{n}{item}" for n in range(1, 15)) + f"15{mark}b\n")
    assert flow.tail() == f'<ol start="{start}">\n<li>b</li>\n</ol>\n'
    assert pieces_of("\nc\n", flow)[0] == [f'<ol start="{start}">\n<li>b</li>\n</ol>\n']
    assert flow.tail() == "<p>c</p>\n"
    assert pieces_of("\n9. d\n", flow)[1].tail() == '<ol start="9">\n<li>d</li>\n</ol>\n'


def test_a_block_that_grows_beyond_the_cap_is_plain_until_the_end():
    pieces, flow = pieces_of("x" * LONGEST_TAIL)
    assert pieces == []
    assert flow.tail() == f"<p>{'x' * LONGEST_TAIL}</p>\n"
    assert pieces_of("y", flow)[0] == [plain_html("x" * 4000)] * 3
    assert pieces_of("\n\n# z\n", flow)[0] == []
    assert flow.tail() == flow.end() == plain_html("x" * 288 + "y\n\n# z\n")


def test_plain_text_is_cut_behind_a_line_where_there_is_one():
    line = "a" * 949 + "\n"
    pieces, flow = pieces_of(line * 4 + "b" * 8001, Flow(plain=True))
    assert pieces == [plain_html(line * 4), plain_html("b" * 4000), plain_html("b" * 4000)]
    assert flow.tail() == plain_html("b")
    assert pieces_of("a" * 3999 + "\n", Flow(plain=True))[0] == []


def test_what_has_no_new_line_is_not_looked_at_again():
    budget = of_steps(1000)
    _, flow = pieces_of("# a\n\nb", Flow(budget))
    before = next(budget.looks)
    for _ in range(10):
        assert pieces_of("c", flow)[0] == []
    assert next(budget.looks) == before + 1


def test_each_look_brings_a_little_time_again():
    budget = Budget(0.25, processor=lambda: 0.0, clock=lambda: 0.0)
    flow, earned = Flow(budget), []
    earn = budget.earn
    budget.earn = lambda seconds: earned.append(seconds) or earn(seconds)
    for _ in range(3):
        list(flow.take())
    assert len(earned) == 3
    assert min(earned) > 0
