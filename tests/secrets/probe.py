"""What a cell or a program calls to have things go wrong, and to have what came of it looked at."""

import json
import logging
import os
import sys
import warnings
from pathlib import Path

import ofox_magic
from ofox_magic import errors
from ofox_magic.settings import Secret

from . import looks, memory
from .notes import FOLDER, listen

__all__ = ["asker", "begin", "end", "keep", "leak", "listen", "look", "look_again", "look_around", "what_happens"]
XMODES = ("Plain", "Context", "Minimal", "Verbose")

_before: dict[str, str | None] = {}
_passed: list[str] = []
_kept: dict[str, object] = {}


def what_happens():
    """Return the name of each fault, the code that asks, and whether it is interrupted."""
    return [(name, fault["python"], fault["interrupted"]) for name, fault in _conditions().items()]


def begin(name):
    """Let hold from now on what belongs to the fault *name*."""
    condition = _conditions()[name]
    _make_quick_and_talkative(ofox_magic.session()._transport.client)
    _passed.extend([condition["passed"]] if condition["passed"] else [])
    _before.update({variable: os.environ.get(variable) for variable in condition["environment"]})
    os.environ.update(condition["environment"])


def end():
    """Let things be as before."""
    for variable, value in _before.items():
        os.environ.pop(variable)
        if value is not None:
            os.environ[variable] = value
    _before.clear()
    _passed.clear()


def asker():
    """Return the session to ask: the shared one, or one of its own where a key is passed."""
    if not _passed:
        return ofox_magic.session()
    session = ofox_magic.connect(api_key=_passed[0])
    _make_quick_and_talkative(session._transport.client)
    return keep(f"the session with a passed key {len(_kept)}", session)


def keep(name, thing):
    """Keep *thing* as a user's variable would, to look at it later."""
    _kept[name] = thing
    return thing


def look(error):
    """Look at *error*."""
    looks.at_error(error)


def look_again():
    """Have the shell show its last error, if there was one, in every way that it knows, and look at it."""
    if error := getattr(sys, "last_value", None):
        shell = looks.running_shell()
        for mode in XMODES:  # the most talkative one stays
            shell.run_line_magic("xmode", mode)
            shell.run_line_magic("tb", "")
        looks.at_error(error)


def look_around():
    """Look at all that is ours, when all is over."""
    things = _ours()
    for name, thing in things.items():
        looks.at_object(name, thing)
        looks.at_copies(name, thing)
    looks.at_help()
    memory.look_into(things)
    memory.look_everywhere()


def leak():
    """Give the key away in every way, to see that each is noticed."""
    key = os.environ["OFOX_API_KEY"]
    Secret.mask = lambda _, text: text
    Secret.__repr__ = lambda secret: secret.reveal()
    errors.redact = str
    ofox_magic.session().__dict__["key"] = key
    type(ofox_magic.session()).__doc__ = key
    ofox_magic.session().ask(key).wait()
    print(key)
    Path("cache").write_text(key, "utf-8")
    logging.getLogger("httpx").debug("sent %s", key)
    warnings.warn(f"a bad key: {key}", stacklevel=1)
    if shell := looks.running_shell():
        shell.kernel.log.error(key)
        shell.user_ns["leaked"] = key


def _make_quick_and_talkative(client):
    """Have *client* lose no time between two tries, and its loop report each of its steps, as it reports slow ones."""
    client._jitter = float
    loop = client._loop._running_loop()
    loop.set_debug(True)
    loop.slow_callback_duration = 0.0


def _conditions():
    """Read each time: what holds a malformed key is not kept here."""
    return json.loads((FOLDER.parent / "conditions.json").read_text("utf-8"))


def _ours():
    """Everything of ours that a user can lay hands on."""
    main = ofox_magic.session()
    wiring = main._transport
    settings = wiring.settings()
    things = {
        "session": main,
        "wiring": wiring,
        "client": wiring.client,
        "settings": settings,
        "secret": settings.api_key,
        "snapshot": main.snapshot(),
        "ledger": main.ledger,
        **_kept,
        **looks.at_namespace(),
    }
    if shell := looks.running_shell():
        things["magics"] = shell.magics_manager.registry["OfoxMagics"]
    for number, turn in enumerate(main.turns):
        things |= {f"turn {number}": turn, f"reply {number}": turn.reply, f"versions {number}": turn.versions}
    replies = {name: getattr(thing, "reply", thing) for name, thing in things.items()}
    return things | {
        f"error of {name}": reply.error for name, reply in replies.items() if getattr(reply, "error", None)
    }
