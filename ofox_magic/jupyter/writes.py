"""Whether somebody else writes into the running cell: a print, a display, another thread. Then nothing is cleared."""

import sys
from collections.abc import Callable
from typing import Any

OURS = "ofox"
"""The metadata key that marks our own outputs."""


class ForeignWrites:
    """
    Counts what others write while it watches, on stdout, stderr and the display publisher of *shell*.

    It wraps three methods on their instances, and takes the wraps away again where nobody wrapped them since.
    """

    def __init__(self, shell: Any) -> None:
        self.count = 0
        self._undo: list[Callable[[], None]] = []
        self._wrap(sys.stdout, "write", self._counting)
        self._wrap(sys.stderr, "write", self._counting)
        self._wrap(shell.display_pub, "publish", self._counting_displays)

    def stop(self) -> None:
        """Watch no longer."""
        while self._undo:
            self._undo.pop()()

    def _counting(self, write: Callable[..., Any]) -> Callable[..., Any]:
        def counted(text: Any, *args: Any, **named: Any) -> Any:
            self.count += bool(text)
            return write(text, *args, **named)

        return counted

    def _counting_displays(self, publish: Callable[..., Any]) -> Callable[..., Any]:
        def counted(data: Any, metadata: Any = None, *args: Any, **named: Any) -> Any:
            self.count += OURS not in (metadata or {})
            return publish(data, metadata, *args, **named)

        return counted

    def _wrap(self, owner: Any, name: str, wrap: Callable[[Callable[..., Any]], Callable[..., Any]]) -> None:
        original = getattr(owner, name)
        wrapped = wrap(original)
        had_own = name in vars(owner)

        def undo() -> None:
            if vars(owner).get(name) is not wrapped:
                return  # somebody wrapped ours since, and still calls it
            if had_own:
                setattr(owner, name, original)
            else:
                delattr(owner, name)

        setattr(owner, name, wrapped)
        self._undo.append(undo)
