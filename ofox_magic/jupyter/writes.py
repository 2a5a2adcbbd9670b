"""Whether somebody else writes into the running cell: a print, a display, another thread. Then nothing is cleared."""

import sys
from collections.abc import Callable
from typing import Any

from ofox_magic.context.displays import OURS
from ofox_magic.context.wrapping import wrap_method


class ForeignWrites:
    """Counts what others write while it watches, on stdout, stderr and the display publisher of *shell*."""

    def __init__(self, shell: Any) -> None:
        self.count = 0
        self._undo = [
            wrap_method(sys.stdout, "write", self._write),
            wrap_method(sys.stderr, "write", self._write),
            wrap_method(shell.display_pub, "publish", self._publish),
        ]

    def stop(self) -> None:
        """Watch no longer."""
        while self._undo:
            self._undo.pop()()

    def _write(self, original: Callable[..., Any], text: Any, *args: Any, **named: Any) -> Any:
        self.count += bool(text)
        return original(text, *args, **named)

    def _publish(self, original: Callable[..., Any], data: Any, metadata: Any = None, *args: Any, **named: Any) -> Any:
        self.count += OURS not in (metadata or {})
        return original(data, metadata, *args, **named)
