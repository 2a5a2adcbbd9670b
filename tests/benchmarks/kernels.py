"""The sides' kernels, running, and a measured answer of one of them."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.jupyter.kernel import Kernel

from . import sides, spoken
from .replay import Replay, Served
from .sides import Side
from .tap import Seen, watched


class Asked:
    """A side with its kernel and the server that answers it."""

    def __init__(self, side: Side, kernel: Kernel, server: Replay) -> None:
        self.side = side
        self.kernel = kernel
        self._server = server

    def run(self, code: str) -> None:
        """Run a cell that is not measured. Raises AssertionError where it fails."""
        cell = self.kernel.run(code.format(url=self._server.url))
        assert cell.status == "ok", (self.side.name, cell.error)

    def answer(self, tokens: int, rate: int) -> tuple[Seen, Served]:
        """Ask for an answer; return what the kernel did and when the server sent it."""
        self.run(self.side.prepare)
        prompt = spoken.PROMPT.format(tokens=tokens, rate=rate)
        seen = watched(self.kernel, self.side.ask.format(url=self._server.url, prompt=prompt))
        return seen, self._server.served()


@contextmanager
def started(side: Side, folder: Path, server: Replay, **environment: str) -> Iterator[Asked]:
    """A new kernel of *side* in which nothing was run. Its journal is on, as it is for a user."""
    with TemporaryDirectory(prefix="ofox-benchmark-") as own, ExitStack() as stack:
        places = {"XDG_DATA_HOME": own, "XDG_CACHE_HOME": own, "OFOX_JOURNAL": "1"}
        python = sides.python(folder, side.environment)
        kernel = Kernel(own, python=python, **sides.COMMON | places | environment)
        stack.callback(kernel.close)
        yield Asked(side, kernel, server)


@contextmanager
def loaded(chosen: list[Side], folder: Path) -> Iterator[list[Asked]]:
    """A kernel for each of the *chosen*, which has loaded what it needs and given a short answer, and one server."""
    with Replay() as server, ExitStack() as stack:
        asked = [stack.enter_context(started(side, folder, server)) for side in chosen]
        for each in asked:
            each.run(each.side.load)
            each.answer(20, 0)
        yield asked
