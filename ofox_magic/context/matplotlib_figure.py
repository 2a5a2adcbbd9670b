"""
A live matplotlib figure as PNG, drawn afresh; neither the figure nor pyplot notices.

matplotlib is not imported here: whoever has a figure has it.
"""

import io
import math
from threading import Lock
from typing import Any

from ofox_magic.errors import ConfigError

_PADDING = 0.1  # inches, as around a figure in a notebook
_LEAST_RESOLUTION = 20.0  # dots an inch: with less, fonts cannot be drawn; what is then too large is scaled down
_MOST_PIXELS = 50_000_000
_OUTLIER = 4  # a box so many times as wide or high as its figure is due to an artist that nobody sees
_ONE_AT_A_TIME = Lock()  # drawing lends the figure another canvas and resolution, for a moment


def png_of_figure(value: Any, label: str, longest_side: int) -> bytes:
    """
    Return the figure of *value* (a Figure, or Axes or a canvas in one) as PNG, as a notebook shows it.

    Its longest side is at most *longest_side* pixels wherever fonts can be drawn so small.
    Raises ConfigError where something in the figure raises.
    """
    figure = _whole(value)
    if figure is None:
        raise ConfigError(f"cannot send {label}: it belongs to no figure any more. Send the figure itself")
    try:
        with _ONE_AT_A_TIME:
            return _drawn(figure, longest_side)
    except Exception as error:  # noqa: BLE001 - artists are the user's own code
        raise ConfigError(
            f"cannot send {label}: drawing it raised {type(error).__name__}: {' '.join(str(error).split())[:200]}. "
            f"Show it in a cell to see where"
        ) from None


def _whole(value: Any) -> Any:
    """Return the Figure that *value* is, or is part of; None where there is none."""
    for _ in range(8):  # figures may be nested
        if value is None or hasattr(type(value), "savefig"):
            return value
        value = value.figure
    return None


def _drawn(figure: Any, longest_side: int) -> bytes:
    was_stale = figure.stale
    box = _shown(figure)
    fitting = (longest_side - 1) / max(box.width, box.height)
    legible = min(_LEAST_RESOLUTION, math.sqrt(_MOST_PIXELS / (box.width * box.height)))
    resolution = min(float(figure.dpi), max(fitting, legible))
    buffer = io.BytesIO()
    figure.savefig(
        buffer,
        format="png",
        backend="agg",
        dpi=resolution,
        bbox_inches=box,
        facecolor=_on_white(figure.get_facecolor()),
        edgecolor=figure.get_edgecolor(),
        transparent=False,
    )
    figure.stale = was_stale
    return buffer.getvalue()


def _shown(figure: Any) -> Any:
    """Return the part of *figure* that is not empty, in inches: what `bbox_inches="tight"` would take."""
    figure.draw_without_rendering()  # places what is placed on drawing
    box = figure.get_tightbbox()
    width, height = figure.get_size_inches()
    if not (0 < box.width < _OUTLIER * width and 0 < box.height < _OUTLIER * height):
        box = figure.bbox_inches
    return box.padded(_PADDING)


def _on_white(colour: tuple[float, float, float, float]) -> tuple[float, float, float]:
    """Return *colour* as it looks on a white page: models see what is transparent as black."""
    *channels, alpha = colour
    red, green, blue = (channel * alpha + 1 - alpha for channel in channels)
    return red, green, blue
