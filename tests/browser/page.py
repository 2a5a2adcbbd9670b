"""A notebook in a browser's page: runs cells, reads their outputs, and keeps what the page did meanwhile."""

import re
import time
from pathlib import Path
from urllib.parse import urlsplit

WATCH = Path(__file__).with_name("watch.js").read_text(encoding="utf-8")
NOT_RUN = ("[ ]:", "[]:")
# Notebook 7 says these by itself: the first in an empty notebook too, the second where it is not the one to open a file
KNOWN_ERRORS = ("reading 'schema'", "Command 'filebrowser:open-path' not registered")
_UUID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


class Watcher:
    """What *page* asked for, said, ran and opened."""

    def __init__(self, page, origin):
        self.requests = []
        self.errors = []
        self.opened = []
        self.scripts = []
        self._page = page
        self._origin = origin
        page.on("request", lambda request: self.requests.append((request.method, request.url)))
        page.on("websocket", lambda socket: self.requests.append(("SOCKET", socket.url)))
        page.on("console", lambda message: message.type == "error" and self._page_error(message.text))
        page.on("pageerror", lambda error: self._page_error(str(error)))
        page.on("dialog", self._dialog)
        page.on("popup", lambda popup: self.opened.append(f"window {popup.url}"))
        page.on("download", lambda download: self.opened.append(f"download {download.url}"))
        page.on("frameattached", lambda frame: self.opened.append("a frame"))
        page.on("framenavigated", lambda frame: self.opened.append(f"navigated to {frame.url}"))

    def watch_scripts(self):
        """Note every script that V8 parses and that is no file of the server's: also handlers, which run when parsed."""
        session = self._page.context.new_cdp_session(self._page)
        session.on("Debugger.scriptParsed", self._parsed)
        session.send("Debugger.enable")
        session.send("Debugger.setSkipAllPauses", {"skip": True})

    def _parsed(self, script):
        if script["url"] and "/static/" not in script["url"] and script.get("embedderName"):
            self.scripts.append(f"{script['url']}:{script['startLine']}")

    def _page_error(self, text):
        if not any(known in text for known in KNOWN_ERRORS):
            self.errors.append(text)

    def _dialog(self, dialog):
        self.opened.append(f"dialog {dialog.type} {dialog.message[:80]}")
        dialog.dismiss()

    def forget(self):
        """Begin anew, in the page too."""
        for kept in (self.requests, self.errors, self.opened, self.scripts):
            kept.clear()
        self._page.evaluate("Object.assign(window.__watch, {ran: [], long: [], paints: [], faults: []})")

    def addresses(self):
        """Return what was asked for, without what differs from page to page: ids, times, names of files."""
        return {(method, self._address(url)) for method, url in self.requests}

    def _address(self, url):
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}".replace("ws://", "http://")
        path = _UUID.sub("{id}", parts.path)
        query = re.sub(r"=\d+(?=&|$)", "={n}", re.sub(r"(^|&)\d+$", r"\1{n}", _UUID.sub("{id}", parts.query)))
        return ("" if origin == self._origin else origin) + path + (f"?{query}" if query else "")


class NotebookPage:
    """Notebook *name* of *server*, open in *page*; *app* is `lab` or `notebook`."""

    def __init__(self, page, server, name, app="lab"):
        self.page = page
        self.server = server
        self.name = name
        self.app = app
        self.watcher = Watcher(page, server.origin)
        path = f"/lab/tree/{name}?reset&" if app == "lab" else f"/notebooks/{name}?"
        page.goto(f"{server.origin}{path}token={server.token}")
        page.wait_for_selector(".jp-Notebook .jp-Cell", timeout=60_000)
        self.wait_for(self._kernel_is_idle, "the kernel is idle")

    def _kernel_is_idle(self):
        self._take_the_only_kernel()
        status = "document.querySelector('.jp-Notebook-ExecutionIndicator')?.getAttribute('data-status')"
        words = "document.querySelector('.jp-NotebookKernelStatus')?.textContent"
        said = f"{self.page.evaluate(status)} {self.page.evaluate(words) or ''}".lower()
        return "idle" in said

    def _take_the_only_kernel(self):
        """On a busy machine Lab can ask which kernel to take, although the notebook says it."""
        dialog = self.page.locator(".jp-Dialog:has-text('Select Kernel')")
        if dialog.count():
            dialog.first.locator(".jp-mod-accept").click()
            dialog.first.wait_for(state="detached")

    def wait_for(self, condition, what, seconds=60.0):
        """Wait until *condition*; the browser's events come in meanwhile, as they do not in a `sleep`."""
        end = time.monotonic() + seconds
        while not (value := condition()):
            assert time.monotonic() < end, f"not within {seconds:g} s: {what}"
            self.page.wait_for_timeout(20)
        return value

    def cell(self, number):
        return self.page.locator(".jp-Notebook .jp-Cell").nth(number)

    def prompt(self, number):
        return self.cell(number).locator(".jp-InputArea-prompt").inner_text().strip()

    def start(self, number):
        """Run a cell, as a user does; return when it has begun."""
        before = self.prompt(number)
        for _ in range(5):
            self._take_the_only_kernel()
            asked = self.page.locator(".jp-Dialog").all_inner_texts()
            assert not asked, f"a dialog is in the way: {asked}"
            self.cell(number).locator(".jp-InputArea-editor").click(position={"x": 5, "y": 5})
            self.page.keyboard.press("Control+Enter")
            end = time.monotonic() + 1.5  # a page that has just been opened can lose the key press
            while time.monotonic() < end:
                if self.prompt(number) != before:
                    return
                self.page.wait_for_timeout(10)
        raise AssertionError(f"cell {number} does not run; its prompt is {before}")

    def finish(self, number, seconds=60.0):
        self.wait_for(lambda: "*" not in self.prompt(number), f"cell {number} ended", seconds)

    def run(self, number, seconds=60.0):
        self.start(number)
        self.finish(number, seconds)

    def outputs(self, number):
        """The locator of a cell's outputs."""
        return self.cell(number).locator(".jp-OutputArea-output")

    def answer(self, number):
        """The text of our outputs in a cell."""
        return "\n".join(self.cell(number).locator(".ofox-answer").all_inner_texts())

    def follow(self, heading):
        """Bring *heading* of an answer into the window's middle, and note in each frame from now on where it stands."""
        find = "[...document.querySelectorAll('.ofox-answer :is(h1, h2, h3)')].find((h) => h.textContent === words)"
        script = f"(words) => {{ {find}.scrollIntoView({{ block: 'center' }}); window.__follow(words) }}"
        self.page.evaluate(script, heading)

    def seen(self):
        """What watch.js has noted: `paints`, `long` tasks, `places`, each with a time in milliseconds."""
        return self.page.evaluate("window.__watch")

    def save(self):
        """Save, and return what the server has then."""
        import nbformat

        self.page.keyboard.press("Escape")
        with self.page.expect_response(lambda answer: answer.request.method == "PUT" and self.name in answer.url):
            self.page.keyboard.press("Control+s")
        return nbformat.read(self.server.notebooks / self.name, as_version=4)
