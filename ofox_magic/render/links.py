"""Which addresses a model's text may link to. Pure."""

import re
from urllib.parse import urlsplit

from ofox_magic.untrusted import printable

SCHEMES = {"http", "https", "mailto"}
MAX_IMAGE = 64 << 10
_IMAGE = re.compile(r"data:image/(?:png|jpeg|gif|webp);base64,[A-Za-z0-9+/]+={0,2}")
_ODD = re.compile(r"[\s\\<>\"'`{}|^]")


def may_link(address: str) -> bool:
    """Return whether *address* is http, https or mailto, whole, without credentials and without trick characters."""
    if _ODD.search(address) or printable(address) != address:
        return False
    try:
        url = urlsplit(address)
        host, _ = url.hostname, url.port
    except ValueError:
        return False
    if url.scheme == "mailto":
        return "@" in url.path
    return url.scheme in SCHEMES and bool(host) and url.username is None and url.password is None


def host_of(address: str) -> str:
    """Return where *address*, one that may be linked to, leads: to be shown."""
    url = urlsplit(address)
    return url.path if url.scheme == "mailto" else url.hostname or ""


def is_small_image(address: str) -> bool:
    """Return whether *address* is a raster picture itself, of at most MAX_IMAGE characters: it loads nothing."""
    return len(address) <= MAX_IMAGE and _IMAGE.fullmatch(address) is not None
