"""A real kernel of which everything is kept: each message to its front ends, and what its process writes."""

import json
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from queue import Empty

from tests.jupyter.kernel import Kernel

_QUIET = 0.3


class Recorder:
    """
    Runs cells. `messages` holds all that came, whoever caused it, as pairs of where it belongs and its JSON.

    Set `about` to what the cells are run for.
    """

    def __init__(self, kernel: Kernel) -> None:
        self.messages: list[tuple[str, str]] = []
        self.about = ""
        self._kernel = kernel
        self._sources: dict[str, str] = {}
        self._last = time.monotonic()
        self._ended = threading.Event()
        self._client = kernel.manager.client()
        self._client.start_channels(shell=False, stdin=False, hb=False, control=False)
        self._thread = threading.Thread(target=self._pump, daemon=True)
        self._thread.start()
        end = time.monotonic() + 10
        while not self.messages and time.monotonic() < end:  # a subscription takes a moment
            kernel.run("pass")
        assert self.messages, "nothing was heard of the kernel"

    def run(self, source: str) -> None:
        """Run a cell to its end, whether it goes well or not."""
        # stop_on_error would abort the next cell too, where it comes at once
        self._note_reply(source, self._kernel.run(source, stop_on_error=False))

    def tell(self, source: str) -> None:
        """Run a cell that must go well."""
        cell = self._kernel.run(source, stop_on_error=False)
        assert cell.status == "ok", f"{self.about}: {source!r}: {cell.status}: {cell.error}"
        self._note_reply(source, cell)

    @contextmanager
    def running(self, source: str):
        """Run a cell while the block lasts, and interrupt it then."""
        cell = self._kernel.start(source, stop_on_error=False)
        yield
        self._kernel.interrupt()
        self._kernel.finish()
        self._note_reply(source, cell)

    def close(self):
        """Wait for what is still on its way, and stop listening."""
        end = time.monotonic() + 5
        while time.monotonic() < min(end, self._last + _QUIET):
            time.sleep(0.05)
        self._ended.set()
        self._thread.join(5)
        self._client.stop_channels()

    def _note_reply(self, source, cell):
        self.messages.append((f"{self.about}: reply to {source!r}", json.dumps(cell.reply, default=str)))

    def _pump(self):
        while not self._ended.is_set():
            try:
                message = self._client.get_iopub_msg(timeout=0.1)
            except Empty:
                continue
            self._last = time.monotonic()
            parent = message["parent_header"].get("msg_id", "")
            if message["msg_type"] == "execute_input":
                self._sources[parent] = f"{self.about}: {message['content']['code']!r}"
            where = f"{self._sources.get(parent, 'nobody')}: {message['msg_type']}"
            self.messages.append((where, json.dumps(message, default=str)))


@contextmanager
def recorded_kernel(home: Path, log: Path, environment: dict[str, str]):
    """Run a kernel whose process writes into *log*, and yield its Recorder."""
    with log.open("wb") as file:
        kernel = Kernel(home, output=file, **environment)
        recorder = Recorder(kernel)
        try:
            yield recorder
        finally:
            recorder.close()
            kernel.close()
