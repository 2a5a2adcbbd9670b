"""What the tests of the journal share."""

import threading

import pytest


@pytest.fixture
def writers():
    """The threads that write a journal now, without those that were there before the test: of one that nobody closed."""
    before = threading.enumerate()
    return lambda: [each for each in threading.enumerate() if each.name == "ofox-journal" and each not in before]
