"""A real IPython shell in this process."""

import atexit
from contextlib import contextmanager

from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config


@contextmanager
def real_shell():
    """Make the shell that `get_ipython` returns meanwhile; nothing of it is left, not even what it wants done at exit."""
    InteractiveShell.clear_instance()
    shell = InteractiveShell.instance(config=Config({"HistoryManager": {"enabled": False}}))
    try:
        yield shell
    finally:
        InteractiveShell.clear_instance()
        atexit.unregister(shell.atexit_operations)  # which collects all garbage, once for each of hundreds of shells
