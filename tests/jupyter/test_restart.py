"""A notebook that was saved gives its conversation back to a new kernel."""

import json

import nbformat
import pytest

from ofox_magic.practice import Script

from .kernel import Kernel

CELLS = [
    "%load_ext ofox_magic",
    "df = {'a': 1}",
    "%%ofox -s 'Be brief.'\nfirst, größer",
    "%%ofox practice/echo\nsecond",
    "%ofox sent",
    "%%ofox --dry-run\nnever sent",
    "%ofox transcript",
    "%%ofox\nthird",
]
TALK = [("first, größer", "one **bold**"), ("second", "two\n\n```python\nx = 1\n```"), ("third", "three")]


@pytest.fixture
def started(kernel_gateway, tmp_path):
    """Starts kernels, as often as it is called."""
    kernels = []

    def start():
        kernels.append(Kernel(tmp_path, OFOX_BASE_URL=kernel_gateway.base_url))
        return kernels[-1]

    yield start
    for kernel in kernels:
        kernel.close()


def saved(kernel, path):
    """Run CELLS, and save them with what they show, as a front end does."""
    notebook = nbformat.v4.new_notebook()
    for number, source in enumerate(CELLS):
        cell = nbformat.v4.new_code_cell(source, id=f"cell-{number}")
        for shown in kernel.run(source, cell_id=cell.id).outputs:
            kept = {name: shown[name] for name in ("data", "metadata")}
            cell.outputs.append(nbformat.v4.new_output("display_data", **kept))
        notebook.cells.append(cell)
    nbformat.write(notebook, path)


def test_after_a_restart_a_notebook_goes_on_where_its_outputs_are(kernel_gateway, started, tmp_path):
    kernel_gateway.play(*(Script(text=answer) for _, answer in TALK))
    kernel = started()
    saved(kernel, tmp_path / "talk.ipynb")
    before = kernel.run("%ofox history").printed

    kernel = started()
    kernel.run("%load_ext ofox_magic")
    assert kernel.run("%ofox load talk.ipynb").printed == "read talk.ipynb: main (3 turns); %ofox undo takes it back\n"
    assert kernel.run("%ofox history").printed == before
    kernel.run("%%ofox\nfourth", cell_id="cell-9")
    messages = kernel_gateway.received[-1].json["messages"]
    assert [(m["role"], m["content"]) for m in messages] == [
        *((role, text) for turn in TALK for role, text in zip(("user", "assistant"), turn, strict=True)),
        ("user", "fourth"),
    ]
    again = kernel.run("%%ofox practice/echo\nsecond, otherwise", cell_id="cell-3")
    assert again.status == "ok"
    assert len(kernel_gateway.received[-1].json["messages"]) == 3  # the turn above it, and the question
    assert "second, otherwise" in kernel.run("%ofox history 2").printed
    assert "is not known any more" in kernel.run("%ofox sent 1").text
    assert json.loads(kernel_gateway.received[-1].body)["messages"][-1]["content"] in kernel.run("%ofox sent 2").text
