"""Where pictures are taken: JupyterLab over a practice gateway, and a Chromium, for as long as a block lasts."""

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from ofox_magic.practice import PracticeGateway
from ofox_magic.testing import practice_gateway

from . import lab
from .conftest import FLAGS

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark"}


class Studio(NamedTuple):
    """All that a picture takes; *folder* goes with it."""

    chromium: Any
    server: lab.JupyterServer
    gateway: PracticeGateway
    folder: Path

    def choose(self, theme: str) -> None:
        """Let pages that are opened from now on be light or dark."""
        self.server.set("@jupyterlab/apputils-extension:themes", theme=THEMES[theme])


@contextmanager
def studio() -> Iterator[Studio]:
    """Open a studio, and close all of it at the end."""
    with ExitStack() as stack:
        from playwright.sync_api import sync_playwright

        gateway = stack.enter_context(practice_gateway())
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        server = lab.JupyterServer(folder, OFOX_BASE_URL=gateway.base_url)
        stack.callback(server.close)
        playwright = stack.enter_context(sync_playwright())
        chromium = playwright.chromium.launch(executable_path=lab.chromium(), args=FLAGS)
        stack.callback(chromium.close)
        yield Studio(chromium, server, gateway, folder)
