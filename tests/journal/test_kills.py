"""A kernel that is killed in the middle of anything keeps its promises; `python -m tests.journal.kills 200` is the long run."""

import random
import sys

import pytest

from tests.journal.kills import kill_after, kill_at

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="no SIGKILL here")


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_any_moment_breaks_no_promise(tmp_path, seed):
    dice = random.Random(seed)
    found = kill_at(dice.uniform(0, 0.8), tmp_path / "journal.sqlite3", dice.choice([0.001, 0.01]))
    assert found.questions
    assert found.broken == []


def test_text_of_a_second_ago_is_there_after_a_kill(tmp_path):
    found = kill_at(2.2, tmp_path / "journal.sqlite3", 0.1)
    assert found.questions == 1
    assert found.answers == 0
    assert found.broken == []


@pytest.mark.parametrize("statement", [1, 3, 8, 12, 13, 14, 15, 19])
def test_a_kill_after_any_single_write_breaks_no_promise(tmp_path, statement):
    assert kill_after(statement, tmp_path / "journal.sqlite3").broken == []
