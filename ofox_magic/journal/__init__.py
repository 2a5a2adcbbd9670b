"""
The conversations on disk, so that nothing that was said is lost when the kernel dies.

SQLite: Journal writes, on a thread of its own; `sessions` and `load` read. Several kernels share one file.
"""

from ofox_magic.journal.reading import SessionInfo, load, sessions
from ofox_magic.journal.storage import default_path
from ofox_magic.journal.writing import Journal

__all__ = ["Journal", "SessionInfo", "default_path", "load", "sessions"]
