"""SVG, plotly and altair: a picture where the renderer is there, else data that says so; nothing is read or fetched."""

import base64
import importlib.util
import io
import json
import os
import re
import stat
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from PIL import Image as Pil

from ofox_magic.chat.parts import Image, Text
from ofox_magic.context import renderer
from ofox_magic.context.image import ImageLimits, image_at, is_picture, picture_parts
from ofox_magic.errors import ConfigError


def installed(name):
    return importlib.util.find_spec(name) is not None


needs_vl_convert = pytest.mark.skipif(not installed("vl_convert"), reason="needs the extra altair")
needs_altair = pytest.mark.skipif(
    not (installed("altair") and installed("vl_convert")), reason="needs the extra altair"
)
needs_plotly = pytest.mark.skipif(not (installed("plotly") and installed("kaleido")), reason="needs the extra plotly")
RED = io.BytesIO()
Pil.new("RGB", (10, 10), "red").save(RED, "PNG")
RED = RED.getvalue()


@pytest.fixture
def missing(monkeypatch):
    """Make renderers look as if they were not installed."""
    monkeypatch.setattr(renderer, "find_spec", lambda name: None)


@pytest.fixture
def outside(tmp_path):
    """A picture in a file and one at a loopback address; `asked` tells which paths were fetched."""
    asked = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            asked.append(self.path)
            self.send_response(200)
            self.send_header("content-type", "image/png")
            self.end_headers()
            self.wfile.write(RED)

        def log_message(self, *args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    file = tmp_path / "red.png"
    file.write_bytes(RED)
    yield {"url": f"http://127.0.0.1:{server.server_port}/red.png", "file": file, "asked": asked}
    server.shutdown()
    server.server_close()


def svg(inner="", attributes='width="40" height="20"'):
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" {attributes}>'
        f'<rect width="90000" height="45000" fill="blue"/>{inner}</svg>'
    ).encode()


def pixels(parts):
    image = next(part for part in parts if isinstance(part, Image))
    return Pil.open(io.BytesIO(image.data)).convert("RGB")


def colours(image):
    return {colour for _, colour in image.getcolors(100_000)}


def is_running(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    status = Path(f"/proc/{pid}/stat")  # one that ended and was not waited for by its new parent is none
    return not status.exists() or status.read_text().rpartition(")")[2].split()[0] != "Z"


# -- SVG


@needs_vl_convert
@pytest.mark.parametrize(
    ("attributes", "size"),
    [
        ('width="40" height="20"', (80, 40)),
        ('width="40px" height="0.5in"', (80, 96)),
        ('viewBox="0 0 300 100"', (600, 200)),
        ('viewBox="0 0 300 100" width="60"', (120, 40)),
        ('width="100%" height="100%" viewBox="0 0 50 50"', (100, 100)),
        ('width="90000" height="45000"', (1568, 784)),
        ("", (600, 300)),
    ],
)
def test_an_svg_is_drawn_at_twice_its_size_within_the_limit(attributes, size):
    image = pixels(picture_parts(svg(attributes=attributes)))
    assert all(abs(got - expected) <= 1 for got, expected in zip(image.size, size, strict=True))
    assert image.getpixel((image.width // 2, image.height // 2)) == (0, 0, 255)


@needs_vl_convert
@pytest.mark.parametrize("attribute", ["href", "xlink:href"])
@pytest.mark.parametrize("place", ["url", "file", "file url", "relative"])
def test_no_file_is_read_and_no_address_fetched_for_an_svg(outside, monkeypatch, attribute, place):
    monkeypatch.chdir(outside["file"].parent)
    address = {
        "url": outside["url"],
        "file": str(outside["file"]),
        "file url": outside["file"].as_uri(),
        "relative": "red.png",
    }[place]
    parts = picture_parts(svg(f'<image width="40" height="20" {attribute}="{address}"/>'))
    assert colours(pixels(parts)) == {(0, 0, 255)}
    assert outside["asked"] == []
    assert parts[1] == Text("[1 references of the SVG to files or addresses are not drawn]")


@needs_vl_convert
@pytest.mark.parametrize(
    "inner",
    [
        "<style>@import url('{url}'); rect {{ fill: url({url}) }}</style>",
        '<filter id="f"><feImage href="{url}"/></filter><rect width="40" height="20" filter="url(#f)"/>',
        '<rect width="40" height="20" style="mask: url({url}#m)"/>',
        '<use href="{url}#a"/>',
    ],
)
def test_no_other_reference_is_followed_either(outside, inner):
    parts = picture_parts(svg(inner.format(url=outside["url"])))
    assert outside["asked"] == []
    assert (255, 0, 0) not in colours(pixels(parts))


@needs_vl_convert
def test_a_nested_svg_in_a_data_url_cannot_reach_out(outside):
    nested = svg(f'<image width="40" height="20" href="{outside["file"]}"/>')
    address = "data:image/svg+xml;base64," + base64.b64encode(nested).decode()
    parts = picture_parts(svg(f'<image width="40" height="20" href="{address}"/>'))
    assert (255, 0, 0) not in colours(pixels(parts))


@needs_vl_convert
def test_pictures_inside_the_svg_and_its_own_gradients_are_drawn():
    address = "data:image/png;base64," + base64.b64encode(RED).decode()
    parts = picture_parts(svg(f'<image width="40" height="20" preserveAspectRatio="none" href="{address}"/>'))
    assert pixels(parts).getpixel((40, 20)) == (255, 0, 0)
    own = (
        '<linearGradient id="g"><stop stop-color="lime"/></linearGradient><rect width="40" height="20" fill="url(#g)"/>'
    )
    assert pixels(picture_parts(svg(own))).getpixel((40, 20)) == (0, 255, 0)


@pytest.mark.parametrize(
    "data",
    [
        b'<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]><svg xmlns="http://www.w3.org/2000/svg"><text>&a;</text></svg>',
        b"<svg><unclosed></svg>",
        b"<html><svg/></html>",
    ],
)
@needs_vl_convert
def test_what_is_no_proper_svg_goes_as_the_text_that_it_is(data):
    (part,) = picture_parts(data)
    assert isinstance(part, Text)
    assert "no well-formed SVG" in part.text
    assert "root:" not in part.text


def test_without_a_renderer_an_svg_goes_as_text_that_names_the_extra(missing):
    (part,) = picture_parts(svg("<!--" + "x" * 30_000 + "-->"), name="logo")
    note, rest = part.text.split("\n", 1)
    assert note.startswith("[SVG `logo`: sent as data, not as a picture, because")
    assert "pip install 'ofox_magic[altair]'" in note
    assert len(rest) < 20_100
    assert re.search(r"\[cut here: 1\d,\d{3} characters more\]$", rest)


def test_an_svg_in_a_data_url_needs_the_renderer(missing):
    with pytest.raises(ConfigError, match=r"ofox_magic\[altair\]"):
        image_at("data:image/svg+xml;base64," + base64.b64encode(svg()).decode())


# -- altair


@pytest.fixture
def chart():
    alt = pytest.importorskip("altair")
    return (
        alt.Chart(alt.Data(values=[{"a": n, "b": n * n} for n in range(9)]))
        .mark_bar(color="red")
        .encode(x="a:O", y="b:Q")
    )


@needs_altair
def test_an_altair_chart_is_drawn(chart):
    assert is_picture(chart)
    assert is_picture(chart | chart)
    image = pixels(picture_parts(chart, name="chart", limits=ImageLimits(longest_side=500)))
    assert max(image.size) <= 500
    assert (255, 0, 0) in colours(image)


@needs_altair
@pytest.mark.parametrize("place", ["url", "file"])
def test_data_at_an_address_is_never_fetched(outside, place):
    import altair as alt

    address = outside["url"] if place == "url" else outside["file"].as_uri()
    chart = alt.Chart(address).mark_point().encode(x="a:Q")
    (part,) = picture_parts(alt.layer(chart, chart))
    assert "its data is at an address, which is not fetched" in part.text
    assert outside["asked"] == []


@needs_altair
def test_pictures_that_the_data_names_are_never_fetched(outside):
    import altair as alt

    chart = alt.Chart(alt.Data(values=[{"a": 1, "u": outside["url"]}])).mark_image(width=50, height=50)
    image = pixels(picture_parts(chart.encode(x="a:Q", url="u:N")))
    assert outside["asked"] == []
    assert (255, 0, 0) not in colours(image)


def test_without_a_renderer_an_altair_chart_goes_as_its_specification(chart, missing):
    (part,) = picture_parts(chart, name="chart")
    note, spec = part.text.split("\n")
    assert "pip install 'ofox_magic[altair]'" in note
    assert json.loads(spec)["mark"] == {"type": "bar", "color": "red"}


def test_a_chart_that_altair_refuses_is_told_in_one_line(chart):
    with pytest.raises(ConfigError, match="altair refuses it") as caught:
        picture_parts(type(chart)().mark_bar().encode(x="nothing"), name="bad")
    assert "\n" not in str(caught.value)


# -- plotly


@pytest.fixture
def figure():
    graph = pytest.importorskip("plotly.graph_objects")
    return graph.Figure(graph.Scatter(x=list(range(5000)), y=[1.5] * 5000, name="walk"), layout={"title": "Walk"})


@needs_plotly
def test_a_plotly_figure_is_drawn_or_says_why_not(figure):
    assert is_picture(figure)
    (part,) = picture_parts(figure)
    if isinstance(part, Text):  # no browser on this machine
        assert "kaleido" in part.text.splitlines()[0]
    else:
        assert (part.width, part.height) == (1400, 1000)


@needs_plotly
def test_nothing_that_a_plotly_figure_names_is_fetched(figure, outside):
    place = {"xref": "paper", "yref": "paper", "x": 0, "y": 1, "sizex": 1, "sizey": 1, "sizing": "stretch"}
    figure.add_layout_image(source=outside["url"], **place)
    figure.add_layout_image(source=outside["file"].as_uri(), **place)
    picture = picture_parts(figure)
    assert outside["asked"] == []
    if isinstance(picture[0], Image):
        assert (255, 0, 0) not in colours(pixels(picture))


@needs_plotly
@pytest.mark.skipif(sys.platform == "win32", reason="the browser is a shell script")
def test_a_browser_that_hangs_is_ended_in_time(figure, monkeypatch, tmp_path):
    browser = tmp_path / "chrome"
    browser.write_text(f"#!/bin/sh\necho $$ >> {tmp_path}/pids\nexec sleep 60\n")
    browser.chmod(browser.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("BROWSER_PATH", str(browser))
    monkeypatch.setattr(renderer, "SECONDS", 4.0)
    started = time.monotonic()
    (part,) = picture_parts(figure)
    assert time.monotonic() - started < 15
    pids = [int(pid) for pid in (tmp_path / "pids").read_text().split()]
    assert pids
    assert not any(is_running(pid) for pid in pids)
    assert "kaleido" in part.text.splitlines()[0]


@needs_plotly
def test_without_a_browser_a_plotly_figure_goes_as_its_data(figure, monkeypatch, tmp_path):
    monkeypatch.setenv("BROWSER_PATH", str(tmp_path / "none"))
    (part,) = picture_parts(figure, name="fig")
    note = part.text.splitlines()[0]
    assert note.startswith("[plotly figure `fig`: sent as data, not as a picture, because")
    assert "Chrome" in note


def test_without_a_renderer_a_plotly_figure_goes_as_numbers_that_can_be_read(figure, missing):
    numpy = pytest.importorskip("numpy")
    figure.add_scatter(x=numpy.arange(4), y=numpy.array([0.5, 1, 2, 4]))
    figure.add_heatmap(z=numpy.arange(6).reshape(2, 3))
    (part,) = picture_parts(figure, name="fig")
    note, data, last = part.text.split("\n")
    assert "pip install 'ofox_magic[plotly]'" in note
    assert len(data) <= 20_000
    assert re.fullmatch(r"\[2 lists were cut to their first 1,000 entries\]", last)
    spec = json.loads(data)
    assert (spec["data"][1]["x"], spec["data"][1]["y"]) == ([0, 1, 2, 3], [0.5, 1, 2, 4])
    assert spec["data"][2]["z"] == [[0, 1, 2], [3, 4, 5]]
    assert spec["layout"]["title"] == {"text": "Walk"}
    assert "template" not in spec["layout"]
