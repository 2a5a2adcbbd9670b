"""Which frames of a traceback are the user's own, and what their places are called."""

import sys
import sysconfig
from collections.abc import Mapping
from pathlib import Path
from types import FrameType
from typing import Any

_PACKAGE = Path(__file__).parents[1]
_NOT_THE_USERS = {_PACKAGE, *(Path(place) for place in (sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()))}


class Place:
    """Says what the code of *shell*'s cells, and of other files, is called: `In[3]`, `helpers.py`."""

    def __init__(self, shell: Any = None) -> None:
        self._named = getattr(getattr(shell, "compile", None), "format_code_name", None)  # not in IPython 7

    def of(self, filename: str) -> str:
        """Return the name of what was compiled from *filename*."""
        known = self._named(filename) if self._named else None
        if known:
            return str(known[1])
        return Path(filename).name if _is_below_here(filename) else "a cell"


def is_users(frame: FrameType, namespace: Mapping[str, Any]) -> bool:
    """Whether *frame* runs code of a cell, whose globals are *namespace*, or of a file below the working directory."""
    return frame.f_globals is namespace or _is_below_here(frame.f_code.co_filename)


def _is_below_here(filename: str) -> bool:
    if filename.startswith("<"):
        return False
    try:
        path, here = Path(filename).absolute(), Path.cwd()
    except OSError:  # the working directory is gone
        return False
    if not path.is_relative_to(here) or "site-packages" in path.parts:
        return False
    if any(path.is_relative_to(place) for place in _NOT_THE_USERS):
        return False
    return path.is_file()  # compiled extensions name sources that are not there
