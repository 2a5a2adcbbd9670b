"""A recorded notebook under papermill, nbconvert and nbclient, where there is no key, no gateway and no network."""

import json
import os
import subprocess
import sys

import nbformat
import pytest
from nbclient import NotebookClient

from ofox_magic.practice import Script
from ofox_magic.testing import practice_gateway

from .kernel import ROOT
from .no_network import NoNetwork

SOURCES = (
    "%load_ext ofox_magic",
    "%%ofox\nhello",
    "print('before')\n%ofox ask again",
    "%ofox usage",
)
ANSWERS = ("# Said\n\nsome **bold** words", "The second.")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Holds the notebook `in.ipynb` and its cassette `in.ofox.jsonl`."""
    folder = tmp_path_factory.mktemp("recorded")
    cells = [nbformat.v4.new_code_cell(source, id=f"cell-{number}") for number, source in enumerate(SOURCES)]
    notebook = nbformat.v4.new_notebook(cells=cells)
    notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3", "language": "python"}
    nbformat.write(notebook, folder / "in.ipynb")
    with practice_gateway() as gateway, pytest.MonkeyPatch.context() as patch:
        gateway.play(*(Script(text=text, chunk_size=5, delay=0.02) for text in ANSWERS))
        settings = {"OFOX_MODE": "record", "OFOX_BASE_URL": gateway.base_url, "OFOX_API_KEY": "sk-of-gone-0123456789"}
        for name, value in (environment(folder) | settings).items():
            patch.setenv(name, value)
        NotebookClient(notebook, timeout=60, iopub_timeout=60).execute()
    return folder


@pytest.fixture
def no_network(folder, monkeypatch, tmp_path):
    none = NoNetwork(tmp_path)
    for name, value in (environment(folder) | none.environment | {"OFOX_MODE": "replay"}).items():
        monkeypatch.setenv(name, value)
    yield none
    assert none.reached_for == []


def environment(folder):
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    return {
        "OFOX_CASSETTE": str(folder / "in.ofox.jsonl"),
        "IPYTHONDIR": str(folder / "ipython"),
        "PYTHONPATH": path,
    }


def by_nbclient(source, target):
    notebook = nbformat.read(source, as_version=4)
    NotebookClient(notebook, timeout=60, iopub_timeout=60).execute()
    nbformat.write(notebook, target)


def by_papermill(source, target):
    pytest.importorskip("papermill").execute_notebook(source, target, kernel_name="python3", progress_bar=False)


def by_nbconvert(source, target):
    pytest.importorskip("nbconvert")
    patient = "--ExecutePreprocessor.iopub_timeout=60"
    command = [
        sys.executable,
        "-m",
        "nbconvert",
        "--to",
        "notebook",
        "--execute",
        patient,
        f"--output={target}",
        str(source),
    ]
    subprocess.run(command, check=True, capture_output=True, timeout=120)


@pytest.mark.parametrize("execute", [by_nbclient, by_papermill, by_nbconvert])
def test_a_recorded_notebook_runs_without_network_and_key_and_saves_the_same_bytes(
    folder, no_network, tmp_path, execute
):
    saved = []
    for name in ("one.ipynb", "two.ipynb"):
        execute(folder / "in.ipynb", tmp_path / name)
        notebook = json.loads((tmp_path / name).read_text("utf-8"))
        saved.append([cell["outputs"] for cell in notebook["cells"]])
    assert saved[0] == saved[1]
    _, [first], [printed, second], [usage] = saved[0]
    assert ["".join(answer["data"]["text/plain"]) for answer in (first, second)] == list(ANSWERS)
    assert "<strong>bold</strong>" in "".join(first["data"]["text/html"])
    assert first["metadata"]["ofox"]["status"] == "done"
    assert printed["text"] == ["before\n"]
    assert "openai/gpt-4o-mini" in "".join(usage["text"])


def test_a_notebook_that_was_changed_fails_and_says_what_differs(folder, no_network):
    notebook = nbformat.read(folder / "in.ipynb", as_version=4)
    notebook.cells[1].source = "%%ofox\nhello, you"
    with pytest.raises(Exception, match="recorded “hello”, asked “hello, you”"):
        NotebookClient(notebook, timeout=60, iopub_timeout=60).execute()
