"""What code prints and displays that runs in no cell, as text: a front end has no place for it."""

from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from typing import Any


@contextmanager
def printed(display_pub: Any) -> Iterator[StringIO]:
    """
    Take what is printed in the block, and of what the calling thread displays by *display_pub* the text, in order.

    By a hook of ipykernel's publisher. IPython's `capture_output` exchanges the publisher, and a kernel without its own
    fails on every message that comes in on another subshell meanwhile.
    """
    taken = StringIO()

    def take(message: dict[str, Any]) -> None:
        data = message.get("content", {}).get("data", {})
        if text := data.get("text/plain"):
            taken.write(f"{text}\n")

    has_hooks = hasattr(display_pub, "register_hook")
    if has_hooks:
        display_pub.register_hook(take)
    try:
        with redirect_stdout(taken), redirect_stderr(taken):
            yield taken
    finally:
        if has_hooks:
            display_pub.unregister_hook(take)
