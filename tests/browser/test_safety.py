"""Hostile answers in a live, trusted notebook: nothing runs, nothing is asked for, nothing gets out of the allow-list."""

import json
import os
from pathlib import Path

import pytest

CORPORA = Path(os.environ.get("OFOX_CORPORA") or Path(__file__).parents[3] / "shared" / "corpora")
FILE = CORPORA / "xss.json"
AT_ONCE = 12
"""Answers in one run of the cell: JupyterLab shows at most 50 outputs, and each takes up to four while it streams."""

SETUP = """\
import json, time
from ofox_magic.chat.events import FinishReason, TextDelta
from ofox_magic.jupyter.live import LiveCell
from ofox_magic.jupyter.painter import follow
from ofox_magic.jupyter.screen import NotebookScreen
from ofox_magic.settings import Deadlines
from ofox_magic.testing import scripted_session

def stream(text):
    step = max(1, -(-len(text) // 4))
    pieces = [TextDelta(text[at : at + step]) for at in range(0, len(text), step)] or [TextDelta("")]
    turn = scripted_session([*pieces, FinishReason("stop")]).ask("x")
    turn.wait()
    # a clock that runs ahead, so that every piece is painted
    screen = NotebookScreen(get_ipython(), whole_cell=False)
    clock = iter(range(10**6)).__next__
    cell = LiveCell(turn, screen, Deadlines(), clock)
    for piece in pieces:
        turn.reply.status = "streaming"
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
    "<script>alert(2)</script>",
    "<img src='http://127.0.0.1:9/leak?secret'>",
    "<div class='ofox-answer'><a href='javascript:alert(3)'>q</a><form id=foo></form></div>",
):
    display({"text/html": html}, raw=True)
"""
AUDIT = "[...document.querySelectorAll('.jp-RenderedHTMLCommon')].flatMap((root) => window.__audit(root))"


def setup(texts):
    return f"AT_ONCE = {AT_ONCE}\n{SETUP}texts = iter({texts})\n"


def watched(notebook):
    return notebook.page.evaluate("window.__watch")


def baseline(notebook):
    """Run harmless answers twice, and return what the page asks for then."""
    for _ in range(2):
        notebook.run(1)
        notebook.page.wait_for_timeout(500)
    known = notebook.watcher.addresses()
    assert watched(notebook)["faults"] == []
    assert notebook.page.locator("mjx-container").count() > 0, "formulas are typeset"
    return known


def play_all(notebook, cell, runs):
    """Run the *cell* so often that all texts were streamed; judge the page each time, as it ended and was typeset."""
    for _ in range(runs):
        notebook.run(cell)
        assert notebook.page.evaluate(AUDIT) == []
    notebook.page.wait_for_timeout(500)
    assert notebook.page.evaluate(AUDIT) == []


def assert_nothing_happened(notebook, known):
    seen = watched(notebook)
    assert seen["ran"] == []
    assert seen["faults"] == []
    assert notebook.watcher.opened == []
    assert {address for address in notebook.watcher.addresses() if "/static/" not in address[1]} - known == set()


def assert_a_raw_sink_is_seen(notebook, cell):
    """The positive control: in this very page, what is hostile does run, ask and show, and we notice."""
    notebook.watcher.forget()
    notebook.run(cell)
    notebook.page.wait_for_timeout(500)
    seen = watched(notebook)
    assert {"alert(1)", "alert(2)"} <= set(seen["ran"])
    assert any("127.0.0.1:9/leak" in url for _, url in notebook.watcher.requests)
    faults = " ".join(notebook.page.evaluate(AUDIT))
    for sign in ("<form>", "javascript:", "onerror", 'id="foo"'):
        assert sign in faults, sign


@pytest.mark.skipif(not FILE.exists(), reason="no shared/corpora beside the checkout (OFOX_CORPORA)")
def test_of_all_hostile_strings_none_does_anything_streamed_or_final(open_notebook):
    strings = len(json.loads(FILE.read_text(encoding="utf-8")))
    texts = f"[case['s'] for case in json.load(open({str(FILE)!r}, encoding='utf-8'))]"
    notebook = open_notebook("hostile.ipynb", setup("[]"), HARMLESS, f"texts = iter({texts})", "stream_next()", RAW)
    notebook.run(0)
    known = baseline(notebook)
    notebook.run(2)
    notebook.watcher.forget()
    play_all(notebook, 3, -(-strings // AT_ONCE))
    paints = watched(notebook)["paints"]
    assert_nothing_happened(notebook, known)
    assert paints >= 2 * strings, "each was painted while it streamed, and at its end"
    assert_a_raw_sink_is_seen(notebook, 4)
    print(f"{strings} strings in {paints} paints: no script, no request, no forbidden element")


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
]  # fmt: skip


def test_formulas_that_link_style_define_or_load_are_shown_as_code(open_notebook):
    delimiters = [
        ("$", "$"),
        ("$$", "$$"),
        (r"\(", r"\)"),
        (r"\[", r"\]"),
        ("\n$$\n", "\n$$\n"),
        ("\n\\[\n", "\n\\]\n"),
    ]
    texts = [f"a {left}{tex}{right} b" for tex in FORMULAS for left, right in delimiters]
    assert len(FORMULAS) >= 60
    notebook = open_notebook("formulas.ipynb", setup("[]"), HARMLESS, f"texts = iter({texts!r})", "stream_next()", RAW)
    notebook.run(0)
    known = baseline(notebook)
    notebook.run(2)
    notebook.watcher.forget()
    for _ in range(-(-len(texts) // AT_ONCE)):
        notebook.run(3)
        assert notebook.page.evaluate(AUDIT) == []
        assert notebook.cell(3).locator("mjx-container").count() == 0
        assert notebook.cell(3).locator("code").count() > 0
    assert_nothing_happened(notebook, known)
    assert_a_raw_sink_is_seen(notebook, 4)
