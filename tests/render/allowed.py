"""An allow-list of its own, written apart from the sanitiser's, by which the tests judge every HTML."""

import re
from html.parser import HTMLParser

TAGS = {
    "p",
    "br",
    "hr",
    "h1",
    "h2",
    "h3",
    "h4",
    "h5",
    "h6",
    "blockquote",
    "pre",
    "code",
    "em",
    "strong",
    "s",
    "ul",
    "ol",
    "li",
    "table",
    "thead",
    "tbody",
    "tr",
    "th",
    "td",
    "a",
    "span",
    "img",
}
ATTRIBUTES = {
    "a": {"href", "title", "target", "rel"},
    "ol": {"start"},
    "th": {"align"},
    "td": {"align"},
    "img": {"src", "alt"},
    "span": {"class"},
    "pre": {"class"},
}
CLASSES = {
    "ofox-code",
    "ofox-code ofox-part",
    "ofox-plain",
    "ofox-host",
    "mathjax_process",
    *(f"ofox-{letter}" for letter in "ckmsbfdxi"),
}


class _Judge(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.found = []

    def handle_starttag(self, tag, attrs):
        if tag not in TAGS:
            self.found.append(f"<{tag}>")
        for name, value in attrs:
            if name not in ATTRIBUTES.get(tag, ()):
                self.found.append(f"<{tag} {name}>")
            if name == "href" and not (value or "").lower().startswith(("http://", "https://", "mailto:")):
                self.found.append(f"href={value}")
            if name == "class" and value not in CLASSES:
                self.found.append(f"class={value}")
            if name == "src" and not re.fullmatch(
                r"data:image/(png|jpeg|gif|webp);base64,[A-Za-z0-9+/=]+", value or ""
            ):
                self.found.append(f"src={value}")
            if (name, value) in {("target", v) for v in ("_self", "_top", "_parent", None)}:
                self.found.append(f"target={value}")

    def handle_comment(self, data):
        self.found.append(f"<!--{data}-->")

    def handle_decl(self, decl):
        self.found.append(f"<!{decl}>")

    def handle_pi(self, data):
        self.found.append(f"<?{data}>")


def violations(html: str) -> list[str]:
    """Return what in *html* is not allowed."""
    judge = _Judge()
    judge.feed(html)
    judge.close()
    return judge.found
