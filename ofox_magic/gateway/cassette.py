"""The file that holds recorded answers: one a line, as they ended, found by the digest of the request."""

import os
import stat
from collections.abc import Iterator, Mapping
from contextlib import suppress
from errno import ENOSPC
from pathlib import Path
from typing import Any

from ofox_magic.chat.part_records import get
from ofox_magic.chat.transport import ModelCard
from ofox_magic.errors import ConfigError
from ofox_magic.gateway.recorded import card_of
from ofox_magic.gateway.take import Line, Take, record_of, take_of
from ofox_magic.untrusted import one_line

LARGEST = 256 << 20
"""Bytes of a cassette that are read: it is held in memory."""
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # a fifo would wait for its writer
_APPEND = os.O_RDWR | os.O_APPEND | os.O_CREAT | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)


class Cassette:
    """The cassette at *path*."""

    def __init__(self, path: Path) -> None:
        self.path = path.absolute()  # a notebook may change its directory
        self._seen: tuple[int, ...] = ()
        self._lines: dict[str, list[Line]] = {}
        self._cards: dict[str, ModelCard] = {}

    # -- recording ----------------------------------------------------------------------------------------------------

    def check(self) -> None:
        """Make the file where it is missing. Raises ConfigError where nothing can be recorded."""
        try:
            os.close(self._open_to_append())
        except OSError as error:
            raise ConfigError(
                f"cannot record into {self.path}: {_reason(error)}. Set OFOX_CASSETTE to a file that can be written"
            ) from None

    def append(self, line: bytes) -> None:
        """Add *line*, whole or not at all, in one write, since another kernel may do the same. Raises OSError."""
        file = self._open_to_append()
        try:
            before = os.lseek(file, 0, os.SEEK_END)
            if before and os.lseek(file, -1, os.SEEK_END) >= 0 and os.read(file, 1) != b"\n":
                line = b"\n" + line  # somebody was killed while writing: only that line is lost
            written = os.write(file, line)
            if written < len(line):
                if os.fstat(file).st_size == before + written:  # nobody else wrote meanwhile
                    os.ftruncate(file, before)
                raise OSError(ENOSPC, os.strerror(ENOSPC))
        finally:
            os.close(file)

    def _open_to_append(self) -> int:
        file = os.open(self.path, _APPEND, 0o600)
        if stat.S_ISREG(os.fstat(file).st_mode):
            return file
        os.close(file)
        raise OSError("it is no file")

    # -- playing ------------------------------------------------------------------------------------------------------

    def lines(self, wanted: str) -> list[Line]:
        """Return the lines of the requests with this digest, in order. Raises ConfigError, in one line."""
        self._look()
        return self._lines.get(wanted, [])

    def take(self, line: Line) -> Take:
        """Return what is recorded in *line*. Raises ConfigError, in one line."""
        try:
            return take_of(line)
        except (ValueError, RecursionError) as error:
            raise self._unplayable(line.number, error) from None

    def requests(self) -> Iterator[tuple[int, Mapping[str, Any]]]:
        """Yield every recorded request with the number of its line."""
        for line in (line for lines in self._lines.values() for line in lines):
            yield line.number, get(record_of(line), "request", dict)

    def card(self, model: str) -> ModelCard | None:
        """Return what was known of *model* (id or alias) when it answered; None where nothing is recorded."""
        with suppress(ConfigError):  # which is said when something is asked
            self._look()
        return self._cards.get(model)

    def _look(self) -> None:
        """Read the file, unless it is as it was."""
        try:
            seen, data = self._read()
        except OSError as error:
            raise ConfigError(self._unread(error)) from None
        if data is None:
            return
        found: dict[str, list[Line]] = {}
        cards: dict[str, ModelCard] = {}
        for number, text in enumerate(data.split(b"\n"), 1):
            if not text.strip():
                continue
            line = Line(number, text)
            try:
                record = record_of(line)
                for card in map(card_of, get(record, "cards", list, [])):
                    cards |= dict.fromkeys((card.id, *card.aliases), card)
            except (ValueError, RecursionError) as error:
                raise self._unplayable(number, error) from None
            found.setdefault(record["digest"], []).append(line)
        self._seen, self._lines, self._cards = seen, found, cards

    def _read(self) -> tuple[tuple[int, ...], bytes | None]:
        """Return how the file looks from outside, and what is in it; None where that was read already."""
        with os.fdopen(os.open(self.path, _READ), "rb") as file:
            about = os.fstat(file.fileno())
            if not stat.S_ISREG(about.st_mode):
                raise OSError("it is no file")
            if about.st_size > LARGEST:
                raise OSError(f"it is larger than {LARGEST >> 20} MiB")
            seen = (about.st_ino, about.st_size, about.st_mtime_ns)
            return seen, None if seen == self._seen else file.read(LARGEST)

    def _unread(self, error: OSError) -> str:
        if not isinstance(error, FileNotFoundError):
            return f"cannot read the cassette {self.path}: {_reason(error)}. Set OFOX_CASSETTE to the one to play"
        others = sorted(path.name for path in self.path.parent.glob("*ofox.jsonl"))[:3]
        instead = f"set OFOX_CASSETTE to the one to play ({', '.join(others)}?)" if others else "set OFOX_CASSETTE"
        return f"there is no cassette at {self.path}: {instead}, or record one with OFOX_MODE=record"

    def _unplayable(self, number: int, error: Exception) -> ConfigError:
        what = str(error) if type(error) is ValueError else "it is no JSON, or was cut"
        return ConfigError(f"line {number} of the cassette {self.path.name} cannot be played: {one_line(what, 200)}")


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()
