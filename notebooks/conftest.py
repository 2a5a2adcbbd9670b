"""
The notebooks run twice, with no setting of whoever runs the tests, and show what is saved each time.

On the practice gateway, and in replay: from the cassette beside the notebook, with no gateway at all.
"""  # noqa: INP001

# nbval compares all that they show but the bytes of pictures, which differ between releases of matplotlib. Their size
# is told by the gateway, and so is compared: `layout="constrained"` fills a figure to its edges, whatever the fonts.

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from nbval.plugin import IPyNbFile

NOWHERE = "http://127.0.0.1:9"
"""A proxy that there is not, so that a replay that asks a gateway fails."""


class InReplay(IPyNbFile):
    """A notebook whose answers are in *cassette*."""

    def __init__(self, cassette: Path, **given: Any) -> None:
        super().__init__(**given)
        self.cassette = cassette

    def setup_sanitize_files(self) -> None:
        """Overlook the line in which `%ofox` says the mode."""
        super().setup_sanitize_files()
        self.sanitize_patterns[r"(?m)^mode  .*$"] = "mode"


def pytest_collect_file(file_path: Path, parent: pytest.Collector) -> InReplay | None:
    """Have a notebook that has a cassette run in replay too."""
    cassette = file_path.with_suffix(".ofox.jsonl")
    if not parent.config.option.nbval or file_path.suffix != ".ipynb" or not cassette.exists():
        return None
    name = f"{file_path.name}[replay]"
    return InReplay.from_parent(parent, path=file_path, name=name, nodeid=f"{parent.nodeid}/{name}", cassette=cassette)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Iterator[None]:
    """
    Give the kernel its environment while nbval starts it, before a notebook's first cell.

    Only cells of this folder come by here, and afterwards everything is as before: the other tests of this process
    see nothing of it.
    """
    with pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("OFOX_", "OFOXAI_"))]:
            patch.delenv(name)
        patch.setenv("OFOX_BASE_URL", "practice")
        patch.setenv("OFOX_LIVE", "0")  # nbval keeps a cell's first picture, and knows no later change
        if isinstance(item.parent, InReplay):
            patch.setenv("OFOX_MODE", "replay")
            patch.setenv("OFOX_CASSETTE", str(item.parent.cassette))
            patch.setenv("ALL_PROXY", NOWHERE)
            patch.delenv("NO_PROXY", raising=False)
        yield
