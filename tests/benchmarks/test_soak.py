"""A short soak: every kind of fault, and what is held at the end is what was held before."""

from pathlib import Path

import pytest

from . import soak


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="it reads /proc")
def test_descriptors_and_threads_come_back_after_turns_with_faults(monkeypatch):
    monkeypatch.setattr(soak, "WARM_UP", 40)
    first, last, ends = soak.soak(turns=160, faults=50, report=1000)
    assert sum(ends.values()) == 160
    assert {"done", "stopped", "AuthError", "ProtocolError"} <= set(ends)
    assert (last.descriptors, last.threads) == (first.descriptors, first.threads)
