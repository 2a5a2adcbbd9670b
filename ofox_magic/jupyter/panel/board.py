"""
What the front end has of the session, and the messages that keep it so. Sends the last turns, and others when asked.

Nothing here grows with the number of turns: a change tells one turn, and a whole is a page.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

from ofox_magic.chat.conversation import Exchange
from ofox_magic.chat.events import Retrying, ToolsAsked, ToolsRan
from ofox_magic.chat.notices import ChoiceChanged, Delta, HistoryReplaced, Notice, Settled, TurnAdded, TurnChanged
from ofox_magic.chat.session import Session
from ofox_magic.chat.turn import Turn
from ofox_magic.jupyter.panel.calls import Calls
from ofox_magic.jupyter.panel.growing import GrowingAnswer, calls_html
from ofox_magic.jupyter.panel.heads import Thumbnails, Values, head, session_values
from ofox_magic.untrusted import one_line

Send: TypeAlias = Callable[[Values], None]
PAGE = 12
"""Turns that are sent at a time."""
PAGE_CHARACTERS = 150_000
"""Of HTML in one page, after which no further turn is put into it; a single one may be longer."""


class Board:
    """
    Turns notices of *session* into messages and *send*s them. For one thread.

    *calls* are those of the panel's turns. *default_model*: see Session. *thumbnails* are those that the page has seen,
    whoever showed them.
    """

    def __init__(
        self, session: Session, calls: Calls, send: Send, default_model: Callable[[], str], thumbnails: Thumbnails
    ) -> None:
        self._session = session
        self._calls = calls
        self._send = send
        self._default_model = default_model
        self._thumbnails = thumbnails
        self._growing: dict[str, GrowingAnswer] = {}
        self._fresh: set[str] = set()  # of those, the ones that grew since they were painted
        self._seq = -1

    @property
    def is_fresh(self) -> bool:
        """Whether there is something to paint."""
        return bool(self._fresh)

    def reset(self) -> None:
        """Tell all anew: the last turns, and those that run."""
        snapshot = self._session.snapshot()
        self._seq = snapshot.seq
        self._growing = {}
        self._fresh.clear()
        for running in snapshot.running:
            growing = self._growing[running.turn_id] = GrowingAnswer()
            for event in running.events:
                growing.feed(event)
        exchanges = [exchange for exchange in snapshot.exchanges if exchange.id not in self._growing]
        page, older = self._page(exchanges)
        running_turns = [self._turn(running.turn_id) for running in snapshot.running]
        # a version that runs has the place of its turn; the front end keeps the order that it is told
        turns = _in_place([turn for turn in (*page, *running_turns) if turn], [e.id for e in snapshot.exchanges])
        self._send({"type": "reset", "turns": turns, "older": older, "session": self._session_values()})

    def older(self, before: str) -> None:
        """Send the page of turns before the one with the id *before*."""
        exchanges = self._session.snapshot().exchanges
        place = next((index for index, exchange in enumerate(exchanges) if exchange.id == before), 0)
        page, older = self._page(list(exchanges[:place]))
        self._send({"type": "older", "turns": page, "older": older})

    def take(self, notice: Notice) -> None:
        """Take in what the session tells; what came before the last reset is known."""
        if isinstance(notice, Delta) and isinstance(notice.event, ToolsAsked):
            self._calls.serve(notice.turn_id)  # whatever the page shows: that turn waits, and others behind it
        if notice.seq > self._seq:
            self._seq = notice.seq
            self._tell(notice)

    def _tell(self, notice: Notice) -> None:
        match notice:
            case TurnAdded(turn_id):
                self._begin(turn_id)
            case TurnChanged(turn_id, state):
                self._change(turn_id, state)
            case Delta(turn_id, _, event):
                self._grow(turn_id, event)
            case Settled(turn_id):
                self._settle(turn_id)
            case HistoryReplaced():
                self.reset()
            case ChoiceChanged():
                self.tell_session()

    def paint(self) -> None:
        """Send what grew."""
        for turn_id in sorted(self._fresh):
            growing = self._growing.get(turn_id)
            if growing and (patch := growing.patch()):
                self._send({"type": "grow", "id": turn_id, **patch})
        self._fresh.clear()

    def tell_session(self) -> None:
        """Send what holds for the whole."""
        self._send({"type": "session", "session": self._session_values()})

    def tell_calls(self, turn_id: str) -> None:
        """Send what there is of the calls of a turn."""
        if turn := self._session.turn(turn_id):
            self._send({"type": "calls", "id": turn_id, **self._call_values(turn)})

    # -- turns --------------------------------------------------------------------------------------------------------

    def _begin(self, turn_id: str) -> None:
        if self._session.turn(turn_id) is None:  # of another conversation, or undone meanwhile
            return
        self._growing[turn_id] = GrowingAnswer()
        if turn := self._turn(turn_id):
            self._send({"type": "turn", "turn": turn})

    def _change(self, turn_id: str, state: str) -> None:
        if turn_id in self._growing:
            exchange = self._exchange(turn_id)
            versions = len(exchange.versions) if exchange else 1
            self._send({"type": "state", "id": turn_id, "state": state, "note": "", "versions": versions})

    def _grow(self, turn_id: str, event: Any) -> None:
        growing = self._growing.get(turn_id)
        if growing is None:
            return
        growing.feed(event)
        self._fresh.add(turn_id)
        match event:
            case Retrying(_, wait, reason):
                note = f"{one_line(reason)} · trying again in {wait:.0f} s"
                self._send({"type": "state", "id": turn_id, "state": "waiting", "note": note})
            case ToolsAsked() | ToolsRan():
                self.tell_calls(turn_id)

    def _settle(self, turn_id: str) -> None:
        if turn_id not in self._growing:
            return
        self.paint()
        brought_nothing = self._growing.pop(turn_id).is_empty
        turn, exchange = self._session.turn(turn_id), self._exchange(turn_id)
        if turn is None:
            self.reset()  # it was taken away while it ran
        elif brought_nothing:
            self._send({"type": "turn", "turn": self._turn(turn_id)})  # a version before it may count again
        else:
            self._send({"type": "head", "turn": head(turn, exchange, self._thumbnails)})
        self.tell_session()

    def _page(self, exchanges: list[Exchange]) -> tuple[list[Values], int]:
        """The last turns of *exchanges*, and how many there are before them."""
        page: list[Values] = []
        size = 0
        for exchange in reversed(exchanges[-PAGE:]):
            turn = self._turn(exchange.id)
            if turn is None:
                continue
            size += sum(map(len, turn["blocks"]))
            if page and size > PAGE_CHARACTERS:
                break
            page.insert(0, turn)
        return page, len(exchanges) - len(page)

    def _turn(self, turn_id: str) -> Values | None:
        """The turn whole, as a view that does not have it needs it."""
        turn = self._session.turn(turn_id)
        if turn is None:
            return None
        growing = self._growing.get(turn_id)
        if growing is None:
            growing = GrowingAnswer()
            for event in turn.reply.replay():  # to watch a turn would be to run the tools that another waits for
                growing.feed(event)
        return head(turn, self._exchange(turn_id), self._thumbnails) | growing.whole() | self._call_values(turn)

    def _call_values(self, turn: Turn) -> Values:
        waiting = turn.reply.tool_calls if turn.state == "tools" else ()
        return {"calls": calls_html(waiting), **self._calls.values(turn.id)}

    def _exchange(self, turn_id: str) -> Exchange | None:
        return self._session.conversations[self._session.name].find(id=turn_id)

    def _session_values(self) -> Values:
        return session_values(self._session, self._default_model())


def _in_place(turns: list[Values], order: list[str]) -> list[Values]:
    """*turns* in *order*; those that are not in it, which wait, behind."""
    places = {turn_id: place for place, turn_id in enumerate(order)}
    return sorted(turns, key=lambda turn: places.get(turn["id"], len(order)))
