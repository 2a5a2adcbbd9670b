"""An exception in a few words that may be sent: its type and message, no traceback and no place on the disk. Pure."""

import re

from ofox_magic.untrusted import one_line, redact

_LONGEST = 300  # characters
_ROOT = r"(?:file:/{2,}|[A-Za-z]:[\\/]+|~?[\\/]+)"
_QUOTED_PATH = re.compile(rf"(?P<quote>['\"]){_ROOT}(?:[^'\"\n]*[\\/])?(?P<last>[^'\"\\/\n]*)(?P=quote)")
_BARE_PATH = re.compile(rf"(?<![\w:/.<\\]){_ROOT}(?:[^\s'\"\\/:;,]+[\\/]+)+(?P<last>[^\s'\"\\/:;,)\]}}]*)")


def in_words(error: BaseException) -> str:
    """Return the type and the message of *error* as one line; of paths only their last part stays."""
    try:
        said = str(error)
    except Exception:  # noqa: BLE001 - its own __str__ may raise anything
        said = ""
    message = one_line(redact(without_paths(said[: 8 * _LONGEST])), _LONGEST)
    return f"{type(error).__name__}: {message}" if message else type(error).__name__


def without_paths(text: str) -> str:
    """Return *text* with the folders of absolute paths left out: `'/home/me/a.csv'` is `'a.csv'`."""
    text = _QUOTED_PATH.sub(lambda found: f"{found['quote']}{found['last']}{found['quote']}", text)
    return _BARE_PATH.sub(lambda found: found["last"], text)
