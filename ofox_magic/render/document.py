"""A whole text as HTML, within a budget: what would take too long to render is shown as plain text."""

import math
import time
from html import escape

from ofox_magic.render.markdown import parse, render
from ofox_magic.untrusted import printable

MAX_TEXT = 256 << 10
"""Characters; a longer text is shown plain."""
MAX_SECONDS = 0.3
"""What parsing a text may cost, in seconds of this thread's processor time; a machine that is busy counts nothing."""
_SURE = 4 << 10  # characters that cannot cost too much

STYLE = """\
<style>
.ofox-answer{margin-bottom:0!important}
.ofox-answer>*{margin-top:0!important;margin-bottom:.9em!important}
.ofox-answer>:is(h1,h2,h3,h4,h5,h6){padding-top:.4em}
.ofox-answer .ofox-code{overflow-x:auto;padding:.6em .8em!important;line-height:1.45;
background:rgba(128,128,128,.09)!important;border-left:3px solid rgba(128,128,128,.3)!important}
.ofox-answer .ofox-part{margin-bottom:0!important}
.ofox-answer .ofox-code code{background:none;padding:0;white-space:pre}
.ofox-plain{white-space:pre-wrap;overflow-wrap:anywhere}
.ofox-host,.ofox-note,.ofox-answer summary{opacity:.65;font-size:.88em}
.ofox-c{color:var(--jp-mirror-editor-comment-color,#6a737d);font-style:italic}
.ofox-k{color:var(--jp-mirror-editor-keyword-color,#a626a4);font-weight:600}
.ofox-s{color:var(--jp-mirror-editor-string-color,#b5302a)}
.ofox-m{color:var(--jp-mirror-editor-number-color,#1a7f37)}
.ofox-b{color:var(--jp-mirror-editor-builtin-color,#116329)}
.ofox-f{color:var(--jp-mirror-editor-def-color,#2f5bd7)}
.ofox-d{color:var(--jp-mirror-editor-meta-color,#8250df)}
.ofox-x{color:#d1242f}.ofox-i{color:#1a7f37}
</style>
"""
"""The one style of an answer, put before it after sanitising. JupyterLab's own variables make it light or dark."""


def to_html(markdown: str) -> str:
    """Return *markdown*, whoever wrote it, as HTML that is safe in any page."""
    text = printable(markdown)
    return render(parse(text)) if is_affordable(text) else plain_html(text)


def plain_html(text: str) -> str:
    """Return printable *text* as it is, in HTML."""
    return f'<pre class="ofox-plain">{escape(text)}</pre>\n' if text else ""


def is_affordable(text: str) -> bool:
    """
    Return whether parsing *text* stays within the budget.

    Markdown can be written so that parsers take quadratic time and worse, and a parser that has begun cannot be
    stopped. So prefixes of doubled lengths are tried, and each foretells what the next will cost.
    """
    if len(text) > MAX_TEXT:
        return False
    parse("")  # the first parse builds the parser, which is no sign of a text that is slow
    size, before = _SURE, 0.0
    while size < len(text):
        then = min(len(text), 2 * size)
        seconds = _seconds_to_parse(text[:size])
        if _foretold(before, seconds, then / size) > MAX_SECONDS:
            seconds = min(seconds, _seconds_to_parse(text[:size]))  # a pause of the interpreter is no sign either
            if _foretold(before, seconds, then / size) > MAX_SECONDS:
                return False
        size, before = 2 * size, seconds
    return True


def _foretold(before: float, seconds: float, factor: float) -> float:
    """What a text longer by *factor* will cost, when doubling it last took the cost from *before* to *seconds*."""
    exponent = min(max(math.log2(seconds / before), 1.0), 3.0) if before else 1.0
    return float(seconds * factor**exponent)


def _seconds_to_parse(text: str) -> float:
    begin = time.thread_time()
    parse(text)
    return max(time.thread_time() - begin, 1e-4)
