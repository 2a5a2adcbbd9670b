"""Hostile answers in a live, trusted notebook: nothing runs, nothing is asked for, nothing gets out of the allow-list."""

import json
import os
from pathlib import Path

import pytest

CORPORA = Path(os.environ.get("OFOX_CORPORA") or Path(__file__).parents[3] / "shared" / "corpora")
FILE = CORPORA / "xss.json"
AT_ONCE = 10
"""Answers in one run of the cell: JupyterLab shows at most 50 outputs, and each takes a few while it streams."""
pytestmark = pytest.mark.browser

# Each text is also what the model thought, and the name of the model: all that a gateway says is hostile.
SETUP = """\
import json
from ofox_magic.chat.events import FinishReason, Identified, ReasoningDelta, TextDelta
from ofox_magic.jupyter.live import LiveCell
from ofox_magic.jupyter.painter import follow
from ofox_magic.jupyter.screen import NotebookScreen
from ofox_magic.settings import Deadlines
from ofox_magic.testing import ManualClock, scripted_session

published = 0

class CountingScreen(NotebookScreen):
    def _publish(self, number, bundle, *, update):
        global published
        published += bool(bundle[0]["text/html"])
        super()._publish(number, bundle, update=update)

def stream(text):
    step = max(1, -(-len(text) // 4))
    pieces = [TextDelta(text[at : at + step]) for at in range(0, len(text), step)] or [TextDelta("")]
    begin = [Identified(model=text), ReasoningDelta(text)]
    turn = scripted_session([*begin, *pieces, FinishReason("stop")]).ask("x")
    turn.wait()
    clock = ManualClock()
    cell = LiveCell(turn, CountingScreen(get_ipython(), whole_cell=False), Deadlines(), clock)
    for piece in pieces:
        turn.reply.status = "streaming"
        clock.advance(10)  # so that every piece is painted
        cell.beat(piece)
    turn.reply.status = "done"
    cell.end()

def stream_next():
    for text in (next(texts, None) for _ in range(AT_ONCE)):
        if text is not None:
            stream(text)
"""
HARMLESS = """\
texts = iter(["# Hello\\n\\n$x^2$ and [a link](https://a.example)\\n\\n```python\\nx = 1\\n```\\n\\n| a |\\n|---|\\n| 1 |\\n"] * 3)
stream_next()
"""
RAW = """\
from IPython.display import display
for html in (
    "<img src=x onerror='alert(1)'>",
    "<script>alert(2); window.hostile = 1</script>",
    "<iframe srcdoc='framed'></iframe>",
    "<a id=window target=_blank href='about:blank'></a><a id=file download=f href='data:text/plain,x'></a>"
    "<script>document.getElementById('window').click(); document.getElementById('file').click()</script>",
    "<img src='http://127.0.0.1:9/leak?secret'>",
    "<div class='ofox-answer'><a href='javascript:alert(3)'>q</a><form id=foo></form></div>",
):
    display({"text/html": html}, raw=True)
"""
REST = ("stream_next()", "print(published)", RAW)
GLOBALS = "Object.getOwnPropertyNames(window)"
AUDIT = "[...document.querySelectorAll('.jp-RenderedHTMLCommon')].flatMap((root) => window.__audit(root, true))"


def setup(texts):
    return f"AT_ONCE = {AT_ONCE}\n{SETUP}texts = iter({texts})\n"


def fresh(texts):
    return f"texts = iter({texts})\npublished = 0"


def watched(notebook):
    return notebook.page.evaluate("window.__watch")


def baseline(notebook):
    """Run harmless answers twice, and return what the page asks for then, and its global names."""
    notebook.watcher.watch_scripts()
    for _ in range(2):
        notebook.run(1)
        notebook.page.wait_for_timeout(500)
    assert watched(notebook)["faults"] == []
    assert notebook.cell(1).locator("mjx-container").count() > 0, "formulas are typeset"
    return notebook.watcher.addresses(), set(notebook.page.evaluate(GLOBALS))


def play_all(notebook, cell, runs):
    """Run the *cell* so often that all texts were streamed; judge the page each time, as it ended and was typeset."""
    for _ in range(runs):
        notebook.run(cell)
        assert notebook.page.evaluate(AUDIT) == []
        assert notebook.cell(cell).locator(".jp-TrimmedOutputs").count() == 0, "all outputs are shown"
    notebook.page.wait_for_timeout(500)
    assert notebook.page.evaluate(AUDIT) == []


def assert_nothing_happened(notebook, known):
    addresses, names = known
    seen = watched(notebook)
    assert seen["ran"] == []
    assert seen["faults"] == []
    assert set(notebook.page.evaluate(GLOBALS)) - names == set()
    assert notebook.watcher.scripts == []
    assert notebook.watcher.opened == []
    # the server's own files are Lab's, which loads some late
    asked = {address for address in notebook.watcher.addresses() if not address[1].startswith("/static/")}
    assert asked - addresses == set()


def assert_a_raw_sink_is_seen(notebook, cell):
    """The positive control: in this very page, what is hostile does run, ask and show, and we notice."""
    notebook.watcher.forget()
    notebook.run(cell)
    notebook.page.wait_for_timeout(500)
    assert {"alert(1)", "alert(2)"} <= set(watched(notebook)["ran"])
    assert "hostile" in notebook.page.evaluate(GLOBALS)
    assert notebook.watcher.scripts
    opened = " ".join(notebook.watcher.opened)
    for sign in ("a frame", "window about:blank", "download data:"):
        assert sign in opened, sign
    assert any("/lab/tree/x" in url or "/files/x" in url for _, url in notebook.watcher.requests)
    assert any("127.0.0.1:9/leak" in url for _, url in notebook.watcher.requests)
    faults = " ".join(notebook.page.evaluate(AUDIT))
    for sign in ("<form>", "<iframe>", "<script>", "javascript:", "onerror", 'id="foo"'):
        assert sign in faults, sign


@pytest.mark.skipif(not FILE.exists(), reason="no shared/corpora beside the checkout (OFOX_CORPORA)")
def test_of_all_hostile_strings_none_does_anything_streamed_or_final(open_notebook):
    strings = len(json.loads(FILE.read_text(encoding="utf-8")))
    texts = f"[case['s'] for case in json.load(open({str(FILE)!r}, encoding='utf-8'))]"
    notebook = open_notebook("hostile.ipynb", setup("[]"), HARMLESS, fresh(texts), *REST)
    notebook.run(0)
    known = baseline(notebook)
    notebook.run(2)
    notebook.watcher.forget()
    play_all(notebook, 3, -(-strings // AT_ONCE))
    assert_nothing_happened(notebook, known)
    paints = len(watched(notebook)["paints"])
    notebook.run(4)
    published = int(notebook.outputs(4).inner_text())
    assert published > 4 * strings
    assert paints >= published, "what was published was painted"
    assert_a_raw_sink_is_seen(notebook, 5)
    print(f"\n{strings} strings, published {published} times, painted {paints} times; no script, no request, no fault")


FORMULAS = [
    r"\href{javascript:alert(1)}{x}", r"\url{https://evil.example}", r"\style{color:red}{x}", r"\class{jp-Dialog}{x}",
    r"\cssId{foo}{x}", r"\htmlId{foo}{x}", r"\htmlClass{foo}{x}", r"\htmlStyle{color:red}{x}", r"\htmlData{a=b}{x}",
    r"\data{a=b}{x}", r"\def\a{x}\a", r"\newcommand{\a}{x}\a", r"\renewcommand{\frac}{x}", r"\let\a=\frac", r"\gdef\a{x}",
    r"\require{html}\href{x}{y}", r"\unicode[font]{65}", r"\bbox[border:2px solid red]{x}",
    r"\bbox[background:url(http://127.0.0.1:9/leak)]{x}", r"\mmlToken{mi}[style='color:red']{x}", r"x\label{foo}",
    r"\ref{foo}", r"\eqref{foo}", r"x\tag{1}", r"\includegraphics{http://127.0.0.1:9/leak.png}",
    r"\enclose{circle}[mathcolor='red']{x}", r"\toggle{a}{b}\endtoggle", r"\texttip{a}{b}", r"\mathtip{a}{b}",
    r"\Newextarrow{\a}{5,5}{0x21C0}", r"\DeclareMathOperator{\a}{x}", r"\newenvironment{a}{b}{c}\begin{a}x\end{a}",
    r"\begin{html}x\end{html}", r"\begin{foo}x\end{foo}", r"\definecolor{a}{rgb}{1,0,0}", r"\color{red}x",
    r"\colorbox{red}{x}", r"\text{\href{x}{y}}", r"\frac{\href{javascript:alert(1)}{x}}{y}", r"\verb|x|",
    r"\char`\<", r"\catcode`\@=11", r"\input{/etc/passwd}", r"\write18{x}", r"\csname href\endcsname{x}{y}",
    r"\begingroup\def\a{x}\a\endgroup", r"\providecommand{\a}{x}", r"\DeclarePairedDelimiter{\a}{x}{y}",
    r"\Hrefx{y}", r"\HREF{javascript:alert(1)}{x}", "\\href%\n{javascript:alert(1)}{x}", r"\mathchoice{\href{x}{y}}{}{}{}",
    r"\operatorname{\style{color:red}{x}}", r"\overset{\class{a}{b}}{c}", r"\sqrt[\cssId{a}{b}]{c}", r"\ce{H2O}",
    r"\pu{1 kg}", r"\xrightarrow{\href{x}{y}}", r"\left\href{x}{y}\right.", r"\fcolorbox{red}{blue}{x}", r"\require{bbox}",
    r"\begin{array}{>{\href{x}{y}}c}x\end{array}", r"\begin{align}x\href{y}{z}\end{align}", "x\n\\href\n{y}{z}",
    "\\frac{a}{b} % a comment\n\\class{c}{d}", r"\begin {html}x\end {html}", r"\text{a \(\href{x}{y}\) b}",
]  # fmt: skip
DELIMITERS = [
    ("$", "$"),
    ("$$", "$$"),
    (r"\(", r"\)"),
    (r"\[", r"\]"),
    ("\n$$\n", "\n$$\n"),
    ("\n\\[\n", "\n\\]\n"),
]
# Whatever becomes of these, even a formula: nothing in it may link, load or have a name.
TRICKS = [
    r"$\text{$\href{javascript:alert(1)}{x}$}$", r"\(\text{$\href{javascript:alert(1)}{x}$}\)", r"$\text{a $ b\href{x}{y}$",
    r"$\text{<img src=x onerror=alert(1)>}$", r"\[<script>alert(1)</script>\]", r"$x</span><form id=foo>$",
    "$＼href{javascript:alert(1)}{x}$", "$\\ｈref{javascript:alert(1)}{x}$", "$\\hr\u200bef{javascript:alert(1)}{x}$",
    "$\\\u200bhref{javascript:alert(1)}{x}$", "$\\hre\u0301f{x}{y}$", "$\\\\href{javascript:alert(1)}{x}$",
    r"$\^^68ref{javascript:alert(1)}{x}$", "$%\n\\frac{1}{2}$ \\href{javascript:alert(1)}{x}", r"$x$\href{y}{z}$x$",
    r"\begin{equation}\href{javascript:alert(1)}{x}\end{equation}", r"\href{javascript:alert(1)}{x}",
    "$`\\href{javascript:alert(1)}{x}`$", "`$x$` $`y`\\href{x}{y}$", "**$x**\\href{y}{z}$", "$a|b$\n\n| $x | y$ |\n|-|-|\n| \\(a | b\\) |",
    r"[$\href{x}{y}$](https://a.example)", r"![$x$](https://a.example)", r"\\(\href{javascript:alert(1)}{x}\\)",
    r"\\\(\href{javascript:alert(1)}{x}\\\)", "\\[\n\\href{javascript:alert(1)}{x}\n", "$$\n\\require{html}\n\n$$\n\\href{x}{y}\n$$",
    r"# $\cssId{foo}{x}$", "- \\[\n  \\style{color:red}{x}\n  \\]", "> $$\n> \\class{jp-Dialog}{x}\n> $$",
    "```math\n\\href{javascript:alert(1)}{x}\n```", "\\( x \\href{y}{z} \\[ w \\) \\]", r"$$x$\href{y}{z}$$",
]  # fmt: skip


def test_formulas_that_link_style_define_or_load_are_shown_as_code(open_notebook):
    texts = [f"a {left}{tex}{right} b" for tex in FORMULAS for left, right in DELIMITERS]
    assert len(FORMULAS) >= 60
    notebook = open_notebook("formulas.ipynb", setup("[]"), HARMLESS, fresh(repr(texts)), *REST)
    notebook.run(0)
    known = baseline(notebook)
    notebook.run(2)
    notebook.watcher.forget()
    for _ in range(-(-len(texts) // AT_ONCE)):
        notebook.run(3)
        assert notebook.page.evaluate(AUDIT) == []
        assert notebook.cell(3).locator("mjx-container, .mathjax_process").count() == 0
        assert notebook.cell(3).locator("code").count() > 0
    assert_nothing_happened(notebook, known)
    assert_a_raw_sink_is_seen(notebook, 5)


def test_formulas_in_disguise_lead_nowhere_even_where_they_are_typeset(open_notebook):
    notebook = open_notebook("tricks.ipynb", setup("[]"), HARMLESS, fresh(repr(TRICKS)), *REST)
    notebook.run(0)
    known = baseline(notebook)
    notebook.run(2)
    notebook.watcher.forget()
    for _ in range(-(-len(TRICKS) // AT_ONCE)):
        notebook.run(3)
        notebook.page.wait_for_timeout(700)  # for MathJax
        assert notebook.page.evaluate(AUDIT) == []
        assert notebook.cell(3).locator("mjx-container a, mjx-container [style*=url], a[href^=javascript]").count() == 0
    assert_nothing_happened(notebook, known)
    assert_a_raw_sink_is_seen(notebook, 5)
