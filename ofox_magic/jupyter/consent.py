"""Consent from the keyboard: the call is printed in full sight, and whoever sits there says yes or no."""

import sys
import threading
from collections.abc import Mapping
from typing import Any

from ofox_magic.chat.parts import ToolCall
from ofox_magic.chat.tools import Consent

PROMPT = "Run it? [y/N] "
_YES = ("y", "yes")
_LONGEST = 1_000  # characters of one argument that are printed
_END = 200  # of them from its end, since what matters may stand there


class KeyboardConsent:
    """Asks with `input`, which a kernel hands on to its front end. Anything but y or yes is a no, each time anew."""

    def ask(self, call: ToolCall, described: str) -> bool:  # noqa: ARG002 - what is described is what will run
        """
        Print the call as it is *described*, and return whether it was allowed.

        Only the main thread has a keyboard; elsewhere the answer is no. An interrupt goes through.
        """
        if threading.current_thread() is not threading.main_thread():
            return False
        print("\n".join(map(shortened, described.splitlines())))
        return input(PROMPT).strip().lower() in _YES


def consent_of(shell: Any) -> Consent | None:
    """Return who can be asked in the cell that *shell* runs; None where nobody can: no front end that takes input."""
    return KeyboardConsent() if _has_keyboard(shell) else None


def shortened(line: str) -> str:
    """Return *line* with its middle left out where it is very long, and how much that is."""
    if len(line) <= _LONGEST:
        return line
    left_out = len(line) - _LONGEST
    return f"{line[: _LONGEST - _END]} [… {left_out:,} more characters …] {line[-_END:]}"


def _has_keyboard(shell: Any) -> bool:
    if not hasattr(shell, "kernel"):
        return bool(sys.stdin and sys.stdin.isatty())
    parent = getattr(shell, "parent_header", None)  # the whole message that asked for this run
    content = parent.get("content") if isinstance(parent, Mapping) else None
    return isinstance(content, Mapping) and content.get("allow_stdin") is True
