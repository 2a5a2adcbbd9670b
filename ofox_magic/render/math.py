r"""
Formulas in markdown: `$…$`, `$$…$$`, `\(…\)`, `\[…\]`, as markdown-it rules.

Our own rules rather than mdit-py-plugins': its blocks look for their end over any number of lines, so an answer that
still grows would change what stands far above; and its brackets copy the rest of the text at every bracket.
"""

import re

from markdown_it import MarkdownIt
from markdown_it.rules_block import StateBlock
from markdown_it.rules_inline import StateInline

INLINE, DISPLAY, OPEN = "math_inline", "math_display", "math_open"
DELIMITERS = {"$$": ("$$", DISPLAY), "$": ("$", INLINE), r"\(": (r"\)", INLINE), r"\[": (r"\]", DISPLAY)}
_CLOSERS = {
    "$$": re.compile(r"(?<!\\)\$\$"),
    "$": re.compile(r"(?<!\\)\$"),
    r"\(": re.compile(r"\\\)"),
    r"\[": re.compile(r"\\\]"),
}
_INDENT_OF_CODE = 4
_LONGEST = 4000


def add_math(parser: MarkdownIt) -> None:
    """Teach *parser* the four delimiters. A block without its end is a `math_open`."""
    parser.inline.ruler.before("escape", "math", _inline)
    parser.block.ruler.before("fence", "math", _block, {"alt": ["paragraph", "blockquote"]})


def _opener(text: str, place: int) -> str | None:
    """The delimiter that opens a formula at *place*; a dollar behind a word or before a blank opens none."""
    two = text[place : place + 2]
    if two in DELIMITERS:
        return two
    if text[place] != "$" or two[1:].isspace() or not two[1:]:
        return None
    return None if place and (text[place - 1].isalnum() or text[place - 1] == "$") else "$"


def _inline(state: StateInline, silent: bool) -> bool:
    if state.src[state.pos] not in "$\\" or not (opener := _opener(state.src, state.pos)):
        return False
    start = state.pos + len(opener)
    found = _CLOSERS[opener].search(state.src, start, min(state.posMax, start + _LONGEST))
    if not found or not state.src[start : found.start()].strip():
        return False
    if opener == "$" and not _closes(state.src, found.start()):
        return False
    if not silent:
        token = state.push(DELIMITERS[opener][1], "", 0)
        token.content = state.src[start : found.start()]
        token.markup = opener
    state.pos = found.end()
    return True


def _closes(text: str, place: int) -> bool:
    """Whether the dollar at *place* ends a formula: not behind a blank, not before a digit: "$5 or $10" is money."""
    return not text[place - 1].isspace() and not text[place + 1 : place + 2].isdigit()


def _block(state: StateBlock, start: int, end: int, silent: bool) -> bool:
    r"""
    A line that begins with `$$` or `\[`, to the line that ends with its counterpart, or else to a blank line.

    TeX allows no blank line in a formula. That the block ends there even without its counterpart keeps the lines
    above it what they were, however the text goes on.
    """
    if state.sCount[start] - state.blkIndent >= _INDENT_OF_CODE:
        return False
    first = state.src[state.bMarks[start] + state.tShift[start] : state.eMarks[start]]
    opener = first[:2]
    if opener not in ("$$", r"\["):
        return False
    closer = DELIMITERS[opener][0]
    if closer in first[2:] and not first.rstrip().endswith(closer):
        return False  # a formula at the start of a paragraph
    if silent:
        return True
    lines, closed, line = [first[2:]], first[2:].rstrip().endswith(closer), start
    while not closed and line + 1 < end and not state.isEmpty(line + 1) and state.sCount[line + 1] >= state.blkIndent:
        line += 1
        lines.append(state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]])
        closed = lines[-1].rstrip().endswith(closer)
    state.line = line + 1
    token = state.push(DISPLAY if closed else OPEN, "", 0)
    text = "\n".join(lines).rstrip()
    token.content = text.removesuffix(closer) if closed else opener + text
    token.markup, token.block, token.map = opener, True, [start, state.line]
    return True
