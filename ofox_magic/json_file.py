"""Reads a JSON file of the user's, and says in one line why it cannot."""

import json
from pathlib import Path
from typing import Any

from ofox_magic.errors import ConfigError


def read_json(path: Path, otherwise: str) -> Any:
    """Return what *path* holds. Raises ConfigError: with the system's reason, or *otherwise* where it is no JSON."""
    try:
        return json.loads(path.read_bytes())
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror or error}") from None
    except (ValueError, RecursionError):
        raise ConfigError(f"{path} {otherwise}") from None
