"""The widget itself: what its state holds, and what it does with whatever comes over its comm."""

import time

import pytest

from ofox_magic.jupyter.panel.quiet_comm import keep_quiet

from .test_protocol import odd_messages


class FakeComm:
    """A comm that goes nowhere and keeps what was sent."""

    kernel = None

    def __init__(self):
        self.comm_id = "a-comm"
        self.sent = []
        self._msg_callback = None

    def send(self, data=None, metadata=None, buffers=None):
        self.sent.append(data)

    def on_msg(self, callback):
        self._msg_callback = callback

    def close(self, *args, **keys):
        pass


@pytest.fixture
def panel(shell):
    panel = shell._ofox_kit.panel()
    yield panel
    panel.close()


@pytest.fixture
def told(panel):
    """What the front end is told from now on."""
    found = []
    panel.send = lambda content, buffers=None: found.append(content)
    return found


def wait_until(condition):
    end = time.monotonic() + 30
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.005)


def from_front_end(panel, content, buffers=()):
    panel._handle_msg({"content": {"data": {"method": "custom", "content": content}}, "buffers": list(buffers)})


def test_there_is_one_panel_for_a_notebook_until_it_is_closed(shell):
    kit = shell._ofox_kit
    first = kit.panel()
    assert kit.panel() is kit.session.panel() is first
    first.close()
    assert kit.panel() is not first


def test_it_stays_open_when_the_extension_is_loaded_again(shell, panel, told):
    shell.run_line_magic("reload_ext", "ofox_magic")
    assert shell._ofox_kit.panel() is panel
    shell._ofox_kit.session.ask("after the reload").wait()
    wait_until(lambda: any("after the reload" in str(message) for message in told))


def test_its_state_holds_nothing_of_the_conversation(shell, panel, told, monkeypatch):
    monkeypatch.setenv("OFOX_API_KEY", "sk-secret-1234567890")
    secret = "a-word-of-the-conversation"
    shell._ofox_kit.session.ask(secret).wait()
    shell._ofox_kit.session.system = secret
    wait_until(lambda: any(secret in str(message) for message in told))
    state = {name: value for name, value in panel.get_state().items() if name not in ("_esm", "_css")}
    assert secret not in str(panel.get_state())
    assert "sk-secret" not in str(panel.get_state())
    assert secret not in str(panel._repr_mimebundle_())
    assert {name for name in state if not name.startswith("_")} <= {"panel_id", "layout", "tabbable", "tooltip"}


def test_what_it_shows_as_text_is_the_same_every_time(panel):
    assert repr(panel) == "<ofox_magic panel>"
    data, _ = panel._repr_mimebundle_()
    assert data["text/plain"] == "<ofox_magic panel>"


def test_it_is_no_display_that_goes_along_with_a_question(shell, panel):
    from IPython.display import display

    display(panel)
    assert shell._ofox_kit.displays.all == ()


def test_the_front_end_may_not_change_the_state(panel):
    before = panel.get_state()
    update = {"method": "update", "state": {"_esm": "alert(1)", "panel_id": "x"}, "buffer_paths": []}
    panel._handle_msg({"content": {"data": update}, "buffers": []})
    assert panel.get_state() == before


def test_ten_thousand_odd_messages_raise_nothing_and_the_panel_lives_on(shell, panel, told, capfd):
    kit = shell._ofox_kit
    kit.session.ask("before").wait()
    allowed = 0
    for content, buffers in odd_messages(10_000, seed=11):
        if isinstance(content, dict) and content.get("do") in ("ask", "again", "models", "measure"):
            continue  # they are tried by themselves: each that is good asks the gateway
        from_front_end(panel, content, buffers)
        allowed += 1
    for envelope in (
        {},
        {"content": None},
        {"content": {}},
        {"content": {"data": []}},
        {"content": {"data": {"method": "x"}}},
    ):
        panel._handle_msg(envelope)
    told.clear()
    number = 2**40
    from_front_end(panel, {"do": "hello", "number": number})
    wait_until(lambda: {"type": "done", "number": number} in told)
    assert allowed > 5000
    asked = {
        message.text
        for conversation in kit.session.conversations.values()
        for exchange in conversation.exchanges
        for version in exchange.versions
        for message in version.question
    }
    assert asked <= {"before"}, "nothing was asked that no ask asked for"
    assert capfd.readouterr() == ("", ""), "a worker prints nothing"


def test_the_comm_keeps_the_front_ends_shell_and_tells_ipython_nothing(shell):
    events = []
    for name in ("pre_execute", "post_execute"):
        shell.events.register(name, lambda name=name: events.append(name))
    comm = FakeComm()
    comm._reply_subshell_for = lambda data, chosen: "the last publisher's"
    heard = []
    comm.on_msg(heard.append)
    keep_quiet(comm)
    assert comm._reply_subshell_for({}, "the front end's") == "the front end's"
    comm.handle_msg({"a": 1})
    assert heard == [{"a": 1}]
    assert events == []


def test_a_comm_of_another_kind_is_left_alone():
    comm = object()
    keep_quiet(comm)


def test_the_command_shows_it_in_a_notebook(shell, monkeypatch):
    from IPython.utils.capture import capture_output

    monkeypatch.setattr(shell, "kernel", object(), raising=False)  # what a notebook's shell has
    with capture_output() as shown:
        shell.run_line_magic("ofox", "panel")
    assert "application/vnd.jupyter.widget-view+json" in shown.outputs[0].data
