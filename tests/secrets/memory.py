"""
What our objects hold, and what anything in the process holds, after all is over.

Runs inside the process that asks. The user's own environment may hold the key, and a Secret, and nothing else.
"""

import gc
import json
import os
import types
from collections import deque

from ofox_magic.settings import Secret

from .looks import FOREIGN, is_users, root_of
from .notes import note

_SHORTEST = 12


def look_into(things):
    """Note every text and bytes that *things*, by name, reach, and by which way."""
    gc.collect()
    left = deque(things.items())
    seen = {id(things), id(os.environ), id(os.environ._data)}
    while left:
        way, thing = left.popleft()
        for each in _held_by(thing):
            if id(each) in seen:
                continue
            seen.add(id(each))
            if not isinstance(each, str | bytes | bytearray):
                left.append((f"{way} > {type(each).__name__}"[-200:], each))
            elif len(each) >= _SHORTEST:
                note("memory", way, each)


def look_everywhere():
    """Note every text, whoever holds it, that has the middle of the key in it; and what is alive of HTTP."""
    secrets = [thing for thing in gc.get_objects() if isinstance(thing, Secret)]
    may = {id(os.environ._data), *(id(secret._reveal.__closure__[0]) for secret in secrets)}
    middle = os.environ["OFOX_API_KEY"][8 : 8 + _SHORTEST]
    looked_for = [middle, middle.lower(), middle.encode(), middle.lower().encode()]
    may |= {id(looked_for)}
    seen = set(may)  # once is enough: a tokenizer's vocabulary hangs on many things
    for holder in gc.get_objects():
        # a module's dict is among all objects itself, and Python 3.12.1 hangs in its next collection where one is asked
        if id(holder) in may or isinstance(holder, types.FrameType | types.ModuleType):
            continue
        for text in _texts_in(holder, seen):
            if any(type(form) is type(text) and form in text for form in looked_for):
                owners = _owners_of(holder)
                if not owners & {"_lru_cache_wrapper"}:  # urlsplit remembers what it took apart, and shows it to nobody
                    note("anywhere", ", ".join(sorted(owners)), text)
    alive = [type(thing).__name__ for thing in gc.get_objects() if root_of(thing) in ("httpx", "httpcore")]
    note("alive", "httpx", json.dumps(alive))


def _owners_of(thing):
    """The types of *thing*, of what holds it, and of what holds that; but not the list of all objects."""
    owners = [owner for owner in gc.get_referrers(thing) if not isinstance(owner, list | types.FrameType)]
    above = [owner for each in owners for owner in gc.get_referrers(each) if not isinstance(each, dict)]
    return {type(owner).__name__ for owner in (thing, *owners, *above) if not isinstance(owner, list | types.FrameType)}


def _texts_in(holder, seen):
    """The texts that *holder* holds, and those in containers of texts alone, which Python does not list: once each."""
    found = []
    for each in gc.get_referents(holder):
        if isinstance(each, str | bytes):
            found.append(each)
        elif isinstance(each, bytearray):
            found.append(bytes(each))
        elif isinstance(each, dict | tuple) and not gc.is_tracked(each) and id(each) not in seen:
            seen.add(id(each))
            found += _texts_in(each, seen)
    return found


def _held_by(thing):
    if isinstance(thing, Secret | types.ModuleType | type) or root_of(thing) in FOREIGN:
        return ()
    if isinstance(thing, types.FunctionType):  # but not what its module holds
        return [thing.__closure__, thing.__defaults__, thing.__kwdefaults__, thing.__dict__]
    if isinstance(thing, types.FrameType):
        return () if is_users(thing) else list(thing.f_locals.values())
    return gc.get_referents(thing)
