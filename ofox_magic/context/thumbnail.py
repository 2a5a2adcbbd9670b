"""A picture small enough to be shown beside what is said of it."""

from base64 import b64encode

from ofox_magic.chat.parts import Image
from ofox_magic.context.image import decode_data_url
from ofox_magic.context.pixels import ImageLimits, fit_bytes
from ofox_magic.errors import ConfigError

_SMALL = ImageLimits(longest_side=240, most_bytes=36 * 2**10)


def thumbnail(image: Image) -> str | None:
    """Return *image* as a small `data:` address; None for one that is elsewhere (it is not fetched) or unreadable."""
    try:
        data = image.data or decode_data_url(image.url or "")
        small = fit_bytes(data, "a picture", _SMALL)
    except ConfigError:
        return None
    return f"data:{small.media_type};base64,{b64encode(small.data).decode()}"
