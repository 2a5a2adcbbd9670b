"""
The pictures of the README, made anew: `python -m tests.browser.readme_pictures`.

A cell that asks about a table and a plot, and the panel with the same conversation. The answers are played.
"""

from pathlib import Path

from ofox_magic.practice import Script

from . import lab
from .page import WATCH, NotebookPage
from .panel_page import PanelPage
from .studio import studio

FOLDER = Path(lab.ROOT) / "notebooks" / "pictures"
SIZE = {"width": 900, "height": 900}
MODEL = "openai/gpt-4o"
CELLS = [
    "%load_ext ofox_magic\nimport matplotlib.pyplot as plt\nimport pandas as pd",
    'shops = pd.DataFrame({"month": ["Jan", "Feb", "Mar", "Apr"], "open": [31, 28, 10, 30], "sales": [412, 398, 144, 431]})\n'
    'figure, axes = plt.subplots(figsize=(5, 1.6), layout="constrained")\n'
    'axes.bar(shops["month"], shops["sales"])\nplt.show()',
    f"%%ofox {MODEL}\nWhy does {{shops}} dip in March, as the plot shows? @figure",
    "%ofox panel",
]
ANSWER = """\
The shops were **open on 10 days only** in March. A day brought about as much as in the months around it:

| month | sales | a day |
|-------|------:|------:|
| Feb   |   398 |  14.2 |
| Mar   |   144 |  14.4 |
| Apr   |   431 |  14.4 |

```python
shops.assign(a_day=shops["sales"] / shops["open"])
```
"""
SECOND = "Compare months by what a day brings: $\\text{sales} / \\text{open days}$. By that, March is no dip at all."


def main():
    """Write the pictures."""
    FOLDER.mkdir(exist_ok=True)
    with studio() as place:
        context = place.chromium.new_context(viewport=SIZE, device_scale_factor=1.5)
        context.add_init_script(WATCH)
        place.server.write("pictures.ipynb", *CELLS)
        draw(NotebookPage(context.new_page(), place.server, "pictures.ipynb"), place.gateway)


def draw(notebook, gateway):
    """Run the cells, and take the picture of a cell and of the panel."""
    page = notebook.page
    page.keyboard.press("Control+b")  # without the file browser
    for number, script in ((0, None), (1, None), (2, Script(text=ANSWER)), (3, None)):
        if script:
            gateway.play(script)
        notebook.run(number)
    page.wait_for_timeout(1500)
    notebook.cell(2).screenshot(path=FOLDER / "cell.png")
    panel = PanelPage(notebook)
    gateway.play(Script(text=SECOND))
    panel.ask("How should I compare the months, then?")
    panel.wait_for_turns(2)
    panel.type("And does @shops")
    page.wait_for_timeout(1000)
    panel.root.screenshot(path=FOLDER / "panel.png")


if __name__ == "__main__":
    main()
