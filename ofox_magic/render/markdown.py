"""
Markdown to HTML: markdown-it with HTML off, our own rules for links and images, then the sanitiser.

Nothing a model writes is loaded by a page: a remote image becomes a link that says where it leads, since loading it
would tell its host what the model put into the address.
"""

from collections.abc import Sequence
from functools import cache
from html import escape
from typing import Any

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from ofox_magic.render.links import host_of, may_link
from ofox_magic.render.sanitize import sanitize
from ofox_magic.untrusted import printable

MAX_NESTING = 20


def to_html(markdown: str) -> str:
    """Return *markdown*, whoever wrote it, as HTML that is safe in any page."""
    html: str = _parser().render(printable(markdown))
    return sanitize(html)


class _Renderer(RendererHTML):
    def image(self, tokens: Sequence[Token], idx: int, _options: Any, _env: Any) -> str:
        address = str(tokens[idx].attrs.get("src") or "")
        words = escape(tokens[idx].content or "image")
        if not may_link(address):
            return f"<em>[image: {words}]</em>"
        return f'<a href="{escape(address)}">[image from {escape(host_of(address))}, not loaded: {words}]</a>'

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


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt(
        "commonmark",
        {"html": False, "maxNesting": MAX_NESTING, "linkify": False, "typographer": False},
        renderer_cls=_Renderer,
    ).enable(["table", "strikethrough"])
    parser.validateLink = may_link  # type: ignore[method-assign, assignment]
    return parser
