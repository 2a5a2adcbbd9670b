"""What a hostile call would have to reach: code that is run, files that are written, programs and connections."""

import sys
from contextlib import contextmanager

_WATCHED = ("exec", "open", "subprocess.", "os.", "shutil.", "socket.", "ctypes.", "urllib.", "webbrowser.")
_QUIET = {"os.listdir", "os.scandir", "os.putenv", "socket.__new__", "socket.gethostname"}
_seen = []
_watchers = []


def _hook(event, arguments):
    if _watchers and event.startswith(_WATCHED) and event not in _QUIET:
        _seen.append((event, arguments))


sys.addaudithook(_hook)  # there is no way to take one away


@contextmanager
def watched(port):
    """Yield a list of what was reached while the block ran; a connection to *port* of this machine is none of it."""
    reached = []
    _seen.clear()
    _watchers.append(port)
    try:
        yield reached
    finally:
        _watchers.remove(port)
        reached += [f"{event} {arguments!s:.90}" for event, arguments in _seen if _counts(event, arguments, port)]


def _counts(event, arguments, port):
    if event == "open":
        _, mode, flags = arguments
        return any(sign in (mode or "") for sign in "wax+") or bool(flags & 0o3)
    if event.startswith("socket."):
        return event != "socket.bind" and arguments[1:2] and arguments[1][:2] != ("127.0.0.1", port)
    return True
