"""Colours of code: which words have which, and where there are none."""

from html import escape

import pytest

from ofox_magic.render.code import MAX_CODE, highlight, language_of

from .budgets import endless, of_steps


def coloured(code, language):
    return highlight(code, language, endless().check)


@pytest.mark.parametrize(
    ("language", "code", "html"),
    [
        (
            "python",
            "@d\nclass A:  # c\n    def f(x):\n        return 'a' + str(1.5) and x",
            '<span class="ofox-d">@d</span>\n'
            '<span class="ofox-k">class</span> <span class="ofox-f">A</span>:  <span class="ofox-c"># c</span>\n'
            '    <span class="ofox-k">def</span> <span class="ofox-f">f</span>(x):\n'
            '        <span class="ofox-k">return</span> <span class="ofox-s">\'a\'</span> + '
            '<span class="ofox-b">str</span>(<span class="ofox-m">1.5</span>) <span class="ofox-k">and</span> x',
        ),
        (
            "html",
            "<b c=d>&</b>",
            '&lt;<span class="ofox-k">b</span> <span class="ofox-b">c</span>=<span class="ofox-s">d</span>&gt;&amp;&lt;/'
            '<span class="ofox-k">b</span>&gt;',
        ),
        ("diff", "-a\n+b\n", '<span class="ofox-x">-a</span>\n<span class="ofox-i">+b</span>\n'),
        ("sql", "\n\nSELECT 'a''b'", "\n\n<span class=\"ofox-k\">SELECT</span> <span class=\"ofox-s\">'a''b'</span>"),
    ],
)
def test_words_have_the_colour_of_their_kind_and_nothing_else_changes(language, code, html):
    assert coloured(code, language) == html


@pytest.mark.parametrize("name", ["python", " Python ", "PY", "ipython3"])
def test_a_language_is_known_by_its_names(name):
    assert coloured("1", name) == '<span class="ofox-m">1</span>'


@pytest.mark.parametrize("name", ["", "text", "brainfuck", "pyton"])
def test_code_of_other_languages_is_plain(name):
    assert coloured('<"1">', name) == '&lt;"1"&gt;'


def test_code_longer_than_the_cap_is_plain():
    code = "1 <\n" * (MAX_CODE // 4)
    assert coloured(code, "python").count("<span") == MAX_CODE // 4
    assert coloured(f"{code}\n", "python") == escape(f"{code}\n")


def test_code_without_a_lexer_in_this_version_of_pygments_is_plain(monkeypatch):
    monkeypatch.setattr("ofox_magic.render.code._lexer", lambda name: None)
    assert coloured('<"1">', "python") == '&lt;"1"&gt;'


def test_code_that_goes_beyond_the_budget_is_plain_and_whole():
    budget = of_steps(1)
    with budget:
        assert highlight('"<" + 1\n' * 100, "python", budget.check) == '"&lt;" + 1\n' * 100


@pytest.mark.parametrize(
    ("info", "language"),
    [
        ("python", "python"),
        (" python title=x ", "python"),
        ("c++\tx", "c++"),
        ("R title=x y", "R"),
        ("objective-c", "objective-c"),
        ("x" * 32, "x" * 32),
        ("x" * 33, ""),
        ("<script> python", ""),
        (" ", ""),
        ("", ""),
    ],
)
def test_the_first_word_of_a_fences_info_is_its_language(info, language):
    assert language_of(info) == language
