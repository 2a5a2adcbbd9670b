"""The notebooks run on the practice gateway, with no setting of whoever runs the tests."""  # noqa: INP001

# nbval compares all that they show but the bytes of pictures, which differ between releases of matplotlib. Their size
# is told by the gateway, and so is compared: `layout="constrained"` fills a figure to its edges, whatever the fonts.

import os
from collections.abc import Iterator

import pytest


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup() -> Iterator[None]:
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
        yield
