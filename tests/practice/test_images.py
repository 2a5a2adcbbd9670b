"""Pictures, by their headers."""

import base64
import io
import struct
import warnings
import zlib

import pytest

from ofox_magic.practice.images import Picture, picture_of

from .conftest import as_url, picture


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "WEBP", "GIF"])
def test_the_header_gives_format_and_size(kind):
    found = picture_of(picture(kind, (31, 17)))
    assert (found.format, found.width, found.height, found.problem) == (kind, 31, 17, "")
    assert not found.is_mislabelled


def test_a_header_without_its_pixels_is_enough():
    data = base64.b64decode(picture("PNG", (300, 200)).partition(",")[2])
    found = picture_of(as_url(data[:60], "image/png"))
    assert (found.width, found.height) == (300, 200)


def test_a_data_url_may_be_percent_encoded():
    data = base64.b64decode(picture("GIF").partition(",")[2])
    url = "data:image/gif," + "".join(f"%{byte:02x}" for byte in data)
    assert picture_of(url) == Picture("GIF", 7, 5, "image/gif")


@pytest.mark.parametrize(
    "url",
    [
        "data:",
        "data:image/png;base64",
        "data:image/png;base64,",
        "data:image/png;base64,%%%",
        "data:image/png;base64,\u00e4",
        as_url(b"<svg xmlns='http://www.w3.org/2000/svg'/>", "image/svg+xml"),
        as_url(b"\x89PNG\r\n\x1a\n", "image/png"),
        as_url(b"\x89PNG\r\n\x1a\n" + b"\xff" * 40, "image/png"),
        as_url(b"\xff\xd8\xff", "image/jpeg"),
        as_url(b"GIF89a", "image/gif"),
        as_url(b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
    ],
)
def test_what_is_no_picture_could_not_be_read(url):
    assert "could not be read" in picture_of(url).problem


def test_a_picture_whose_base64_has_something_else_in_it_is_broken():
    url = picture()
    assert "its data URL is broken" in picture_of(url[:-8] + "*" + url[-8:]).problem


def test_a_picture_that_would_not_fit_into_memory_is_refused_without_a_warning():
    header = struct.pack(">IIBBBBB", 50_000, 50_000, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    data = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk))
    data += struct.pack(">I", 0) + b"IDAT" + struct.pack(">I", zlib.crc32(b"IDAT"))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        problem = picture_of(as_url(data, "image/png")).problem
    assert problem == "refused: 50,000 × 50,000 pixels are too many to decode"


def test_pixels_are_not_decoded(monkeypatch):
    from PIL import ImageFile

    monkeypatch.setattr(ImageFile.ImageFile, "load", lambda self: pytest.fail("decoded"))
    buffer = io.BytesIO()
    buffer.write(base64.b64decode(picture("PNG", (900, 900)).partition(",")[2]))
    assert picture_of(as_url(buffer.getvalue(), "image/png")).width == 900
