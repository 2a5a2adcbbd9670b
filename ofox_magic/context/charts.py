"""
plotly and altair charts: a picture where their renderer is installed, else their data as text that says so.

Neither library is imported here, and nothing that a chart refers to is fetched.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from ofox_magic.context.packed_arrays import numbers_of
from ofox_magic.context.renderer import RenderError, rendered
from ofox_magic.context.svg import png_of_svg
from ofox_magic.errors import ConfigError

_PLOTLY = """
import json, subprocess, sys, kaleido
class Kept(subprocess.Popen):  # a browser in a session of its own would outlive us when it hangs
    def __init__(self, *args, **options):
        super().__init__(*args, **options | {"start_new_session": False})
subprocess.Popen = Kept
figure, options = json.load(sys.stdin.buffer)
class Page(kaleido.PageGenerator):
    def generate_index(self):
        policy = "default-src 'none'; script-src file: 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; " \\
            "img-src data: blob:; font-src data:; worker-src blob:"
        meta = '<meta http-equiv="Content-Security-Policy" content="' + policy + '">'
        before, head, after = super().generate_index().partition("<head>")
        if not head:
            raise RuntimeError("no head to put the policy into")
        return before + head + meta + after
picture = kaleido.calc_fig_sync(figure, opts=options, kopts={"timeout": 20, "page_generator": Page(mathjax=False)})
sys.stdout.buffer.write(picture)
"""
_ALTAIR = """
import re, sys, vl_convert
chart = sys.stdin.buffer.read().decode()
version = re.search(r"/vega-lite/v([0-9]+[.][0-9]+)", chart)
known = version and version[1] in vl_convert.get_vegalite_versions()
given = {"vl_version": version[1]} if known else {}
sys.stdout.buffer.write(vl_convert.vegalite_to_svg(chart, allowed_base_urls=[], **given).encode())
"""
_PLOTLY_SIZE = (700, 500)
_SCALE = 2.0
_MOST_TEXT = 20_000
_LENGTHS = (1_000_000, 1_000, 300, 100, 30, 10, 3)


def png_of_plotly(figure: Any, longest_side: int) -> bytes:
    """Return a plotly *figure* as PNG. Raises RenderError where its renderer is missing or fails."""
    spec = json.loads(figure.to_json())
    layout = spec.get("layout", {})
    width, height = (
        layout.get(name) or default for name, default in zip(("width", "height"), _PLOTLY_SIZE, strict=True)
    )
    scale = min(_SCALE, longest_side / max(width, height))
    options = {"format": "png", "width": width, "height": height, "scale": scale}
    return rendered(_PLOTLY, json.dumps([spec, options]), needs="kaleido", extra="plotly")


def png_of_altair(chart: Any, label: str, longest_side: int) -> bytes:
    """Return an altair *chart* as PNG. Raises RenderError where its renderer is missing or fails."""
    spec = _altair_spec(chart, label)
    if any(_addresses(spec)):
        raise RenderError("its data is at an address, which is not fetched: load it and give the chart the frame")
    svg = rendered(_ALTAIR, json.dumps(spec), needs="vl_convert", extra="altair")
    return png_of_svg(svg.decode(), longest_side)[0]


def text_of_plotly(figure: Any) -> str:
    """Return the traces and the layout of a plotly *figure* as JSON, cut to some 20,000 characters."""
    spec = json.loads(figure.to_json())
    spec.get("layout", {}).pop("template", None)  # colours and fonts, thousands of characters of them
    return _bounded(spec)


def text_of_altair(chart: Any, label: str) -> str:
    """Return the specification of an altair *chart*, its data included, cut to some 20,000 characters."""
    return _bounded(_altair_spec(chart, label))


def _altair_spec(chart: Any, label: str) -> dict[str, Any]:
    try:
        spec: dict[str, Any] = json.loads(json.dumps(chart.to_dict()))
    except Exception as error:  # noqa: BLE001 - altair's checks raise many kinds
        why = next(iter(str(error).strip().splitlines()), "")[:200]
        raise ConfigError(f"cannot send {label}: altair refuses it with {type(error).__name__}: {why}") from None
    return spec


def _addresses(spec: Any) -> Iterator[str]:
    """Find the addresses of data in a Vega-Lite *spec*; the data itself is not looked at."""
    if isinstance(spec, Mapping):
        for key, value in spec.items():
            if key == "data" and isinstance(value, Mapping) and isinstance(value.get("url"), str):
                yield value["url"]
            elif key not in {"values", "datasets"}:
                yield from _addresses(value)
    elif isinstance(spec, list):
        for value in spec:
            yield from _addresses(value)


def _bounded(spec: Any) -> str:
    """Return *spec* as JSON with the longest lists that fit, and a last line that says what was cut."""
    for length in _LENGTHS:
        cuts: list[int] = []
        text = json.dumps(_shortened(spec, length, cuts), ensure_ascii=False, separators=(",", ":"))
        if len(text) <= _MOST_TEXT:
            return text + (f"\n[{len(cuts):,} lists were cut to their first {length:,} entries]" if cuts else "")
    return cut(text)


def cut(text: str) -> str:
    """Return the first 20,000 characters of *text*, with a last line that says how many more there were."""
    more = len(text) - _MOST_TEXT
    return f"{text[:_MOST_TEXT]}\n[cut here: {more:,} characters more]" if more > 0 else text


def _shortened(value: Any, length: int, cuts: list[int]) -> Any:
    if isinstance(value, dict):
        if (numbers := numbers_of(value)) is not None:
            return _shortened(numbers, length, cuts)
        return {key: _shortened(each, length, cuts) for key, each in value.items()}
    if isinstance(value, list):
        if len(value) > length:
            cuts.append(len(value))
        return [_shortened(each, length, cuts) for each in value[:length]]
    return value
