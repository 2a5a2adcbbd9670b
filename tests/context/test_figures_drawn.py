"""Live matplotlib figures: drawn afresh, as the notebook shows them, and left as they were."""

import io
import threading

import pytest
from PIL import Image as Pil
from PIL import ImageChops

from ofox_magic.chat.parts import Image
from ofox_magic.context.image import ImageLimits, is_picture, picture_parts
from ofox_magic.errors import ConfigError

matplotlib = pytest.importorskip("matplotlib")
matplotlib.use("agg")
plt = pytest.importorskip("matplotlib.pyplot")
from matplotlib.figure import Figure  # noqa: E402 - only where there is one


@pytest.fixture(autouse=True)
def _closed():
    yield
    plt.close("all")


def pixels(value, **given):
    (part,) = picture_parts(value, **given)
    assert isinstance(part, Image)
    assert b"Matplotlib" not in part.data
    return Pil.open(io.BytesIO(part.data)).convert("RGB")


def shown(figure):
    """What a notebook's inline backend shows."""
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=figure.dpi, bbox_inches="tight", facecolor=figure.get_facecolor())
    return Pil.open(buffer).convert("RGB")


def same(one, other):
    return one.size == other.size and ImageChops.difference(one, other).getbbox() is None


@pytest.mark.parametrize("layout", [None, "constrained", "tight"])
def test_a_figure_is_sent_as_the_notebook_shows_it(layout):
    figure, axes = plt.subplots(layout=layout)
    axes.plot([1, 3, 2], label="a")
    axes.set_title("Über")
    figure.legend(bbox_to_anchor=(1.3, 0.8))
    assert same(pixels(figure), shown(figure))
    assert same(pixels(axes), pixels(figure))
    assert same(pixels(figure.canvas), pixels(figure))


def test_it_is_drawn_afresh_each_time_and_after_close():
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    before = pixels(figure)
    plt.close(figure)
    axes.plot([2, 1])
    after = pixels(figure)
    assert not same(before, after)
    assert same(after, shown(figure))


def test_a_figure_without_pyplot_and_a_subfigure_are_sent():
    figure = Figure()
    left, _ = figure.subfigures(1, 2)
    axes = left.subplots()
    axes.plot([1, 2])
    assert is_picture(left)
    assert same(pixels(left), pixels(figure))
    assert same(pixels(axes), pixels(figure))


@pytest.mark.parametrize("backend", ["svg", "pdf", "agg", "module://matplotlib_inline.backend_inline"])
def test_any_backend_will_do(backend):
    plt.switch_backend(backend)
    try:
        figure, axes = plt.subplots()
        axes.plot([1, 3, 2])
        canvas = figure.canvas
        assert abs(pixels(figure).width - shown(figure).width) <= 2
        assert figure.canvas is canvas
    finally:
        plt.close("all")
        plt.switch_backend("agg")


def test_nothing_of_the_figure_or_of_pyplot_changes():
    one, two = plt.figure(dpi=90), plt.figure()
    one.add_subplot().plot([1, 2])
    plt.figure(two.number)

    def state():
        of_figure = (one.canvas, one.dpi, one.get_facecolor(), tuple(one.get_size_inches()), one.stale)
        return *of_figure, plt.get_fignums(), plt.gcf()

    before = state()
    pixels(one, limits=ImageLimits(longest_side=200))
    assert state() == before


@pytest.mark.parametrize("size", [(40, 30), (3, 60), (640, 4)])
def test_a_large_figure_is_drawn_at_a_resolution_that_fits(size):
    figure = Figure(figsize=size)
    figure.add_subplot().plot([1, 2])
    image = pixels(figure)
    assert 1500 <= max(image.size) <= 1568


def test_an_artist_far_outside_does_not_make_a_picture_of_gigabytes():
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    axes.text(5_000, 1, "far away")
    assert max(pixels(figure).size) <= 1568


@pytest.mark.parametrize(("colour", "seen"), [("none", (255, 255, 255)), ((1, 0, 0, 0.4), (255, 153, 153))])
def test_what_is_transparent_lies_on_white(colour, seen):
    figure = Figure(facecolor=colour)
    figure.add_subplot().plot([1, 2])
    (part,) = picture_parts(figure)
    assert Pil.open(io.BytesIO(part.data)).convert("RGBA").getpixel((1, 1)) == (*seen, 255)


@pytest.mark.parametrize("is_drawn", [False, True])
def test_a_figure_waits_for_drawing_as_much_as_before(is_drawn):
    figure, axes = plt.subplots()
    axes.plot([1, 2])
    if is_drawn:
        figure.canvas.draw()
    assert figure.stale is not is_drawn
    picture_parts(figure, limits=ImageLimits(longest_side=200))
    assert figure.stale is not is_drawn


def test_the_colour_of_the_figure_is_kept_whatever_the_settings_say():
    figure = Figure(facecolor="#203040")
    figure.add_subplot()
    with matplotlib.rc_context({"savefig.transparent": True, "savefig.facecolor": "red", "savefig.dpi": 900}):
        assert pixels(figure).getpixel((1, 1)) == (0x20, 0x30, 0x40)


def test_an_artist_that_raises_is_told_in_one_line():
    class Broken(matplotlib.lines.Line2D):
        def draw(self, renderer):
            raise RuntimeError("no\nluck")

    figure, axes = plt.subplots()
    axes.add_line(Broken([0, 1], [0, 1]))
    canvas = figure.canvas
    with pytest.raises(ConfigError, match="'fig': drawing it raised RuntimeError: no luck"):
        picture_parts(figure, name="fig")
    assert figure.canvas is canvas


def test_axes_without_a_figure_are_refused():
    _, axes = plt.subplots()
    axes.remove()
    with pytest.raises(ConfigError, match="no figure any more"):
        picture_parts(axes)


def test_threads_may_send_the_same_figure_at_once():
    figure, axes = plt.subplots()
    axes.plot([1, 3, 2])
    found = []
    threads = [threading.Thread(target=lambda: found.append(pixels(figure).tobytes())) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
