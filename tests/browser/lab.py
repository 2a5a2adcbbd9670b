"""A real Jupyter server for the browser tests, with settings, kernels and a folder of its own."""

import importlib.util
import json
import os
import shutil
import socket
import subprocess
import sys
import time
from functools import cache
from pathlib import Path
from urllib.error import URLError
from urllib.request import ProxyHandler, Request, build_opener
from uuid import uuid4

ROOT = Path(__file__).parents[2]
CHROMIUMS = ("chromium", "chromium-browser", "google-chrome", "chrome")
KERNEL_PYTHON = os.environ.get("OFOX_KERNEL_PYTHON", sys.executable)
"""Where the notebooks of the tests run: another interpreter has other versions of what a kernel is made of."""
KERNEL = "ofox-tests"
"""Its own name: a `python3` of the environment would come before ours."""
PATIENCE = 60.0
"""Seconds for whatever takes a few."""
# A server whose tests were killed must not stay behind, so it ends with the process that started it.
GUARDED = """
import os, signal, sys, threading, time
parent = os.getppid()
def watch():
    while os.getppid() == parent:
        time.sleep(0.5)
    os.killpg(0, signal.SIGKILL)
threading.Thread(target=watch, daemon=True).start()
from jupyterlab.labapp import main
main(sys.argv[1:])
"""
QUIET = {
    "@jupyterlab/apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
    # what stands far below the window is laid out too, so that nothing goes unseen
    "@jupyterlab/notebook-extension/tracker": {"windowingMode": "none"},
    "@jupyterlab/docmanager-extension/plugin": {"autosave": False},
}


def chromium():
    """Return where a Chromium is, or None."""
    return next(filter(None, map(shutil.which, CHROMIUMS)), None)


def missing():
    """Return what the browser tests lack here, in words; empty where all is there."""
    lacks = [name for name in ("jupyterlab", "playwright") if importlib.util.find_spec(name) is None]
    if chromium() is None:
        lacks.append("a Chromium on the path")
    return ", ".join(lacks)


def has_notebook_7():
    return importlib.util.find_spec("notebook") is not None


@cache
def serves_beside_cells():
    """Whether the kernel hears a widget while a cell runs: ipykernel 7 has subshells for that."""
    ask = "from importlib.metadata import version; print(version('ipykernel'))"
    said = subprocess.run([KERNEL_PYTHON, "-c", ask], capture_output=True, text=True, check=True).stdout
    return int(said.split(".")[0]) >= 7


def without_settings():
    """Return the environment without what sets our package or Jupyter."""
    ours = ("OFOX", "JUPYTER", "JPY")
    return {name: value for name, value in os.environ.items() if not name.upper().startswith(ours)}


def python_path():
    """Return a PYTHONPATH with this checkout first."""
    return os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class JupyterServer:
    """
    JupyterLab, and Notebook 7 where it is installed, on loopback. Its kernels run on *python*.

    *environment* is for them. `close` it.
    """

    def __init__(self, folder, python=KERNEL_PYTHON, **environment):
        self.token = uuid4().hex
        self.port = _free_port()
        self.origin = f"http://127.0.0.1:{self.port}"
        self.notebooks = folder / "notebooks"
        self._folder = folder
        self._opener = build_opener(ProxyHandler({}))
        self._write_settings()
        self._write_kernel(str(python), environment)
        self.log = folder / "server.log"
        self._process = self._start()
        self._wait_until_it_answers()

    def _write_settings(self):
        for name, values in QUIET.items():
            path = self._folder / "config" / "lab" / "user-settings" / f"{name}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(values))

    def _write_kernel(self, python, environment):
        self.notebooks.mkdir(parents=True)
        path = self._folder / "data" / "kernels" / KERNEL / "kernel.json"
        path.parent.mkdir(parents=True)
        spec = {
            "argv": [python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            "display_name": "Python 3 (ipykernel)",
            "language": "python",
            "env": {**self._own_places(), **environment},
        }
        path.write_text(json.dumps(spec))

    def _own_places(self):
        """What lets a kernel have our code, and nothing of it in its user's folders."""
        return {"PYTHONPATH": python_path(), "IPYTHONDIR": str(self._folder / "ipython"), "OFOX_JOURNAL": "0"}

    def _start(self):
        folders = {"JUPYTER_CONFIG_DIR": "config", "JUPYTER_DATA_DIR": "data", "JUPYTER_RUNTIME_DIR": "runtime"}
        own = {name: str(self._folder / folder) for name, folder in folders.items()}
        options = [
            "--no-browser",
            "--allow-root",
            "--ip=127.0.0.1",
            f"--port={self.port}",
            "--ServerApp.port_retries=0",
            f"--ServerApp.root_dir={self.notebooks}",
            f"--IdentityProvider.token={self.token}",
            "--LabApp.news_url=",
            f"--KernelSpecManager.allowed_kernelspecs={KERNEL}",  # no other to choose from
            # a kernel is given its time; a server that nobody uses ends
            "--ServerApp.shutdown_no_activity_timeout=1800",
        ]
        with self.log.open("wb") as log:
            return subprocess.Popen(
                [sys.executable, "-c", GUARDED, *options],
                env={**without_settings(), **own, "JUPYTER_PATH": ""},
                cwd=self._folder,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def _wait_until_it_answers(self):
        end = time.monotonic() + PATIENCE
        while True:
            try:
                self.ask("GET", "/api/status")
            except (URLError, OSError) as error:
                if self._process.poll() is not None or time.monotonic() > end:
                    tail = self.log.read_text(errors="replace")[-2000:]
                    raise RuntimeError(f"JupyterLab did not start: {error}\n{tail}") from error
                time.sleep(0.1)
            else:
                return

    def ask(self, method, path, body=None):
        """Ask its REST API."""
        request = Request(
            self.origin + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Authorization": f"token {self.token}", "Content-Type": "application/json"},
        )
        with self._opener.open(request, timeout=10) as answer:
            return json.loads(answer.read() or b"null")

    def set(self, plugin, **values):
        """Write a user setting, as Lab's settings editor does; pages that are opened afterwards have it."""
        self.ask("PUT", f"/lab/api/settings/{plugin}", {"raw": json.dumps(values)})

    def write(self, name, *cells):
        """Make a notebook of code *cells*, unsigned."""
        import nbformat

        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source) for source in cells])
        notebook.metadata.kernelspec = {"name": KERNEL, "display_name": "tests", "language": "python"}
        nbformat.write(notebook, self.notebooks / name)

    def end_kernels(self):
        for session in self.ask("GET", "/api/sessions"):
            self.ask("DELETE", f"/api/sessions/{session['id']}")

    def close(self):
        """End the kernels, then the server."""
        try:
            self.end_kernels()
        finally:
            self._process.terminate()
            try:
                self._process.wait(10)
            except subprocess.TimeoutExpired:
                self._process.kill()
