"""Keys that look as real ones do, and what became of each where everything went wrong."""

import random
import string

import pytest

from .scene import play


def random_key(seed: int, shape: str) -> str:
    """Return a key of this *shape*, each `x` of it by chance. Made here, so that no scanner finds one in the source."""
    chance = random.Random(seed)
    return "".join(chance.choice(string.ascii_letters + string.digits) if char == "x" else char for char in shape)


KEYS = {
    "a key as the gateway makes them": random_key(1, f"sk-of-{'x' * 40}"),
    "a key that no pattern knows": random_key(2, f"{'x' * 13}_{'x' * 11}-{'x' * 14}.{'x' * 6}"),
}


@pytest.fixture(scope="module", params=KEYS)
def scene(request, tmp_path_factory):
    return play(KEYS[request.param], tmp_path_factory.mktemp("scene"))


@pytest.fixture(scope="module")
def leaking_scene(tmp_path_factory):
    return play(random_key(3, "x" * 40), tmp_path_factory.mktemp("leaking"), leaking=True)
