"""The words behind a command."""

from IPython.core.error import UsageError


def one_word(text: str, usage: str) -> str:
    """Return *text*. Raises UsageError, which says *usage*, where it is not one word."""
    if len(text.split()) != 1:
        raise UsageError(f"%ofox {usage}: expected one word, got {text!r}")
    return text


def number(text: str, most: int, usage: str) -> int:
    """Return the number from 1 to *most* that *text* is. Raises UsageError, which says *usage*."""
    if not (text.isdecimal() and 0 < int(text) <= most):
        expected = f"a number from 1 to {most}" if most else "nothing, since there is nothing yet"
        raise UsageError(f"%ofox {usage}: expected {expected}, got {text!r}")
    return int(text)
