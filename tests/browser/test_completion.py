"""Completion in JupyterLab's popup: what is offered, and what stands in the cell once it is taken."""

import os

import pytest

pytestmark = pytest.mark.browser
SCREENS = os.environ.get("OFOX_SCREENS")  # a folder for pictures to be looked at
POPUP = ".jp-Completer .jp-Completer-item"


@pytest.fixture
def notebook(open_notebook):
    notebook = open_notebook("completion.ipynb", "%load_ext ofox_magic\n%ofox model openai/gpt-5\ndf = [{'a': 1}]", "#")
    notebook.run(0)
    return notebook


def type_and_tab(notebook, *lines):
    """Write *lines* into the second cell, and press Tab; return what the popup offers."""
    keyboard, page = notebook.page.keyboard, notebook.page
    keyboard.press("Escape")
    notebook.cell(1).locator(".cm-content").click()
    keyboard.press("Control+a")
    keyboard.press("Delete")
    for number, line in enumerate(lines):
        if number:
            keyboard.press("Enter")
        keyboard.type(line)
    keyboard.press("Tab")
    page.wait_for_timeout(300)
    notebook.wait_for(lambda: page.locator(POPUP).count() or source(notebook) != "\n".join(lines), "completion")
    return [text.strip() for text in page.locator(f"{POPUP} .jp-Completer-match").all_inner_texts()]


def take_the_first(notebook, *lines):
    """Return what stands in the cell once the first that is offered was taken; a single one is put in at once."""
    type_and_tab(notebook, *lines)
    look(notebook, f"completion-{len(lines)}")
    if notebook.page.locator(POPUP).count():
        notebook.page.keyboard.press("Enter")
    return source(notebook)


def source(notebook):
    return notebook.cell(1).locator(".cm-content").inner_text().removesuffix("\n")


def look(notebook, name):
    if SCREENS:
        notebook.page.screenshot(path=f"{SCREENS}/{name}.png")


def test_the_popup_offers_values_options_and_names_and_puts_them_in(notebook):
    offered = type_and_tab(notebook, "%%ofox --level ")
    look(notebook, "completion-level")
    assert {"schema", "stats", "sample", "full"} <= set(offered)  # and words of the cell itself, as JupyterLab does
    assert not {"print", "abs", "df"} & set(offered)
    assert {"sample", "schema", "stats"} <= set(type_and_tab(notebook, "%%ofox --level s"))
    assert {"--fresh", "--format", "--fallback"} <= set(type_and_tab(notebook, "%%ofox --f"))
    look(notebook, "completion-options")
    assert take_the_first(notebook, "%%ofox", "what of {d") == "%%ofox\nwhat of {df}"
    assert take_the_first(notebook, "%%ofox gpt") == "%%ofox openai/gpt-5"
    offered = type_and_tab(notebook, "%ofox ")
    assert {"ask", "fork", "switch", "models"} <= set(offered)
    assert "print" not in offered
    look(notebook, "completion-commands")
