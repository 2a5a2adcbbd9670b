"""
A request as it left, kept beside the answer that it drew. Values; nothing is copied.

Each request of a conversation repeats the one before it. Kept as tuples, the messages of n turns would be n²
references, so a trail has those that came since, and leans on the trail before it for the others.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from itertools import chain, takewhile
from typing import Any

from ofox_magic.chat.events import Retrying
from ofox_magic.chat.messages import Message
from ofox_magic.chat.transport import Request


@dataclass(frozen=True, slots=True, eq=False)
class Trail:
    """
    One request that was handed to the transport: see `request`.

    *own* is that request without its first *shared* messages, which are those of the trail *before*. *retries* are the
    times that it was sent again.
    """

    own: Request
    shared: int = 0
    before: "Trail | None" = field(default=None, repr=False)
    retries: tuple[Retrying, ...] = ()

    @classmethod
    def of(cls, request: Request, before: "Trail | None" = None) -> "Trail":
        """Return the trail of *request*, which may repeat the one *before* it. Its params are from now on our own."""
        known = before.request if before else Request("", ())
        shared = _shared(known.messages, request.messages)
        while before and before.shared >= shared:
            before = before.before  # what it has itself is not needed, and need not be kept for us
        params = _kept(request.params, known.params)
        return cls(replace(request, messages=request.messages[shared:], params=params), shared, before)

    @property
    def request(self) -> Request:
        """The whole request."""
        pieces: list[tuple[Message, ...]] = [self.own.messages]
        missing, trail = self.shared, self.before
        while trail and missing:
            pieces.append(trail.own.messages[: max(0, missing - trail.shared)])
            missing, trail = min(missing, trail.shared), trail.before
        return replace(self.own, messages=tuple(chain.from_iterable(reversed(pieces))))

    def sent_again(self, why: Retrying) -> "Trail":
        """Return the trail of a request that was sent once more."""
        return replace(self, retries=(*self.retries, why))


def _shared(one: tuple[Message, ...], other: tuple[Message, ...]) -> int:
    """Return how many messages both begin with. Nearly always all of the shorter: tuples compare those by identity."""
    length = min(len(one), len(other))
    if one[:length] == other[:length]:
        return length
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _kept(params: Mapping[str, Any], known: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return *params* so that their owner cannot change them: *known* where they are the same to the byte."""
    try:
        text = json.dumps(dict(params))
        return known if json.dumps(dict(known)) == text else json.loads(text)
    except (TypeError, ValueError, RecursionError):
        return params  # the transport refuses them
