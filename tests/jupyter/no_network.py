"""An environment whose kernels have no network: whatever Python in them reaches for one is noted, and refused."""

import os
from pathlib import Path

from .kernel import ROOT

_SITE = """\
import sys

_REACHING = {"socket.connect", "socket.getaddrinfo", "socket.gethostbyname", "socket.sendto", "socket.sendmsg"}


def _refuse(event, args):
    if event in _REACHING:
        with open(LOG, "a") as log:
            log.write(f"{event} {args[1:]}\\n")
        raise OSError(f"no network here, not for {event}")


if "ipykernel_launcher" in sys.orig_argv:  # what starts the kernel asks for free ports
    sys.addaudithook(_refuse)
"""


class NoNetwork:
    """
    Put `environment` into that of a kernel, or of what starts one. `reached_for` is what was refused, a line each.

    A kernel's own messages go over ZeroMQ, which is not Python's. The broken proxies are for whoever asks for one.
    """

    def __init__(self, folder: Path) -> None:
        self._log = folder / "reached-for.txt"
        (folder / "sitecustomize.py").write_text(f"LOG = {str(self._log)!r}\n{_SITE}", encoding="utf-8")
        path = os.pathsep.join(filter(None, [str(folder), str(ROOT), os.environ.get("PYTHONPATH")]))
        broken = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "https_proxy"), "http://127.0.0.1:9")
        self.environment = {"PYTHONPATH": path, **broken}

    @property
    def reached_for(self) -> list[str]:
        return self._log.read_text("utf-8").splitlines() if self._log.exists() else []
