"""Pictures as `data:` addresses, which a page shows and loads from nowhere: whole, or small."""

from base64 import b64encode

from ofox_magic.chat.parts import Image
from ofox_magic.context.image import decode_data_url
from ofox_magic.context.pixels import DEFAULT_LIMITS, ImageLimits, fit_bytes
from ofox_magic.errors import ConfigError

_SMALL = ImageLimits(longest_side=240, most_bytes=36 * 2**10)


def thumbnail(image: Image) -> str | None:
    """Return *image* as a small address; None for one that is elsewhere (it is not fetched) or cannot be read."""
    return _address(image, _SMALL)


def whole_picture(image: Image) -> str | None:
    """Return *image* as an address as it is sent; None as of `thumbnail`."""
    return _address(image, DEFAULT_LIMITS)


def _address(image: Image, limits: ImageLimits) -> str | None:
    try:
        fitting = fit_bytes(image.data or decode_data_url(image.url or ""), "a picture", limits)
    except ConfigError:
        return None
    return f"data:{fitting.media_type};base64,{b64encode(fitting.data).decode()}"
