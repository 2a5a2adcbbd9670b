"""
What is sent again, and how long to wait before. Pure: a failure's status and headers in, seconds out.

At most 2 retries, on what a second try can mend, and only as long as nothing of an answer was delivered: the caller
sees to that.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

MAX_RETRIES = 2
LONGEST_WAIT = 60.0
"""Seconds that a wait asked for by the gateway is honoured; a longer one ends the turn."""
_BACKOFF, _BACKOFF_CAP = 0.5, 8.0
_TOO_MANY = 429
_RETRIED = {408, 409, _TOO_MANY}
_FINAL_CODES = {"insufficient_quota"}
_NUMBER = re.compile(r"\d{1,12}(?:\.\d{1,9})?|\.\d{1,9}", re.ASCII)
_DURATION = re.compile(r"(\d{1,12}(?:\.\d{1,9})?|\.\d{1,9})(ms|us|µs|ns|s|m|h|d)", re.ASCII)
_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}


def worth_retrying(status: int | None, headers: Mapping[str, str], code: str | int | None = None) -> bool:
    """Return whether a request that failed so may be sent again; *status* None: it never got an answer's headers."""
    said = headers.get("x-should-retry", "").strip().lower()
    if said in ("true", "false"):
        return said == "true"
    if code in _FINAL_CODES:
        return False
    return status is None or status in _RETRIED or status >= 500  # noqa: PLR2004 - HTTP's server errors


def pause(attempt: int, status: int | None, headers: Mapping[str, str], *, now: datetime, jitter: float) -> float:
    """
    Return the seconds to wait after the try number *attempt* (from 1) failed with *status* and *headers*.

    What the gateway asks for, else 0.5·2ⁿ s up to 8 s times *jitter* (0 to 1, "full jitter"). May be longer than
    LONGEST_WAIT: then the caller gives up.
    """
    asked = wait_asked(status, headers, now=now)
    if asked is not None:
        return asked
    return min(_BACKOFF * 2.0**attempt, _BACKOFF_CAP) * jitter


def wait_asked(status: int | None, headers: Mapping[str, str], *, now: datetime) -> float | None:
    """
    Return the seconds that the gateway asks to wait; None where it says nothing, or nonsense (RFC 9110 10.2.3).

    When its request limit is reset counts for a 429 alone: the header is on every response, and says nothing of how
    long a failure lasts.
    """
    millis = _number(headers.get("retry-after-ms", ""))
    if millis is not None:
        return millis / 1000
    after = headers.get("retry-after", "")
    reset = headers.get("x-ratelimit-reset-requests", "") if status == _TOO_MANY else ""
    waits = (_number(after), _until(after, now), _duration(reset))
    return next((wait for wait in waits if wait is not None), None)


def _number(text: str) -> float | None:
    text = text.strip()
    return float(text) if _NUMBER.fullmatch(text) else None


def _until(text: str, now: datetime) -> float | None:
    try:
        return max((parsedate_to_datetime(text) - now).total_seconds(), 0.0)
    except (TypeError, ValueError, OverflowError):
        return None


def _duration(text: str) -> float | None:
    """`12s`, `1m30s`, `250ms`, or a bare number of seconds, as Go writes durations."""
    text = text.strip()
    pieces = _DURATION.findall(text)
    if not pieces or "".join(number + unit for number, unit in pieces) != text:
        return _number(text)
    return sum(float(number) * _UNITS[unit] for number, unit in pieces)
