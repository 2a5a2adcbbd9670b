"""What was sent for a turn, as the panel shows it: the inspector's view, without its style."""

from collections.abc import Callable
from dataclasses import dataclass

from ofox_magic.answer_frame import note_html
from ofox_magic.chat.conversation import Conversation
from ofox_magic.chat.sent import Encode, sent_requests
from ofox_magic.chat.turn import Turn
from ofox_magic.context.picture_address import thumbnail
from ofox_magic.jupyter.inspector import REBUILT, Inspection


@dataclass(frozen=True, slots=True)
class SentView:
    """*encode* writes requests as they go over the wire, *mask* takes the key out of a text."""

    encode: Encode
    mask: Callable[[str], str]

    def of(self, turn: Turn, run: int, conversation: Conversation) -> str:
        """Return what was sent for version *run*, from 0, of *turn* as HTML. Raises ConfigError."""
        requests = sent_requests(turn, self.encode, conversation, run if turn.reply.settled else None)
        if not requests:
            return note_html("Nothing was sent for this turn.")
        problems = () if all(sent.is_exact for sent in requests) else (REBUILT,)
        return Inspection("", requests, self.mask, thumbnail, problems).html()
