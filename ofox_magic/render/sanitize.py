"""The last gate before a page: HTML in, HTML of a closed allow-list out. Trusts nothing before it."""

import nh3

from ofox_magic.render import mathml as formulas
from ofox_magic.render.code import CSS_CLASSES
from ofox_magic.render.interrupts import held_back
from ofox_magic.render.links import SCHEMES, is_small_image, may_link

TAGS = {
    *("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "code", "em", "strong", "s"),
    *("ul", "ol", "li", "table", "thead", "tbody", "tr", "th", "td", "a", "span", "img"),
}
ATTRIBUTES: dict[str, set[str]] = {
    "a": {"href", "title"},
    "img": {"src", "alt"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
}
_TAGS_WITH_MATHML = TAGS | formulas.ELEMENTS
_ATTRIBUTES_WITH_MATHML = {**ATTRIBUTES, **{name: set(formulas.ATTRIBUTES) for name in formulas.ELEMENTS}}
MATH_CLASS = "mathjax_process"  # the one class that is not ours: JupyterLab typesets what stands in it
VALUES: dict[str, dict[str, set[str]]] = {
    "span": {"class": {*CSS_CLASSES, MATH_CLASS, "ofox-host", "ofox-note"}},
    "pre": {"class": {"ofox-code"}},
}


def sanitize(html: str, *, mathml: bool = False) -> str:
    """
    Return *html* with nothing in it but TAGS, ATTRIBUTES and VALUES: no id, style, form, script or frame.

    With *mathml*, formulas too, of the elements that `render.mathml` writes.
    """
    with held_back():  # nh3 drops what _filter raises, and an interrupt is raised wherever Python runs
        return nh3.clean(
            html,
            tags=_TAGS_WITH_MATHML if mathml else TAGS,
            attributes=_ATTRIBUTES_WITH_MATHML if mathml else ATTRIBUTES,
            tag_attribute_values=VALUES,
            attribute_filter=_filter,
            url_schemes={*SCHEMES, "data"},  # for the pictures that _filter lets through
            link_rel="noopener noreferrer nofollow",
            set_tag_attribute_values={"a": {"target": "_blank"}},
        )


def _filter(_tag: str, name: str, value: str) -> str | None:
    if name == "href":
        return value if may_link(value) else None
    if name == "src":
        return value if is_small_image(value) else None
    return value
