"""OFOX_MODE in real kernels: what was recorded plays again, the same every time, with no gateway, key or network."""

import json
import stat

import pytest

from ofox_magic.practice import Script

from .kernel import Kernel
from .no_network import NoNetwork
from .test_forms import BAD, GOOD, MODELS, REFUSED, new_cells
from .test_kernel import wait_until

KEY = "sk-of-only-for-recording-0123456789"
CELLS = (
    "%load_ext ofox_magic",
    "%%ofox\nhello",
    "%%ofox echo -s 'Be brief.' -t 0 -o answer\nand again",
    "%%ofox --fallback practice/echo\nonce more",
    "print(answer.text, answer.usage)",
    "from ofox_magic import session; print(session().ask('look', [{'a': 1}, {'a': 2}]).result().text)",
    "%ofox history",
)
FRAME = "import pandas as pd\ndf = pd.DataFrame({'month': ['May', 'June'], 'visits': [120, 90]})"
FIGURE = "import matplotlib.pyplot as plt\nfig, ax = plt.subplots(); ax.plot([3, 1, 2]); plt.close(fig)"


class Recorded:
    """A cassette in *folder*, and kernels that record into it or play from it."""

    def __init__(self, folder):
        self.folder = folder
        self.cassette = folder / "talk.ofox.jsonl"
        self.no_network = NoNetwork(folder)
        self._kernels = []

    def recorder(self, gateway, **environment):
        here = {"OFOX_BASE_URL": gateway.base_url, "OFOX_API_KEY": KEY, "OFOX_MODE": "record", "OFOX_LIVE": "0"}
        return self._kernel(here | environment)

    def player(self, **environment):
        """A kernel that has nothing but the cassette."""
        return self._kernel({"OFOX_MODE": "replay", **self.no_network.environment, **environment})

    def record(self, gateway, *cells):
        kernel = self.recorder(gateway)
        return [kernel.run(cell) for cell in ("%load_ext ofox_magic", *cells)][1:]

    def play(self, *cells):
        kernel = self.player()
        return [kernel.run(cell) for cell in ("%load_ext ofox_magic", *cells)][1:]

    @property
    def lines(self):
        return [json.loads(line) for line in self.cassette.read_text().splitlines()]

    def close(self):
        for kernel in self._kernels:
            kernel.close()

    def _kernel(self, environment):
        own = {name: str(self.folder) for name in ("XDG_CACHE_HOME", "XDG_DATA_HOME")}
        kernel = Kernel(self.folder, OFOX_CASSETTE=str(self.cassette), **own, **environment)
        self._kernels.append(kernel)
        return kernel


@pytest.fixture
def recorded(tmp_path):
    made = Recorded(tmp_path)
    yield made
    made.close()


@pytest.fixture
def switched(kernel, monkeypatch, tmp_path):
    """The shared kernel, and a function that sets its variables; afterwards they are as before."""

    def switch(**variables):
        said = "; ".join(f"os.environ[{name!r}] = {value!r}" for name, value in variables.items())
        assert kernel.run(f"import os; {said}").status == "ok"

    switch(OFOX_CASSETTE=str(tmp_path / "c.jsonl"))
    yield switch
    kernel.run("for name in ('OFOX_MODE', 'OFOX_CASSETTE', 'OFOX_LIVE'): os.environ.pop(name, None)")


def saved(cells):
    """What a notebook keeps of *cells*."""
    return json.dumps([cell.outputs for cell in cells], sort_keys=True)


def problem(cell):
    assert cell.status == "error"
    [line] = cell.error
    assert "\n" not in line
    return line


# -- again, the same


def test_what_was_recorded_plays_again_to_the_byte_with_no_gateway_key_or_network(gateway, recorded):
    kernel = recorded.recorder(gateway)
    first = [kernel.run(cell) for cell in CELLS]
    gateway.stop()
    assert {cell.status for cell in first} == {"ok"}
    plays = [recorded.player() for _ in range(2)]
    again, once_more = ([player.run(cell) for cell in CELLS] for player in plays)
    assert saved(again) == saved(once_more)
    for before, now in zip(first, again, strict=True):
        assert [output.get("data") or output["text"] for output in before.outputs] == [
            output.get("data") or output["text"] for output in now.outputs
        ]
    assert recorded.no_network.reached_for == []
    assert plays[0].run("import sys; print('httpx' in sys.modules, 'tornado.httpserver' in sys.modules)").printed == (
        "False False\n"
    )


def test_a_kernel_without_a_network_has_none(recorded):
    """Else the test above could not fail."""
    kernel = recorded.player(OFOX_MODE="live", OFOX_API_KEY=KEY)
    kernel.run("%load_ext ofox_magic")
    assert "TransportError: could not connect" in problem(kernel.run("%%ofox --timeout 5\nhello"))
    assert recorded.no_network.reached_for


def test_a_replay_lets_the_metadata_say_what_the_recording_did_but_for_ids(gateway, recorded):
    [before] = recorded.record(gateway, "%%ofox\nhello")
    [now] = recorded.play("%%ofox\nhello")
    ids = {"response_id": None, "request_id": None}
    assert "turn" not in now.meta
    assert before.meta | ids == now.meta


def test_a_table_and_a_figure_are_found_again(gateway, recorded):
    pytest.importorskip("pandas")
    pytest.importorskip("matplotlib")
    cells = (FRAME, FIGURE, "%%ofox\nwhat of {df} and {fig}?")
    before, now = recorded.record(gateway, *cells)[-1], recorded.play(*cells)[-1]
    assert before.outputs[0]["data"] == now.outputs[0]["data"]
    assert "df · table · 2 rows × 2 columns" in now.shown
    assert recorded.cassette.stat().st_size < 10_000, "a picture is recorded by its digest"
    changed = recorded.play(FRAME.replace("90", "91"), FIGURE, cells[-1])[-1]
    assert "it differs from line 1 in message 1 (user).content[1].text: recorded “" in problem(changed)


def test_the_same_question_twice_plays_both_answers_in_order(gateway, recorded):
    gateway.play(Script(text="one"), Script(text="two"))
    recorded.record(gateway, "%%ofox --fresh\nhello", "%%ofox --fresh\nhello")
    *both, third = recorded.play(*["%%ofox --fresh\nhello"] * 3)
    assert [cell.text for cell in both] == ["one", "two"]
    assert "every answer to this request in the cassette talk.ofox.jsonl was played (2)" in problem(third)


def test_an_error_plays_again(gateway, recorded):
    gateway.play(Script(status=400), Script(text="half of it", chunk_size=4, error_after=2))
    before = recorded.record(gateway, "%%ofox\nhello", "%%ofox\nagain", "%%ofox nobody/no-such-model\nhello")
    now = recorded.play("%%ofox\nhello", "%%ofox\nagain", "%%ofox nobody/no-such-model\nhello")
    assert [problem(cell) for cell in now] == [problem(cell) for cell in before]
    assert now[0].error[0].startswith("BadRequest: the gateway refused (400")
    assert now[1].text == "half of "
    assert now[2].error[0].startswith("NotFound: ")


def test_a_refused_key_is_not_recorded_since_a_replay_has_none(gateway, recorded):
    gateway.play(Script(status=401))
    recorded.record(gateway, "%%ofox\nhello")
    assert recorded.lines == []


def test_a_budget_holds_in_a_replay_as_it_did_also_with_a_fallback(gateway, recorded):
    cells = ("%ofox budget 5", "%%ofox openai/gpt-4o --fallback anthropic/claude-sonnet-4.5\nhello", "%ofox usage")
    before, now = recorded.record(gateway, *cells), recorded.play(*cells)
    assert {cell.status for cell in now} == {"ok"}
    assert "≈$" in now[-1].printed
    assert [cell.printed for cell in now] == [cell.printed for cell in before]


# -- what is not there


def test_a_miss_says_in_one_line_what_differs_and_the_next_question_works(gateway, recorded):
    recorded.record(gateway, "%%ofox\nWhy the dip in March?")
    miss, hit = recorded.play("%%ofox\nWhy the dip in April?", "%%ofox\nWhy the dip in March?")
    assert problem(miss) == (
        "ConfigError: this request is not in the cassette talk.ofox.jsonl: it differs from line 1 in message 1 "
        "(user).content: recorded “Why the dip in March?”, asked “Why the dip in April?”. OFOX_MODE=record records it"
    )
    assert miss.answers == []
    assert hit.status == "ok"


def test_without_a_cassette_a_replay_says_where_it_looked(recorded):
    assert f"there is no cassette at {recorded.cassette}" in problem(recorded.play("%%ofox\nhello")[0])


def test_in_a_replay_and_when_off_the_models_are_not_asked_for(kernel, kernel_gateway, switched):
    before = len(kernel_gateway.received)
    for mode in ("replay", "off"):
        switched(OFOX_MODE=mode)
        assert problem(kernel.run("%ofox models")).startswith(f"ConfigError: OFOX_MODE={mode}: nothing is sent")
        kernel.run("%ofox usage")
        kernel.run("%%ofox --dry-run\nhello")
        kernel.run("%ofox budget 1")
        kernel.run("%ofox budget -")
    assert len(kernel_gateway.received) == before


def test_off_sends_nothing_and_says_how_to_ask(kernel, kernel_gateway, switched):
    before = len(kernel_gateway.received)
    switched(OFOX_MODE="off")
    said = problem(kernel.run("%%ofox\nhello"))
    assert said == "ConfigError: OFOX_MODE=off: nothing is sent. Set OFOX_MODE=live (or replay) to ask"
    assert problem(kernel.run("from ofox_magic import session; session().ask('hello').result()")) == said
    assert len(kernel_gateway.received) == before


def test_a_mode_that_there_is_not_is_refused_before_anything_is_sent(kernel, kernel_gateway, switched):
    before = len(kernel_gateway.received)
    switched(OFOX_MODE="recrod")
    for cell in ("%%ofox\nhello", "%ofox"):
        said = problem(kernel.run(cell))
        assert said == "ConfigError: OFOX_MODE is 'recrod': expected one of live, record, replay, off"
    assert len(kernel_gateway.received) == before


# -- where it is recorded


@pytest.mark.parametrize("where", ["a folder", "no folder", "a file of nobody's"])
def test_where_nothing_can_be_recorded_nothing_is_sent(kernel, kernel_gateway, switched, tmp_path, where):
    paths = {"a folder": tmp_path, "no folder": tmp_path / "none" / "c.jsonl", "a file of nobody's": "/dev/full"}
    before = len(kernel_gateway.received)
    switched(OFOX_MODE="record", OFOX_CASSETTE=str(paths[where]))
    said = problem(kernel.run("%%ofox\nhello"))
    assert said.startswith(f"ConfigError: cannot record into {paths[where]}: ")
    assert said.endswith("Set OFOX_CASSETTE to a file that can be written")
    assert len(kernel_gateway.received) == before


def test_the_cassette_lies_beside_the_notebook_or_where_the_kernel_runs(gateway, tmp_path):
    for name, expected in (
        ("/x/lost.ipynb", None),
        (str(tmp_path / "tour.ipynb"), "tour.ofox.jsonl"),
        ("", "ofox.jsonl"),
    ):
        kernel = Kernel(tmp_path, OFOX_MODE="record", OFOX_BASE_URL=gateway.base_url, JPY_SESSION_NAME=name)
        try:
            kernel.run("%load_ext ofox_magic\nimport os; os.chdir('/')")
            cell = kernel.run("%%ofox\nhello")
            if expected is None:
                assert "cannot record into /x/lost.ofox.jsonl: no such file" in problem(cell)
            else:
                assert stat.S_IMODE((tmp_path / expected).stat().st_mode) == 0o600
        finally:
            kernel.close()


# -- in a kernel that runs


def test_the_mode_is_read_at_each_turn(kernel, kernel_gateway, switched):
    kernel_gateway.play(Script(text="recorded"), Script(text="live"))
    switched(OFOX_MODE="record")
    kernel.run("%%ofox --fresh\nhello")
    switched(OFOX_MODE="live")
    assert kernel.run("%%ofox --fresh\nhello").text == "live"
    before = len(kernel_gateway.received)
    switched(OFOX_MODE="replay")
    assert kernel.run("%%ofox --fresh\nhello").text == "recorded"
    switched(OFOX_MODE="off")
    assert kernel.run("%%ofox --fresh\nhello").status == "error"
    assert len(kernel_gateway.received) == before
    switched(OFOX_MODE="record")
    kernel_gateway.play(Script(text="recorded later"))
    kernel.run("%%ofox --fresh\nhello")
    switched(OFOX_MODE="replay")
    assert kernel.run("%%ofox --fresh\nhello").text == "recorded later", "it goes on after the one that was played"
    kernel.run("%unload_ext ofox_magic\n%load_ext ofox_magic")
    assert kernel.run("%%ofox --fresh\nhello").text == "recorded", "loaded anew, it begins at the start"


@pytest.mark.parametrize("mode", ["live", "record", "replay", "off"])
def test_where_things_stand_says_the_mode(kernel, switched, mode):
    switched(OFOX_MODE=mode)
    [line] = [line for line in kernel.run("%ofox").printed.splitlines() if line.startswith("mode ")]
    assert line.split()[1].rstrip(":") == mode
    assert ("OFOX_MODE" in line) == (mode != "live")


def test_a_live_replay_takes_its_time_and_can_be_stopped_and_played_again(kernel, kernel_gateway, switched):
    kernel_gateway.play(Script(text="word " * 12, chunk_size=5, delay=0.15))
    switched(OFOX_MODE="record")
    whole = kernel.run("%%ofox --fresh\nhello").text
    switched(OFOX_MODE="replay", OFOX_LIVE="1")
    cell = kernel.start("%%ofox --fresh\nhello")
    wait_until(lambda: cell.shown.startswith("word word"))
    kernel.interrupt()
    kernel.finish()
    assert problem(cell) == "Interrupted: the answer was stopped; what came by then is kept"
    assert cell.meta["status"] == "stopped"
    assert 0 < len(cell.text) < len(whole)
    again = kernel.run("%%ofox --fresh\nhello")
    assert again.text == whole
    assert len(again.of("update_display_data")) > 2


def test_a_replay_that_is_not_live_is_shown_once_and_at_once(kernel, kernel_gateway, switched):
    kernel_gateway.play(Script(text="word " * 12, chunk_size=5, delay=0.15))
    switched(OFOX_MODE="record")
    recording = kernel.run("%%ofox --fresh\nhello")
    assert recording.of("update_display_data")
    switched(OFOX_MODE="replay")
    cell = kernel.run("%%ofox --fresh\nhello")
    assert len(cell.frames) == 1
    assert cell.text == recording.text


# -- answers in a form


def test_a_repair_a_refusal_and_a_mended_cell_play_again_from_a_cassette(gateway, recorded):
    cells = (MODELS, "%%ofox --schema Sale\none", "%%ofox -f json -o got\ntwo", "print(got)", "undefined", "%ofox fix")
    gateway.play(
        *(Script(text=BAD), Script(text=GOOD), REFUSED, Script(text=GOOD)),
        Script(text="```python\nundefined = 1\n```"),
    )
    recorder = recorded.recorder(gateway)
    player = recorded.player()
    runs = [
        [kernel.run(cell, stop_on_error=False) for cell in ("%load_ext ofox_magic", *cells)]
        for kernel in (recorder, player)
    ]
    first, again = ([(cell.status, shown_by(cell), new_cells(cell)) for cell in run] for run in runs)
    assert first == again
    assert [status for status, *_ in again] == ["ok"] * 5 + ["error", "ok"]
    assert again[4][1] == ["{'fruit': 'fig', 'price': 1.5}\n"]
    assert again[6][2] == ["undefined = 1"]
    assert recorded.no_network.reached_for == []


def shown_by(cell):
    return [output.get("data", {}).get("text/plain") or output.get("text") for output in cell.outputs]
