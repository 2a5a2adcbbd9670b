"""
Remembers what the cells of a notebook showed: the last displays and errors, bounded in count and in bytes.

A display is kept as the mimebundle that the front end got, and the object behind it by a weak reference only. What
the front end does not show is not remembered either: captured or cleared output, what a cell showed before it ran anew.
"""

import sys
import threading
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from ofox_magic.context.cell_runs import CellRun, CellRuns
from ofox_magic.context.failures import Failures
from ofox_magic.context.mimebundle import bounded, bounded_metadata
from ofox_magic.context.tracebacks import plain_traceback
from ofox_magic.context.watching import Kind, Shown, Source, Watch

OURS = "ofox"
"""The metadata key that marks our own outputs."""

_MOST_ERRORS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Display:
    """
    Something that was shown.

    *number* counts everything shown so far, an update counts anew. *kind* is "result" for the value of a cell's last
    expression, else "display". *data* is the mimebundle: images as they came (base64 or bytes), JSON as text, long
    texts cut. *position* is 1 for the first display of its cell.
    """

    number: int
    kind: Kind
    data: Mapping[str, str | bytes] = field(repr=False)
    metadata: Mapping[str, Any] = field(repr=False)
    display_id: str | None
    position: int
    run: CellRun = field(repr=False)
    source: Source = field(repr=False)
    size: int = 0
    """Bytes of memory that *data* takes."""

    @property
    def execution_count(self) -> int | None:
        """The number of the cell, None while it runs."""
        return self.run.execution_count

    @property
    def cell_id(self) -> str | None:
        """The front end's name for the cell."""
        return self.run.cell_id

    @property
    def type_name(self) -> str:
        """The name of the object's type; of a bundle that was published as such, its first media type."""
        return self.source.type_name or next(iter(self.data), "")

    @property
    def value(self) -> Any:
        """The object itself while it lives, else None."""
        return self.source.ref()

    @property
    def label(self) -> str:
        """What the user knows it by: `Out[3] (DataFrame)`, `display 2 of [3] (Figure)`."""
        number = "*" if self.execution_count is None else self.execution_count
        place = f"Out[{number}]" if self.kind == "result" else f"display {self.position} of [{number}]"
        return f"{place} ({self.type_name})"


class Displays:
    """
    What the cells of *shell* showed since `install`: at most *most* displays, and *most_bytes* of them.

    `failures` tells how cells failed. Any thread may display, and any thread may read. Nothing here raises into a cell
    of the user's.
    """

    def __init__(self, shell: Any, *, most: int = 24, most_bytes: int = 32_000_000) -> None:
        self._shell = shell
        self._most = most
        self._most_bytes = most_bytes
        self._lock = threading.RLock()
        self._watch: Watch | None = None
        self._kept: deque[Display] = deque()
        self._number = 0
        self._runs = CellRuns()
        self._errors: dict[int, str] = {}
        self.failures = Failures(shell)

    def install(self) -> None:
        """Begin to watch; a second call changes nothing."""
        if self._watch is None:
            self._watch = Watch(self._shell, self)

    def uninstall(self) -> None:
        """Watch no longer, and give the shell its methods back. What was remembered stays."""
        if self._watch is not None:
            self._watch.stop()
            self._watch = None
            self._runs = CellRuns()

    @property
    def all(self) -> tuple[Display, ...]:
        """Everything remembered, the oldest first."""
        with self._lock:
            return tuple(display for display in self._kept if display.data)

    @property
    def mark(self) -> int:
        """The number of the newest display, for `since`."""
        return self._number

    def last(self, number: int = 1) -> tuple[Display, ...]:
        """Return the last *number* displays, the oldest first."""
        return self.all[-number:] if number > 0 else ()

    def since(self, mark: int) -> tuple[Display, ...]:
        """Return what was shown or updated after the display that bears the number *mark*."""
        return tuple(display for display in self.all if display.number > mark)

    def of_cell(self, execution_count: int) -> tuple[Display, ...]:
        """Return what the cell with that number shows."""
        return tuple(display for display in self.all if display.execution_count == execution_count)

    def error(self, execution_count: int) -> str | None:
        """Return the traceback with which that cell failed, as plain text of at most 16,000 characters."""
        return self._errors.get(execution_count)

    # what the watch tells

    def show(self, shown: Shown) -> None:
        """Remember *shown*, unless it is ours."""
        with self._lock:
            run = self._runs.current()
            if run.clears_next:
                self._drop_outputs(run)
            if OURS in shown.metadata:
                return
            data = bounded(shown.data, self._most_bytes // 4)
            metadata = bounded_metadata(shown.metadata)
            size = sum(map(sys.getsizeof, data.values()))
            if shown.display_id is not None:
                self._update(shown, data=data, metadata=metadata, size=size)
            if not shown.update:
                run.displays += shown.kind == "display"
                self._number += 1
                place = shown.display_id, run.displays, run, shown.source
                self._kept.append(Display(self._number, shown.kind, data, metadata, *place, size))
            self._trim()

    def printed(self) -> None:
        """Forget what the running cell showed, if a clearing waits for what comes next."""
        with self._lock:
            run = self._runs.current()
            if run.clears_next:
                self._drop_outputs(run)

    def clear(self, *, wait: bool) -> None:
        """Forget what the running cell showed; with *wait*, once it shows or prints something else."""
        with self._lock:
            run = self._runs.current()
            if wait:
                run.clears_next = True
            else:
                self._drop_outputs(run)

    def begin_cell(self, info: Any, cell_id: str | None) -> None:
        """Forget what the same cell showed when it ran before."""
        with self._lock:
            run = self._runs.begin(info, cell_id)
            if run is not None and cell_id is not None:
                self._keep_if(lambda display: display.cell_id != cell_id or self._runs.is_running(display.run))

    def end_cell(self, result: Any) -> None:
        """Give the cell's displays its number, and remember how it failed."""
        error = getattr(result, "error_before_exec", None) or getattr(result, "error_in_exec", None)
        if error is not None:
            self.printed()
        with self._lock:
            run = self._runs.end(result)
        if run is None:
            return
        if error is None:
            return
        self.failures.note(error, getattr(result.info, "raw_cell", None) or "", run.execution_count)
        if run.execution_count is not None:
            self._errors[run.execution_count] = plain_traceback(self._shell, error)
            while len(self._errors) > _MOST_ERRORS:
                del self._errors[next(iter(self._errors))]

    def _update(self, shown: Shown, **content: Any) -> None:
        """Front ends put a bundle in all places that bear its display id, and so does this."""
        known = [display for display in self._kept if display.display_id == shown.display_id]
        self._keep_if(lambda display: display not in known)
        for display in known:
            self._number += 1
            self._kept.append(replace(display, number=self._number, source=shown.source, **content))

    def _drop_outputs(self, run: CellRun) -> None:
        run.clears_next = False
        run.displays = 0
        self._keep_if(lambda display: display.run is not run)

    def _trim(self) -> None:
        while len(self._kept) > self._most or sum(display.size for display in self._kept) > self._most_bytes:
            self._kept.popleft()

    def _keep_if(self, wanted: Callable[[Display], bool]) -> None:
        self._kept = deque(filter(wanted, self._kept))
