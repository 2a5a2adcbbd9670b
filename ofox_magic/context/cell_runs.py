"""Which cell it is that runs, and what it is known by once it ended."""

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Any

_DEEPEST = 16  # cells that run cells; a kernel may also fail to say that one ended


@dataclass(slots=True, eq=False)
class CellRun:
    """One run of a cell. *execution_count* is None until it ends, *cell_id* where the front end tells none."""

    info: Any = field(default=None, repr=False)
    cell_id: str | None = None
    execution_count: int | None = None
    displays: int = 0
    clears_next: bool = False
    thread: int = field(default_factory=threading.get_ident, repr=False)


class CellRuns:
    """The cells that run now, and the last that did."""

    def __init__(self) -> None:
        self._running: deque[CellRun] = deque(maxlen=_DEEPEST)
        self._latest = CellRun()

    def begin(self, info: Any, cell_id: str | None) -> CellRun | None:
        """Return the new run. None for a `run_cell` in a cell: what it shows stands in the output of that one."""
        run = CellRun(info, cell_id)
        counted = getattr(info, "store_history", True)
        if not counted and any(outer.thread == run.thread for outer in self._running):
            return None
        self._running.append(run)
        return run

    def end(self, result: Any) -> CellRun | None:
        """
        Return the run that *result* ends, None where `begin` gave none.

        A cell that had begun when nobody watched yet, and one of which the kernel has no result, end as well.
        """
        info = getattr(result, "info", None)
        known = next((run for run in self._running if run.info is info), None)
        if known is None and info is not None and self._running:
            return None
        run = known or self.current()
        if run in self._running:
            self._running.remove(run)
        run.info = None
        if getattr(info, "store_history", False):
            run.execution_count = result.execution_count
        self._latest = run
        return run

    def current(self) -> CellRun:
        """The cell that this thread runs; for other threads the one that runs, and between cells the last one."""
        here = threading.get_ident()
        newest = self._running[-1] if self._running else self._latest
        return next((run for run in reversed(self._running) if run.thread == here), newest)

    def is_running(self, run: CellRun) -> bool:
        """Whether *run* has not ended."""
        return run in self._running
