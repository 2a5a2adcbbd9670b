"""
Renderers of other people's charts, each in a process of its own that is ended when its time is up.

They bring a browser or a JavaScript engine along: these hang, crash, and hold the interpreter's lock.
"""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
from importlib.util import find_spec

SECONDS = 30.0
"""How long one picture may take, the start of a browser included."""


class RenderError(Exception):
    """A renderer is not installed or made no picture; the message says which, and what to do."""


def rendered(script: str, given: str, *arguments: str, needs: str, extra: str, seconds: float | None = None) -> bytes:
    """
    Return what the Python *script* writes to stdout when it reads *given*, within *seconds* (by default 30).

    *needs* is the module that does the work, *extra* the extra of ours that brings it. Raises RenderError.
    """
    install = f"pip install 'ofox_magic[{extra}]'"
    if find_spec(needs) is None:
        raise RenderError(f"its renderer is not installed: {install}")
    limit = SECONDS if seconds is None else seconds
    with tempfile.TemporaryDirectory(prefix="ofox-", ignore_cleanup_errors=True) as place:
        code, out, said = _run(["-c", script, *arguments], given, place, limit)
    if code is None:
        raise RenderError(f"its renderer, {needs}, gave no picture within {limit:g} seconds")
    if code or not out:
        browser = "; it needs Chrome or Chromium: run plotly_get_chrome" if b"ChromeNotFound" in said else ""
        raise RenderError(f"its renderer, {needs}, failed{browser}")
    return out


def _run(arguments: list[str], given: str, place: str, limit: float) -> tuple[int | None, bytes, bytes]:
    """Run Python, its temporary files in *place*; return its exit code (None: time was up), stdout and stderr."""
    # -P: a json.py beside the notebook is not for us; a session of its own: the browser ends with its parent
    process = subprocess.Popen(  # noqa: S603 - our own scripts only
        [sys.executable, "-P", *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        env=os.environ | dict.fromkeys(("TMPDIR", "TEMP", "TMP"), place),
    )
    try:
        out, said = process.communicate(given.encode("utf-8", "replace"), timeout=limit)
    except subprocess.TimeoutExpired:
        return None, b"", b""
    finally:
        _end(process)
    return process.returncode, out, said


def _end(process: "subprocess.Popen[bytes]") -> None:
    """End the renderer and whatever it started, also where it is itself gone."""
    with contextlib.suppress(OSError):
        if sys.platform == "win32":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
    with contextlib.suppress(OSError, ValueError):
        for stream in (process.stdin, process.stdout, process.stderr):
            if stream is not None:
                stream.close()
    process.wait()
