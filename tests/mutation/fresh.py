"""
A pytest plugin for one try: it starts from nothing, and ends with the first thing that is wrong.

A try is forked from a process that has run all tests, so what functions of the package keep is of the code before the
change. Hypothesis need not find the smallest example, nor say that a busy machine is slow.
"""

import sys

from hypothesis import Phase, settings

settings.register_profile(
    "mutation", max_examples=50, deadline=None, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("mutation")


def pytest_sessionstart() -> None:
    for name, module in tuple(sys.modules.items()):
        for value in tuple(vars(module).values()) if name.startswith("ofox_magic") else ():
            if hasattr(value, "cache_clear") and value.__module__ == name:
                value.cache_clear()
