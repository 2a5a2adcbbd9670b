"""What is known of the models of each gateway: in memory, and for a day on disk, so that a kernel need not ask."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from ofox_magic.gateway import catalogue
from ofox_magic.gateway.catalogue import Catalogue
from ofox_magic.gateway.catalogue_file import CatalogueFile, Fetched

DAY = 86_400.0
"""Seconds for which a catalogue counts as fresh."""
_CLOCKS_DIFFER = 300.0  # seconds by which a file's time may lie ahead of ours


@dataclass(frozen=True, slots=True)
class _Known:
    catalogue: Catalogue
    at: float  # seconds since 1970; minus infinity: never fetched


_NOTHING = _Known(Catalogue(), float("-inf"))


class KnownModels:
    """
    The catalogue by base URL, as last fetched. Used from any thread; asks no gateway.

    *file* keeps them over the kernel's end (None: nothing is kept), *clock* gives seconds since 1970.
    """

    def __init__(self, file: CatalogueFile | None = None, *, clock: Callable[[], float] = time.time) -> None:
        self._file = file
        self._clock = clock
        self._known: dict[str, _Known] = {}

    def of(self, base_url: str) -> Catalogue:
        """Return the catalogue of *base_url*, however old; empty where there is none. Reads the file once."""
        return self._look(base_url).catalogue

    def age(self, base_url: str) -> float | None:
        """Return how many seconds ago it was fetched; None: never."""
        at = self._look(base_url).at
        return None if at == _NOTHING.at else max(0.0, self._clock() - at)

    def is_fresh(self, base_url: str) -> bool:
        """Whether it is a day old at most."""
        age = self.age(base_url)
        return age is not None and age <= DAY

    def keep(self, base_url: str, records: list[Any]) -> Catalogue:
        """Hold *records*, which were fetched just now, in memory; return their catalogue."""
        known = self._known[base_url] = _Known(catalogue.of(records), self._clock())
        return known.catalogue

    def write(self, base_url: str, records: list[Any]) -> None:
        """Keep *records*, which were fetched just now, on disk. Fails in silence."""
        if self._file is not None:
            self._file.write(base_url, Fetched(records, self._clock()))

    def reread(self, base_url: str) -> None:
        """Take over what is on disk where it is newer: another kernel may have fetched meanwhile."""
        on_disk = self._on_disk(base_url)
        if on_disk.at > self._look(base_url).at:
            self._known[base_url] = on_disk

    def _look(self, base_url: str) -> _Known:
        known = self._known.get(base_url)
        return known or self._known.setdefault(base_url, self._on_disk(base_url))

    def _on_disk(self, base_url: str) -> _Known:
        fetched = self._file.read(base_url) if self._file is not None else None
        if fetched is None or not fetched.at <= self._clock() + _CLOCKS_DIFFER:  # what comes from later is never old
            return _NOTHING
        return _Known(catalogue.of(fetched.records), fetched.at)
