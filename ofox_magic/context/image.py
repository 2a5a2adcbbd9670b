"""
Any picture or figure as Image parts; as text that says so where nothing here can draw it.

What a value is, is told by the name of its type: nothing is imported to look, and no attribute of a value is read
before its type is known.
"""

import base64
import binascii
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, cast
from urllib.parse import unquote_to_bytes, urlsplit

from ofox_magic.chat.parts import Detail, Image, Part, Text
from ofox_magic.context.matplotlib_figure import png_of_figure
from ofox_magic.context.pixels import DEFAULT_LIMITS, Encoded, ImageLimits, fit_bytes, fit_image
from ofox_magic.errors import ConfigError
from ofox_magic.untrusted import one_line

__all__ = ["ImageLimits", "decode_data_url", "image_at", "is_picture", "picture_parts"]

_MOST_IN_A_URL = 64 * 2**20  # characters of a data URL
_LONGEST_URL = 8_192


@dataclass(frozen=True, slots=True)
class _Wish:
    """What the parts of a picture shall be like."""

    name: str
    detail: Detail | None
    limits: ImageLimits

    @property
    def label(self) -> str:
        return f"the picture {one_line(self.name, 60)!r}" if self.name else "the picture"

    def part(self, found: Encoded) -> Image:
        return Image(
            found.data,
            found.media_type,
            detail=self.detail,
            width=found.width,
            height=found.height,
            name=self.name,
        )

    def of_bytes(self, data: bytes) -> tuple[Part, ...]:
        return (self.part(fit_bytes(data, self.label, self.limits)),)

    def as_data(self, kind: str, why: Exception, text: str) -> tuple[Part, ...]:
        name = f" `{one_line(self.name, 60)}`" if self.name else ""
        return (Text(f"[{kind}{name}: sent as data, not as a picture, because {why}]\n{text}"),)


def is_picture(value: object) -> bool:
    """
    Tell whether `picture_parts` takes *value*, which may be anything; bytes are for the caller to know.

    Pictures are a PIL image, a matplotlib figure, axes or canvas, a plotly figure, an altair chart, and IPython's
    Image and SVG. An array is none.
    """
    return _maker(value) is not None


def picture_parts(
    value: object, *, name: str = "", detail: str | None = None, limits: ImageLimits = DEFAULT_LIMITS
) -> tuple[Part, ...]:
    """
    Return the picture *value* as parts: usually one Image, within *limits* and without metadata.

    *value* is what `is_picture` knows, or the bytes of a PNG, JPEG, WebP, GIF, BMP, TIFF or SVG file. A chart or SVG
    whose renderer is not installed or fails becomes a Text with its data, cut to some 20,000 characters; its first
    line says so. Raises ConfigError for what is broken, too large or no picture, and for an unknown *detail*.
    """
    wish = _Wish(name, cast("Detail | None", detail), limits)
    if isinstance(value, bytes):
        return _of_bytes(value, wish)
    maker = _maker(value)
    if maker is None:
        raise ConfigError(f"cannot send a {type(value).__name__} as a picture: expected a figure, a chart or an image")
    return maker(value, wish)


def image_at(url: str, *, name: str = "", detail: str | None = None, limits: ImageLimits = DEFAULT_LIMITS) -> Image:
    """
    Return the picture at *url*: an http or https address is sent as it is, and nothing is fetched here.

    A `data:` URL is decoded, checked and sent like the bytes of a file. Raises ConfigError for any other address, one
    that carries a password, and what is broken.
    """
    if url[:5].lower() == "data:":
        parts = picture_parts(decode_data_url(url), name=name, detail=detail, limits=limits)
        if isinstance(parts[0], Image):
            return parts[0]
        raise ConfigError("cannot send this SVG as a picture: install its renderer, pip install 'ofox_magic[altair]'")
    return Image(url=_checked_url(url), detail=cast("Detail | None", detail), name=name)


def decode_data_url(url: str) -> bytes:
    """Return the bytes in the data *url* of a picture. Raises ConfigError for one that is broken, too long or none."""
    head, comma, body = url.partition(",")
    media_type, *options = head[len("data:") :].lower().split(";")
    if not comma or not media_type.strip().startswith("image/"):
        raise ConfigError(f"expected data:image/…;base64,…; got {one_line(head, 60)!r}")
    if len(body) > _MOST_IN_A_URL:
        raise ConfigError(f"a data URL of {len(body):,} characters is too long; at most {_MOST_IN_A_URL:,}. Use a file")
    try:
        if "base64" in (option.strip() for option in options):
            return base64.b64decode("".join(unquote_to_bytes(body).decode("ascii").split()), validate=True)
        return unquote_to_bytes(body)
    except (binascii.Error, ValueError):
        raise ConfigError("the data URL is broken: its base64 cannot be decoded. Copy it again, whole") from None


def _checked_url(url: str) -> str:
    try:
        address = urlsplit(url)
        well_formed = address.scheme in {"http", "https"} and bool(address.hostname) and address.port != 0
    except ValueError:
        well_formed = False
    if not well_formed or not url.isprintable() or " " in url or len(url) > _LONGEST_URL:
        raise ConfigError(
            f"the address of a picture starts with https://, http:// or data:image/; got {one_line(url, 60)!r}"
        )
    if address.username is not None or address.password is not None:
        raise ConfigError("the address of a picture must not carry a user name or password: it is sent as it is")
    return f"{address.scheme}{url[len(address.scheme) :]}"


def _of_bytes(data: bytes, wish: _Wish) -> tuple[Part, ...]:
    from ofox_magic.context.svg import is_svg

    return _of_svg(data.decode("utf-8", "replace"), wish) if is_svg(data) else wish.of_bytes(data)


def _of_pil(image: Any, wish: _Wish) -> tuple[Part, ...]:
    return (wish.part(fit_image(image, wish.label, wish.limits)),)


def _of_matplotlib(figure: Any, wish: _Wish) -> tuple[Part, ...]:
    return wish.of_bytes(png_of_figure(figure, wish.label, wish.limits.longest_side))


# Renderers run as processes of their own; what starts them is imported when there is something to draw.


def _of_plotly(figure: Any, wish: _Wish) -> tuple[Part, ...]:
    from ofox_magic.context import charts
    from ofox_magic.context.renderer import RenderError

    try:
        return wish.of_bytes(charts.png_of_plotly(figure, wish.limits.longest_side))
    except RenderError as why:
        return wish.as_data("plotly figure", why, charts.text_of_plotly(figure))


def _of_altair(chart: Any, wish: _Wish) -> tuple[Part, ...]:
    from ofox_magic.context import charts
    from ofox_magic.context.renderer import RenderError

    try:
        return wish.of_bytes(charts.png_of_altair(chart, wish.label, wish.limits.longest_side))
    except RenderError as why:
        return wish.as_data("altair chart", why, charts.text_of_altair(chart, wish.label))


def _of_svg(text: str, wish: _Wish) -> tuple[Part, ...]:
    from ofox_magic.context import charts, svg
    from ofox_magic.context.renderer import RenderError

    try:
        png, left_out = svg.png_of_svg(text, wish.limits.longest_side)
    except RenderError as why:
        return wish.as_data("SVG", why, charts.cut(text))
    note = f"[{left_out} references of the SVG to files or addresses are not drawn]"
    return (*wish.of_bytes(png), *([Text(note)] if left_out else []))


def _of_ipython_image(image: Any, wish: _Wish) -> tuple[Part, ...]:
    if image.data:
        data = image.data if isinstance(image.data, bytes) else base64.b64decode(image.data)
        return picture_parts(data, name=wish.name, detail=wish.detail, limits=wish.limits)
    return (image_at(str(image.url), name=wish.name, detail=wish.detail, limits=wish.limits),)


def _of_ipython_svg(picture: Any, wish: _Wish) -> tuple[Part, ...]:
    return _of_svg(str(picture.data), wish)


_Maker = Callable[[Any, _Wish], tuple[Part, ...]]
_MAKERS: dict[tuple[str, str], _Maker] = {
    ("PIL", "Image"): _of_pil,
    ("matplotlib", "FigureBase"): _of_matplotlib,
    ("matplotlib", "_AxesBase"): _of_matplotlib,
    ("matplotlib", "FigureCanvasBase"): _of_matplotlib,  # ipympl shows those
    ("plotly", "BaseFigure"): _of_plotly,
    ("altair", "TopLevelMixin"): _of_altair,
    ("IPython", "Image"): _of_ipython_image,
    ("IPython", "SVG"): _of_ipython_svg,
}
"""By the first part of a class's module, and its name."""


def _maker(value: object) -> _Maker | None:
    for cls in type(value).__mro__:
        maker = _MAKERS.get((str(cls.__module__).partition(".")[0], cls.__name__))
        if maker is not None:
            return maker
    return None
