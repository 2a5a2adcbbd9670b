"""
Code and errors without the secrets that stand in them, line by line, so that what was changed can be put back. Pure.

Best effort: it knows how keys of common services look, and takes what is assigned to a name like `password` for one.
"""

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import TypeAlias

from ofox_magic.untrusted import redact

Mask: TypeAlias = Callable[[str], str]
SECRET = "[secret]"  # noqa: S105 - what stands for one
_NAMES = r"pass(?:word|wd|phrase)|pwd|secret|token|credential|(?:api|access|private|auth|account)[_-]?key"
_NAME = rf"(?<![\w-])[\w.-]{{0,60}}(?:{_NAMES})[\w-]{{0,60}}"  # of bounded length, so that no line takes long
_RULES: Sequence[tuple[re.Pattern[str], str]] = (
    # API_TOKEN = "…", {"password": "…"}, os.environ["SECRET"] = "…", setdefault("API_KEY", "…"), password: str = "…"
    (
        re.compile(
            rf"""({_NAME} (?:["']\s*[,:] | ["']?\]?\s*(?::[^=,()"']{{0,60}})?={{1,2}} | \s*:) \s*[rbuf]{{0,2}})
            (["']) (?:\\.|(?!\2)[^\\])+ \2""",
            re.IGNORECASE | re.VERBOSE,
        ),
        rf"\1\2{SECRET}\2",
    ),
    # %env TOKEN=…, !export TOKEN=…
    (re.compile(rf"^(\s*[%!]+\s*(?:set_env|env|export)\s+{_NAME}\s*[=\s]\s*)\S+", re.IGNORECASE), rf"\1{SECRET}"),
    # scheme://user:…@host
    (re.compile(r"""([a-z][a-z0-9+.-]{0,20}://[^\s/:@"']{0,100}:)[^\s/@"']+(?=@)""", re.IGNORECASE), rf"\1{SECRET}"),
    # GitHub, GitLab, Hugging Face, Slack, AWS, Google, npm, and JSON web tokens
    (
        re.compile(
            r"\b(?:gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{16,}|hf_\w{20,}|xox[abeoprs]-[\w-]{10,}"
            r"|(?:AKIA|ASIA)[0-9A-Z]{16}|AIza[\w-]{30,}|npm_\w{30,}|eyJ[\w-]{10,}\.[\w-]{10,}\.[\w-]*)"
        ),
        SECRET,
    ),
)
_PRIVATE_KEY = re.compile(r"(-----BEGIN [A-Z ]*PRIVATE KEY-----)(.*?)(-----END|\Z)", re.DOTALL)
# none begins behind a backslash: text that holds JSON is full of those, and each would be followed to the line's end
_LITERAL = re.compile(r"""(?<!\\)(["'])(?:\\.|(?!\1)[^\\])*\1""")
_BARE = re.compile(rf"({_NAME}\s*[=:](?!=)\s*)(?!\[secret\]|[\"'{{])[^\s\"'&;,]+", re.IGNORECASE)
"""As connection strings have it: `host=db password=…`."""


def scrubbed(text: str, mask: Mask = str) -> str:
    """
    Return *text*, code, with `[secret]` and `[key]` where a secret stood; it has the same lines.

    *mask* takes out what only the caller knows to be secret: the gateway's key.
    """
    lines = _PRIVATE_KEY.sub(_without_key, text).split("\n")
    return "\n".join(_line(line, mask) for line in lines)


def scrubbed_message(text: str, mask: Mask = str) -> str:
    """Return *text*, an error's words, so; in words `password=…` needs no quotes to be one."""
    return "\n".join(map(_without_bare, scrubbed(text, mask).split("\n")))


def restored(text: str, original: str, mask: Mask = str) -> str:
    """
    Return *text*, which came of what *original* was scrubbed to, with the lines that did not change as they were.

    In a line that did change no secret is put back: it would be put where somebody else chose.
    """
    own, sent, given = original.split("\n"), scrubbed(original, mask).split("\n"), text.split("\n")
    for block in SequenceMatcher(None, sent, given, autojunk=False).get_matching_blocks():
        given[block.b : block.b + block.size] = own[block.a : block.a + block.size]
    return "\n".join(given)


def _line(line: str, mask: Mask) -> str:
    line = redact(mask(line))
    for pattern, replacement in _RULES:
        line = pattern.sub(replacement, line)
    return _LITERAL.sub(lambda literal: _without_bare(literal[0]), line)


def _without_bare(text: str) -> str:
    return _BARE.sub(rf"\1{SECRET}", text)


def _without_key(found: re.Match[str]) -> str:
    return found[1] + SECRET + "\n" * found[2].count("\n") + found[3]
