"""Where an answer is painted: outputs of a notebook's cell that change in place, or a terminal that only grows."""

import sys
from shutil import get_terminal_size
from typing import Any, Protocol, TextIO
from uuid import uuid4

from ofox_magic.jupyter.bundle import Bundle
from ofox_magic.jupyter.wrap import WordWrap
from ofox_magic.jupyter.writes import ForeignWrites


class Screen(Protocol):
    """Our outputs in the running cell, by number."""

    @property
    def others(self) -> int:
        """How often somebody else wrote into the cell since."""
        ...

    def add(self, bundle: Bundle) -> int:
        """Show *bundle* in a new output, below all that is there, and return its number."""
        ...

    def change(self, number: int, bundle: Bundle) -> None:
        """Show *bundle* in output *number* instead of what stands there."""
        ...

    def replace(self, bundle: Bundle | None) -> bool:
        """Make *bundle* (None: nothing) the cell's only output. False, and untouched, where others wrote into it."""
        ...

    def close(self) -> None:
        """Nothing more will be shown."""
        ...


class NotebookScreen:
    """
    Outputs by display id.

    *whole_cell*: the cell is ours from its first line on, so that nobody can have written into it before. Bundles are
    published raw; `IPython.display.HTML(text)` would open a file or an address that the text names.
    """

    def __init__(self, shell: Any, *, whole_cell: bool) -> None:
        self._shell = shell
        self._whole_cell = whole_cell
        self._writes = ForeignWrites(shell)
        self._ids: list[str] = []

    @property
    def others(self) -> int:
        """How often somebody else wrote."""
        return self._writes.count

    def add(self, bundle: Bundle) -> int:
        """Publish a display_data."""
        self._ids.append(uuid4().hex)
        self._publish(len(self._ids) - 1, bundle, update=False)
        return len(self._ids) - 1

    def change(self, number: int, bundle: Bundle) -> None:
        """Publish an update_display_data."""
        self._publish(number, bundle, update=True)

    def _publish(self, number: int, bundle: Bundle, *, update: bool) -> None:
        self._shell.display_pub.publish(*bundle, transient={"display_id": self._ids[number]}, update=update)

    def replace(self, bundle: Bundle | None) -> bool:
        """Clear the cell in the moment in which *bundle* is shown, so that the page does not jump."""
        if not self._whole_cell or self._writes.count:
            return False
        self._shell.display_pub.clear_output(wait=bundle is not None)
        if bundle is not None:
            self._shell.display_pub.publish(*bundle)
        return True

    def close(self) -> None:
        """Stop to watch who writes."""
        self._writes.stop()


class StaticScreen:
    """An output that is shown once and has no display id, so that a saved notebook is the same every time."""

    def __init__(self, publisher: Any) -> None:
        self._publisher = publisher

    def show(self, bundle: Bundle) -> None:
        """Publish *bundle*."""
        self._publisher.publish(*bundle)


def terminal_width() -> int | None:
    """Return how many columns there are where `print` prints; None where it is no terminal, which has no end."""
    return get_terminal_size().columns if sys.stdout.isatty() else None


class Terminal:
    """Plain text on a stream, as it comes. On a terminal, prose is broken between words; a pipe gets what came."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream or sys.stdout
        self._wrap = WordWrap(lambda: get_terminal_size().columns) if self._stream.isatty() else None
        self._line_open = False
        self._passing = ""

    def show_for_now(self, line: str) -> None:
        """Show *line* until something else is written; on a terminal only, and not within what was written."""
        line = line[: get_terminal_size().columns - 1]
        if self._wrap and not self._line_open and line != self._passing:
            self._out(f"\r{line.ljust(len(self._passing))}")
            self._passing = line

    def write(self, text: str) -> None:
        """Write *text*; a word at its end may wait for its rest."""
        self._put(self._wrap.feed(text) if self._wrap else text)

    def settle(self) -> None:
        """Write what waits."""
        if self._wrap:
            self._put(self._wrap.flush())

    def write_line(self, text: str) -> None:
        """Write *text* on a line of its own."""
        self.settle()
        self.write(f"\n{text}\n" if self._line_open else f"{text}\n")

    def _put(self, text: str) -> None:
        if text:
            gone = f"\r{' ' * len(self._passing)}\r" if self._passing else ""
            self._passing = ""
            self._out(gone + text)
            self._line_open = not text.endswith("\n")

    def _out(self, text: str) -> None:
        """Put *text* out now; what the stream has no bytes for becomes a question mark."""
        encoding = self._stream.encoding or "utf-8"
        self._stream.write(text.encode(encoding, "replace").decode(encoding))
        self._stream.flush()
