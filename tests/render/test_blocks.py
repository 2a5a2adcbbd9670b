"""The code and the tables of a text, as plain values."""

import re
from html import unescape

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ofox_magic.render import CodeBlock, TableBlock, TooMuch, blocks_of, to_html
from ofox_magic.untrusted import fenced, printable

from .answers import ANSWERS


def code(markdown):
    return [block.code for block in blocks_of(markdown) if isinstance(block, CodeBlock)]


def table(markdown):
    (block,) = blocks_of(markdown)
    assert isinstance(block, TableBlock)
    return block.header, *block.rows


@pytest.mark.parametrize(
    ("markdown", "found"),
    [
        ("```\nx\n```", ["x"]),
        ("~~~\nx\n~~~", ["x"]),
        ("````\n```\nx\n```\n````", ["```\nx\n```"]),
        ("~~~\n```\nx\n~~~", ["```\nx"]),
        ("```py\nx = 1\n\n\ny = 2\n```\ntext\n```\nz\n```", ["x = 1\n\n\ny = 2", "z"]),
        ("- a\n\n  ```\n  x:\n      y\n  ```\n- b", ["x:\n    y"]),
        ("1. a\n   1. b\n      ```\n      x\n      ```", ["x"]),
        ("> ```\n> x\n>  y\n> ```", ["x\n y"]),
        ("> - a\n>   ```\n>   x\n>   ```", ["x"]),
        ("  ```\n  x\n    y\n  ```", ["x\n  y"]),
        ("```\n\tx\n```", ["\tx"]),
        ("```python\nx = 1", ["x = 1"]),
        ("```python\nx = 1\n", ["x = 1"]),
        ("```python", [""]),
        ("```\n```", [""]),
        ("```\n\n```", [""]),
        ("> ```\n> x\nno more", ["x"]),
        ("text\n```\nx\n```\ntext", ["x"]),
        ("# a\n```\nx\n```", ["x"]),
        ("a\n\n    x\n\n    y\n\nb", ["x\n\ny"]),
        ("a\n    no code", []),
        ("`x` and ``y``", []),
        ("```a`b```", []),
        ("$$\na\n$$\n```\nx\n```", ["x"]),
        ("```\r\nx\r\ny\r\n```\r\n", ["x\ny"]),
        ("```\nx\x1b[31m\u202ey\n```", ["x[31my"]),
        ("|a|\n|-|\n|b|\n```\nx\n```", ["x"]),
        ("<details>\n\n```\nx\n```\n\n</details>", ["x"]),
    ],
)
def test_code_is_found_wherever_it_stands(markdown, found):
    assert code(markdown) == found


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        (" python title=x", "python"),
        ("c++", "c++"),
        ("", ""),
        ("<script>", ""),
        ("{.python}", ""),
        ("x" * 33, ""),
    ],
)
def test_a_fence_names_its_language(info, language):
    assert blocks_of(f"```{info}\nx\n```") == (CodeBlock("x", language),)


def test_indented_code_is_told_from_fenced():
    assert blocks_of("    x") == (CodeBlock("x", fenced=False),)


printable_code = st.text().map(printable).filter(lambda text: "\r" not in text)


@given(st.lists(st.tuples(printable_code, st.sampled_from(["", "python", "json", "c++"]))))
def test_any_code_that_is_put_into_fences_comes_back(pieces):
    markdown = "\n\nAnd then:\n\n".join(fenced(piece, language) for piece, language in pieces)
    assert list(blocks_of(markdown)) == [CodeBlock(piece, language) for piece, language in pieces]


def in_a_list(markdown):
    return "1. " + "\n".join(f"   {line}" if line else "" for line in markdown.split("\n"))[3:]


def in_a_quotation(markdown):
    return "\n".join(f"> {line}" for line in markdown.split("\n"))


@given(st.lists(printable_code, min_size=1), st.lists(st.sampled_from([in_a_list, in_a_quotation]), max_size=4))
def test_so_it_does_out_of_lists_and_quotations(pieces, nestings):
    markdown = "\n\n".join(fenced(piece) for piece in pieces)
    for nest in nestings:
        markdown = nest(markdown)
    assert code(markdown) == pieces


@example("```")
@example("a\n````\nb")
@given(printable_code)
def test_what_is_fenced_cannot_end_its_fence(text):
    assert blocks_of(fenced(text) + "\n\nafter") == (CodeBlock(text),)


@pytest.mark.parametrize("answer", ANSWERS.values(), ids=ANSWERS)
def test_code_is_what_the_page_shows_as_code(answer):
    shown = re.findall(r'<pre class="ofox-code"><code>(.*?)</code></pre>', to_html(answer), re.DOTALL)
    assert code(answer) == [unescape(re.sub("<[^>]*>", "", html)).removesuffix("\n") for html in shown]


@pytest.mark.parametrize(
    ("markdown", "rows"),
    [
        ("|a|b|\n|-|-|\n|1|2|", [("a", "b"), ("1", "2")]),
        ("a | b\n-|-\n1 | 2", [("a", "b"), ("1", "2")]),
        ("|a|b|\n|:-|-:|\n|1|\n|1|2|3|", [("a", "b"), ("1", ""), ("1", "2")]),
        ("|a|\n|-|", [("a",)]),
        ("|**a**|\n|-|\n|`x\\|y` *z*|", [("a",), ("x|y z",)]),
        ("|a|\n|-|\n|[b](https://c.example)|\n|![d](https://e.example/f.png)|", [("a",), ("b",), ("d",)]),
        ("|a|\n|-|\n|$x^2$ \\(y\\)|\n|costs $5 or $10|", [("a",), ("$x^2$ \\(y\\)",), ("costs $5 or $10",)]),
        ("|a|\n|-|\n|<b>x</b><br>y|", [("a",), ("<b>x</b><br>y",)]),
        ("|a|\n|-|\n|&lt; \\* 1|", [("a",), ("< * 1",)]),
        ("- a\n\n  |a|\n  |-|\n  |1|", [("a",), ("1",)]),
        ("> |a|\n> |-|\n> |1|", [("a",), ("1",)]),
        ("| |b|\n|-|-|\n|x|1|", [("", "b"), ("x", "1")]),
    ],
)
def test_tables_are_found_with_the_words_of_their_cells(markdown, rows):
    assert table(markdown) == tuple(rows)


def test_blocks_come_in_the_order_of_the_text():
    found = blocks_of("```\nx\n```\n\n|a|\n|-|\n|1|\n\n```\ny\n```\n\n|b|\n|-|")
    assert [type(block).__name__ for block in found] == ["CodeBlock", "TableBlock", "CodeBlock", "TableBlock"]


def test_a_table_in_code_is_code():
    assert blocks_of("```\n|a|\n|-|\n```") == (CodeBlock("|a|\n|-|"),)


def test_what_is_nested_too_deep_is_said_and_not_left_out():
    with pytest.raises(TooMuch):
        blocks_of("> " * 50 + "```\nx")


@given(st.text(alphabet="`~|->1. \n\tax$\\[]"))
def test_no_text_makes_it_stumble(markdown):
    for block in blocks_of(markdown):
        if isinstance(block, TableBlock):
            assert {len(row) for row in block.rows} <= {len(block.header)}
