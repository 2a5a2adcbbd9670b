"""The table of what is sent again and after how long."""

from datetime import UTC, datetime

import pytest

from ofox_magic.gateway.retry import pause, wait_asked, worth_retrying

NOW = datetime(2026, 11, 24, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("status", "headers", "code", "again"),
    [
        (None, {}, None, True),
        (400, {}, None, False),
        (401, {}, None, False),
        (402, {}, None, False),
        (403, {}, None, False),
        (404, {}, None, False),
        (408, {}, None, True),
        (409, {}, None, True),
        (413, {}, None, False),
        (422, {}, None, False),
        (429, {}, None, True),
        (429, {}, "rate_limit_exceeded", True),
        (429, {}, "insufficient_quota", False),
        (500, {}, None, True),
        (502, {}, None, True),
        (503, {}, None, True),
        (504, {}, None, True),
        (524, {}, None, True),
        (503, {"x-should-retry": "false"}, None, False),
        (400, {"x-should-retry": "true"}, None, True),
        (429, {"x-should-retry": " True "}, "insufficient_quota", True),
        (400, {"x-should-retry": "maybe"}, None, False),
    ],
)
def test_what_a_second_try_can_mend_is_sent_again(status, headers, code, again):
    assert worth_retrying(status, headers, code) is again


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "2"}, 2),
        ({"retry-after": " 2.5 "}, 2.5),
        ({"retry-after": "0"}, 0),
        ({"retry-after": "7200"}, 7200),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT"}, 30),
        ({"retry-after": "Tue, 24 Nov 2026 11:00:00 GMT"}, 0),
        ({"retry-after-ms": "1500"}, 1.5),
        ({"retry-after-ms": "1500", "retry-after": "9"}, 1.5),
        ({"retry-after-ms": "soon", "retry-after": "9"}, 9),
        ({"x-ratelimit-reset-requests": "12s"}, 12),
        ({"x-ratelimit-reset-requests": "1m30s"}, 90),
        ({"x-ratelimit-reset-requests": "250ms"}, 0.25),
        ({"x-ratelimit-reset-requests": "1h2m3.5s"}, 3723.5),
        ({"x-ratelimit-reset-requests": "7"}, 7),
        ({"retry-after": "9", "x-ratelimit-reset-requests": "12s"}, 9),
        ({"retry-after": "later", "x-ratelimit-reset-requests": "12s"}, 12),
        # nonsense is as if nothing were said
        ({"retry-after": "-5"}, None),
        ({"retry-after": "NaN"}, None),
        ({"retry-after": "inf"}, None),
        ({"retry-after": "1e999"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "٣"}, None),
        ({"retry-after": ""}, None),
        ({"retry-after": "Tue, 99 Nov 2026 12:00:30 GMT"}, None),
        ({"retry-after": "Tue, 24 Nov 2026 12:00:30"}, None),
        ({"x-ratelimit-reset-requests": "12 parsecs"}, None),
        ({"x-ratelimit-reset-requests": "s"}, None),
        ({"x-ratelimit-reset-requests": "12s!"}, None),
        ({"x-ratelimit-reset-requests": "-12s"}, None),
    ],
)
def test_the_wait_is_what_the_gateway_asks_for(headers, seconds):
    assert wait_asked(429, headers, now=NOW) == (pytest.approx(seconds) if seconds is not None else None)


@pytest.mark.parametrize(("attempt", "cap"), [(1, 1.0), (2, 2.0), (3, 4.0), (4, 8.0), (9, 8.0)])
def test_otherwise_it_doubles_up_to_eight_seconds_with_full_jitter(attempt, cap):
    assert pause(attempt, 503, {}, now=NOW, jitter=1.0) == cap
    assert pause(attempt, 503, {}, now=NOW, jitter=0.25) == cap / 4
    assert pause(attempt, 503, {}, now=NOW, jitter=0.0) == 0


@pytest.mark.parametrize(
    ("status", "headers", "seconds"),
    [
        (503, {"retry-after": "3"}, 3),
        (503, {"retry-after": "Tue, 24 Nov 2026 12:00:30 GMT"}, 30),
        (429, {"x-ratelimit-reset-requests": "12s"}, 12),
    ],
)
def test_what_is_asked_for_has_no_jitter(status, headers, seconds):
    assert pause(1, status, headers, now=NOW, jitter=0.1) == seconds


def test_when_the_request_limit_is_reset_says_nothing_of_other_failures():
    assert wait_asked(503, {"x-ratelimit-reset-requests": "12s"}, now=NOW) is None
    assert wait_asked(503, {"x-ratelimit-reset-requests": "12s", "retry-after": "3"}, now=NOW) == 3
