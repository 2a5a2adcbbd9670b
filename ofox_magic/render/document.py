"""A whole text as HTML, within a budget: what would take too long to render is shown as plain text."""

from html import escape

from ofox_magic.render.budget import Budget, TooMuch
from ofox_magic.render.markdown import parse, render
from ofox_magic.render.sanitize import sanitize
from ofox_magic.untrusted import printable

MAX_TEXT = 256 << 10
"""Characters; a longer text is shown plain."""
MAX_SECONDS = 0.3
"""What parsing a text and colouring its code may cost."""

STYLE = """\
<style>
.ofox-answer{margin-bottom:0!important;overflow-wrap:break-word}
.ofox-answer>*{margin-top:0!important;margin-bottom:.9em!important}
.ofox-answer>:is(h1,h2,h3,h4,h5,h6){padding-top:.4em}
.ofox-answer .ofox-code{overflow-x:auto;margin-bottom:.9em!important;padding:.6em .8em!important;line-height:1.45;
background:rgba(128,128,128,.09)!important;border-left:3px solid rgba(128,128,128,.3)!important}
.ofox-answer .ofox-part{margin-bottom:0!important}
.ofox-answer .ofox-code code{background:none;padding:0;white-space:pre}
.ofox-answer details[open]{padding-left:.8em;border-left:3px solid rgba(128,128,128,.3)}
.ofox-answer details>*{margin-top:0!important;margin-bottom:.6em!important}
.ofox-answer summary{cursor:pointer}
.ofox-answer table{display:block;max-width:100%;overflow-x:auto}
.ofox-answer td{vertical-align:top}
.ofox-answer th{vertical-align:bottom}
.ofox-answer :is(th,td):not([align]){text-align:start}
.ofox-answer :is(th,td)[align=left]{text-align:left}
.ofox-answer :is(th,td)[align=center]{text-align:center}
.ofox-answer hr{border:0;border-top:1px solid rgba(128,128,128,.4)}
.ofox-plain{white-space:pre-wrap;overflow-wrap:anywhere}
.ofox-host,.ofox-note,.ofox-answer summary{opacity:.65;font-size:.88em}
.ofox-answer .ofox-along{list-style:none!important;padding:0!important;margin-inline:0!important}
.ofox-chip{display:inline-block;max-width:100%;margin:0 .3em .2em 0;padding:0 .5em;
border:1px solid rgba(128,128,128,.5);border-radius:.8em}
.ofox-c{color:var(--jp-mirror-editor-comment-color,#6a737d);font-style:italic}
.ofox-k{color:var(--jp-mirror-editor-keyword-color,#a626a4);font-weight:600}
.ofox-s{color:var(--jp-mirror-editor-string-color,#b5302a)}
.ofox-m{color:var(--jp-mirror-editor-number-color,#1a7f37)}
.ofox-b{color:var(--jp-mirror-editor-builtin-color,#116329)}
.ofox-f{color:var(--jp-mirror-editor-def-color,#2f5bd7)}
.ofox-d{color:var(--jp-mirror-editor-meta-color,#8250df)}
.ofox-x{color:var(--jp-mirror-editor-string-color,#d1242f)}
.ofox-i{color:var(--jp-mirror-editor-number-color,#1a7f37)}
</style>
"""
"""The one style of an answer, put before it after sanitising. JupyterLab's own variables make it light or dark."""


def to_html(markdown: str, *, mathml: bool = False) -> str:
    """Return *markdown*, whoever wrote it, as HTML that is safe in any page; formulas as *mathml*, see `render`."""
    text = printable(markdown)
    if len(text) > MAX_TEXT:
        return plain_html(text)
    budget = Budget(MAX_SECONDS)
    try:
        return render(parse(text, budget), budget, mathml=mathml)
    except TooMuch:
        return plain_html(text)


def picture_html(address: str, words: str) -> str:
    """Return the picture that *address* is, a small raster `data:` one; *words* stand for it where it is not shown."""
    return sanitize(f'<img src="{escape(address)}" alt="{escape(printable(words))}">')


def plain_html(text: str) -> str:
    """Return printable *text* as it is, in HTML."""
    return f'<pre class="ofox-plain">{escape(text)}</pre>\n' if text else ""
