"""What all tests share: no setting of the machine reaches them, and a practice gateway where one is asked for."""

import os
import signal
import tempfile

import pytest
from hypothesis import HealthCheck, settings

from ofox_magic.testing import practice_gateway

settings.register_profile("any machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any machine")  # an example takes as long as a busy machine needs for it


def pytest_configure(config):
    """
    What is kept on disk, by these tests and the kernels that they start, is kept apart and goes with them.

    Interrupts are heard, also where a shell that started the tests beside others made them ignore those.
    """
    signal.signal(signal.SIGINT, signal.default_int_handler)
    config.ofox_home = tempfile.TemporaryDirectory(prefix="ofox-tests-")
    for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME"):
        os.environ[name] = config.ofox_home.name
    # for kernels with a home of their own too, or each would look for all fonts again, which takes seconds
    os.environ.setdefault("MPLCONFIGDIR", config.ofox_home.name)


def pytest_unconfigure(config):
    config.ofox_home.cleanup()


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    """Tests see none of the machine's OFOX_* variables, and no proxy stands between them and loopback."""
    for name in list(os.environ):
        if name.upper().startswith(("OFOX", "OPENAI")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("OFOX_JOURNAL", "0")


@pytest.fixture
def gateway():
    """A practice gateway of its own for the test."""
    with practice_gateway() as server:
        yield server
