"""
Pictures of the panel, to be looked at: `python -m tests.browser.panel_screens FOLDER`.

Empty, with an answer that holds everything, with an error; light and dark, wide and narrow; Notebook 7.
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
    """The panel empty, with answers of all kinds, and with an error."""
    context = chromium.new_context(viewport=viewport)
    context.add_init_script(WATCH)
    server.write(f"{path.name}.ipynb", LOAD)
    notebook = NotebookPage(context.new_page(), server, f"{path.name}.ipynb")
    notebook.page.keyboard.press("Control+b")  # without the file browser
    notebook.run(0)
    panel = PanelPage(notebook)
    notebook.page.evaluate(TALL)
    notebook.page.wait_for_timeout(800)
    notebook.page.screenshot(path=f"{path}-empty.png")
    gateway.play(Script(text=ANSWER, reasoning="First the table, then the plot."))
    panel.ask("Why the dip in March?")
    panel.wait_for_turns(1)
    notebook.page.screenshot(path=f"{path}-answer.png")
    gateway.play(Script(text=LANGUAGES))
    panel.ask("لماذا؟ 왜 그럴까요?")
    panel.wait_for_turns(2)
    gateway.play(Script(status=401, body='{"error": {"message": "bad key", "code": "invalid_api_key"}}'))
    panel.ask("And now?")
    panel.wait_for_turns(3)
    panel.type("Half a question with a name: @")
    notebook.page.wait_for_timeout(600)
    notebook.page.screenshot(path=f"{path}-more.png")
    context.close()
    server.end_kernels()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
