"""An answer as a reader sees it: it grows without a stutter, does not jump at its end, and is kept as one output."""

import shutil
import time

import pytest

from ofox_magic.practice import Script

from . import lab

SECTION = """\
## Section {n}

Some **bold** words and `code` that explain section {n}, with a [link](https://docs.example.org/{n}) and a sum of $a_{n}^2$.

1. first item of the section, which is long enough to be a line
2. second item
   - nested

| name | value |
|------|------:|
| row {n} | {n}.5 |

```python
def section_{n}(x: float) -> float:
    return x * {n}  # a comment
```

"""
LOAD = "%load_ext ofox_magic"


def answer(tokens):
    text, number = "", 0
    while len(text) < 4 * tokens:
        number += 1
        text += SECTION.replace("{n}", str(number))
    return text + "The very last line."


def ends(notebook, number):
    return lambda: "The very last line." in notebook.cell(number).inner_text()


@pytest.fixture
def streamed(open_notebook, lab_gateway):
    """A notebook in which an answer of so many tokens begins to stream."""

    def begin(tokens, delay, *more_cells, app="lab"):
        lab_gateway.play(Script(text=answer(tokens), chunk_size=4, delay=delay))
        notebook = open_notebook(f"answer-{app}.ipynb", LOAD, "%%ofox\nhello", *more_cells, app=app)
        notebook.run(0)
        notebook.watcher.forget()
        notebook.start(1)
        return notebook

    return begin


def test_a_long_answer_causes_no_long_task_while_it_streams_and_stands_when_it_ends(streamed):
    notebook = streamed(10_000, 0.002)
    notebook.wait_for(lambda: "Section 20" in notebook.answer(1), "a part of the answer")
    live = notebook.long_tasks()
    notebook.finish(1, 120)
    ended = time.monotonic()
    notebook.wait_for(ends(notebook, 1), "the last text", 5)
    late = time.monotonic() - ended
    notebook.page.wait_for_timeout(1500)
    after = notebook.long_tasks()
    print(f"\nlong tasks (ms) early {live}, all {after}; the last text stood {late:.2f} s after the cell's end")
    while_streaming = sorted(after)[:-2]  # the last: one output takes the place of all, and MathJax typesets it
    assert max(while_streaming, default=0) < 300
    assert late < 2
    assert notebook.cell(1).locator(".ofox-answer").count() == 1


# JupyterLab 4.6 fixes an output area's height only after it has emptied it, so `clear_output` loses the place of a
# reader whose window begins inside a long answer. One output in the saved notebook needs it.
IN_THE_ANSWER = pytest.mark.xfail(reason="JupyterLab measures an output area after emptying it", strict=False)


@pytest.mark.parametrize(
    "place",
    ["top", pytest.param("middle", marks=IN_THE_ANSWER), pytest.param("bottom", marks=IN_THE_ANSWER)],
)
def test_the_page_does_not_jump_when_the_answer_ends_and_a_reader_is_left_alone(streamed, place):
    notebook = streamed(1200, 0.002)
    page = notebook.page
    marked = {"top": "Section 1", "middle": "Section 6", "bottom": "Section 12"}[place]
    heading = notebook.cell(1).get_by_role("heading", name=marked, exact=True)
    notebook.wait_for(lambda: heading.count() == 1, f"{marked} came")
    heading.scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    before = heading.bounding_box()["y"]
    notebook.finish(1)
    notebook.wait_for(ends(notebook, 1), "the last text", 5)
    page.wait_for_timeout(800)
    assert notebook.cell(1).locator(".ofox-answer").count() == 1
    moved = abs(heading.bounding_box()["y"] - before)
    print(f"\n{marked} moved by {moved:.1f} px")
    assert moved < 40, "it moved by more than a line or two"


def test_one_output_is_saved_with_html_text_and_metadata(streamed):
    notebook = streamed(200, 0.001)
    notebook.finish(1)
    [output] = notebook.save().cells[1].outputs
    assert set(output.data) == {"text/html", "text/plain"}
    assert output.data["text/plain"] == answer(200)
    assert output.metadata["ofox"]["status"] == "done"


def test_prints_around_a_question_on_a_line_stay(open_notebook, lab_gateway):
    lab_gateway.play(Script(text="# The answer"))
    notebook = open_notebook("prints.ipynb", LOAD, "print('before')\n%ofox ask hello\nprint('after')")
    notebook.run(0)
    notebook.run(1)
    shown = " ".join(notebook.outputs(1).all_inner_texts())
    assert shown.index("before") < shown.index("The answer") < shown.index("after")


def test_a_notebook_that_is_opened_again_untrusted_is_readable_and_runs_nothing(streamed, open_notebook, server):
    notebook = streamed(200, 0.001)
    notebook.finish(1)
    notebook.save()
    shutil.copy(server.notebooks / notebook.name, server.notebooks / "copy.ipynb")
    again = open_notebook("copy.ipynb")
    again.page.wait_for_timeout(500)
    shown = again.cell(1).inner_text()
    assert "Section 1" in shown
    assert "The very last line." in shown
    assert again.page.evaluate("window.__watch.ran") == []


@pytest.mark.skipif(not lab.has_notebook_7(), reason="Notebook 7 is not installed")
def test_notebook_7_shows_the_same(streamed):
    notebook = streamed(300, 0.001, app="notebook")
    notebook.finish(1)
    notebook.wait_for(ends(notebook, 1), "the last text", 5)
    assert notebook.cell(1).locator(".ofox-answer").count() == 1
    assert notebook.cell(1).locator("pre.ofox-code .ofox-k").count() > 0
