"""The panel as a user has it, in JupyterLab and in Notebook 7."""

import base64
import json
import os
import signal

import pytest

from ofox_magic.practice import Script

from . import lab
from .panel_page import LOAD, PanelPage
from .test_safety import FILE, GLOBALS, RAW, assert_a_raw_sink_is_seen, assert_nothing_happened

pytestmark = pytest.mark.browser
APPS = ["lab", pytest.param("notebook", marks=pytest.mark.skipif(not lab.has_notebook_7(), reason="no Notebook 7"))]
BESIDE_CELLS = pytest.mark.skipif(not lab.serves_beside_cells(), reason="this kernel serves a panel when its cell ends")
THEMES = "@jupyterlab/apputils-extension:themes"
KERNELS = "@jupyterlab/apputils-extension:kernels-settings"
# Half of a figure is drawn, then the cell runs until it is told to end.
BUSY = """\
import matplotlib.pyplot as plt, pathlib, time
plt.plot([1, 2, 3])
end, limit = pathlib.Path("end"), time.monotonic() + 60
print("begun")
while not end.exists() and time.monotonic() < limit:
    time.sleep(0.05)
end.unlink(missing_ok=True)
plt.title("whole")
print("lines", len(plt.gca().lines), "figures", len(plt.get_fignums()))
"""
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAUAAAAFCAYAAACNbyblAAAAHElEQVQI12P4//8/w38GIAXDIBKE0DHxgljNBAAO9TXL0Y4OHwAAAABJRU5ErkJggg=="
PASTE = """([png, kind]) => {
  const data = new DataTransfer();
  data.items.add(new File([Uint8Array.from(atob(png), (c) => c.charCodeAt(0))], "dot.png", { type: "image/png" }));
  const field = document.querySelector(".ofox-field");
  const given = { bubbles: true, cancelable: true };
  field.dispatchEvent(kind === "paste" ? new ClipboardEvent("paste", { ...given, clipboardData: data }) : new DragEvent("drop", { ...given, dataTransfer: data }));
}"""


def begin_cell(notebook, number=1):
    notebook.start(number)
    notebook.wait_for(lambda: "begun" in "".join(notebook.outputs(number).all_inner_texts()), "the cell runs")


def end_cell(server):
    (server.notebooks / "end").touch()


def of_kernel(server, what):
    (session,) = server.ask("GET", "/api/sessions")
    server.ask("POST", f"/api/kernels/{session['kernel']['id']}/{what}")


def is_running(notebook, number):
    return "*" in notebook.prompt(number)


@pytest.fixture
def panel_in(open_notebook):
    def open_it(name, *cells, app="lab"):
        notebook = open_notebook(name, LOAD, *cells, app=app)
        notebook.run(0)
        return notebook, PanelPage(notebook)

    return open_it


@BESIDE_CELLS
@pytest.mark.parametrize("app", APPS)
def test_the_panel_answers_and_stops_while_a_cell_runs_and_the_cells_figure_survives(
    panel_in, server, lab_gateway, app
):
    notebook, panel = panel_in(f"busy-{app}.ipynb", BUSY, app=app)
    begin_cell(notebook)
    began = notebook.page.evaluate("performance.now()")
    panel.ask("Are you there?")
    panel.wait_for(lambda: panel.turns.count() == 1 and len(panel.body()) > 5, "a first text")
    first = notebook.page.evaluate("performance.now()") - began
    assert is_running(notebook, 1)
    panel.wait_for_turns(1)
    lab_gateway.play(Script(text="word " * 2000, chunk_size=5, delay=0.05))
    panel.ask("Talk on")
    panel.wait_for(lambda: panel.turns.count() == 2 and "word" in panel.body(), "the second answer")
    began = notebook.page.evaluate("performance.now()")
    panel.root.locator(".ofox-composer").get_by_role("button", name="Stop").click()
    panel.wait_for(lambda: "Stopped." in panel.turns.nth(1).inner_text(), "the stop")
    stopped = notebook.page.evaluate("performance.now()") - began
    assert is_running(notebook, 1)
    panel.ask("What is {end}?")
    panel.wait_for(lambda: "waiting for the cell" in panel.root.inner_text(), "that it waits", 15)
    assert is_running(notebook, 1)
    end_cell(server)
    notebook.finish(1)
    panel.wait_for_turns(3)
    assert "lines 1 figures 1" in notebook.cell(1).inner_text()
    assert notebook.cell(1).locator(".jp-OutputArea-output img").count() == 1
    print(f"\n{app}: first text after {first:.0f} ms, stopped after {stopped:.0f} ms, with a cell running")


def test_where_comms_take_no_subshells_a_question_is_queued_and_served_when_the_cell_ends(panel_in, server):
    server.set(KERNELS, commsOverSubshells="disabled")
    try:
        notebook, panel = panel_in("queued.ipynb", BUSY)
        begin_cell(notebook)
        panel.ask("Are you there?")
        panel.wait_for(lambda: "queued" in panel.root.locator(".ofox-pending").inner_text(), "that it is queued")
        panel.wait_for(
            lambda: "The kernel is busy" in panel.root.locator(".ofox-life").inner_text(), "that the kernel is busy"
        )
        assert is_running(notebook, 1)
        end_cell(server)
        notebook.finish(1)
        panel.wait_for_turns(1)
        assert "lines 1 figures 1" in notebook.cell(1).inner_text()
        assert panel.root.locator(".ofox-life").is_hidden()
    finally:
        server.set(KERNELS)


@pytest.mark.parametrize("app", APPS)
def test_cells_and_panel_are_one_conversation(panel_in, lab_gateway, app):
    cells = (
        "%%ofox\nFrom the cell",
        "from ofox_magic import session\nsession().undo()",
        "session().model = 'openai/gpt-4o'",
        "%%ofox\nTalk on",
    )
    notebook, panel = panel_in(f"ways-{app}.ipynb", *cells, app=app)
    panel.ask("From the panel")
    panel.wait_for_turns(1)
    lab_gateway.play(Script(text="one two three four " * 60, chunk_size=10, delay=0.02))
    notebook.start(1)
    panel.wait_for(lambda: panel.turns.count() == 2 and "one two" in panel.body(), "the cell's turn")
    assert is_running(notebook, 1), "it shows while it streams"
    notebook.finish(1)
    panel.wait_for_turns(2)
    sent = lab_gateway.received[-1].json["messages"]
    assert [message["content"] for message in sent if message["role"] == "user"] == ["From the panel", "From the cell"]
    notebook.run(2)
    panel.wait_for(lambda: panel.asked() == ["From the panel"], "the undo")
    panel.button("Bring it again").click()
    panel.wait_for(lambda: len(panel.asked()) == 2, "the redo")
    notebook.run(3)
    panel.wait_for(lambda: panel.root.locator(".ofox-model").inner_text().strip() == "openai/gpt-4o", "the model")
    lab_gateway.play(Script(text="word " * 5000, chunk_size=5, delay=0.05))
    notebook.start(4)
    panel.wait_for(lambda: panel.turns.count() == 3 and "word" in panel.body(), "the long answer")
    panel.root.locator(".ofox-composer").get_by_role("button", name="Stop").click()
    notebook.finish(4)
    assert "stopped" in notebook.answer(4)
    saved = notebook.save()
    assert "From the panel" not in json.dumps(saved), "nothing of the panel is in the saved notebook"
    assert "widgets" not in saved.metadata
    assert notebook.watcher.errors == []


@pytest.mark.parametrize("app", APPS)
def test_two_views_agree_and_a_reload_brings_the_conversation_back(panel_in, app):
    notebook, panel = panel_in(f"views-{app}.ipynb", "%ofox panel", app=app)
    panel.ask("From the first view")
    panel.wait_for_turns(1)
    notebook.run(1)
    second = PanelPage(notebook, 1)
    second.wait_for_turns(1)
    second.ask("From the second view")
    panel.wait_for_turns(2)
    second.wait_for_turns(2)
    assert second.turns.all_inner_texts() == panel.turns.all_inner_texts()
    notebook.cell(0).locator(".jp-InputArea-editor").click()
    notebook.save()
    notebook.page.remove_listener("dialog", notebook.watcher._dialog)
    notebook.page.on("dialog", lambda dialog: dialog.accept())
    notebook.page.reload()
    again = PanelPage(notebook)
    again.wait_for_turns(2)
    assert again.asked() == ["From the first view", "From the second view"]
    again.ask("After the reload")
    again.wait_for_turns(3)
    assert notebook.watcher.errors == []


def test_keys_are_for_who_types_and_names_are_completed(panel_in):
    notebook, panel = panel_in("typing.ipynb", "frame_of_prices = [{'price': 1}]\nframe_of_mind = [1, 2]")
    notebook.run(1)
    page, keyboard = notebook.page, notebook.page.keyboard
    cells = page.locator(".jp-Notebook .jp-Cell").count()
    panel.field.click()
    keyboard.type("abddx @frame")
    panel.wait_for(lambda: panel.root.locator(".ofox-names [role=option]").count() == 1, "the names")
    keyboard.press("Enter")
    assert panel.field.input_value() == "abddx @frame_of_prices "
    keyboard.press("Shift+Enter")
    keyboard.type("second line")
    panel.wait_for(lambda: "tokens" in panel.root.locator(".ofox-meter").inner_text(), "the estimate")
    assert "frame_of_prices · list" in panel.root.locator(".ofox-composer .ofox-chips").inner_text()
    assert page.locator(".jp-Notebook .jp-Cell").count() == cells, "no shortcut of the notebook fires"
    panel.field.fill("What is this?")
    keyboard.press("Enter")
    panel.wait_for_turns(1)
    keyboard.press("ArrowUp")
    assert panel.field.input_value() == "What is this?"
    assert notebook.watcher.errors == []


def test_what_was_answered_can_be_copied_asked_again_edited_and_looked_into(panel_in, context, lab_gateway):
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    notebook, panel = panel_in("turns.ipynb")
    copied = lambda: notebook.page.evaluate("navigator.clipboard.readText()")  # noqa: E731
    turn = panel.turns.nth(0)
    lab_gateway.play(Script(text="Some **words**.\n\n```python\nprint('hello')\n```\n\nFormula $\\frac{1}{2}$.\n"))
    panel.ask("What is `this`?")
    panel.wait_for_turns(1)
    assert turn.locator("math mfrac").count() == 1
    panel.button("Copy code", 0).click()
    panel.wait_for(lambda: copied() == "print('hello')\n", "the code")
    panel.button("Copy answer", 0).click()
    panel.wait_for(lambda: "**words**" in copied(), "the answer as it was written")
    panel.button("Ask again", 0).click()
    panel.wait_for(lambda: "2/2" in turn.inner_text(), "a second version")
    panel.button("Earlier version", 0).click()
    panel.wait_for(lambda: "1/2" in turn.inner_text() and "Some words" in panel.body(0), "the first version")
    panel.button("Edit the question", 0).click()
    panel.wait_for(lambda: panel.field.input_value() == "What is `this`?", "the question to edit")
    panel.field.fill("What is that?")
    notebook.page.keyboard.press("Enter")
    panel.wait_for(lambda: "3/3" in turn.inner_text() and panel.asked() == ["What is that?"], "the edited question")
    panel.button("What was sent", 0).click()
    panel.wait_for(lambda: '"messages"' in turn.locator(".ofox-what-was-sent").text_content(), "what was sent")
    assert notebook.watcher.errors == []


def test_models_and_conversations_are_chosen_above(panel_in):
    notebook, panel = panel_in("choices.ipynb")
    panel.ask("One")
    panel.wait_for_turns(1)
    panel.choose("Model: ", "anthropic/")
    panel.wait_for(lambda: "anthropic/" in panel.root.locator(".ofox-model").inner_text(), "the model")
    panel.choose("Conversation: ", "Fork:")
    panel.wait_for(lambda: "chat2" in panel.root.locator(".ofox-bar").inner_text(), "the fork")
    panel.button("Clear the conversation").click()
    panel.wait_for(lambda: panel.turns.count() == 0, "nothing")
    panel.choose("Conversation: ", "main")
    panel.wait_for(lambda: panel.turns.count() == 1, "the conversation from before")
    assert notebook.watcher.errors == []


def test_pictures_files_and_displays_go_along(panel_in, lab_gateway, tmp_path):
    notebook, panel = panel_in("along.ipynb", "import matplotlib.pyplot as plt\nplt.plot([1, 2]);")
    chips = panel.root.locator(".ofox-composer .ofox-chips .ofox-chip")
    for kind in ("paste", "drop"):
        notebook.page.evaluate(PASTE, [PNG, kind])
    panel.wait_for(lambda: chips.count() == 2, "two pictures")
    chips.nth(1).get_by_role("button").click()
    notes = tmp_path / "notes.txt"
    notes.write_text("some notes")
    panel.root.locator("input[type=file]").set_input_files(notes)
    panel.wait_for(lambda: chips.count() == 2, "a picture and a file")
    notebook.run(1)
    panel.root.get_by_role("switch").click()
    panel.wait_for(lambda: chips.count() == 3, "what the cell showed")
    panel.ask("Look")
    panel.wait_for_turns(1)
    along = panel.turns.nth(0).locator(".ofox-question .ofox-chip")
    assert along.count() == 3
    assert along.locator("img").count() == 2
    parts = lab_gateway.received[-1].json["messages"][-1]["content"]
    assert sum(part["type"] == "image_url" for part in parts) == 2
    assert "some notes" in str(parts)
    assert base64.b64decode(PNG)
    panel.wait_for(lambda: chips.count() == 0, "nothing new to go along")


TOOLS = """\
import pathlib, time
from ofox_magic import session

@session().tool
def weather(city: str) -> str:
    "Tell the weather in a city."
    print("asked", "the station in", city)
    display("shown by the tool")
    return "12 degrees in " + city

@session().tool
def slow(seconds: int) -> str:
    "Take a while."
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        time.sleep(0.02)
    return "done"
"""


def calls(*made):
    return Script(text="", tool_calls=tuple((f"call_{place}", *each) for place, each in enumerate(made)))


def test_tools_are_chosen_and_a_call_runs_where_its_user_says_so(panel_in, server, lab_gateway):
    notebook, panel = panel_in("tools.ipynb", TOOLS, BUSY)
    notebook.run(1)
    ask = panel.root.locator(".ofox-asking:not([hidden])")
    lab_gateway.play(
        calls(("weather", '{"city": "Seoul"}'), ("weather", '{"city": "서울"}')), Script(text="It is cold.")
    )
    panel.choose("Tools", "weather")
    panel.ask("How is the weather?")
    panel.wait_for(lambda: 'city = "Seoul"' in panel.root.inner_text(), "the first question")
    begin_cell(notebook, 2)
    ask.get_by_role("button", name="Run it once").click()
    panel.wait_for(lambda: "waiting for the kernel" in panel.turns.nth(0).inner_text(), "that it waits for the cell")
    assert is_running(notebook, 2)
    end_cell(server)
    notebook.finish(2)
    panel.wait_for(lambda: 'city = "서울"' in panel.root.inner_text(), "the second question")
    ask.get_by_role("button", name="Do not run it").click()
    panel.wait_for_turns(1)
    printed = panel.turns.nth(0).locator(".ofox-printed").inner_text()
    assert printed.split("\n")[:2] == ["asked the station in Seoul", "'shown by the tool'"]
    assert "asked the station" not in notebook.cell(1).inner_text() + notebook.cell(2).inner_text()
    results = [message["content"] for message in lab_gateway.received[-1].json["messages"] if message["role"] == "tool"]
    assert results[0] == "12 degrees in Seoul"
    assert "did not allow" in results[1]
    assert notebook.watcher.errors == []


def test_a_call_that_runs_ends_by_an_interrupt_alone_and_the_conversation_goes_on(panel_in, server, lab_gateway):
    notebook, panel = panel_in("slow-tool.ipynb", TOOLS)
    notebook.run(1)
    ask = panel.root.locator(".ofox-asking:not([hidden])")
    panel.choose("Tools", "slow")
    long = calls(("slow", '{"seconds": 60}'))
    lab_gateway.play(long, long, Script(text="Well."))
    for stop in ("panel", "kernel"):
        panel.ask("Take your time")
        panel.wait_for(lambda: "seconds = 60" in panel.root.inner_text(), "the question")
        ask.get_by_role("button", name="Run it once").click()
        turn = panel.turns.last
        panel.wait_for(lambda: "running slow(seconds = 60)" in turn.inner_text(), "that it runs")  # noqa: B023
        if stop == "panel":
            panel.root.locator(".ofox-composer").get_by_role("button", name="Stop").click()
            said = "slow(seconds = 60) still runs" if lab.serves_beside_cells() else "cannot hear this now"
            panel.wait_for(lambda: said in panel.root.inner_text(), "that it runs on")  # noqa: B023
        of_kernel(server, "interrupt")
        panel.wait_for(lambda: "Stopped." in turn.inner_text(), "the stop")  # noqa: B023
        panel.wait_for(lambda: "still runs" not in panel.root.inner_text(), "the end of the call")
    panel.ask("And now?")
    panel.wait_for_turns(3)
    assert "Well." in panel.body()
    assert notebook.watcher.errors == []


def die(notebook, server):
    os.kill(int(notebook.outputs(1).last.inner_text().split()[-1]), signal.SIGKILL)
    notebook.page.locator(".jp-Dialog .jp-mod-accept").click()  # it says that it begins anew


def restart_by_menu(notebook, server):
    notebook.cell(1).locator(".jp-InputArea-editor").click()
    notebook.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    notebook.page.locator(".lm-Menu-item", has_text="Restart Kernel…").first.click()
    notebook.page.locator(".jp-Dialog .jp-mod-accept").click()


@pytest.mark.parametrize(("end", "app"), [(restart_by_menu, "lab"), pytest.param(die, "notebook", marks=APPS[1].marks)])
def test_when_the_kernel_ends_all_that_it_had_begun_ends_readable_and_the_cell_run_again_goes_on(
    panel_in, server, lab_gateway, end, app
):
    busy = BUSY.replace('print("begun")', 'import os\nprint("begun", os.getpid())')
    notebook, panel = panel_in(f"{end.__name__}-{app}.ipynb", busy, app=app)
    panel.ask("Remember this")
    panel.wait_for_turns(1)
    begin_cell(notebook)
    lab_gateway.play(Script(text="word " * 5000, chunk_size=5, delay=0.05))
    panel.ask("Talk on")
    panel.wait_for(lambda: panel.turns.count() == 2 and "word" in panel.body(), "half of an answer")
    panel.ask("Behind it")
    panel.ask("What is {end}?")
    panel.wait_for(lambda: "waiting for the cell" in panel.root.inner_text(), "that it waits")
    end(notebook, server)
    life = panel.root.locator(".ofox-life")
    panel.wait_for(lambda: "restarted or has ended" in life.inner_text(), "that the kernel is gone")
    assert panel.asked() == ["Remember this", "Talk on", "Behind it"]
    ends = [panel.turns.nth(number).locator(".ofox-problem").inner_text() for number in range(3)]
    assert ends == ["", "This answer broke off: the kernel ended", "No answer: the kernel ended"]
    assert "word word" in panel.body(1)
    assert "not asked: the kernel is gone" in panel.root.locator(".ofox-pending").inner_text()
    panel.button("Do not ask").click()
    panel.wait_for(lambda: panel.root.locator(".ofox-pending").count() == 0, "that it is taken back")
    assert panel.field.input_value() == "What is {end}?", "it can be asked again"
    assert panel.button("Send").is_disabled()
    assert panel.button("Stop").is_hidden()
    assert panel.button("Copy answer", 1).is_enabled()
    notebook.run(0)
    again = PanelPage(notebook)
    again.ask("After it")
    again.wait_for_turns(1)
    assert notebook.watcher.errors == []


def test_that_another_client_restarted_the_kernel_is_said_and_what_was_there_stays(panel_in, server):
    _, panel = panel_in("restarted.ipynb")
    panel.ask("Remember this")
    panel.wait_for_turns(1)
    of_kernel(server, "restart")
    panel.ask("Are you there?")  # JupyterLab is not always told, so it may be seen only where nobody answers
    advice = ("run the cell of this panel again", "run the panel's cell again")
    life = panel.root.locator(".ofox-life")
    panel.wait_for(lambda: any(words in life.text_content() for words in advice), "what is to be done")
    assert panel.asked() == ["Remember this"]


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_axe_finds_nothing_serious_and_the_keyboard_reaches_all(panel_in, server, lab_gateway, theme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    server.set(THEMES, theme=theme)
    try:
        notebook, panel = panel_in(f"axe-{theme[-4:]}.ipynb", f"xs = [{{'x': 1}}]\n{TOOLS}")
        notebook.run(1)
        lab_gateway.play(
            Script(
                text="A [link](https://a.example), `code`.\n\n```python\nx = 'a'  # b\n```\n\n|a|\n|-|\n|1|\n\n$x^2$\n",
                reasoning="So.",
            )
        )
        found = problems(axe, notebook.page)
        panel.ask("Why?")
        panel.wait_for_turns(1)
        lab_gateway.play(Script(status=401, body='{"error": {"message": "bad key", "code": "invalid_api_key"}}'))
        panel.ask("And now?")
        panel.wait_for_turns(2)
        panel.type("@x")
        panel.wait_for(lambda: panel.root.locator(".ofox-names [role=option]").count() == 1, "the names")
        found += problems(axe, notebook.page)
        notebook.page.keyboard.press("Escape")
        panel.root.get_by_role("button", name="Model: ").click()
        panel.wait_for(lambda: panel.root.locator(".ofox-menu:not([hidden]) [role=option]").count() > 2, "the models")
        found += problems(axe, notebook.page)
        notebook.page.keyboard.press("Escape")
        panel.field.fill("")
        open_tools_while_asked(panel, lab_gateway)
        found += problems(axe, notebook.page)
        choose_less_and_refuse(panel)
        panel.wait_for_turns(3)
        assert found == []
        assert set(reached_by_tab(notebook.page)) >= {
            "Question",
            "Send",
            "Attach a file",
            "Copy answer",
            "Ask again",
            "Undo the last step",
        }
    finally:
        server.set(THEMES)


def open_tools_while_asked(panel, lab_gateway):
    """Let the model call twice, allow the first, and open the menu of tools beside the second question."""
    panel.choose("Tools", "weather")
    panel.choose("Tools", "slow")
    lab_gateway.play(calls(("weather", '{"city": "Seoul"}'), ("slow", '{"seconds": 1}')), Script(text="It is cold."))
    panel.ask("How is the weather?")
    panel.button("Run it once").click()
    panel.wait_for(lambda: "seconds = 1" in panel.root.inner_text(), "the second question")
    panel.root.get_by_role("button", name="Tools").click()
    panel.wait_for(lambda: panel.root.locator(".ofox-menu:not([hidden]) .ofox-current").count() == 2, "the tools")


def choose_less_and_refuse(panel):
    panel.root.locator(".ofox-menu:not([hidden]) [role=option]", has_text="weather").click()
    panel.wait_for(lambda: "Tools: 1" in panel.root.inner_text(), "one tool, with the menu open")
    assert panel.root.locator(".ofox-menu:not([hidden])").count() == 1
    panel.page.keyboard.press("Escape")
    panel.button("Do not run it").click()


def problems(axe, page):
    """What axe-core finds in the panel that is serious or critical."""
    found = axe.run(page, context=".ofox-panel").response["violations"]
    return [
        f"{each['id']}: {node['html'][:120]}"
        for each in found
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]


def reached_by_tab(page):
    """The names of what Tab goes to, from the first place in the panel on."""
    page.keyboard.press("Escape")
    page.locator(".ofox-pick").first.focus()
    for _ in range(60):
        name = page.evaluate(
            "document.activeElement.closest('.ofox-panel') && (document.activeElement.getAttribute('aria-label') || document.activeElement.textContent)"
        )
        if name is None:
            return
        yield name.strip()
        page.keyboard.press("Tab")


LONG_ONE = """\
%load_ext ofox_magic
from ofox_magic import session
from ofox_magic.testing import ScriptedTransport
chat = get_ipython()._ofox_kit.session
transport = chat._transport
chat._runner._transport = chat._transport = ScriptedTransport(*["An answer of **one** paragraph."] * 500)
for number in range(500):
    chat.ask(f"question {number:03}", conversation="long").wait()
chat._runner._transport = chat._transport = transport
"""
# When the first element that SELECTOR finds was there, by the page's clock.
WHEN = """(selector) => new Promise((resolve) => {
  const look = () => (document.querySelector(selector) ? resolve(performance.now()) : requestAnimationFrame(look));
  look();
})"""


class Traffic:
    """Counts the characters of all that comes to *page* over its sockets."""

    def __init__(self, page):
        self.characters = 0
        self._cdp = page.context.new_cdp_session(page)
        self._cdp.on("Network.webSocketFrameReceived", self._count)
        self._cdp.send("Network.enable")

    def _count(self, frame):
        self.characters += len(frame["response"]["payloadData"])


def test_five_hundred_turns_open_as_one_page_and_a_new_turn_costs_what_the_first_did(open_notebook, lab_gateway):
    notebook = open_notebook("long.ipynb", LONG_ONE, "session().switch('long')\n%ofox panel")
    notebook.run(0)
    page, traffic = notebook.page, Traffic(notebook.page)
    page.evaluate("addEventListener('keydown', () => (window.pressed = performance.now()), true)")

    def cost_of(action, selector):
        before = traffic.characters
        action()
        took = page.evaluate(WHEN, selector) - page.evaluate("window.pressed")
        page.wait_for_timeout(700)  # for what comes behind
        return traffic.characters - before, took

    opening, opened = cost_of(lambda: notebook.start(1), ".ofox-turn .ofox-note")
    panel = PanelPage(notebook)
    assert panel.asked() == [f"question {number:03}" for number in range(488, 500)]
    assert "488 earlier" in panel.root.inner_text()

    def cost_of_turn(count):
        lab_gateway.play(Script(text="An answer of **one** paragraph."))
        return cost_of(lambda: panel.ask("A new question"), f".ofox-turn:nth-child({count}) .ofox-note")

    cost_of_turn(13)  # the first request of a kernel takes longer
    late, took_late = cost_of_turn(14)
    panel.choose("Conversation: ", "main")
    panel.wait_for_turns(0)
    first, took_first = cost_of_turn(1)
    assert late < 2 * first
    print(f"\n500 turns open with {opening:,} characters in {opened:.0f} ms")
    print(f"first turn: {first:,} characters, {took_first:.0f} ms; 502nd: {late:,} characters, {took_late:.0f} ms")


# Each text is the question, the answer, what the model thought, its name, a tool's arguments, and an error.
HOSTILE = """\
import json, pathlib
from ofox_magic.chat.events import Finished, FinishReason, Identified, ReasoningDelta, TextDelta, ToolCallDelta
from ofox_magic.errors import OfoxError
from ofox_magic.testing import ScriptedTransport
session = get_ipython()._ofox_kit.session

def answers(text):
    step = max(1, -(-len(text) // 3))
    pieces = [TextDelta(text[at : at + step]) for at in range(0, len(text), step)]
    call = ToolCallDelta(0, "c", text[:200], json.dumps({"x": text}))
    yield [Identified(model=text), ReasoningDelta(text), *pieces, call, Finished(OfoxError(text))]

def play_next(count):
    for text in (next(texts, None) for _ in range(count)):
        if text is not None:
            session._runner._transport = session._transport = ScriptedTransport(*answers(text))
            session.system = text
            session.ask(text or "x").wait()

texts = iter([])
"""
HARMLESS = 'texts = iter(["# Hi\\n\\n$x^2$ [a](https://a.example)\\n\\n```python\\nx = 1\\n```\\n\\n|a|\\n|-|\\n|1|\\n"] * 3)\nplay_next(3)'
PAGE_OF_TURNS = 60
EVERY = int(os.environ.get("OFOX_EVERY", "3"))
"""Of so many strings one is tried; OFOX_EVERY=1 tries all."""
AUDIT = """() => {
  const html = "p br hr h1 h2 h3 h4 h5 h6 blockquote pre code em strong s ul ol li table thead tbody tr th td a span img details summary div button svg path".split(" ");
  const math = /^(math|mrow|mi|mo|mn|ms|mtext|mspace|mfrac|msqrt|mroot|mstyle|mpadded|mphantom|msub|msup|msubsup|munder|mover|munderover|mmultiscripts|mprescripts|none|mtable|mtr|mtd)$/;
  const ours = ".ofox-codebox > .ofox-button, .ofox-codebox > .ofox-button *, .ofox-codebox, .ofox-tablebox, .ofox-body > div, .ofox-thought";
  const attributes = /^(class|href|title|target|rel|src|alt|start|align|open|tabindex|hidden)$/;
  const faults = [];
  for (const body of document.querySelectorAll(".ofox-body")) for (const element of body.querySelectorAll("*")) {
    if (element.matches(ours)) continue;
    const tag = element.localName;
    if (element.namespaceURI.endsWith("MathML") ? !math.test(tag) : !html.includes(tag) || ["button", "svg", "path", "div"].includes(tag)) faults.push(`<${tag}>`);
    for (const { name, value } of element.attributes) {
      if (element.namespaceURI.endsWith("MathML") ? /^(on|href|src|style|id|xlink)/.test(name) : !attributes.test(name)) faults.push(`<${tag} ${name}="${value.slice(0, 50)}">`);
      if (name === "href" && !/^(https?:|mailto:)/i.test(value)) faults.push(`href ${value.slice(0, 50)}`);
      if (name === "src" && !/^data:image\\/(png|jpeg|gif|webp);base64,/.test(value)) faults.push(`src ${value.slice(0, 50)}`);
      if (name === "class" && !/^(ofox-[a-z-]+ ?)*$/.test(value)) faults.push(`class ${value.slice(0, 50)}`);
    }
  }
  return faults;
}"""


@pytest.mark.skipif(not FILE.exists(), reason="no shared/corpora beside the checkout (OFOX_CORPORA)")
def test_hostile_strings_do_nothing_in_the_panel(panel_in):
    count = len(json.loads(FILE.read_text(encoding="utf-8"))[::EVERY])
    setup = (
        f"{HOSTILE}texts = iter([case['s'] for case in json.load(open({str(FILE)!r}, encoding='utf-8'))][::{EVERY}])"
    )
    play = f"session.clear(); play_next({PAGE_OF_TURNS})"
    notebook, panel = panel_in("hostile-panel.ipynb", f"{HOSTILE}{HARMLESS}", setup, play, RAW)
    notebook.watcher.watch_scripts()
    notebook.run(1)
    panel.wait_for(lambda: panel.turns.count() == 3, "the harmless ones")
    notebook.run(1)
    notebook.page.wait_for_timeout(500)
    known = notebook.watcher.addresses(), set(notebook.page.evaluate(GLOBALS))
    notebook.run(2)
    notebook.watcher.forget()
    shown = 0
    while shown < count:
        batch = min(PAGE_OF_TURNS, count - shown)
        notebook.run(3)
        panel.wait_for(lambda expected=batch: panel.turns.count() == expected, "the batch")
        notebook.page.evaluate("document.querySelectorAll('.ofox-panel details').forEach((each) => (each.open = true))")
        assert notebook.page.evaluate(AUDIT) == []
        shown += batch
    notebook.page.wait_for_timeout(300)
    assert_nothing_happened(notebook, known)
    assert_a_raw_sink_is_seen(notebook, 4)
    print(
        f"\n{shown} strings, each as question, answer, thought, name, call and error; no script, no request, no fault"
    )
