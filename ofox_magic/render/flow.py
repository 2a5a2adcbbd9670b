"""
A text that grows, as pieces of HTML that never change again and a tail that still does.

So a front end lays out each piece once, and streaming costs what the text is long, not its square. Only whole lines
are looked at for a cut, since an unfinished one can still turn out to be something else; and only the last block can
be changed by the lines that follow, since reference definitions are off and open formulas end at a blank line.
Between blocks the pieces make exactly the HTML of the whole; inside a long list or a long piece of code, which are cut
too, it differs by the tags at the seam.
"""

from collections.abc import Iterator, Sequence

from markdown_it.token import Token

from ofox_magic.render.budget import Budget, TooMuch
from ofox_magic.render.document import MAX_TEXT, plain_html
from ofox_magic.render.markdown import parse, render
from ofox_magic.untrusted import printable

LONG_CODE = 1000
"""Characters of a fence that has not ended, from which on its lines are pieces of their own."""
LONG_LIST = 1500
"""Characters of a list from which on all its items but the last are a piece of their own."""
LONGEST_TAIL = 12 << 10
"""Characters of a single block from which on the rest of the text is shown plain until its end."""
RESERVE = 0.25
"""Seconds of processor time; when they are used up the rest of the text is shown plain until its end."""
_EACH_TIME, _SHARE = 0.002, 0.25  # seconds added to them by each look at the text, and of the time that goes by
_PLAIN_PIECE = 4000


class Flow:
    """
    Feed it the text; take the pieces that are finished, and then the tail. *plain*: it is no markdown.

    Formulas are *mathml*, or else text that JupyterLab typesets.
    """

    def __init__(self, budget: Budget | None = None, *, plain: bool = False, mathml: bool = False) -> None:
        self._budget = budget or Budget(RESERVE, share=_SHARE)
        self._rest = ""
        self._size = 0
        self._carriage = ""
        self._opening = ""  # the line that opened the code which the rest goes on with
        self._number: int | None = None  # of the list item that the rest begins with
        self._cut_at = 0
        self._plain = plain
        self._mathml = mathml

    def feed(self, text: str) -> None:
        """Take in more of the text, as it comes from a model."""
        text = self._carriage + text
        self._carriage = "\r" if text.endswith("\r") else ""  # it may be half of a CRLF
        fresh = printable(text.removesuffix("\r"))
        self._rest += fresh
        self._size += len(fresh)
        self._plain = self._plain or self._size > MAX_TEXT

    def take(self) -> Iterator[str]:
        """Yield the HTML of every piece that is finished now."""
        self._budget.earn(_EACH_TIME)
        try:
            if not self._plain:
                yield from self._take_pieces()
        except TooMuch:
            self._plain = True
        self._plain = self._plain or len(self._rest) > LONGEST_TAIL
        if self._plain:
            yield from self._take_plain()

    def _take_pieces(self) -> Iterator[str]:
        while (end := self._rest.rfind("\n") + 1) > self._cut_at:
            self._cut_at = end
            html = self._cut(self._opening + self._rest[:end])
            if html is None:
                return
            if html:
                yield html

    def tail(self) -> str:
        """Return the HTML of what can still change."""
        return self._rest_as_html(colours=False)

    def end(self) -> str:
        """Return the HTML of the rest, as it stays when nothing more comes. Take the pieces before."""
        return self._rest_as_html(colours=True)

    def _rest_as_html(self, *, colours: bool) -> str:
        try:
            if not self._plain:
                return self._render(self._tokens(self._opening + self._rest), colours=colours)
        except TooMuch:
            self._plain = True
        return plain_html(self._rest)

    # -- cutting ------------------------------------------------------------------------------------------------------

    def _cut(self, text: str) -> str | None:
        """Take the finished part off the rest and return its HTML; None where nothing of *text* is finished."""
        tokens = self._tokens(text)
        starts = [i for i, token in enumerate(tokens) if token.level == 0 and token.nesting >= 0 and token.map]
        if len(starts) > 1:
            last = tokens[starts[-1]]
            return self._freeze(text, last, tokens[: starts[-1]])
        if starts and tokens[starts[0]].type == "fence":
            return self._cut_code(text, tokens[starts[0]])
        if starts and tokens[starts[0]].type.endswith("_list_open") and len(text) > LONG_LIST:
            return self._cut_list(text, tokens)
        return None

    def _freeze(self, text: str, first_kept: Token, frozen: Sequence[Token]) -> str:
        html = self._render(frozen)
        self._drop(text, first_kept)
        self._opening, self._number = "", None
        return html

    def _cut_code(self, text: str, fence: Token) -> str | None:
        """Lines of code that has not ended yet; those that follow go on under the line that opened it."""
        assert fence.map is not None  # noqa: S101 - it was chosen for having one
        is_open = fence.map[1] - fence.map[0] == 1 + fence.content.count("\n")
        if not is_open or len(fence.content) < LONG_CODE:
            return None
        html = self._render([fence])
        self._opening = text.split("\n")[fence.map[0]] + "\n"
        self._keep("")
        return html.replace('class="ofox-code"', 'class="ofox-code ofox-part"', 1)

    def _cut_list(self, text: str, tokens: list[Token]) -> str | None:
        items = [i for i, token in enumerate(tokens) if token.type == "list_item_open" and token.level == 1]
        if len(items) == 1:
            return None
        number = int(tokens[0].attrs.get("start", 1)) + len(items) - 1
        html = self._freeze(text, tokens[items[-1]], [*tokens[: items[-1]], tokens[-1]])
        self._number = number
        return html

    def _drop(self, text: str, first_kept: Token) -> None:
        assert first_kept.map is not None  # noqa: S101 - it was chosen for having one
        lines = text.split("\n", first_kept.map[0])
        self._keep(lines[-1])

    def _keep(self, rest_of_lines: str) -> None:
        """Of the lines that were looked at, keep *rest_of_lines*, and the unfinished one behind them."""
        self._rest = rest_of_lines + self._rest[self._cut_at :]
        self._cut_at = 0

    def _take_plain(self) -> Iterator[str]:
        while len(self._rest) > _PLAIN_PIECE:
            end = self._rest.rfind("\n", 0, _PLAIN_PIECE) + 1 or _PLAIN_PIECE
            yield plain_html(self._rest[:end])
            self._rest = self._rest[end:]

    # -- rendering ----------------------------------------------------------------------------------------------------

    def _tokens(self, text: str) -> list[Token]:
        tokens = parse(text, self._budget)
        if self._number is not None and tokens and tokens[0].type == "ordered_list_open":
            tokens[0].attrSet("start", str(self._number))
        return tokens

    def _render(self, tokens: Sequence[Token], *, colours: bool = True) -> str:
        goes_on = bool(self._opening and tokens and tokens[0].type == "fence")
        if goes_on and not tokens[0].content:
            tokens = tokens[1:]  # the code ended where it was cut
        return render(tokens, self._budget, colours=colours, mathml=self._mathml)
