"""What all tests share: no setting of the machine reaches them, and a practice gateway where one is asked for."""

import os

import pytest

from ofox_magic.testing import practice_gateway


@pytest.fixture(autouse=True)
def no_settings_from_outside(monkeypatch):
    """Tests see none of the machine's OFOX_* variables, and no proxy stands between them and loopback."""
    for name in list(os.environ):
        if name.upper().startswith(("OFOX", "OPENAI")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)


@pytest.fixture
def gateway():
    """A practice gateway of its own for the test."""
    with practice_gateway() as server:
        yield server
