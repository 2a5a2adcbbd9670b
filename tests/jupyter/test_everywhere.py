"""Notebooks that nobody looks at while they run: nbclient, papermill, nbconvert. The final text is what is saved."""

import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from ofox_magic.practice import Script

from .kernel import ROOT

HOSTILE = "# Said\n\n<script>alert(1)</script> <img src=x onerror=alert(2)> [a](javascript:alert(3)) **bold**"
SOURCES = ("%load_ext ofox_magic", "%%ofox\nhello", "print('before')\n%ofox ask again")


@pytest.fixture
def environment(gateway, monkeypatch, tmp_path):
    for name in [name for name in os.environ if name.startswith("OFOX")]:
        monkeypatch.delenv(name)
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    for name, value in {
        "OFOX_BASE_URL": gateway.base_url,
        "PYTHONPATH": path,
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }.items():
        monkeypatch.setenv(name, value)
    gateway.play(Script(text=HOSTILE, chunk_size=5, delay=0.02), Script(text="The second."))


@pytest.fixture
def notebook():
    made = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in SOURCES])
    made.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    return made


def assert_saved(notebook):
    [output] = notebook.cells[1].outputs
    assert output.data["text/plain"] == HOSTILE
    assert "<h1>Said</h1>" in output.data["text/html"]
    assert "<strong>bold</strong>" in output.data["text/html"]
    assert output.metadata["ofox"]["status"] == "done"
    printed, *answers = notebook.cells[2].outputs
    assert printed.text == "before\n"
    assert [answer.data["text/plain"] for answer in answers if answer.data.get("text/plain")] == ["The second."]


@pytest.mark.parametrize("live", ["1", "0"])
def test_nbclient_saves_the_final_text_once(environment, notebook, monkeypatch, live):
    monkeypatch.setenv("OFOX_LIVE", live)
    NotebookClient(notebook, timeout=60, iopub_timeout=60).execute()
    assert_saved(notebook)


def test_papermill_saves_the_final_text_once(environment, notebook, tmp_path):
    papermill = pytest.importorskip("papermill")
    nbformat.write(notebook, tmp_path / "in.ipynb")
    papermill.execute_notebook(tmp_path / "in.ipynb", tmp_path / "out.ipynb", kernel_name="python3", progress_bar=False)
    assert_saved(nbformat.read(tmp_path / "out.ipynb", as_version=4))


def test_a_page_that_nbconvert_makes_shows_the_answer_and_runs_nothing_of_it(environment, notebook, tmp_path):
    pytest.importorskip("nbconvert")
    nbformat.write(notebook, tmp_path / "in.ipynb")
    command = [sys.executable, "-m", "nbconvert", "--to", "html", "--execute", "in.ipynb"]
    subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=120)
    page = (tmp_path / "in.html").read_text(encoding="utf-8")
    shown = page[page.index('<div class="ofox-answer') :]
    shown = shown[: shown.index('<p class="ofox-note">')]
    assert "<h1>Said</h1>" in shown
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown
    assert not any(sign in shown for sign in ("<script", "<img", 'href="javascript'))
