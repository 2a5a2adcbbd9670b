"""
A pytest plugin for mutation: each test begins with nothing that functions of the package keep.

What is made once and kept is otherwise made in the first test that needs it, before a try is forked: changes to what
makes it would not be seen. Hypothesis need not find the smallest example, nor say that a busy machine is slow.
"""

import sys

from hypothesis import Phase, settings

settings.register_profile(
    "mutation", max_examples=50, deadline=None, database=None, phases=(Phase.explicit, Phase.generate)
)
settings.load_profile("mutation")


def pytest_runtest_setup() -> None:
    for name, module in tuple(sys.modules.items()):
        for value in tuple(vars(module).values()) if name.startswith("ofox_magic") else ():
            if hasattr(value, "cache_clear") and value.__module__ == name:
                value.cache_clear()
