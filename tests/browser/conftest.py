"""One JupyterLab and one Chromium for all browser tests, a fresh page for each. Skipped where there is neither."""

import os

import pytest

from ofox_magic.testing import practice_gateway

from . import lab
from .page import WATCH, NotebookPage

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--proxy-server=127.0.0.1:9",  # whatever is not on loopback leads nowhere
]


def pytest_configure(config):
    config.addinivalue_line("markers", "browser: needs JupyterLab, Playwright and a Chromium")


REQUIRED = os.environ.get("OFOX_BROWSER") == "1"  # now: the tests themselves see none of our variables


@pytest.fixture(scope="package")
def needs_browser():
    lacks = lab.missing()
    if lacks and REQUIRED:
        pytest.fail(f"OFOX_BROWSER=1, but this is missing: {lacks}")
    if lacks:
        pytest.skip(f"no browser tests without: {lacks}")


@pytest.fixture(scope="package")
def lab_gateway():
    with practice_gateway() as server:
        yield server


@pytest.fixture(scope="package")
def server(needs_browser, lab_gateway, tmp_path_factory):
    running = lab.JupyterServer(
        tmp_path_factory.mktemp("jupyter"),
        OFOX_BASE_URL=lab_gateway.base_url,
        **({"OFOX_CORPORA": CORPORA} if CORPORA else {}),
    )
    yield running
    running.close()


CORPORA = os.environ.get("OFOX_CORPORA")


@pytest.fixture(scope="package")
def browser(needs_browser):
    """Ends before the tests of other folders begin: while it runs, this thread has a running event loop."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=lab.chromium(), args=FLAGS)
        yield chromium
        chromium.close()


@pytest.fixture(scope="package")
def context(browser):
    context = browser.new_context(viewport={"width": 1100, "height": 900}, accept_downloads=True)
    context.add_init_script(WATCH)
    yield context
    context.close()


@pytest.fixture
def open_notebook(context, server):
    """Open a notebook made of cells, or one that is there, in a page of its own."""
    pages = []

    def open_it(name, *cells, app="lab"):
        if cells:
            server.write(name, *cells)
        page = context.new_page()
        pages.append(page)
        return NotebookPage(page, server, name, app)

    yield open_it
    for page in pages:
        page.close()
    server.end_kernels()
