"""Pictures and figures as parts: what leaves is what was seen, small enough, and nothing but pixels."""

import base64
import io
import struct
import sys
import threading
import warnings
import zlib

import pytest
from PIL import Image as Pil
from PIL import ImageChops, ImageDraw, PngImagePlugin

from ofox_magic import connect
from ofox_magic.chat.parts import Image
from ofox_magic.context.image import ImageLimits, decode_data_url, image_at, is_picture, picture_parts
from ofox_magic.errors import ConfigError
from ofox_magic.testing import practice_gateway

SECRET = b"52.5200N 13.4050E Anna"


def photo(size=(120, 80), mode="RGB"):
    """A picture whose corners and colours differ, so that a turn or a swap of channels shows."""
    image = Pil.linear_gradient("L").resize(size)
    image = Pil.merge(
        "RGB", (image, image.transpose(Pil.Transpose.FLIP_LEFT_RIGHT), Pil.radial_gradient("L").resize(size))
    )
    ImageDraw.Draw(image).rectangle((2, 2, size[0] // 4, size[1] // 4), fill=(250, 10, 20))
    return image.convert(mode)


def encoded(image, form="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, form, **options)
    return buffer.getvalue()


def decoded(part):
    image = Pil.open(io.BytesIO(part.data))
    image.load()
    assert (image.size, f"image/{image.format.lower()}") == ((part.width, part.height), part.media_type)
    return image


def difference(one, other):
    """The largest difference of any channel of any pixel."""
    assert one.size == other.size
    return max(high for _, high in ImageChops.difference(one.convert("RGB"), other.convert("RGB")).getextrema())


def mean_difference(one, other):
    from PIL import ImageStat

    assert one.size == other.size
    return max(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean)


def sent(value, **given):
    (part,) = picture_parts(value, **given)
    assert isinstance(part, Image)
    return part


def png_header(width, height):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")
    )


# -- proof of what was sent


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_small_file_is_sent_as_it_is_and_the_gateway_decodes_the_same_pixels(form):
    source = photo(mode="P" if form == "GIF" else "RGB")
    data = encoded(source, form)
    with practice_gateway() as gateway:
        answer = connect(base_url=gateway.base_url).ask("look", *picture_parts(data, name="p", detail="high")).result()
        content = gateway.received[-1].json["messages"][-1]["content"]
    (image,) = [part["image_url"] for part in content if part["type"] == "image_url"]
    arrived = base64.b64decode(image["url"].partition("base64,")[2])
    assert image["detail"] == "high"
    assert difference(Pil.open(io.BytesIO(arrived)), Pil.open(io.BytesIO(data))) == 0
    assert form in answer.text
    assert "120 × 80" in answer.text


def test_a_large_png_arrives_smaller_and_looks_the_same():
    source = photo((2400, 1600))
    part = sent(encoded(source))
    assert (part.width, part.height) == (1568, 1045)
    assert mean_difference(decoded(part), source.resize((1568, 1045), Pil.Resampling.LANCZOS)) < 3


def test_a_plot_like_picture_stays_exact():
    plot = Pil.new("RGB", (900, 600), "white")
    ImageDraw.Draw(plot).line([(x, 300 + (x * 37) % 200) for x in range(0, 900, 10)], fill="navy")
    part = sent(plot)
    assert part.media_type == "image/png"
    assert difference(decoded(part), plot) == 0


def test_noise_becomes_jpeg_and_a_jpeg_stays_one():
    noise = Pil.effect_noise((900, 700), 90).convert("RGB")
    assert sent(noise).media_type == "image/jpeg"
    assert sent(encoded(photo((2000, 1000)), "JPEG")).media_type == "image/jpeg"


# -- limits


def test_the_limits_hold_for_any_picture():
    limits = ImageLimits(longest_side=300, most_bytes=9_000)
    part = sent(Pil.effect_noise((900, 700), 90).convert("RGBA"), limits=limits)
    assert len(part.data) <= 9_000
    assert max(decoded(part).size) <= 300


def test_what_fits_in_no_size_is_refused():
    with pytest.raises(ConfigError, match="does not fit into 50 bytes"):
        picture_parts(photo(), limits=ImageLimits(most_bytes=50))


@pytest.mark.parametrize(("size", "expected"), [((10_000, 2), (1568, 1)), ((2, 10_000), (1, 1568))])
def test_a_thread_of_a_picture_keeps_one_pixel(size, expected):
    assert decoded(sent(Pil.new("RGB", size, "red"))).size == expected


def test_a_decompression_bomb_is_refused_from_its_header_without_a_warning():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(ConfigError, match=r"50,000 × 50,000 pixels are more than the 100,000,000"):
            picture_parts(png_header(50_000, 50_000))


def test_a_large_picture_below_the_limit_draws_no_warning_of_pillows(monkeypatch):
    monkeypatch.setattr(Pil, "MAX_IMAGE_PIXELS", 100)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        sent(encoded(photo()))


# -- broken files


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_a_file_that_was_cut_anywhere_is_refused_in_one_line(form):
    data = encoded(photo((60, 40)), form)
    for end in (*range(12, len(data) - 1, max(1, len(data) // 60)), len(data) - 1):
        with pytest.raises(ConfigError) as caught:
            picture_parts(data[:end], name="cut")
        assert "\n" not in str(caught.value)
        assert "'cut'" in str(caught.value)


def test_a_file_that_is_whole_but_whose_pixels_are_garbage_is_refused():
    with pytest.raises(ConfigError, match="data is broken"):
        picture_parts(png_header(60, 40))


@pytest.mark.parametrize("data", [b"", b"hello", b"%PDF-1.7", b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"BM", b"GIF89a"])
def test_what_is_no_picture_is_refused(data):
    with pytest.raises(ConfigError, match="cannot send the picture"):
        picture_parts(data)


def test_an_empty_picture_is_refused():
    with pytest.raises(ConfigError, match="has no pixels"):
        picture_parts(Pil.new("RGB", (0, 5)))


def test_a_detail_that_the_gateway_does_not_know_is_refused():
    with pytest.raises(ConfigError, match="detail is auto, low or high"):
        picture_parts(photo(), detail="enormous")


# -- nothing but pixels


def with_metadata(form):
    exif = Pil.Exif()
    exif[0x013B] = SECRET.decode()
    options = {"exif": exif, "icc_profile": b"monitor " + SECRET}
    if form == "PNG":
        notes = PngImagePlugin.PngInfo()
        notes.add_text("Author", SECRET.decode())
        notes.add_itxt("XML:com.adobe.xmp", SECRET.decode(), zip=False)
        options["pnginfo"] = notes
        options["icc_profile"] = None  # stored compressed
    elif form == "JPEG":
        options["comment"] = SECRET
    elif form == "WEBP":
        options |= {"xmp": SECRET, "lossless": True}
    else:
        options = {"comment": SECRET}
    return encoded(photo(mode="P" if form == "GIF" else "RGB"), form, **options) + b"after the end: " + SECRET


@pytest.mark.parametrize("form", ["PNG", "JPEG", "WEBP", "GIF"])
def test_metadata_never_leaves_and_the_pixels_stay_exact(form):
    data = with_metadata(form)
    assert data.count(SECRET) >= 2, "the test's own file must hold what is looked for"
    part = sent(data)
    assert part.media_type == f"image/{form.lower()}"
    assert SECRET not in part.data
    assert not decoded(part).getexif()
    assert difference(decoded(part), Pil.open(io.BytesIO(data))) == 0


@pytest.mark.parametrize("form", ["PNG", "JPEG"])
def test_metadata_is_gone_from_what_is_encoded_anew(form):
    image = Pil.open(io.BytesIO(with_metadata(form)))
    assert SECRET not in sent(image).data
    assert SECRET not in sent(with_metadata(form), limits=ImageLimits(longest_side=50)).data


@pytest.mark.parametrize("orientation", range(2, 9))
def test_a_photo_is_sent_upright_though_it_is_small(orientation):
    from PIL import ImageOps

    exif = Pil.Exif()
    exif[0x0112] = orientation
    data = encoded(photo(), "JPEG", exif=exif, quality=95)
    expected = ImageOps.exif_transpose(Pil.open(io.BytesIO(data)))
    assert mean_difference(decoded(sent(data)), expected) < 4
    assert mean_difference(decoded(sent(Pil.open(io.BytesIO(data)))), expected) < 4


def test_what_a_user_turned_is_not_turned_again():
    exif = Pil.Exif()
    exif[0x0112] = 6
    turned = Pil.open(io.BytesIO(encoded(photo(), "JPEG", exif=exif))).rotate(-90, expand=True)
    assert difference(decoded(sent(turned)), turned) == 0


# -- modes


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGB", "RGBA", "CMYK", "YCbCr", "HSV", "LAB", "RGBX", "I", "F"])
def test_every_mode_looks_as_it_looked(mode):
    source = photo(mode="RGB").convert("L" if mode in {"1", "L", "LA", "I", "F"} else "RGB")
    image = _in(source, mode)
    expected = image if mode in {"1", "P"} else source
    before = image.tobytes()
    assert mean_difference(decoded(sent(image)), expected) < (6 if mode in {"LAB", "HSV"} else 3)
    assert image.tobytes() == before


def _in(source, mode):
    if mode == "LAB":
        from PIL import ImageCms

        profiles = ImageCms.createProfile("sRGB"), ImageCms.createProfile("LAB")
        return ImageCms.profileToProfile(source, *profiles, outputMode="LAB")
    return source.convert(mode)


def test_a_16_bit_grey_png_keeps_its_greys():
    grey = photo((60, 40), "L")
    wide = Pil.frombytes("I;16", grey.size, b"".join(struct.pack("<H", value * 257) for value in grey.tobytes()))
    assert difference(decoded(sent(encoded(wide))), grey) <= 1


def test_floats_are_stretched_from_dark_to_light():
    image = Pil.new("F", (2, 1))
    image.putdata([-3.0, 5.0])
    assert decoded(sent(image)).convert("L").tobytes() == b"\x00\xff"


def test_a_cmyk_jpeg_is_sent_in_colours_that_all_decoders_agree_on():
    part = sent(encoded(photo().convert("CMYK"), "JPEG", quality=95))
    assert decoded(part).mode == "RGB"
    assert mean_difference(decoded(part), photo()) < 4


def test_what_is_transparent_is_white_in_a_jpeg():
    noise = Pil.effect_noise((900, 700), 90).convert("RGBA")
    noise.paste((0, 0, 0, 0), (0, 0, 450, 700))
    part = sent(noise)
    assert part.media_type == "image/jpeg"
    assert min(decoded(part).getpixel((100, 300))) > 250


def test_transparency_survives_in_png():
    image = photo(mode="RGBA")
    image.putalpha(100)
    assert decoded(sent(image)).getpixel((50, 50))[3] == 100


# -- animations


@pytest.mark.parametrize("form", ["GIF", "WEBP", "PNG"])
def test_a_small_animation_keeps_its_frames(form):
    frames = [Pil.new("RGB", (30, 20), colour) for colour in ("red", "green", "blue")]
    data = encoded(frames[0], form, save_all=True, append_images=frames[1:], loop=0, duration=90)
    image = decoded(sent(data))
    assert image.n_frames == 3
    assert image.info["loop"] == 0
    image.seek(2)
    assert image.convert("RGB").getpixel((3, 3))[2] > 200


def test_of_a_large_animation_the_first_frame_is_sent():
    frames = [Pil.new("RGB", (300, 20), colour) for colour in ("red", "blue")]
    data = encoded(frames[0], "GIF", save_all=True, append_images=frames[1:])
    image = decoded(sent(data, limits=ImageLimits(longest_side=100)))
    assert image.size == (100, 7)
    assert image.convert("RGB").getpixel((50, 3))[0] > 240


@pytest.mark.parametrize("form", ["BMP", "TIFF"])
def test_other_formats_are_encoded_anew(form):
    part = sent(encoded(photo(), form))
    assert mean_difference(decoded(part), photo()) < 3


# -- addresses


def test_an_address_is_sent_as_an_address():
    assert image_at("HTTPS://example.com/a.png?x=1", detail="low") == Image(
        url="https://example.com/a.png?x=1", detail="low"
    )


@pytest.mark.parametrize(
    "url",
    [
        "ftp://x/a.png",
        "file:///etc/passwd",
        "a.png",
        "https://",
        "http://[::1",
        "javascript:1",
        "https://x/ a",
        "https://x/\n",
    ],
)
def test_other_addresses_are_refused(url):
    with pytest.raises(ConfigError, match="starts with https://"):
        image_at(url)


@pytest.mark.parametrize("who", ["anna:hunter2", ":hunter2", "hunter2"])
def test_an_address_with_a_password_is_refused_and_not_repeated(who):
    with pytest.raises(ConfigError, match="password") as caught:
        image_at(f"https://{who}@example.com/a.png")
    assert "hunter2" not in str(caught.value)


def test_a_data_url_is_checked_and_stripped_like_a_file():
    data = with_metadata("PNG")
    part = image_at("data:image/jpeg;base64," + base64.b64encode(data).decode(), name="pasted")
    assert (part.media_type, part.url, part.name) == ("image/png", None, "pasted")
    assert SECRET not in part.data


@pytest.mark.parametrize(
    "url", ["data:", "data:text/html,hi", "data:image/png;base64,%%%", "data:image/png;base64,ä", "data:image/png"]
)
def test_a_broken_data_url_is_refused(url):
    with pytest.raises(ConfigError, match="data"):
        decode_data_url(url)


# -- repeats


# -- what counts as a picture


class Nosy:
    def __getattribute__(self, name):
        raise AssertionError(f"read {name}")


@pytest.mark.parametrize("value", [object(), "a.png", b"\x89PNG", 3, None, Pil, Pil.Image, []])
def test_other_values_are_no_pictures_and_are_not_looked_into(value):
    assert not is_picture(value)
    if not isinstance(value, bytes):
        with pytest.raises(ConfigError, match="as a picture"):
            picture_parts(value)


def test_no_attribute_of_a_stranger_is_read():
    assert not is_picture(Nosy())


def test_looking_imports_nothing(run_python):
    loaded = run_python(
        "import sys; before = {'PIL', 'matplotlib', 'plotly', 'altair', 'IPython', 'numpy'}\n"
        "from ofox_magic.context.image import is_picture; is_picture(object()); print(before & set(sys.modules))"
    )
    assert loaded.strip() == "set()"


@pytest.fixture
def run_python():
    import subprocess

    return lambda code: subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout


def test_ipythons_pictures_are_sent_by_their_bytes_or_their_address():
    from IPython.display import Image as Shown

    assert difference(decoded(sent(Shown(data=encoded(photo())))), photo()) == 0
    assert sent(Shown(url="https://example.com/a.png")).url == "https://example.com/a.png"
    with pytest.raises(ConfigError, match="starts with https://"):
        picture_parts(Shown(url="local.png"))


def test_many_threads_get_the_same_bytes():
    source, found = photo((2000, 900)), []
    threads = [threading.Thread(target=lambda: found.append(sent(source).data)) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 6
    assert len(set(found)) == 1
