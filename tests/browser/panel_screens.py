"""
Pictures of the panel, to be looked at: `python -m tests.browser.panel_screens FOLDER`.

Empty, with an answer that holds everything, with an error, with tools, without its kernel; light and dark, wide and
narrow.
"""

import sys
from pathlib import Path

from ofox_magic.practice import Script

from .page import WATCH, NotebookPage
from .panel_page import LOAD, PanelPage
from .screens import ANSWER
from .studio import THEMES, studio

WIDE, NARROW = {"width": 1200, "height": 1100}, {"width": 620, "height": 1000}
LANGUAGES = """\
한국어로 쓴 문장입니다. **굵은 글씨**와 `code`가 있고, 줄이 길면 어떻게 되는지 봅니다.

هذه جملة بالعربية، وفيها كلمة **غليظة** وشيء من `code` في وسطها.

| a very long heading of a column | another heading | third | fourth | fifth | sixth | seventh | eighth |
|---|---:|---|---|---|---|---|---|
| some words in a cell that is wide | 12,345.67 | x | x | x | x | x | a cell at the far end |

$$x = \\frac{-b \\pm \\sqrt{b^2 - 4ac}}{2a}, \\qquad \\begin{pmatrix} 1 & 0 \\\\ 0 & 1 \\end{pmatrix}$$
"""
TOOLS = """\
from ofox_magic import session

@session().tool
def months(year: int, column: str = "value") -> list[float]:
    "Return the mean of each month of a year."
    print("reading", year, column)
    return [4.2, 4.1, 3.1, 4.4]

@session().tool
def remove_rows(where: str, table: str, keep_a_copy: bool = True) -> int:
    "Take the rows that match a condition out of a table, and return how many there were of them."
    return 0
"""
CALLS = (
    ("call_0", "months", '{"year": 2024}'),
    (
        "call_1",
        "remove_rows",
        '{"where": "month == 3 and (value < 3.2 or remark == \'dip\')", "table": "readings_of_2024"}',
    ),
)
TALL = "document.querySelectorAll('.ofox-panel').forEach((panel) => (panel.style.height = '880px'))"


def main(folder):
    """Write all pictures into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    with studio() as place:
        for theme in THEMES:
            place.choose(theme)
            for size, viewport in (("wide", WIDE), ("narrow", NARROW)):
                pictures(place.chromium, place.server, place.gateway, folder / f"panel-{theme}-{size}", viewport)


def pictures(chromium, server, gateway, path, viewport):
    """The panel in all its states, one after the other."""
    context = chromium.new_context(viewport=viewport)
    context.add_init_script(WATCH)
    server.write(f"{path.name}.ipynb", LOAD, TOOLS)
    notebook = NotebookPage(context.new_page(), server, f"{path.name}.ipynb")
    notebook.page.keyboard.press("Control+b")  # without the file browser
    notebook.run(0)
    notebook.run(1)
    panel = PanelPage(notebook)
    notebook.page.evaluate(TALL)

    def picture(what):
        notebook.page.wait_for_timeout(600)
        notebook.page.screenshot(path=f"{path}-{what}.png")

    picture("empty")
    answers(panel, gateway, picture)
    tools(panel, gateway, picture)
    ends(panel, server, gateway, picture)
    context.close()
    server.end_kernels()


def answers(panel, gateway, picture):
    """An answer that holds everything, other languages, an error, and names to choose from."""
    gateway.play(Script(text=ANSWER, reasoning="First the table, then the plot."))
    panel.ask("Why the dip in March?")
    panel.wait_for_turns(1)
    picture("answer")
    gateway.play(Script(text=LANGUAGES))
    panel.ask("لماذا؟ 왜 그럴까요?")
    panel.wait_for_turns(2)
    gateway.play(Script(status=401, body='{"error": {"message": "bad key", "code": "invalid_api_key"}}'))
    panel.ask("And now?")
    panel.wait_for_turns(3)
    panel.type("Half a question with a name: @")
    picture("more")
    panel.page.keyboard.press("Escape")
    panel.field.fill("")


def tools(panel, gateway, picture):
    """Tools to choose from, a call that is asked about, and what came of it; the models."""
    for name in ("months", "remove_rows"):
        panel.choose("Tools", name)
    panel.root.get_by_role("button", name="Tools").click()
    picture("tools-menu")
    panel.page.keyboard.press("Escape")
    gateway.play(Script(text="Let me look.", tool_calls=CALLS), Script(text="March stays in the table."))
    panel.ask("Take the dip out of the table")
    panel.button("Run it once").click()
    panel.wait_for(lambda: "where = " in panel.root.inner_text(), "the second question")
    picture("consent")
    panel.button("Do not run it").click()
    panel.wait_for_turns(4)
    picture("tools")
    panel.root.get_by_role("button", name="Model: ").click()
    picture("models")
    panel.page.keyboard.press("Escape")


def ends(panel, server, gateway, picture):
    """What was sent; an answer that streams, with a question behind it, and what is left when the kernel ends."""
    panel.button("What was sent", 3).click()
    picture("sent")
    panel.button("What was sent", 3).click()
    gateway.play(Script(text="word " * 500, chunk_size=5, delay=0.1))
    panel.ask("Talk on")
    panel.ask("And behind it")
    panel.wait_for(lambda: "word" in panel.body(-2), "the beginning")
    picture("streaming")
    (session,) = server.ask("GET", "/api/sessions")
    server.ask("POST", f"/api/kernels/{session['kernel']['id']}/restart")
    panel.wait_for(lambda: "restarted or has ended" in panel.root.inner_text(), "that the kernel is gone")
    picture("gone")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
