"""Writes a file of the user's: all of it or nothing, for its owner alone."""

import os
import tempfile
from pathlib import Path

from ofox_magic.errors import ConfigError


def write_whole(path: Path, data: bytes) -> str:
    """
    Put *data* where *path* is, in one step: whoever reads, and whatever fails, there is the old file or the new.

    Returns what was done to it: `wrote`, or `replaced`. Raises ConfigError, with the system's reason.
    """
    try:
        done = "replaced" if path.exists() else "wrote"
        _replace(path, data)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror or error}; what was there is untouched") from None
    return done


def _replace(path: Path, data: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # for its owner alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(temporary).replace(path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    if os.name == "posix":
        directory = os.open(path.parent, os.O_RDONLY)  # or the new name could be lost with the power
        try:
            os.fsync(directory)
        finally:
            os.close(directory)
