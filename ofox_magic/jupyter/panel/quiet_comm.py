"""
Makes one comm serve a panel beside a running cell: its own instance, and what it knows how to change.

From 7.4 on, ipykernel hands a front end's message to the shell that last published on the comm, so a panel that a cell
touched would wait behind the cell; and the comm tells IPython of every message as if it were a cell, which makes
matplotlib's inline backend flush, and lose, the figure that the user's cell is just drawing.
"""

from functools import partial
from typing import Any


def keep_quiet(comm: Any) -> None:
    """Let *comm* keep the front end's choice of shell, and raise neither pre_execute nor post_execute."""
    if hasattr(comm, "_reply_subshell_for"):
        comm._reply_subshell_for = _chosen  # noqa: SLF001 - there is no public way
    if hasattr(comm, "_msg_callback"):
        comm.handle_msg = partial(_handle, comm)


def _chosen(_data: Any, subshell: Any) -> Any:
    return subshell


def _handle(comm: Any, message: Any) -> None:
    if comm._msg_callback:  # noqa: SLF001
        comm._msg_callback(message)  # noqa: SLF001
