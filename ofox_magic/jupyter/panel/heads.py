"""What stands around a turn's answer, as plain values for the front end: question, chips, state, versions, footer."""

from collections import OrderedDict
from collections.abc import Iterable
from hashlib import sha256
from typing import Any, TypeAlias

from ofox_magic.chat.conversation import Exchange
from ofox_magic.chat.messages import Message
from ofox_magic.chat.parts import Image, Text
from ofox_magic.chat.session import Session
from ofox_magic.chat.turn import Turn
from ofox_magic.context.picture_address import thumbnail
from ofox_magic.jupyter.bundle import answered_by, cost_of, ending
from ofox_magic.jupyter.chips import chips
from ofox_magic.jupyter.report_spending import budget
from ofox_magic.untrusted import one_line, printable, redact

Values: TypeAlias = dict[str, Any]
MOST_QUESTION = 8_000
"""Characters of a question that are shown; the rest is in the history all the same."""
_MOST_THUMBNAILS = 200


class Thumbnails:
    """Thumbnails by what they show: a picture is made small once, however often its turn is shown."""

    def __init__(self) -> None:
        self._made: OrderedDict[bytes, str] = OrderedDict()

    def of(self, image: Image) -> str:
        """Return the thumbnail of *image* as a `data:` URL; empty where there is none."""
        key = sha256(image.data).digest()
        if key not in self._made:
            self._made[key] = thumbnail(image) or ""
        self._made.move_to_end(key)
        while len(self._made) > _MOST_THUMBNAILS:
            self._made.popitem(last=False)
        return self._made[key]

    def chips(self, question: Iterable[Message]) -> list[Values]:
        """Return a chip for each thing that went along with *question*: its words, and a thumbnail of a picture."""
        return [
            {"words": words, "picture": self.of(part) if isinstance(part, Image) else ""}
            for message in question
            for part in message.parts
            for words in chips((Message(message.role, (part,)),))
        ]


def head(turn: Turn, exchange: Exchange | None, thumbnails: Thumbnails) -> Values:
    """Return what is to be shown of *turn* beside its answer; *exchange* is its place, None while it is queued."""
    asked = text_of(turn.question)
    return {
        "id": turn.id,
        "state": turn.state,
        "question": asked[:MOST_QUESTION],
        "cut": len(asked) > MOST_QUESTION,
        "chips": thumbnails.chips(turn.question),
        "remarks": [printable(remark) for remark in turn.remarks],
        "cell": turn.key is not None,
        "versions": len(exchange.versions) if exchange else 1,
        "version": _shown(turn, exchange),
        "model": one_line(turn.reply.model or turn.model, 80),
        "note": _footer(turn) if turn.reply.settled else "",
        "error": redact(printable(str(turn.reply.error)))[:2000] if turn.reply.error else "",
    }


def session_values(session: Session, default_model: str) -> Values:
    """Return what holds for the whole: conversations, model, what was spent."""
    return {
        "name": session.name,
        "names": list(session.names),
        "model": one_line(session.resolve(session.model or default_model), 80),
        "is_default_model": session.model is None,
        "system": one_line(session.system or "", 200),
        "spent": budget(session),
        "tokens": session.ledger.spent().usage.total_tokens,
    }


def text_of(question: Iterable[Message]) -> str:
    """Return the text of *question*."""
    texts = (part.text for message in question for part in message.parts if isinstance(part, Text))
    return printable("".join(texts))


def _shown(turn: Turn, exchange: Exchange | None) -> int:
    """The number of the version that is shown, from 0: the newest while it runs, else the one that counts."""
    if exchange is None:
        return 0
    return exchange.active if turn.reply.settled else len(exchange.versions) - 1


def _footer(turn: Turn) -> str:
    reply = turn.reply
    used = reply.usage.in_words if reply.usage else ""
    said = (*answered_by(turn), used, cost_of(turn), "" if reply.error else ending(reply))
    return " · ".join(item for item in said if item)
