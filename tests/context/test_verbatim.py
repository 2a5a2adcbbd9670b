"""Where a prompt is code or a formula: by CommonMark's rules for fences and code spans, by our renderer's for formulas."""

import random
import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from ofox_magic.context.verbatim import outside, verbatim
from ofox_magic.render.math import add_math

MARK = re.compile("m[0-9]+m")
LITERAL = {"code_inline", "fence", "math_inline", "math_display"}
LEFT_OPEN = {"code_block", "math_open"}  # an indented block is read as a paragraph here, an open formula as either


def literal(text):
    """The text of all that is verbatim."""
    return [text[start:end] for start, end in verbatim(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a `b` c", ["`b`"]),
        ("a ``b ` c`` d", ["``b ` c``"]),
        ("a `b `` c", []),
        (r"a \`b` c", []),
        ("a `b\nc` d", ["`b\nc`"]),
        ("a `b\n\nc` d", []),
        ("a `b\n# c` d", []),
        ("# a `b\nc` d", []),
        ("- a `b\n- c` d", []),
        ("```\na\n```\nb", ["```\na\n```\n"]),
        ("````\na\n```\nb\n`````\nc", ["````\na\n```\nb\n`````\n"]),
        ("~~~\na\n```\n~~~ \nb", ["~~~\na\n```\n~~~ \n"]),
        ("``` a`b\nc", []),
        ("~~~ a`b\nc", ["~~~ a`b\nc"]),
        ("   ```\na\n   ```\nb", ["   ```\na\n   ```\n"]),
        ("    ```\na", []),
        ("```\na\n    ```\nb", ["```\na\n    ```\nb"]),
        ("```\nopen to the end", ["```\nopen to the end"]),
        ("a\r\n```\r\nb\r\n```\r\nc", ["```\r\nb\r\n```\r\n"]),
        ("1. a\n\n   ```\n   b\n   ```\n   c", ["   ```\n   b\n   ```\n"]),
        ("- ```\n  a\n\n  b\nc", ["- ```\n  a\n\n  b\n"]),
        ("> ```\n> a\nb", ["> ```\n> a\n"]),
        ("$a$ and $b$", ["$a$", "$b$"]),
        ("it is $5 or $10", []),
        ("$ a $ and $$", []),
        (r"\(a\) and \[b\]", [r"\(a\)", r"\[b\]"]),
        (r"\\(a\\)", []),
        ("$$\na\n\n# no\n$$ b", ["$$\na\n", "$$ b"]),
        ("a $`b$ c`", ["$`b$"]),
        ("a `$b` c$", ["`$b`"]),
        ("see https://x.org/{a}, and", ["https://x.org/{a},"]),
        ("f'a {b}' g", ["f'a {b}'"]),
        ("half'a {b}' g", []),
    ],
)
def test_what_is_verbatim(text, expected):
    assert literal(text) == expected


def told_by_the_renderer(text):
    """Whether each mark in *text* is verbatim, where our parser and this module mean the same."""
    parser = MarkdownIt("commonmark").disable(["html_block", "html_inline", "reference", "autolink", "link", "image"])
    add_math(parser)
    told = {}
    for token in parser.parse(text):
        for leaf in token.children or [token]:
            if leaf.type not in LEFT_OPEN:
                told |= dict.fromkeys(MARK.findall(f"{leaf.content} {leaf.info}"), leaf.type in LITERAL)
    return told


def told_here(text):
    ranges = verbatim(text)
    return {mark.group(): any(start <= mark.start() < end for start, end in ranges) for mark in MARK.finditer(text)}


PIECES = ["`", "``", "```", "```\n", "~~~", "~~~~\n", "\n", "\n\n", " ", "    ", "- ", "> ", "# ", "1. ", "\\", "word"]
PIECES += ["$", "$$", "\\(", "\\)", "\\[", "\\]", "\n```\n", "\n- ", "\n> ", "\n  ", "\n$$\n"]


def test_the_renderer_and_this_module_agree_but_for_one_in_two_hundred():
    chance, differing = random.Random(1), []
    for _ in range(2_000):
        text = ""
        for number in range(chance.randint(3, 16)):
            text += chance.choice(PIECES) + (f" m{number}m " if chance.random() < 0.4 else "")
        ours = told_here(text)
        if any(ours[mark] != is_literal for mark, is_literal in told_by_the_renderer(text).items()):
            differing.append(text)
    assert len(differing) <= 10, differing[:5]


@pytest.mark.parametrize("piece", ["\\(", "- "])
def test_what_is_open_and_what_is_nested_is_not_gone_through_again_and_again(piece):
    began = time.process_time()
    verbatim(piece * 500_000)
    assert time.process_time() - began < 8


@settings(max_examples=300, derandomize=True)
@given(st.lists(st.sampled_from(PIECES), max_size=30).map("".join))
def test_ranges_are_in_order_and_apart_and_the_rest_is_what_lies_between(text):
    ranges = verbatim(text)
    edges = [edge for pair in ranges for edge in pair]
    assert edges == sorted(edges)
    assert all(start < end for start, end in ranges)
    assert "".join(text[start:end] for start, end in sorted([*ranges, *outside(text, ranges)])) == text
