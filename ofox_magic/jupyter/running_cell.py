"""The cell that runs: whether it is ours from its first line on, and a key for each question that it asks."""

from collections.abc import Mapping
from typing import Any

from ofox_magic.context.watching import cell_id_of


class RunningCell:
    """
    Follows what *shell* runs.

    A key is the front end's id of the cell and how many questions this run of it has asked, so that a cell that is run
    again asks the same turns again. Where a front end tells no ids (a terminal, nbclient) there are no keys.
    """

    def __init__(self, shell: Any) -> None:
        self._shell = shell
        self._source = ""
        self._run: Any = None
        self._cell_id: str | None = None
        self._asked = 0

    @property
    def is_ours(self) -> bool:
        """Whether nobody else's code is in the cell."""
        return self._source.lstrip().startswith("%%ofox")

    def begin(self, info: Any) -> None:
        """IPython's event before a cell. A cell within a cell belongs to the run of the outer one."""
        run = self._message_id()
        if run is None or run != self._run:
            self._run, self._asked = run, 0
            self._source = info.raw_cell or ""
            self._cell_id = getattr(info, "cell_id", None) or cell_id_of(self._shell)

    def next_key(self) -> str | None:
        """Return the key of the question that is asked now; None where the cell has no id."""
        self._asked += 1
        return f"{self._cell_id}:{self._asked}" if self._cell_id else None

    def _message_id(self) -> Any:
        """The message that asked for this run; in a terminal there is none."""
        parent = getattr(self._shell, "parent_header", None)
        header = parent.get("header") if isinstance(parent, Mapping) else None
        return header.get("msg_id") if isinstance(header, Mapping) else None
