"""What a front end makes of code that a model wrote: one new cell, below, that nobody has run."""

import pytest

from ofox_magic.practice import Script

pytestmark = pytest.mark.browser

CODE = "Load it:\n\n```python\nimport os\n```\n\nand look:\n\n```python\nprint(os.name)\n```"
FIXED = "It was never defined.\n\n```python\nvalue = 1\nprint(value)\n```"


@pytest.mark.parametrize("app", ["lab", "notebook"])
def test_code_of_an_answer_becomes_one_new_cell_below_that_waits(open_notebook, lab_gateway, app):
    if app == "notebook":
        pytest.importorskip("notebook")
    notebook = open_notebook(f"code-{app}.ipynb", "%load_ext ofox_magic", "%%ofox -f code\nhello", "1 / 1", app=app)
    notebook.run(0)
    lab_gateway.play(Script(text=CODE))
    notebook.run(1)
    cells = notebook.page.locator(".jp-Notebook .jp-Cell")
    notebook.wait_for(lambda: cells.count() == 4, "one new cell")
    notebook.page.wait_for_timeout(1000)
    assert cells.count() == 4
    assert _source(notebook, 2) == "import os\n\nprint(os.name)"
    assert notebook.prompt(2) in ("[ ]:", "[]:")
    assert notebook.outputs(2).count() == 0
    assert "import os\n\nprint(os.name)" in notebook.answer(1)


def test_a_cell_that_failed_is_mended_in_a_new_one_below_the_difference(open_notebook, lab_gateway):
    notebook = open_notebook("fix.ipynb", "%load_ext ofox_magic", "print(value)", "%ofox fix")
    notebook.run(0)
    notebook.run(1)
    lab_gateway.play(Script(text=FIXED))
    notebook.run(2)
    cells = notebook.page.locator(".jp-Notebook .jp-Cell")
    notebook.wait_for(lambda: cells.count() == 4, "one new cell")
    assert _source(notebook, 3) == "value = 1\nprint(value)"
    assert notebook.prompt(3) in ("[ ]:", "[]:")
    assert "It was never defined." in notebook.answer(2)
    assert "+value = 1\n print(value)" in notebook.answer(2)


def _source(notebook, number):
    return "\n".join(notebook.cell(number).locator(".cm-line").all_text_contents())
