"""One session and its journal, all moved by hand, and what must hold of them at every moment."""

import shutil
import tempfile
from pathlib import Path

from ofox_magic.chat.notices import Settled, TurnAdded
from ofox_magic.chat.reply import SETTLED
from ofox_magic.chat.session import Session
from ofox_magic.journal import Journal
from ofox_magic.testing import ManualClock
from tests.chat.by_hand import Gateway, Toolbox
from tests.chat.expected import Expected, Pile, Place, Talk
from tests.chat.invariants import is_kept, is_well_formed, label_of, layout, questions

IN_MEMORY = next((path for path in ("/dev/shm",) if Path(path).is_dir()), None)  # no power fails, and a disk is slow


class Kernel:
    """What lives as long as a kernel: the session, its journal, and who watches."""

    def __init__(self, path, clock, max_history):
        self.gateway, self.toolbox = Gateway(), Toolbox()
        self.problems, self.wrong, self.notices = [], [], []
        self.journal = Journal(path, on_problem=self.problems.append, clock=clock)
        self.session = Session(self.gateway, default_model=lambda: "m", before_send=self._before_send)
        self.session.max_history = max_history
        self.journal.attach(self.session, "")
        self.session.subscribe(self.notices.append)
        self.expected = Expected()
        self.runs = []
        self.asked_in = {}  # the name of the conversation by label, and how many turns were to go along
        self.sent = []
        self.before_leaving = lambda: None

    def _before_send(self, turn, request):
        self.journal.before_send(turn, request)
        try:
            self._look_at(turn, request)
        except AssertionError as error:  # raised here it would only fail the turn
            self.wrong.append(error)
        happens, self.before_leaving = self.before_leaving, lambda: None
        happens()

    def _look_at(self, turn, request):
        is_well_formed(request.messages)
        label = turn.question[0].text
        name, most = self.asked_in[label]
        above = []
        for exchange in self.session.conversations[name].exchanges:
            if exchange.id == turn.id:
                break
            above.append(exchange.version)
        carried = questions(request.messages)
        assert carried.pop() == label, "the last question is not the one that is asked"
        may = [label_of(v) for v in above if v.answer or v.steps]
        must = [label_of(v) for v in above if v.steps or (v.answer and v.answer.text)]
        assert [each for each in may if each in carried] == carried, f"{carried} went along, of {may}"
        assert most is None or len(carried) <= most
        assert [each for each in must if each in carried] == must or len(carried) == most, f"{must}, but {carried}"
        assert label not in self.sent or turn.reply.steps, f"{label} was sent twice"
        assert all(int(label[1:]) >= int(each[1:]) for each in self.sent), f"{label} left after {self.sent}"
        self.sent.append(label)


class Checked:
    """The kernel that runs, what went before, and the looks at both."""

    def __init__(self):
        self.directory = Path(tempfile.mkdtemp(prefix="ofox-machine-", dir=IN_MEMORY))
        self.clock = ManualClock(1.0)
        self.max_history = None
        self.ended = {}  # versions by label, as they were when they ended
        self.saved_early = set()  # labels of those that were saved before they ended, so that there are two
        self.kernel = self._begin()

    def _begin(self):
        return Kernel(self.directory / "journal.sqlite3", self.clock, self.max_history)

    def restart_kernel(self):
        """End the kernel, whatever runs, and go on in another one where it was."""
        standing = self.kernel.session.conversations
        self.kernel.journal.close()
        self.kernel = self._begin()
        listed = self.kernel.journal.sessions()
        if not listed:
            assert not any(map(len, standing.values()))
            return
        loaded = self.kernel.journal.load(listed[0].id)
        self.kernel.journal.adopt(loaded)
        self.kernel.session.restore(loaded.conversations, loaded.current)
        piles = self.kernel.expected.piles
        for name in loaded.conversations:
            places = tuple(Place(*each) for each in layout(standing.get(name, ())))
            piles[name] = Pile(Talk(places), [Talk()])
        self.kernel.expected.current = loaded.current

    def look(self):
        """Raise AssertionError where anything is not as it must be."""
        kernel, session, expected = self.kernel, self.kernel.session, self.kernel.expected
        assert not kernel.wrong, kernel.wrong[0]
        assert session.name == expected.current
        assert set(session.names) == set(expected.piles)
        for name, conversation in session.conversations.items():
            self._look_at_conversation(name, conversation)
        self._look_at_what_is_under_way()
        self._look_at_views()
        self._look_at_journal()
        assert len(session.ledger) <= len(kernel.gateway.connections), "more was booked than was sent"

    def _look_at_conversation(self, name, conversation):
        found = layout(conversation)
        assert [Place(*each) for each in found] == list(self.kernel.expected.piles[name].now.places)
        ids, keys = [turn for turn, *_ in found], [key for _, key, *_ in found if key]
        assert len(set(ids)) == len(ids)
        assert len(set(keys)) == len(keys)
        for exchange in conversation.exchanges:
            for number, version in enumerate(exchange.versions, 1):
                runs = conversation.running == exchange.id and number == len(exchange.versions)
                assert runs or version.status in SETTLED, f"{label_of(version)} has no end and does not run"
                if version.status in SETTLED and label_of(version) not in self.saved_early:
                    assert self.ended.setdefault(label_of(version), version) == version, "what had ended has changed"

    def _look_at_what_is_under_way(self):
        kernel, expected = self.kernel, self.kernel.expected
        running, *waiting = [run.turn for run in (expected.running, *expected.queue) if run] or [None]
        under_way = [asked.turn for asked in kernel.session._runner.under_way]
        assert under_way == [*([running] if running else []), *waiting]
        assert all(turn.state == "queued" for turn in waiting)
        connections = [each for each in kernel.gateway.connections if each.is_open and not each.is_left]
        if running is None:
            assert not connections
            return
        if running.state == "tools":
            assert not connections
            return
        assert connections, f"{running} waits for nothing"
        stands = expected.piles[expected.running.place].now.running == expected.running.label
        assert stands or connections[-1].cancelled, "what was taken away goes on"

    def _look_at_views(self):
        kernel, session = self.kernel, self.kernel.session
        turns, exchanges = session.turns, session.conversations[session.name].exchanges
        assert [turn.id for turn in turns][: len(exchanges)] == [exchange.id for exchange in exchanges]
        for turn, exchange in zip(turns, exchanges, strict=False):
            assert turn.versions == exchange.versions
        assert [notice.seq for notice in kernel.notices] == list(range(1, session.snapshot().seq + 1))
        added = [int(notice.question[0].text[1:]) for notice in kernel.notices if isinstance(notice, TurnAdded)]
        assert added == sorted(added)
        settled = sum(isinstance(notice, Settled) for notice in kernel.notices)
        assert settled + len(session._runner.under_way) == len(added)

    def _look_at_journal(self):
        kernel, session = self.kernel, self.kernel.session
        for _ in range(2):  # a last word is written once nothing follows it
            assert kernel.journal.flush(30)
        assert [line for line in kernel.problems if "it is slow" not in line] == []
        standing = {name: talk for name, talk in session.conversations.items() if talk.exchanges}
        own = [info for info in kernel.journal.sessions() if info.id in kernel.journal.own_ids]
        if not own:
            assert not standing
            return
        loaded = kernel.journal.load(own[0].id)
        assert loaded.current == session.name
        assert {name for name, talk in loaded.conversations.items() if talk.exchanges} == set(standing)
        coming = {run.label: run.turn.reply for run in kernel.runs}
        for name, conversation in standing.items():
            is_kept(loaded.conversations[name], conversation, coming)

    def come_to_rest(self):
        """Let all that is under way end, and see that the next question is answered."""
        kernel = self.kernel
        for _ in range(300):
            if kernel.gateway.live:
                kernel.gateway.live.end()
            elif kernel.expected.running:
                kernel.session.serve()
            else:
                break
            kernel.expected.catch_up()
        assert not kernel.session._runner.under_way
        assert all(run.turn.reply.settled for run in kernel.runs)

    def close(self):
        self.kernel.journal.close()
        shutil.rmtree(self.directory)
