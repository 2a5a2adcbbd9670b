"""Formulas as MathML: drawn whole, or shown as code; whatever they hold, only a closed list of elements comes out."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.render import Flow, to_html
from ofox_magic.render.mathml import ATTRIBUTES, ELEMENTS, NotDrawn, to_mathml

WORDS = st.sampled_from(
    [*r"\frac \sqrt \text \left( \right) \begin{aligned} \end{aligned} \begin{cases} \end{cases} \\ & { } ^ _ x 1 + \alpha".split(), "<b>", "&lt;", "'", '"', "\\"]
)  # fmt: skip


def tags(html):
    return set(re.findall(r"<([a-z]+)", html))


@pytest.mark.parametrize(
    ("tex", "tag"),
    [
        (r"\frac{1}{2}", "mfrac"),
        (r"\sqrt[3]{x}", "mroot"),
        (r"\sum_{i=1}^n x_i", "msub"),
        (r"\begin{pmatrix} 1 & 0 \\ 0 & 1 \end{pmatrix}", "mtable"),
        (r"\begin{aligned} a &= b \\ &= c \end{aligned}", "mtable"),
        (r"\begin{alignedat}{2} a &= b \\ &= c \end{alignedat}", "mtable"),
        (r"\begin{gathered} a \\ b \end{gathered}", "mtable"),
        (r"\begin{cases} a & b \\ c & d \end{cases}", "mtable"),
        (r"\begin{equation} a = b \end{equation}", "mi"),
    ],
)
def test_what_models_write_is_drawn(tex, tag):
    drawn = to_mathml(tex, block=True)
    assert drawn.startswith('<math display="block">')
    assert tag in tags(drawn)
    assert "\\" not in drawn


@pytest.mark.parametrize("tex", [r"\unheardof{x}", "{" * 3000, "x^1^2", "a & b"])
def test_what_cannot_be_drawn_whole_is_not_drawn(tex):
    with pytest.raises(NotDrawn):
        to_mathml(tex, block=False)
    assert "<math" not in to_html(f"${tex}$", mathml=True)


def test_the_text_of_a_formula_stays_text():
    html = to_html(r"$\text{<img src=x onerror=alert(1)> &lt;b&gt;}$", mathml=True)
    assert "<img" not in html
    assert "&lt;img" in html


def test_a_formula_that_may_not_be_typeset_is_code():
    assert (
        to_html(r"$\href{javascript:alert(1)}{x}$", mathml=True)
        == "<p><code>$\\href{javascript:alert(1)}{x}$</code></p>\n"
    )


def test_without_mathml_formulas_are_as_they_were():
    assert "mathjax_process" in to_html("$x^2$")
    assert "<math" not in to_html("$x^2$")


@given(st.lists(WORDS, max_size=14).map(" ".join))
def test_only_listed_elements_and_attributes_come_out(tex):
    try:
        drawn = to_mathml(tex, block=False)
    except NotDrawn:
        return
    assert tags(drawn) <= ELEMENTS
    assert set(re.findall(r' ([a-z]+)="', drawn)) <= ATTRIBUTES
    assert re.sub(r'</?[a-z]+( [a-z]+="[^"<>]*")*>', "", drawn).count("<") == 0


def test_a_growing_text_ends_as_the_whole_does():
    text = "A $x^2$ and\n\n$$\\frac{a}{b}$$\n\nthe end"
    flow = Flow(mathml=True)
    pieces = []
    for char in text:
        flow.feed(char)
        pieces += flow.take()
        flow.tail()
    assert "".join(pieces) + flow.end() == to_html(text, mathml=True)
