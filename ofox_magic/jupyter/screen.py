"""Where a cell's answer is painted: one output of a notebook that changes, or a terminal that only grows."""

import sys
from collections.abc import Callable
from typing import Any, Protocol, TextIO
from uuid import uuid4

from ofox_magic.jupyter.bundle import Bundle


class Screen(Protocol):
    """One output of a cell, shown once and then changed in place."""

    def show(self, bundle: Bundle) -> None:
        """Show *bundle*; a later call replaces it."""
        ...


class NotebookScreen:
    """
    An output of the running cell, by display id.

    Publishes raw bundles through *publisher*, which returns the shell's display publisher as it is now (a
    `%%capture` exchanges it). `IPython.display.HTML(text)` would open a file or a URL that the text names.
    """

    def __init__(self, publisher: Callable[[], Any]) -> None:
        self._publisher = publisher
        self._display_id = uuid4().hex
        self._shown = False

    def show(self, bundle: Bundle) -> None:
        """Publish *bundle*: a display_data first, then update_display_data."""
        data, metadata = bundle
        self._publisher().publish(data, metadata, transient={"display_id": self._display_id}, update=self._shown)
        self._shown = True


class StaticScreen:
    """An output that is shown once and has no display id, so that a saved notebook is the same every time."""

    def __init__(self, publisher: Callable[[], Any]) -> None:
        self._publisher = publisher

    def show(self, bundle: Bundle) -> None:
        """Publish *bundle*."""
        self._publisher().publish(*bundle)


class Terminal:
    """Plain text on a stream, as it comes."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self._stream = stream

    def write(self, text: str) -> None:
        """Write *text* and flush it out."""
        stream = self._stream or sys.stdout
        stream.write(text)
        stream.flush()
