"""Formulas in markdown, told from prices and from code, and typeset where they do nothing but draw."""

import re
from html import escape

import pytest

from ofox_magic.render import to_html
from ofox_magic.render.tex import MAX_LENGTH


def html_of(text):
    """*text* with what stands in ⟦…⟧ as it is handed to who typesets it."""
    return re.sub("⟦(.*?)⟧", r'<span class="mathjax_process">\1</span>', text, flags=re.DOTALL)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("$x^2$", r"<p>⟦\(x^2\)⟧</p>"),
        (r"a \( b<c \) d", r"<p>a ⟦\(b&lt;c\)⟧ d</p>"),
        ("$$x$$ and", r"<p>⟦\[x\]⟧ and</p>"),
        (r"a \[x\]", r"<p>a ⟦\[x\]⟧</p>"),
        ("$$ a $$", r"<p>⟦\[a\]⟧</p>"),
        ("$$ a\nb $$", "<p>⟦\\[a\nb\\]⟧</p>"),
        ("\\[\n a\n b\n\\] \nc", "<p>⟦\\[a\nb\\]⟧</p>\n<p>c</p>"),
        ("a\n$$\nx\n$$\nb", "<p>a</p>\n<p>⟦\\[x\\]⟧</p>\n<p>b</p>"),
        ("> $$\n> x\n> $$", "<blockquote>\n<p>⟦\\[x\\]⟧</p>\n</blockquote>"),
        ("- a\n  $$\n  x\n  $$\n- b", "<ul>\n<li>a<p>⟦\\[x\\]⟧</p>\n</li>\n<li>b</li>\n</ul>"),
        ("> a\n$$\nx\n$$", "<blockquote>\n<p>a</p>\n</blockquote>\n<p>⟦\\[x\\]⟧</p>"),
        ("|a|\n|-|\n$$\nx\n$$", "<table>\n<thead>\n<tr>\n<th>a</th>\n</tr>\n</thead>\n</table>\n<p>⟦\\[x\\]⟧</p>"),
        ("$$ a $$  \nb", "<p>⟦\\[a\\]⟧</p>\n<p>b</p>"),
        ("- a\n$$\nx\n$$", "<ul>\n<li>a</li>\n</ul>\n<p>⟦\\[x\\]⟧</p>"),
        ("   $$\n   x\n   $$", r"<p>⟦\[x\]⟧</p>"),
    ],
)
def test_formulas_stand_in_a_line_or_in_lines_of_their_own(markdown, html):
    assert to_html(markdown).strip() == html_of(html)


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("$$\n\\sum", "<p>$$\n\\sum</p>"),
        ("$$\na < b\n\nc\n$$", "<p>$$\na &lt; b</p>\n<p>c</p>\n<p>$$</p>"),
        ("- $$\n  x\ny", "<ul>\n<li>\n<p>$$\nx</p>\n</li>\n</ul>\n<p>y</p>"),
        ("> a\n    $$", "<blockquote>\n<p>a\n$$</p>\n</blockquote>"),
        ("    $$\n    x\n    $$", '<pre class="ofox-code"><code>$$\nx\n$$\n</code></pre>'),
    ],
)
def test_lines_without_their_counterpart_are_text_up_to_the_next_blank_one(markdown, html):
    assert to_html(markdown).strip() == html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        (r"$a\$b$", r"⟦\(a\$b\)⟧"),
        ("$x$y", r"⟦\(x\)⟧y"),
        ("_$a_b_$c", r"_⟦\(a_b_\)⟧c"),
        (r"\$x$", "$x$"),
        (r"\\(x\\)", r"\(x\)"),
        *(
            (text, text)
            for text in (
                "a$x$",
                "$$x$",
                "a $$x$",
                "$ x$",
                "$x $",
                "$x$5",
                "$x$5a",
                "$$ $$ a",
                "$",
                "a $",
                "$x",
                "$5 or $10",
            )
        ),
    ],
)
def test_a_dollar_is_told_from_the_sign_of_a_formula(markdown, html):
    assert to_html(markdown) == html_of(f"<p>{html}</p>\n")


@pytest.mark.parametrize("tex", [r"$\href{x}{y}$", r"\(\href{<}\)", "$$\n\\def\n$$", r"\[\end{html}\]", r"$\begin x$"])
def test_what_may_not_be_typeset_is_code_and_whole(tex):
    assert to_html(tex) == f"<p><code>{escape(tex)}</code></p>\n"


def test_a_bracket_in_a_formula_does_not_end_the_words_of_a_link():
    assert html_of(r">a ⟦\(]\)⟧ c</a>") in to_html("[a $]$ c](https://b.example)")


def test_no_formula_is_longer_than_any_is():
    most, more = "x" * MAX_LENGTH, "x" * (MAX_LENGTH + 1)
    assert to_html(f"$$\n{most}\n$$") == html_of(f"<p>⟦\\[{most}\\]⟧</p>\n")
    assert to_html(f"$$\n{more}\n$$") == f"<p><code>$$\n{more}\n$$</code></p>\n"
    assert to_html(f"${most[1:]}$") == html_of(f"<p>⟦\\({most[1:]}\\)⟧</p>\n")
    assert to_html(f"${most}$") == f"<p>${most}$</p>\n"


@pytest.mark.parametrize(
    ("markdown", "typeset"),
    [
        ("$x^2$", True),
        (r"\(\frac{a}{b}\)", True),
        ("$$\n\\sum_i x_i\n$$", True),
        (r"\[ \begin{aligned} a &= b \\ c &= d \end{aligned} \]", True),
        ("it costs $5 or $10", False),
        ("US$5, A$6", False),
        ("$5-$10", False),
        (r"$\href{javascript:alert(1)}{x}$", False),
        (r"$\unknownmacro{x}$", False),
        (r"\(\bbox[background:url(//x)]{a}\)", False),
        (r"$\begin{html}x\end{html}$", False),
        ("`$x$`", False),
        ("$$\n\na", False),
    ],
)
def test_only_formulas_that_draw_are_typeset(markdown, typeset):
    assert ('class="mathjax_process"' in to_html(markdown)) is typeset
