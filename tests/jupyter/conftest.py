"""A real shell and a real kernel, each with the extension loaded and a practice gateway behind it."""

import pytest

import ofox_magic
from ofox_magic.testing import practice_gateway
from tests.shells import real_shell

from .kernel import Kernel


@pytest.fixture
def shell(gateway, monkeypatch, tmp_path):
    """A real IPython shell in this process."""
    monkeypatch.setenv("OFOX_BASE_URL", gateway.base_url)
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path))
    with real_shell() as shell:
        shell.run_line_magic("load_ext", "ofox_magic")
        yield shell
        ofox_magic.unload_ipython_extension(shell)


@pytest.fixture(scope="module")
def kernel_gateway():
    with practice_gateway() as server:
        yield server


@pytest.fixture(scope="module")
def running_kernel(kernel_gateway, tmp_path_factory):
    kernel = Kernel(tmp_path_factory.mktemp("kernel"), OFOX_BASE_URL=kernel_gateway.base_url)
    assert kernel.run("%load_ext ofox_magic").status == "ok"
    yield kernel
    kernel.close()


@pytest.fixture
def kernel(running_kernel):
    """A real ipykernel; each test begins with an empty conversation."""
    running_kernel.run("from ofox_magic import session; session().clear(); session().model = session().system = None")
    return running_kernel
