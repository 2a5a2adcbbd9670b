"""
Pictures of a long answer, to be looked at: `python -m tests.browser.screens FOLDER`.

JupyterLab light and dark, while it grows and as it ends; Notebook 7 where it is installed; a terminal as text.
"""

import re
import sys
import time
from pathlib import Path

from ofox_magic.practice import Script

from . import lab
from .page import WATCH, NotebookPage
from .studio import THEMES, studio

ANSWER = r"""# What the dip in March means

The **mean** fell from `4.2` to *3.1*, which is ~~nothing~~ a lot; see [the guide](https://docs.example.org/guide).
It costs $5 or $10, and the variance is $\sigma^2 = \frac{1}{n}\sum_i (x_i - \bar{x})^2$:

$$
\begin{aligned} a &= b + c \\ &= \int_0^1 f(x)\,dx \end{aligned}
$$

1. Load the table.
2. Group it by month:
   - with `groupby`, or
   - with a pivot.
3. Plot it.

- [x] done
- [ ] to do

> A quotation, which goes on for so long that it does not fit into a line of this window and has to be broken somewhere.

| month | mean | count | remark |
|-------|-----:|:-----:|--------|
| March | 3.1  | 120   | `dip`  |
| April | 4.4  | 98    | **up** |

```python
import pandas as pd

def monthly(frame: pd.DataFrame, column: str = "value") -> pd.Series:
    '''The mean of each month.'''
    return frame.groupby(frame["date"].dt.month)[column].mean()  # 12 at most

print(f"{monthly(df).round(2)} of {len(df):,} rows, and a line that is too long for the window: it scrolls by itself")
```

```diff
- old = 1
+ new = 2
```

![a plot](https://img.example.org/plot.png)

---

### The end

<b>Not HTML.</b> That is all.
"""
SIZE = {"width": 1100, "height": 1700}
LIVE_AFTER = 700  # characters of the answer


def main(folder):
    """Write all pictures into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    with studio() as place:
        for theme in THEMES:
            place.choose(theme)
            picture(place.chromium, place.server, place.gateway, folder / f"lab-{theme}")
        place.choose("light")
        if lab.has_notebook_7():
            picture(place.chromium, place.server, place.gateway, folder / "notebook-7", app="notebook")
        (folder / "terminal.txt").write_text(terminal(place.gateway, place.folder), encoding="utf-8")


def picture(chromium, server, gateway, path, app="lab"):
    """The answer while it grows and as it ended, each as a picture."""
    context = chromium.new_context(viewport=SIZE)
    context.add_init_script(WATCH)
    gateway.play(Script(text=ANSWER, chunk_size=4, delay=0.02, reasoning="First the table, then the plot."))
    server.write(f"{path.name}.ipynb", "%load_ext ofox_magic", "%%ofox\nWhy the dip in March?")
    notebook = NotebookPage(context.new_page(), server, f"{path.name}.ipynb", app)
    notebook.run(0)
    notebook.start(1)
    notebook.wait_for(lambda: len(notebook.answer(1)) > LIVE_AFTER, "half of the answer")
    notebook.page.screenshot(path=f"{path}-live.png")
    notebook.finish(1)
    notebook.page.wait_for_timeout(2000)  # for MathJax, and then for its fonts
    notebook.page.evaluate("document.fonts.ready.then(() => true)")
    notebook.page.screenshot(path=f"{path}.png")
    context.close()
    server.end_kernels()


def terminal(gateway, folder):
    """What IPython in a terminal shows of it, without colours."""
    import pexpect

    gateway.play(Script(text=ANSWER, chunk_size=4))
    variables = {"OFOX_BASE_URL": gateway.base_url, "IPYTHONDIR": str(folder / "ipython"), "TERM": "dumb"}
    command = "%load_ext ofox_magic\n%ofox ask 'Why the dip in March?'\n"
    shell = pexpect.spawn(
        sys.executable,
        ["-m", "IPython", "--simple-prompt", "--no-banner", "--colors=NoColor"],
        env={**lab.without_settings(), **variables, "PYTHONPATH": lab.python_path()},
        dimensions=(60, 120),
        encoding="utf-8",
        timeout=30,
    )
    shown = []
    for line in command.splitlines():
        shell.expect_exact("In [")
        shown.append(shell.before)
        shell.sendline(line)
    shell.expect_exact("In [3]")
    shown.append(shell.before)
    shell.sendline("exit")
    shell.expect(pexpect.EOF)
    shell.close()
    return re.sub(r"\r+\n", "\n", "In [".join(shown))


if __name__ == "__main__":
    began = time.monotonic()
    main(Path(sys.argv[1]))
    print(f"the pictures are in {sys.argv[1]}; {time.monotonic() - began:.0f} s")
