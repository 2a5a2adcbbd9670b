"""Task lists: `- [ ]` and `- [x]`, as a sign in the text. A checkbox would be an element of a form."""

from markdown_it import MarkdownIt
from markdown_it.rules_core import StateCore
from markdown_it.token import Token

_SIGNS = {"[ ] ": "☐ ", "[x] ": "☑ ", "[X] ": "☑ "}


def add_tasks(parser: MarkdownIt) -> None:
    """Teach *parser* to show tasks."""
    parser.core.ruler.after("inline", "tasks", _mark)


def _mark(state: StateCore) -> None:
    for opening, inline in zip(state.tokens, state.tokens[2:], strict=False):  # between them, a paragraph begins
        if opening.type == "list_item_open" and inline.type == "inline" and inline.children:
            _mark_item(inline.children[0])


def _mark_item(first: Token) -> None:
    sign = _SIGNS.get(first.content[:4])
    if first.type == "text" and sign:
        first.content = sign + first.content[4:]
