"""A method wrapped on one instance, and given back as it was."""

import functools
from collections.abc import Callable
from typing import Any


def wrap_method(owner: Any, name: str, around: Callable[..., Any]) -> Callable[[], None]:
    """
    Have each call of *owner*'s method *name* answered by `around(original, ...)`; return what takes that away again.

    Where somebody wrapped ours since, and still calls it, ours hands the calls straight on from then, and is taken away
    by the first of them that finds nobody above it.
    """
    original = getattr(owner, name)
    own = name in vars(owner)
    active = [around]

    @functools.wraps(original)
    def wrapped(*args: Any, **named: Any) -> Any:
        if active:
            return active[0](original, *args, **named)
        restore()
        return original(*args, **named)

    def restore() -> None:
        if vars(owner).get(name) is not wrapped:
            return
        if own:
            setattr(owner, name, original)
        else:
            delattr(owner, name)

    def undo() -> None:
        active.clear()
        restore()

    setattr(owner, name, wrapped)
    return undo
