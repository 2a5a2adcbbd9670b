"""What lies beside the project's notebooks: cassettes that anybody may read. nbval runs the notebooks themselves."""

import re
from pathlib import Path

import pytest

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"
CASSETTES = sorted(NOTEBOOKS.glob("*.ofox.jsonl"))
TRACES = re.compile(
    r"(?i)\bsk-\w|bearer|authorization|x-request|x-ratelimit|organization|practice-\d|\breq[-_]\d"  # keys, headers, ids
    r"|/(?:home|users|root|tmp|var|work|mnt|opt)\b|[a-z]:\\\\|file:"  # paths
    r"|localhost|127\.0\.0\.1|\b[\w.+-]+@[\w-]+\.\w"  # addresses
)


def test_the_tour_has_a_cassette():
    assert NOTEBOOKS / "tour.ofox.jsonl" in CASSETTES


@pytest.mark.parametrize("cassette", CASSETTES, ids=lambda path: path.name)
def test_a_cassette_tells_nothing_of_who_recorded_it(cassette):
    assert TRACES.findall(cassette.read_text("utf-8")) == []


@pytest.mark.parametrize(
    "trace",
    [
        *("sk-of-1234", "Bearer abc", '{"Authorization": ""}', "X-Request-Id", "practice-000001", "req_0123"),
        *("/home/ada/x", "/tmp/y", "C:\\\\Users\\\\ada", "http://127.0.0.1:8000/v1", "ada@example.org"),
    ],
)
def test_a_trace_would_be_found(trace):
    assert TRACES.search(f'{{"text":"so {trace}"}}')
