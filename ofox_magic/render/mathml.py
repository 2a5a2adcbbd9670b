"""
Formulas as MathML, which browsers draw by themselves. The only importer of latex2mathml.

That library puts the text of a formula into its markup as it stands; so its tree is written out here, of a closed list
of elements and attributes, and every text escaped.
"""

import re
from collections.abc import Iterator
from functools import cache
from html import escape, unescape
from typing import Any

_PRESENTATION = "math mrow mi mo mn ms mtext mspace mfrac msqrt mroot mstyle mpadded mphantom"
_SCRIPTS = "msub msup msubsup munder mover munderover mmultiscripts mprescripts none"
_TABLES = "mtable mtr mtd"
ELEMENTS = frozenset(f"{_PRESENTATION} {_SCRIPTS} {_TABLES}".split())
"""Nothing that links, acts, holds HTML or annotates."""
ATTRIBUTES = frozenset(
    [
        "display",
        "displaystyle",
        "scriptlevel",
        "mathvariant",
        "stretchy",
        "fence",
        "form",
        "separator",
        "accent",
        "accentunder",
        "movablelimits",
        "largeop",
        "symmetric",
        "lspace",
        "rspace",
        "minsize",
        "maxsize",
        "linethickness",
        "width",
        "height",
        "depth",
        "voffset",
        "columnalign",
        "columnspacing",
        "rowspacing",
    ]
)
_VALUE = re.compile(r"[a-z-]{1,24}(?: [a-z-]{1,24}){0,40}|[+-]?\d{0,3}(?:\.\d{1,4})?(?:em|ex|px|pt|mu|%)?")
_ENVIRONMENT = re.compile(r"\\(begin|end)\s*\{(\w+\*?)\}")
_WITH_COLUMNS = re.compile(r"\\begin\{(?:alignat|alignat\*|alignedat)\}\s*\{\d+\}")
_ALIGNED = ("align", "align*", "aligned", "alignat", "alignat*", "alignedat", "eqnarray", "eqnarray*", "split")
_STACKED = ("gather", "gather*", "gathered", "multline", "multline*", "subarray")
_PLAIN = ("equation", "equation*")
_KNOWN_AS = {
    **dict.fromkeys(_ALIGNED, "align*"),
    **dict.fromkeys(_STACKED, "matrix"),
    "rcases": "cases",
}


class NotDrawn(ValueError):  # noqa: N818 - no error: the formula is shown as code
    """A formula that this cannot draw whole."""


def to_mathml(tex: str, *, block: bool) -> str:
    """Return the formula *tex* as MathML, on a line of its own where it is a *block*. Raises NotDrawn."""
    try:
        tree = _converter()(_environments(tex), display="block" if block else "inline")
        return "".join(_written(tree))
    except NotDrawn:
        raise
    except Exception as error:  # noqa: BLE001 - somebody else's parser, RecursionError included
        raise NotDrawn(type(error).__name__) from None


@cache
def _converter() -> Any:
    from latex2mathml.converter import convert_to_element

    return convert_to_element


def _environments(tex: str) -> str:
    """The environments that amsmath has, by the names of those that the library knows."""
    tex = _WITH_COLUMNS.sub(r"\\begin{align*}", tex)
    return _ENVIRONMENT.sub(_renamed, tex)


def _renamed(found: re.Match[str]) -> str:
    name = found[2]
    return "" if name in _PLAIN else rf"\{found[1]}{{{_KNOWN_AS.get(name, name)}}}"


def _written(element: Any) -> Iterator[str]:
    """Element by element: one that is not on the list gives its content alone."""
    known = element.tag in ELEMENTS
    if known:
        yield f"<{element.tag}{''.join(_attributes(element))}>"
    yield _text(element.text)
    for child in element:
        yield from _written(child)
        yield _text(child.tail)
    if known:
        yield f"</{element.tag}>"


def _attributes(element: Any) -> Iterator[str]:
    for name, value in element.attrib.items():
        if name in ATTRIBUTES and _VALUE.fullmatch(value):
            yield f' {name}="{value}"'


def _text(text: str | None) -> str:
    """The library writes characters as references; a macro or a column mark that is left is one it does not know."""
    shown = unescape(text or "")
    if shown == "&" or re.match(r"\\[A-Za-z]", shown):
        raise NotDrawn(shown)
    return escape(shown)
