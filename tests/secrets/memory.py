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
    """Note every text, whoever holds it, that has the middle of the key in it; and the requests that are alive."""
    secrets = [thing for thing in gc.get_objects() if isinstance(thing, Secret)]
    may = {id(os.environ._data), *(id(secret._reveal.__closure__[0]) for secret in secrets)}
    middle = os.environ["OFOX_API_KEY"][8 : 8 + _SHORTEST]
    forms = {str: middle, bytes: middle.encode(), bytearray: middle.encode()}
    for holder in gc.get_objects():
        if id(holder) in may or isinstance(holder, types.FrameType):
            continue
        for each in gc.get_referents(holder):
            form = forms.get(type(each))
            if form is not None and len(each) > _SHORTEST and form in each:
                owners = {type(owner).__name__ for owner in gc.get_referrers(holder)} - {
                    "list"
                }  # that of the loop here
                if owners != {"_lru_cache_wrapper"}:  # urlsplit remembers what it took apart, and shows it to nobody
                    note("anywhere", f"{type(holder).__name__} of {', '.join(sorted(owners))}", each)
    alive = [type(thing).__name__ for thing in gc.get_objects() if root_of(thing) in ("httpx", "httpcore")]
    note("alive", "httpx", json.dumps(alive))


def _held_by(thing):
    if isinstance(thing, Secret | types.ModuleType | type) or root_of(thing) in FOREIGN:
        return ()
    if isinstance(thing, types.FunctionType):  # but not what its module holds
        return [thing.__closure__, thing.__defaults__, thing.__kwdefaults__, thing.__dict__]
    if isinstance(thing, types.FrameType):
        return () if is_users(thing) else list(thing.f_locals.values())
    return gc.get_referents(thing)
