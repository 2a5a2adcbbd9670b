"""What the machine expects of a session, told a second time and more simply: runs have labels, and undo is a pile."""

from dataclasses import dataclass, field, replace


@dataclass(frozen=True)
class Place:
    id: str
    key: str | None
    labels: tuple[str, ...]
    active: int = 0


@dataclass(frozen=True)
class Talk:
    places: tuple[Place, ...] = ()
    running: str | None = None

    def begin(self, turn, key, label):
        if any(place.id == turn for place in self.places):
            return Talk(tuple(replace(p, labels=(*p.labels, label)) if p.id == turn else p for p in self.places), label)
        is_taken = any(place.key == key for place in self.places)
        return Talk((*self.places, Place(turn, None if is_taken else key, (label,))), label)

    def settle(self, label, brought):
        if self.running != label:
            return self
        return Talk(tuple(self._ended(p, brought) if label in p.labels else p for p in self.places))

    def _ended(self, place, brought):
        alone = len(place.labels) == 1
        return replace(place, active=len(place.labels) - 1) if brought or alone else place

    def activate(self, turn, number):
        return replace(self, places=tuple(replace(p, active=number) if p.id == turn else p for p in self.places))

    def without_oldest(self, count):
        places = self.places[count:]
        return Talk(places, self.running if any(self.running in place.labels for place in places) else None)

    def ended(self):
        return Talk(self.places)

    def at_rest(self):
        kept = (self._without_running(place) for place in self.places)
        return Talk(tuple(place for place in kept if place.labels))

    def _without_running(self, place):
        return replace(place, labels=tuple(label for label in place.labels if label != self.running))


@dataclass
class Pile:
    now: Talk = Talk()
    past: list[Talk] = field(default_factory=list)
    future: list[Talk] = field(default_factory=list)

    def step(self, then):
        self.past.append(self.now)
        self.future.clear()
        self.now = then

    def settle(self, label, brought):
        self.past = [talk.settle(label, brought) for talk in self.past]
        self.future = [talk.settle(label, brought) for talk in self.future]
        self.now = self.now.settle(label, brought)

    def clear(self):
        self.step(Talk())

    def undo(self):
        self.future.append(self.now)
        self.now = self.past.pop()

    def redo(self):
        self.past.append(self.now)
        self.now = self.future.pop()


@dataclass
class Run:
    """One asking: *turn* is the handle, *place* the name of its conversation."""

    label: str
    turn: object
    key: str | None
    place: str


class Expected:
    """Conversations by name, what runs, what waits, and the order in which requests may leave."""

    def __init__(self):
        self.piles = {"main": Pile()}
        self.current = "main"
        self.running: Run | None = None
        self.queue: list[Run] = []

    @property
    def pile(self):
        return self.piles[self.current]

    def catch_up(self):
        """Take in what ended, and begin what may begin, as far as the turns themselves say that they ended."""
        while True:
            if self.running and self.running.turn.reply.settled:
                reply = self.running.turn.reply
                self.piles[self.running.place].settle(self.running.label, reply.brought_something)
                self.running = None
            elif self.running is None and self.queue:
                self._begin_next()
            else:
                return

    def _begin_next(self):
        run = self.running = self.queue.pop(0)
        pile = self.piles[run.place]
        pile.step(pile.now.begin(run.turn.id, run.key, run.label))
