"""
A gateway's list of models on disk, one file per address. Reads with suspicion, writes whole files, fails in silence.

It is a cache: what cannot be read is as good as not there, and the turn that runs beside it is none of its business.
"""

import json
import os
import stat
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from ofox_magic.errors import ConfigError
from ofox_magic.whole_file import write_whole

LARGEST = 4 << 20
"""Bytes; 140 models take 165 kB."""
_VERSION = 1
_OTHERS_MAY_WRITE = stat.S_IWGRP | stat.S_IWOTH
_READ = os.O_RDONLY | getattr(os, "O_BINARY", 0) | getattr(os, "O_NONBLOCK", 0)  # a fifo would wait for its writer


@dataclass(frozen=True, slots=True)
class Fetched:
    """The *records* of a gateway's models, and when they were fetched: seconds since 1970."""

    records: list[Any]
    at: float


def default_directory() -> Path:
    """Return the directory that is kept for caches of ours; it need not exist."""
    from platformdirs import user_cache_dir

    return Path(user_cache_dir("ofox_magic", appauthor=False))


class CatalogueFile:
    """The files in *directory*. They hold what the gateway's address tells everybody, and no key."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def read(self, base_url: str) -> Fetched | None:
        """Return what was written for *base_url*; None where there is nothing that can be trusted."""
        try:
            kept = json.loads(_content(self._path(base_url)))
            if (kept["v"], kept["base_url"]) != (_VERSION, base_url) or not isinstance(kept["models"], list):
                return None
            return Fetched(kept["models"], float(kept["fetched_at"]))
        except (OSError, ValueError, KeyError, TypeError, OverflowError, RecursionError):
            return None

    def write(self, base_url: str, fetched: Fetched) -> None:
        """Write *fetched* for *base_url*: all of it or nothing, readable for its user only."""
        kept = {"v": _VERSION, "base_url": base_url, "fetched_at": fetched.at, "models": fetched.records}
        content = json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
        if len(content) > LARGEST:
            return
        with suppress(OSError, ConfigError):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            write_whole(self._path(base_url), content)

    def _path(self, base_url: str) -> Path:
        return self._directory / f"models-{sha256(base_url.encode()).hexdigest()[:16]}.json"


def _content(path: Path) -> bytes:
    """Return what is in *path*. Raises OSError, also where it is no file of this user's own."""
    with os.fdopen(os.open(path, _READ), "rb") as file:
        about = os.fstat(file.fileno())
        if not stat.S_ISREG(about.st_mode) or not _is_own(about):
            raise OSError
        return file.read(LARGEST)  # of one that is larger the start, which is no JSON


def _is_own(about: os.stat_result) -> bool:
    """Whether nobody else can have written it: prices that are too low would let a budget pass."""
    if not hasattr(os, "getuid"):
        return True
    return about.st_uid == os.getuid() and not about.st_mode & _OTHERS_MAY_WRITE
