"""
Markdown to HTML: markdown-it with HTML off, our own rules for links, images, math and tasks, then the sanitiser.

Nothing a model writes is loaded by a page: a remote image becomes a link that says where it leads, since loading it
would tell its host what the model put into the address. Reference definitions are off: a line far below would change
what stands above, which an answer that grows must not do, and they have carried more attacks than links.
"""

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

from ofox_magic.render.budget import Budget, TooMuch
from ofox_magic.render.code import highlight, language_of
from ofox_magic.render.links import host_of, is_small_image, may_link
from ofox_magic.render.math import DELIMITERS, DISPLAY, add_math
from ofox_magic.render.mathml import NotDrawn, to_mathml
from ofox_magic.render.sanitize import MATH_CLASS, sanitize
from ofox_magic.render.tasks import add_tasks
from ofox_magic.render.tex import may_typeset

MAX_NESTING = 20
_DEEPEST_CONTAINER = 2  # levels of a list: its own and its item's
_BLOCKS = ["paragraph", "reference", "blockquote", "list", "table"]  # that ask other rules at each line


def parse(markdown: str, budget: Budget) -> list[Token]:
    """Return the tokens of *markdown*, which is printable text. Raises TooMuch beyond *budget* and MAX_NESTING."""
    parser = _parser()  # built by the first call, which is no sign of a text that is slow
    with budget:
        return parser.parse(markdown, {"budget": budget})


def parse_blocks(markdown: str, budget: Budget) -> list[Token]:
    """Return the tokens of *markdown*, printable text, as `parse` does, but with what stands in a line unparsed."""
    parser, tokens = _parser(), list[Token]()
    with budget:
        parser.block.parse(markdown, parser, {"budget": budget}, tokens)
    return tokens


def parse_line(markdown: str, budget: Budget) -> list[Token]:
    """Return the tokens of *markdown* that stands in a line: a cell of a table."""
    with budget:
        return _parser().parseInline(markdown, {"budget": budget})[0].children or []


def render(tokens: Sequence[Token], budget: Budget, *, colours: bool = True, mathml: bool = False) -> str:
    """
    Return *tokens* as safe HTML, formulas as *mathml* or else as text that JupyterLab typesets.

    Code stays plain without *colours*, for as long as it still grows, and where colours would go beyond *budget*.
    """
    parser = _parser()
    with budget:
        html: str = parser.renderer.render(
            tokens, parser.options, {"budget": budget, "colours": colours, "mathml": mathml}
        )
        return sanitize(html, mathml=mathml)


class _Renderer(RendererHTML):
    """One method per token type, as markdown-it finds them by name."""

    def image(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        address = str(tokens[idx].attrs.get("src") or "")
        words = escape(tokens[idx].content or "image")
        if is_small_image(address):
            return f'<img src="{address}" alt="{words}">'
        if not may_link(address):
            return f"<em>[image: {words}]</em>"
        return f'<a href="{escape(address)}">[image from {escape(host_of(address))}, not loaded: {words}]</a>'

    def link_close(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        """Behind a link stands where it leads, unless its text says so."""
        opening = next(i for i in range(idx, -1, -1) if tokens[i].type == "link_open")
        address = str(tokens[opening].attrs.get("href") or "")
        host = host_of(address)
        words = "".join(token.content for token in tokens[opening:idx])
        return "</a>" if host in words else f'</a><span class="ofox-host"> ({escape(host)})</span>'

    def fence(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        token = tokens[idx]
        code = escape(token.content)
        if env["colours"]:
            code = highlight(token.content, language_of(token.info), env["budget"].check)
        return f'<pre class="ofox-code"><code>{code}</code></pre>\n'

    def code_block(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        return f'<pre class="ofox-code"><code>{escape(tokens[idx].content)}</code></pre>\n'

    def math_inline(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        return _math(tokens[idx], r"\(", r"\)", env)

    def math_display(self, tokens: Sequence[Token], idx: int, _options: Any, env: Any) -> str:
        math = _math(tokens[idx], r"\[", r"\]", env)
        return f"<p>{math}</p>\n" if tokens[idx].block else math

    def math_open(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        return f"<p>{escape(tokens[idx].content)}</p>\n"

    def th_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self._cell_open(tokens, idx, options, env)

    def td_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        return self._cell_open(tokens, idx, options, env)

    def _cell_open(self, tokens: Sequence[Token], idx: int, options: Any, env: Any) -> str:
        """A cell's alignment comes as a style, which the sanitiser takes away; `align` says the same."""
        token = tokens[idx]
        style = str(token.attrs.pop("style", ""))
        if style.startswith("text-align:"):
            token.attrSet("align", style.removeprefix("text-align:"))
        return self.renderToken(tokens, idx, options, env)


def _may_address(address: str) -> bool:
    """For links and pictures alike, since markdown-it asks for both; a link to a picture's data loses its address."""
    return may_link(address) or is_small_image(address)


def _math(token: Token, opening: str, closing: str, env: Any) -> str:
    """A formula as MathML, or as text that JupyterLab typesets and that stays readable elsewhere; odd TeX as code."""
    tex = token.content.strip()
    with suppress(NotDrawn, TooMuch):
        if may_typeset(tex):
            if not env["mathml"]:
                return f'<span class="{MATH_CLASS}">{opening}{escape(tex)}{closing}</span>'
            env["budget"].check(len(tex))
            return to_mathml(tex, block=token.type == DISPLAY)
    return f"<code>{escape(token.markup + token.content + DELIMITERS[token.markup][0])}</code>"


def _limit_block(state: StateBlock, _start: int, _end: int, _silent: bool) -> bool:
    """Match nothing. markdown-it itself would leave out what is nested too deep, without a word."""
    if state.level >= MAX_NESTING:
        raise TooMuch
    state.env["budget"].check()
    return False


def _limit_inline(state: StateInline, _silent: bool) -> bool:
    state.env["budget"].check()
    return False


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        {"html": False, "maxNesting": MAX_NESTING + _DEEPEST_CONTAINER, "linkify": False, "typographer": False},
        renderer_cls=_Renderer,
    )
    parser.enable(["table", "strikethrough"]).disable(["reference", "html_block", "html_inline"])
    add_math(parser)
    add_tasks(parser)
    parser.block.ruler.before("table", "limit", _limit_block, {"alt": _BLOCKS})
    parser.inline.ruler.before("text", "limit", _limit_inline)
    parser.validateLink = _may_address  # type: ignore[method-assign, assignment]
    return parser
