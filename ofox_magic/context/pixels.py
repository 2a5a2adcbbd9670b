"""
Pictures made fit to send: small enough, upright, plain 8-bit colours, nothing but pixels.

The only importer of Pillow in this part of the package, and only when a picture is sent.
"""

import io
import math
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, cast

from ofox_magic.context.containers import bare, format_of
from ofox_magic.errors import ConfigError

if TYPE_CHECKING:
    from PIL.Image import Image as Pixels

    Size = tuple[int, int]

_PLUGINS = {
    "PNG": "Png",
    "JPEG": "Jpeg",
    "WEBP": "WebP",
    "GIF": "Gif",
    "BMP": "Bmp",
    "TIFF": "Tiff",
}
_AS_IT_IS = {"PNG", "JPEG", "WEBP", "GIF"}
_PLAIN = {"1", "L", "LA", "P", "PA", "RGB", "RGBA"}  # every reader of pictures shows these alike
_ORIENTATION = 0x0112
_UPRIGHT = 1
_QUALITY = 85
_EXACT_UP_TO = 2.0  # PNG is exact, so that it may be this many times as large as JPEG
_CHEAP = 64 * 2**10  # bytes of a PNG that are not worth a loss
_SMALL = 500_000  # pixels: encoding both is quicker than guessing
_SMALLEST_SIDE = 16
_PNG_EFFORT = 3  # measured: half the time of Pillow's default 6, for 3 to 15 % more bytes
_REDUCING_GAP = 1.1  # measured: a third of the time of resampling in one step; the mean channel moves by about 1 of 255


@dataclass(frozen=True, slots=True)
class ImageLimits:
    """How large a picture may be sent: *longest_side* in pixels, *most_bytes* encoded; *most_pixels* is decoded."""

    longest_side: int = 1568
    most_bytes: int = 4 * 2**20
    most_pixels: int = 100_000_000


DEFAULT_LIMITS = ImageLimits()


@dataclass(frozen=True, slots=True)
class Encoded:
    """The *data* of a picture of *media_type*, *width* × *height* pixels."""

    data: bytes
    media_type: str
    width: int
    height: int


def fit_bytes(data: bytes, label: str, limits: ImageLimits) -> Encoded:
    """
    Return the picture in *data* as it is, without its metadata, where that is small and plain; else encoded anew.

    *label* is what messages call it. Raises ConfigError for what is broken, cut short, too large or no picture.
    """
    form = format_of(data)
    if not form:
        raise ConfigError(f"cannot send {label}: expected PNG, JPEG, WebP, GIF, BMP, TIFF or SVG; got something else")
    try:
        stripped = bare(data, form) if form in _AS_IT_IS else data
        image = _opened(data, form)
        _refuse_bombs(image.size, label, limits)
        turned = _is_turned(image)
        fits = max(image.size) <= limits.longest_side and len(stripped) <= limits.most_bytes
        if form in _AS_IT_IS and fits and not turned and image.mode in _PLAIN:
            size = image.size
            image.load()  # the proof that it is whole
            return Encoded(stripped, f"image/{form.lower()}", *size)
        if form == "JPEG":
            width, height = _fitting(image.size, limits.longest_side)
            image.draft(None, (round(width * _REDUCING_GAP), round(height * _REDUCING_GAP)))
        return _encoded(_upright(image) if turned else image, label, limits, is_photo=form == "JPEG")
    except ConfigError:
        raise
    except Exception as error:  # noqa: BLE001 - broken data may break a decoder in any way
        why = str(error) if type(error) is ValueError else "its data is broken"
        raise ConfigError(f"cannot send {label}: {why}; expected a whole {form} file. Save it again") from None


def fit_image(image: "Pixels", label: str, limits: ImageLimits) -> Encoded:
    """Return a PIL *image*, itself unchanged, encoded. Raises ConfigError where it is too large or cannot be read."""
    from PIL.ImageFile import ImageFile

    _refuse_bombs(image.size, label, limits)
    try:
        # what was made of a file by rotate() or crop() still carries the tag, which is no longer true of it
        turned = isinstance(image, ImageFile) and _is_turned(image)
        return _encoded(_upright(image) if turned else image, label, limits)
    except ConfigError:
        raise
    except Exception:  # noqa: BLE001 - a lazily read file may break a decoder in any way
        raise ConfigError(
            f"cannot send {label}: its pixels could not be read or encoded. Save it anew as PNG"
        ) from None


def _opened(data: bytes, form: str) -> "Pixels":
    # Not Image.open: it warns of large pictures, which are refused here, and tries every format that there is
    plugin = import_module(f"PIL.{_PLUGINS[form]}ImagePlugin")
    image: Pixels = getattr(plugin, f"{_PLUGINS[form]}ImageFile")(io.BytesIO(data))
    return image


def _refuse_bombs(size: "Size", label: str, limits: ImageLimits) -> None:
    if size[0] * size[1] > limits.most_pixels:
        raise ConfigError(
            f"cannot send {label}: {size[0]:,} × {size[1]:,} pixels are more than the {limits.most_pixels:,} that are "
            f"decoded. Make it smaller first"
        )
    if not size[0] * size[1]:
        raise ConfigError(f"cannot send {label}: it has no pixels ({size[0]} × {size[1]})")


def _is_turned(image: "Pixels") -> bool:
    return image.getexif().get(_ORIENTATION, _UPRIGHT) in range(2, 9)


def _upright(image: "Pixels") -> "Pixels":
    from PIL import ImageOps

    return ImageOps.exif_transpose(image)


def _encoded(image: "Pixels", label: str, limits: ImageLimits, *, is_photo: bool = False) -> Encoded:
    plain = _plain(image, limits.longest_side)
    side = limits.longest_side
    while side >= _SMALLEST_SIDE:
        scaled = _scaled(plain, side)
        data, media_type = _smaller(scaled, is_photo=is_photo)
        if len(data) > limits.most_bytes and media_type == "image/png":
            data, media_type = _jpeg(scaled), "image/jpeg"
        if len(data) <= limits.most_bytes:
            return Encoded(bare(data, format_of(data)), media_type, *scaled.size)
        side = int(max(scaled.size) * min(0.9, max(0.25, math.sqrt(limits.most_bytes / len(data)))))
    raise ConfigError(f"cannot send {label}: it does not fit into {limits.most_bytes:,} bytes at any size")


def _plain(image: "Pixels", longest_side: int) -> "Pixels":
    """Return *image* with 8 bits a channel, grey or RGB, with alpha only where something shines through."""
    if image.mode in {"I", "F"} or image.mode.startswith("I;"):
        return _eight_bits(image)
    if image.mode in {"1", "L"} and "transparency" not in image.info:
        return image.convert("L")
    if image.mode == "RGB" and "transparency" not in image.info:
        return image
    sees_through = "A" in image.mode.upper() and image.mode != "LAB"
    if not (sees_through or "transparency" in image.info):
        # colours first where there are fewer pixels than conversion would meet
        return (_scaled(image, longest_side) if image.mode == "CMYK" else image).convert("RGB")
    clear = image.convert({"La": "LA"}.get(image.mode, "RGBA")).convert("RGBA")
    return clear.convert("RGB") if clear.getchannel("A").getextrema() == (255, 255) else clear


def _eight_bits(image: "Pixels") -> "Pixels":
    """16-bit greys by their upper byte, as PNG defines them; other numbers stretched unless they are 0 to 255."""
    wide = image.convert("F")
    low, high = cast("tuple[float, float]", wide.getextrema())
    if image.mode != "F" and low >= 0 and 255 < high <= 65_535:  # noqa: PLR2004
        low, high = 0, 65_535
    elif low >= 0 and high <= 255 and not (image.mode == "F" and high <= 1):  # noqa: PLR2004
        low, high = 0, 255
    scale = 255 / ((high - low) or 1)
    return wide.point(lambda value: value * scale + (0.5 - low * scale)).convert("L")


def _scaled(image: "Pixels", longest_side: int) -> "Pixels":
    from PIL.Image import Resampling

    size = _fitting(image.size, longest_side)
    return image if size == image.size else image.resize(size, Resampling.LANCZOS, reducing_gap=_REDUCING_GAP)


def _fitting(size: "Size", longest_side: int) -> "Size":
    ratio = min(1.0, longest_side / max(size))
    return max(1, round(size[0] * ratio)), max(1, round(size[1] * ratio))


def _smaller(image: "Pixels", *, is_photo: bool) -> tuple[bytes, str]:
    """Return *image* as PNG, or as JPEG where that is less than half of a larger one; what is evident is not tried."""
    jpeg = _jpeg(image)
    if is_photo or _is_evidently_a_photo(image, len(jpeg)):
        return jpeg, "image/jpeg"
    png = _saved(image, "PNG", compress_level=_PNG_EFFORT)
    return (png, "image/png") if len(png) <= max(_CHEAP, _EXACT_UP_TO * len(jpeg)) else (jpeg, "image/jpeg")


def _is_evidently_a_photo(image: "Pixels", jpeg_bytes: int) -> bool:
    """Whether four thin strips of *image* already say that PNG would be much larger than JPEG."""
    if image.width * image.height < _SMALL or image.height < image.width // 8:
        return False
    height = max(1, image.height // 32)
    tops = [image.height * part // 8 for part in (1, 3, 5, 7)]
    sizes = [len(_saved(image.crop((0, top, image.width, top + height)), "PNG", compress_level=1)) for top in tops]
    return sum(sizes) * image.height / (height * len(tops)) > 2 * _EXACT_UP_TO * jpeg_bytes


def _jpeg(image: "Pixels") -> bytes:
    return _saved(_on_white(image), "JPEG", quality=_QUALITY)


def _on_white(image: "Pixels") -> "Pixels":
    if image.mode != "RGBA":
        return image
    from PIL import Image

    white = Image.new("RGB", image.size, "white")
    white.paste(image, mask=image.getchannel("A"))
    return white


def _saved(image: "Pixels", form: str, **options: int) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()
