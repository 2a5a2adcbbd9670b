"""What a failed cell showed of its error, as plain text."""

import traceback
from typing import Any

from ofox_magic.context.plain import without_colours

_MOST = 16_000  # characters


def plain_traceback(shell: Any, error: BaseException, most: int = _MOST) -> str:
    """
    Return the traceback that *shell* shows for *error*, in the mode that the user set, without colours.

    An error that renders itself is taken at its word. The text has at most *most* characters: of a longer one the
    middle is left out, because its ends say where it began and what went wrong.
    """
    try:
        lines = _lines(shell, error)
    except Exception:  # noqa: BLE001 - IPython does the same: an error must not hide behind the one of its rendering
        lines = traceback.format_exception_only(error)
    return _shortened(without_colours("\n".join(lines)).strip(), most)


def _lines(shell: Any, error: BaseException) -> list[str]:
    kind = type(error)
    if kind.__name__ == "UsageError":  # a magic's: IPython shows the message alone
        return [f"UsageError: {error}"]
    shown = getattr(shell, "_last_traceback", None)  # a kernel keeps what it showed: to render takes up to 0.1 s
    if isinstance(shown, list) and any(kind.__name__ in line for line in shown):
        return shown
    if callable(render := getattr(error, "_render_traceback_", None)):
        return list(render())
    if isinstance(error, SyntaxError) and error.filename:
        return list(shell.SyntaxTB.structured_traceback(kind, error, []))
    return list(shell.InteractiveTB.structured_traceback(kind, error, error.__traceback__))


def _shortened(text: str, most: int) -> str:
    if len(text) <= most:
        return text
    left_out = f"\n[... {len(text) - most:,} characters left out ...]\n"
    kept = most - len(left_out)
    return text[: kept // 2] + left_out + text[-(kept - kept // 2) :]
