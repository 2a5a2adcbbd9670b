"""
The wire holds: whatever the gateway or the network does, in one real kernel, cell after cell.

Every kind of fault is played at every point of an answer. Each time the cell ends within its deadlines, keeps what it
has shown, says in one line what went wrong, and the next cell works. The matrix is printed at the end.
"""

import itertools
import json
import re
import time

import pytest

from ofox_magic.practice.fault_steps import CALL, HELLO, LOOK
from ofox_magic.practice.faults import KINDS, POINTS, Fault, FaultyGateway, why_not

FAULTS = [Fault(kind, point) for kind, point in itertools.product(KINDS, POINTS) if why_not(kind, point) is None]
EARLY, COMPLETE = ("connect", "headers", "first_token"), ("finish", "done")
TEXT = {"mid_text": "".join(HELLO[:2]), "mid_tool": LOOK, "finish": "".join(HELLO), "done": "".join(HELLO)}
"""What a cell has shown when the fault strikes."""
CONNECT, FIRST_TOKEN, IDLE, TOTAL = 0.4, 2.2, 0.6, 4.0
FINISH_GRACE, DONE_GRACE = 2.0, 0.05
AT_ONCE = 2.5  # seconds; it takes a tenth of that, retries with their waits included, where the machine is not busy
WAITED_OUT = ("stall", "endless_comments", "slow_drip")
SHORT_WAITS = 309  # with this seed the first two numbers, which are the jitter of the waits, are 0.06 and 0.0004
MISPRINTS = {
    "a Python class": r"\w(Error|Exception)\b",
    "a value as Python writes it": r"bytearray\(|\bb['\"]|\\x",
    "bytes that are no text": "(?:\ufffd[^\ufffd]*){10}",
}


@pytest.fixture(scope="module")
def faulty():
    with FaultyGateway() as server:
        yield server


@pytest.fixture(scope="module")
def matrix(request):
    """What came of each fault. Printed when the module ends, whatever is captured."""
    outcomes = {}
    yield outcomes
    terminal = request.config.pluginmanager.get_plugin("terminalreporter")
    capture = request.config.pluginmanager.get_plugin("capturemanager")
    if terminal is not None:
        with capture.global_and_fixture_disabled():
            terminal.write_line("")
            for line in table(outcomes):
                terminal.write_line(line)


def table(outcomes):
    yield " " * 18 + "".join(f"{point:<18}" for point in POINTS)
    for kind in KINDS:
        yield f"{kind:<18}" + "".join(f"{outcomes.get((kind, point), '–'):<18}" for point in POINTS).rstrip()
    kept = sum(not outcome.endswith("!") for outcome in outcomes.values())
    yield (
        f"{kept} of {len(outcomes)} as they should be (!: not). Status, seconds, requests where more than one; "
        f"–: cannot happen there, see why_not"
    )


@pytest.fixture(scope="module")
def at_first(running_kernel):
    """What the kernel holds after a healthy turn: what is there for good."""
    assert running_kernel.run("%%ofox\nhello").status == "ok"
    return holdings(running_kernel)


def holdings(kernel):
    """The threads of the kernel by name, and how many sockets it has."""
    cell = kernel.run(
        "import json, os, threading\n"
        "names = sorted(t.name for t in threading.enumerate())\n"
        "fds = '/proc/self/fd'\n"
        "links = [os.readlink(f'{fds}/{n}') for n in os.listdir(fds) if os.path.exists(f'{fds}/{n}')] "
        "if os.path.exists(fds) else []\n"
        "print(json.dumps([names, sum(link.startswith('socket:') for link in links)]))"
    )
    names, sockets = printed_json(cell)
    # those that look names up and those that run blocking work wait in a pool of a fixed size for the next
    return [name for name in names if not name.startswith(("asyncio_", "ThreadPoolExecutor"))], sockets


def printed_json(cell):
    """The last line, since an old kernel's debugger may print a note of its own at any time."""
    return json.loads(cell.printed.splitlines()[-1])


# -- what is expected


def status_of(fault):
    return "failed" if fault.point in EARLY else "done" if fault.point in COMPLETE else "incomplete"


def deadline_of(fault):
    """The deadline that ends it, and its seconds; None where the fault itself does."""
    if fault == Fault("stall", "connect"):
        return "connect", CONNECT * 3
    if fault.kind not in WAITED_OUT:
        return None, AT_ONCE
    if fault.point in EARLY:
        return "first token", FIRST_TOKEN
    if fault.point in COMPLETE:
        return None, DONE_GRACE if fault.point == "done" else FINISH_GRACE
    return ("idle", IDLE) if fault.kind == "stall" else ("total", TOTAL)


def requests_of(fault):
    """How often the gateway is asked: up to three times where a second try can mend it, and nothing came yet."""
    if fault.kind in ("refused", "dns") or fault == Fault("stall", "connect"):
        return 0  # no try reaches it
    refused = fault.kind in ("json_error", "error_event", "bad_status")
    lost = fault.point == "headers" or (fault.point == "connect" and fault.kind in ("tls", "reset", "fin", "garbage"))
    waited_out = fault.kind in WAITED_OUT
    return 3 if fault.point in EARLY and not waited_out and (refused or lost) else 1


def error_of(fault):
    if fault.point in COMPLETE:
        return None
    if fault == Fault("bad_status", "connect"):
        return "BadRequest"
    if fault.kind in ("json_error", "error_event", "bad_status"):
        return "ServerError"
    if fault.kind in ("refused", "dns", "tls", "reset", "fin", "garbage", *WAITED_OUT):
        return "TransportError"
    if fault.point == "headers":
        return "TransportError" if fault.kind == "endless_line" else "ServerError"
    return "TransportError" if fault.kind == "fin_mid_chunk" else "ProtocolError"


# -- what a front end shows


def shown_states(cell):
    """The text on the page after each message of *cell*, as a front end puts it together from its outputs."""
    outputs, to_clear = {}, False
    for number, message in enumerate(cell.of("display_data", "update_display_data", "clear_output")):
        content = message["content"]
        if message["msg_type"] == "clear_output":
            outputs, to_clear = outputs if content["wait"] else {}, content["wait"]
            continue
        where = content.get("transient", {}).get("display_id", number)
        if message["msg_type"] == "display_data":
            outputs, to_clear = {} if to_clear else outputs, False
            outputs[where] = words(content["data"]["text/html"])
        elif where in outputs:
            outputs[where] = words(content["data"]["text/html"])
        yield "".join(outputs.values())


def words(html):
    """The answer's own words: without the style, the tags, and our note below."""
    return re.sub(r"<style>.*?</style>|<p class=.ofox-note.>.*?</p>|<[^>]*>", "", html, flags=re.DOTALL).strip()


def assert_no_shown_character_is_lost(cell, text):
    shown = list(shown_states(cell))
    answer = [state for state in shown if state and text.startswith(state)]
    assert shown[-1] == text
    assert shown[-len(answer) :] == answer, "something else stood there after the first text"
    assert answer == sorted(answer, key=len)


# -- the matrix


@pytest.mark.parametrize("fault", FAULTS, ids=str)
def test_a_fault_ends_the_cell_in_time_and_loses_nothing(kernel, kernel_gateway, faulty, at_first, matrix, fault):
    where = fault.kind, fault.point
    matrix[where] = "not played !"
    faulty.heal()
    faulty.play(*[fault] * 5)
    before = faulty.requests
    prepare(kernel, faulty.base_url_for(fault))
    # without stop_on_error, since an old kernel also aborts what is sent shortly after a cell that failed
    cell = kernel.run("%%ofox\nfirst question", stop_on_error=False)
    answer = printed_json(kernel.run(f"print({SEEN})"))
    asked = faulty.requests - before
    matrix[where] = f"{answer['status']} {cell.seconds:.1f}{f' ×{asked}' if asked > 1 else ''} !"

    assert_ended_in_time(fault, cell, answer)
    assert_kept(fault, cell, answer)
    assert_said(fault, cell)
    assert asked == requests_of(fault)
    assert_the_next_turn_works(fault, kernel, kernel_gateway)
    assert_the_connections_are_closed(faulty)
    matrix[where] = matrix[where].removesuffix(" !")


def prepare(kernel, base_url):
    settings = {
        "OFOX_BASE_URL": base_url,
        "OFOX_API_KEY": "of-no-gateway",
        "OFOX_CONNECT_TIMEOUT": CONNECT,
        "OFOX_FIRST_TOKEN_TIMEOUT": FIRST_TOKEN,
        "OFOX_IDLE_TIMEOUT": IDLE,
        "OFOX_TOTAL_TIMEOUT": TOTAL,
    }
    settings = {name: str(value) for name, value in settings.items()}
    cell = kernel.run(f"import json, os, random\nos.environ.update({settings!r})\nrandom.seed({SHORT_WAITS})")
    assert cell.status == "ok"


SEEN = (
    "json.dumps({'status': _ofox.status, 'text': _ofox.text, 'calls': [c.arguments for c in _ofox.tool_calls], "
    "'deadline': getattr(_ofox.error, 'deadline', None)})"
)


def assert_ended_in_time(fault, cell, answer):
    deadline, seconds = deadline_of(fault)
    assert answer["deadline"] == deadline
    assert cell.seconds < seconds + 1
    if seconds != AT_ONCE:
        assert cell.seconds > seconds, "it ended before its deadline"


def assert_kept(fault, cell, answer):
    assert answer["status"] == status_of(fault)
    assert answer["text"] == TEXT.get(fault.point, "")
    assert answer["calls"] == ([CALL[2][0]] if fault.point == "mid_tool" else [])
    if text := TEXT.get(fault.point):
        assert_no_shown_character_is_lost(cell, text)
        assert cell.meta["status"] == status_of(fault), "the output that stays says how it ended"


def assert_said(fault, cell):
    expected = error_of(fault)
    if expected is None:
        assert (cell.status, cell.error) == ("ok", [])
        return
    assert cell.status == "error"
    assert cell.reply["content"]["ename"] == expected
    [line] = cell.error
    assert re.fullmatch(rf"{expected}: \S.{{20,600}}", line), "one line, and no traceback"
    said = line.removeprefix(f"{expected}: ")
    assert [what for what, pattern in MISPRINTS.items() if re.search(pattern, said)] == [], said
    assert fault.point not in EARLY or "is kept" not in said, "nothing came that could be kept"


def assert_the_next_turn_works(fault, kernel, healthy):
    kernel.run(f"os.environ['OFOX_BASE_URL'] = {healthy.base_url!r}")
    cell = kernel.run("%%ofox\nsecond question")
    assert cell.status == "ok", cell.error
    *carried, last = healthy.received[-1].json["messages"]
    assert last == {"role": "user", "content": "second question"}
    if fault.point in EARLY:
        assert carried == [], "a question that drew nothing is not sent again"
        return
    question, answer = carried
    assert question == {"role": "user", "content": "first question"}
    assert set(answer) == {"role", "content"}, "a tool call that was cut is not sent back"
    mark = "" if fault.point in COMPLETE else "\n\n[This answer broke off here.]"
    assert answer == {"role": "assistant", "content": TEXT[fault.point] + mark}


def assert_the_connections_are_closed(faulty):
    end = time.monotonic() + 1
    while faulty.connections and time.monotonic() < end:
        time.sleep(0.01)
    assert faulty.connections == 0


def test_after_all_faults_no_thread_and_no_socket_is_left_behind(kernel, kernel_gateway, faulty, at_first):
    kernel.run(f"os.environ['OFOX_BASE_URL'] = {kernel_gateway.base_url!r}")
    assert kernel.run("%%ofox\nlast question").status == "ok"
    assert holdings(kernel) == at_first
    assert faulty.connections == 0


def test_the_matrix_is_as_large_as_promised():
    assert len(FAULTS) >= 14 * 7
    assert {fault.point for fault in FAULTS} == set(POINTS)
    assert sum(all(why_not(kind, point) is None for point in POINTS) for kind in KINDS) >= 14
