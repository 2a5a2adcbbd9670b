"""
What errors, objects and copies of them show to whoever looks: a traceback, a debugger, `vars`, `help`, a pickle.

Runs inside the process that asks.
"""

import copy
import dataclasses
import inspect
import json
import pickle
import pkgutil
import pydoc
import sys
import traceback
from contextlib import suppress
from importlib import import_module

import ofox_magic

from .notes import note

FOREIGN = {"IPython", "ipykernel", "jupyter_client", "logging", "tests", "tornado", "traitlets", "zmq"}
_UNFOLDED = {"ofox_magic", "httpx", "httpcore"}


def at_error(error):
    """Look at *error*, at all that it came from, and at the variables of the frames that they passed through."""
    for each in _chain(error):
        name = type(each).__name__
        note("errors", name, "\n".join([str(each), repr(each), repr(each.args), repr(getattr(each, "__notes__", ""))]))
        note("errors", f"attributes of {name}", _attributes(each))
        for frame, line in traceback.walk_tb(each.__traceback__):
            if not is_users(frame):
                place = f"{frame.f_code.co_filename.rpartition('site-packages/')[2]}:{line} in {frame.f_code.co_name}"
                for local, value in frame.f_locals.items():
                    note("frames", f"{place}: {local}", _unfolded(value))


def at_object(name, thing):
    """Look at *thing* itself, at its attributes, and at how IPython would display it."""
    note("objects", f"repr of {name}", f"{thing!r} {thing!s} {thing:} {[thing]!r}")
    note("objects", f"attributes of {name}", _attributes(thing))
    for method in (attribute for attribute in dir(thing) if attribute.startswith("_repr_")):
        with suppress(Exception):
            note("objects", f"{method} of {name}", repr(getattr(thing, method)()))
    if shell := running_shell():
        note("objects", f"display of {name}", repr(shell.display_formatter.format(thing)))


def at_copies(name, thing):
    """Take *thing* along in every usual way. To be refused is fine, whatever is said."""
    takes = {f"pickle {protocol}": lambda p=protocol: pickle.dumps(thing, p) for protocol in (0, 2, 5)}
    takes["copy"] = lambda: _unfolded(copy.copy(thing))
    takes["deepcopy"] = lambda: _unfolded(copy.deepcopy(thing))
    takes["json"] = lambda: json.dumps(thing)
    takes["json of its attributes"] = lambda: json.dumps(thing, default=vars)
    takes["json of its text"] = lambda: json.dumps(thing, default=str)
    if dataclasses.is_dataclass(thing):
        takes["asdict"] = lambda: repr(dataclasses.asdict(thing))
    for how, take in takes.items():
        try:
            taken = take()
        except Exception as refusal:  # noqa: BLE001
            taken = f"refused: {refusal!r}"
        note("copies", f"{how} of {name}", taken)


def at_help():
    """Look at what `help()`, `?` and Shift-Tab show: docstrings, sources, constants, the defaults in signatures."""
    for info in pkgutil.walk_packages(ofox_magic.__path__, "ofox_magic."):
        if info.name.endswith("__main__"):
            continue
        module = import_module(info.name)
        note("help", f"help of {info.name}", pydoc.plain(pydoc.render_doc(module)))
        for name, value in vars(module).items():
            if inspect.isclass(value) or inspect.isfunction(value):
                with suppress(ValueError):
                    note("help", f"signature of {info.name}.{name}", str(inspect.signature(value)))
    if shell := running_shell():
        for name in ("session", "connect", "turn", "_ofox", "%ofox", "OfoxError"):
            note("help", f"{name}?", json.dumps(shell.object_inspect_mime(name, detail_level=1)))


def at_namespace():
    """Look at the variables of the user, and at the history of the shell. Returns those that are ours."""
    shell = running_shell()
    if shell is None:
        return {}
    for name, value in shell.user_ns.items():
        if not inspect.ismodule(value):
            note("namespace", name, repr(value))
    for entry in shell.history_manager.get_tail(1000, raw=True, output=True):
        note("namespace", "history", repr(entry))
    return {name: value for name, value in shell.user_ns.items() if root_of(value) == "ofox_magic"}


def running_shell():
    return sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None


def root_of(thing):
    """Return the name of the package that *thing*'s type comes from."""
    return str(getattr(type(thing), "__module__", "")).split(".")[0]


def is_users(frame):
    """Whether *frame* is of a cell or of a program, or of the shell and the tests below them."""
    return frame.f_locals is frame.f_globals or frame.f_globals.get("__name__", "").split(".")[0] in FOREIGN


def _chain(error):
    seen, left = set(), [error]
    while left:
        each = left.pop()
        if each is not None and id(each) not in seen:
            seen.add(id(each))
            yield each
            left += [each.__cause__, each.__context__]


def _unfolded(value):
    """What a debugger's list of variables shows of *value*, when one unfolds what is ours or of HTTP."""
    try:
        return f"{value!r}\n{_attributes(value)}" if root_of(value) in _UNFOLDED else repr(value)
    except Exception as refusal:  # noqa: BLE001 - a repr of somebody else's
        return f"refused: {refusal!r}"


def _attributes(thing):
    spelled = []
    for name in dir(thing):
        with suppress(Exception):
            value = getattr(thing, name)
            if not callable(value) and name != "__dict__":
                spelled.append(f"{name} = {value!r}")
    return "\n".join([*spelled, repr(getattr(thing, "__dict__", ""))])
