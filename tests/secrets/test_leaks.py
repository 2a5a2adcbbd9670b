"""
The key leaks nowhere: everything goes wrong in a kernel, a notebook and a program, and every place is searched.

What goes wrong stands in faults.py, the places in places.py.
"""

import json

import pytest

from . import notes
from .places import PLACES
from .search import Needle


@pytest.mark.parametrize("place", PLACES)
def test_the_key_is_not_in(place, scene):
    leaks = Needle(scene.key).leaks(PLACES[place](scene))
    assert not leaks, "\n".join([f"{len(leaks)} leaks:", *map(str, leaks[:30])])


@pytest.mark.parametrize("place", PLACES)
def test_a_key_that_is_given_away_is_found_in(place, leaking_scene):
    assert Needle(leaking_scene.key).leaks(PLACES[place](leaking_scene))


def test_the_key_goes_out_once_a_request_in_its_header(scene):
    expected = f"\r\nauthorization: bearer {scene.key.lower()}\r\n".encode()
    heads = [head for request in scene.requests for head in request.lower().split(b" http/1.1\r\n")[1:]]
    assert len(heads) > 50
    assert all(head.count(expected) == 1 for head in heads)


def test_what_was_to_go_wrong_did(scene):
    """Else nothing could leak."""
    kinds = {where for folder in scene.notes.values() for where, _ in notes.read(folder, "errors")}
    assert kinds >= {"AuthError", "BadRequest", "ConfigError", "Interrupted", "PermissionDenied", "ProtocolError"}
    assert kinds >= {"RateLimited", "RuntimeError", "ServerError", "TransportError"}
    assert "[key]" in json.dumps(scene.messages)


def test_a_redirect_reaches_nobody(scene):
    assert scene.at_target == []


def test_no_request_is_kept_alive_by_an_error(scene):
    for process in ("kernel", "program"):
        [(_, alive)] = notes.read(scene.notes[process], "alive")
        assert not {"Request", "Response"} & set(json.loads(alive))
