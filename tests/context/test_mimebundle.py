"""What of a mimebundle is kept, and what a model is given of it when the object is gone."""

import base64
import gc
import json
import struct
import time

import pytest

from ofox_magic.chat.parts import Image, Text
from ofox_magic.context.mimebundle import bounded, bounded_metadata, parts_of_bundle
from ofox_magic.errors import ConfigError

PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
PLOTLY = "application/vnd.plotly.v1+json"


def picture(value, *, name):
    return (Image(value, name=name),)


def refuses(value, *, name):
    raise ConfigError("no such picture")


def text_of(data, picture=picture):
    [part] = parts_of_bundle(data, "Out[3]", picture)
    assert isinstance(part, Text)
    return part.text


@pytest.mark.parametrize("kind", ["image/png", "image/jpeg", "image/webp", "image/gif"])
@pytest.mark.parametrize("value", [PNG, base64.b64encode(PNG).decode(), base64.encodebytes(PNG).decode()])
def test_a_picture_comes_first_as_bytes_or_base64(kind, value):
    assert parts_of_bundle({"text/plain": "<Figure>", kind: value}, "fig", picture) == (Image(PNG, name="fig"),)


def test_what_is_no_base64_is_no_picture():
    assert text_of({"image/png": "/etc/passwd!", "text/plain": "a plot"}) == "Out[3], as text:\na plot"


def test_a_refused_picture_is_said():
    with pytest.raises(ConfigError, match="no such picture"):
        parts_of_bundle({"image/png": PNG, "text/plain": "x"}, "fig", refuses)


def test_an_svg_is_drawn_where_it_can_be_and_read_where_not():
    svg = '<svg xmlns="http://www.w3.org/2000/svg"><text>Start</text><text>End</text></svg>'
    assert parts_of_bundle({"image/svg+xml": svg}, "g", picture) == (Image(svg.encode(), name="g"),)
    assert text_of({"image/svg+xml": svg}, refuses) == f"Out[3], as SVG:\n{svg}"
    long = svg.replace("</svg>", f'<path d="{"M 1 2 " * 5_000}"/></svg>')
    assert text_of({"image/svg+xml": long}, refuses) == "Out[3], as the words in its SVG:\nStart\nEnd"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"text/plain": "x", "text/latex": "$x$"}, "LaTeX:\n$x$"),
        ({"text/plain": "x", "text/markdown": "*x*"}, "Markdown:\n*x*"),
        ({"text/plain": "x", "text/latex": "$x$", "text/llm+plain": "for you"}, "text:\nfor you"),
        ({"text/plain": "<x.JSON object>", "application/json": {"a": [1, "ü"]}}, 'JSON:\n{"a":[1,"ü"]}'),
        ({"text/plain": "<x.JSON object>", "application/json": '{"a": 1}'}, 'JSON:\n{"a":1}'),
        ({"text/plain": "{'a': 1}", "text/html": "<b>no</b>"}, "text:\n{'a': 1}"),
        ({"text/html": "<b>only</b>"}, "the text of HTML:\nonly"),
        ({"text/plain": "<pandas.Styler object at 0x7f00>", "text/html": "<b>1.5</b>"}, "the text of HTML:\n1.5"),
        ({"text/plain": "<x.HTML object>", "text/html": "<script>1</script>"}, "text:\n<x.HTML object>"),
        ({"text/plain": "alt.Chart(...)", "application/vnd.vegalite.v6.json": {"mark": "bar"}}, 'Vega-Lite JSON:\n{"mark":"bar"}'),
        ({"application/vnd.vega.v5+json": {"marks": []}}, 'Vega JSON:\n{"marks":[]}'),
        ({"text/plain": "\x1b[31mred\x1b[0m\u202e"}, "text:\nred"),
    ],
)  # fmt: skip
def test_text_goes_under_a_line_that_names_it(data, said):
    assert text_of(data) == f"Out[3], as {said}"


def test_plotly_goes_without_its_theme_and_with_its_numbers():
    packed = {"dtype": "f8", "bdata": base64.b64encode(struct.pack("<3d", 1, 2.5, -3)).decode()}
    grid = {"dtype": "i2", "bdata": base64.b64encode(struct.pack("<4h", 1, 2, 3, 4)).decode(), "shape": "2, 2"}
    data = {PLOTLY: {"data": [{"y": packed, "z": grid}], "layout": {"title": "T", "template": {"layout": "long"}}}}
    expected = {"data": [{"y": [1, 2.5, -3], "z": [[1, 2], [3, 4]]}], "layout": {"title": "T"}}
    head, _, body = text_of(data).partition("\n")
    assert head == "Out[3], as Plotly JSON:"
    assert json.loads(body) == expected
    assert text_of(bounded(data, 10_000)) == text_of(data)


@pytest.mark.parametrize("bdata", ["!!", "AAA=", "AAAA"])
def test_a_broken_packed_array_goes_as_it_is(bdata):
    text = json.dumps({"y": {"dtype": "f8", "bdata": bdata}})
    assert text_of({PLOTLY: text}).endswith(text)


@pytest.mark.parametrize("data", [{}, {"application/javascript": "x"}, {"text/plain": ""}, {"text/html": "<p> </p>"}])
def test_a_bundle_that_says_nothing_gives_no_part(data):
    assert parts_of_bundle(data, "x", picture) == ()


@pytest.mark.parametrize(
    "kind", ["text/plain", "text/html", "text/latex", "application/json", "application/vnd.vega.v5+json"]
)
def test_what_is_sent_is_bounded_and_says_so(kind):
    text = text_of({kind: "word " * 20_000})
    assert len(text) < 20_100
    assert text.endswith("[the rest is left out]")


def test_html_is_read_as_lines_and_rows():
    html = """<html><head><style>a{}</style><title>T</title></head><body><!-- no --><h1>One &amp; two</h1>
    <p>A <b>b</b>old<br>line</p><table><tr><th></th><th>a</th></tr><tr><td>0</td><td>1.5</td></tr></table>
    <ul><li>x<li>y</ul><script>if (a < b) no()</script></body></html>"""
    assert text_of({"text/html": html}).splitlines()[1:] == [
        "T", "One & two", "A bold", "line", "| a", "0 | 1.5", "x", "y",
    ]  # fmt: skip


HOSTILE = [
    "<",
    "<!",
    "<!--",
    "</",
    "<a ",
    "<a b=",
    "&",
    "<![CDATA[",
    "<?",
    "<script>",
    "<style>a",
    "<a '",
    "&#",
    "<b>",
    "<td>",
]
IN_ONE_TAG = ["' ", "b=' ", "a", "/ ", "b=\"c' ", "= ", "b='c'"]


@pytest.mark.parametrize(
    "html",
    [each * 100_000 for each in HOSTILE] + [f"<a {each * 20_000}>" for each in IN_ONE_TAG],
    ids=lambda html: html[:8],
)
def test_hostile_html_is_read_in_a_time_that_grows_with_its_length(html):
    seconds = [read_in(html[:size]) for size in (4_000, 32_000)]
    assert seconds[1] < 32 * max(seconds[0], 0.005), "eight times the text; quadratic work is sixty-four times"


def read_in(html):
    """Its own work, the least of three: not what others do on a busy machine, nor garbage of the tests before."""
    return min(work_of(html) for _ in range(3))


def work_of(html):
    gc.disable()
    begun = time.thread_time()
    try:
        parts_of_bundle({"text/html": html}, "x", picture)
        return time.thread_time() - begun
    finally:
        gc.enable()


def test_a_sign_that_begins_no_tag_is_read_as_it_stands():
    assert text_of({"text/html": "<p>1 < 2 <!-- < --> and <b>3</b> > 2"}).endswith("\n1 < 2 and 3 > 2")


def test_what_is_kept_is_text_pictures_and_json():
    shared = {"a": 1}
    kept = bounded(
        {
            "image/png": PNG,
            "text/plain": "x",
            "application/json": shared,
            "application/vnd.jupyter.widget-view+json": {"model_id": "1"},
            "application/javascript": "x",
            "text/odd": 7,
            "image/gif": None,
        },
        10_000,
    )
    assert kept == {"image/png": PNG, "text/plain": "x", "application/json": '{"a":1}'}


def test_what_is_kept_is_bounded():
    kept = bounded(
        {"text/html": "x" * 100_000, "image/png": b"x" * 600_000, "application/json": ["y"] * 500_000}, 500_000
    )
    assert len(kept["text/html"]) < 64_100
    assert kept["text/html"].endswith("[the rest is left out]")
    assert len(kept["application/json"]) < 64_100
    assert "image/png" not in kept
    assert bounded({"image/png": b"x" * 600}, 500) == {"text/plain": "[image/png, 633 bytes: too large to be kept]"}


def test_metadata_is_copied_and_bounded():
    metadata = {"image/png": {"width": 4}}
    copy = bounded_metadata(metadata)
    assert copy == metadata
    assert copy["image/png"] is not metadata["image/png"]
    assert bounded_metadata({"x": "y" * 5_000}) == {}
