"""Drives a real ipykernel: runs cells, interrupts them, and keeps everything it published with the time it came."""

import json
import os
import re
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, field
from html import unescape
from pathlib import Path
from queue import Empty

import psutil
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import KernelManager

ROOT = Path(__file__).parents[2]
END_OF_FILE = "\x04"


@dataclass
class Cell:
    """One execution and what came of it."""

    messages: list = field(default_factory=list)
    reply: dict = field(default_factory=dict)
    seconds: float = 0.0

    def of(self, *kinds):
        return [message for message in self.messages if message["msg_type"] in kinds]

    @property
    def status(self):
        return self.reply["content"]["status"]

    @property
    def printed(self):
        return "".join(message["content"]["text"] for message in self.of("stream"))

    @property
    def frames(self):
        """Every bundle that was shown, in order: of `display_data` and of its updates."""
        return [message["content"] for message in self.of("display_data", "update_display_data")]

    @property
    def outputs(self):
        """The outputs that a front end has by now: updates and `clear_output` played, and the pieces of a stream joined."""
        outputs, clear_next = [], False
        for message in list(self.messages):
            kind, content = message["msg_type"], message["content"]
            if kind == "clear_output":
                clear_next = content["wait"]
                outputs = outputs if content["wait"] else []
            elif kind == "update_display_data":
                shown = content["transient"]["display_id"]
                outputs = [content if o.get("transient", {}).get("display_id") == shown else o for o in outputs]
            elif kind in ("display_data", "stream", "error", "execute_result"):
                outputs = [] if clear_next else outputs
                clear_next = False
                if kind == "stream" and outputs and outputs[-1].get("name") == content["name"]:
                    content = {**content, "text": outputs.pop()["text"] + content["text"]}
                outputs.append(content)
        return outputs

    @property
    def answers(self):
        """Those of the outputs that are ours."""
        return [output for output in self.outputs if "ofox" in output.get("metadata", {})]

    @property
    def shown(self):
        """The words that our outputs show now, without tags and style."""
        html = "".join(output["data"].get("text/html", "") for output in self.answers)
        return unescape(re.sub(r"<[^>]*>", "", re.sub(r"(?s)<style>.*?</style>", "", html))).strip()

    @property
    def text(self):
        return self.answers[-1]["data"]["text/plain"]

    @property
    def html(self):
        return self.answers[-1]["data"]["text/html"]

    @property
    def meta(self):
        return self.answers[-1]["metadata"]["ofox"]

    @property
    def traffic(self):
        """The bytes that went over iopub, as they are on the wire."""
        return sum(
            len(json.dumps(message[part], default=str))
            for message in self.messages
            for part in ("header", "parent_header", "metadata", "content")
        )

    @property
    def error(self):
        """What the cell failed with, as a front end shows it, line by line."""
        messages = self.of("error")
        return [line for message in messages for line in message["content"]["traceback"]]


class Kernel:
    """A kernel of the interpreter that runs the tests, or of another *python*; *output* is a file for what it prints."""

    def __init__(self, cwd, python=sys.executable, output=None, **environment):
        self._python = str(python)
        self._streams = {} if output is None else {"stdout": output, "stderr": subprocess.STDOUT}
        kept = {name: value for name, value in os.environ.items() if not name.upper().startswith("OFOX")}
        path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
        own = {"PYTHONPATH": path, "IPYTHONDIR": str(Path(cwd) / "ipython"), "OFOX_JOURNAL": "0", **environment}
        try:
            self._start(kept | own, cwd, patience=30)
        except RuntimeError:  # on a busy machine two kernels that start at once can choose one port
            self.close()
            self._start(kept | own, cwd, patience=60)
        self._running = None

    def _start(self, environment, cwd, patience):
        self.manager = KernelManager()
        self.manager._kernel_spec = KernelSpec(
            argv=[self._python, "-m", "ipykernel_launcher", "-f", "{connection_file}"],
            display_name="test",
            language="python",
        )
        self.manager.start_kernel(env=environment, cwd=str(cwd), **self._streams)
        self.client = self.manager.client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=patience)

    def start(self, code, cell_id=None, **options):
        """
        Send a cell, with the id that a front end would give it, and return at once; `finish` waits for it.

        With `allow_stdin=True` the cell may ask: see `answer`.
        """
        cell = Cell()
        begun = time.monotonic()
        parent = self._execute(code, cell_id, options)

        def pump():
            end = time.monotonic() + 60
            while time.monotonic() < end:
                try:
                    message = self.client.get_iopub_msg(timeout=0.5)
                except Empty:
                    continue
                if message["parent_header"].get("msg_id") != parent:
                    continue
                message["came"] = time.monotonic()
                cell.messages.append(message)
                if message["msg_type"] == "status" and message["content"]["execution_state"] == "idle":
                    cell.seconds = time.monotonic() - begun
                    return

        thread = threading.Thread(target=pump, daemon=True)
        thread.start()
        self._running = cell, thread, parent
        return cell

    def _execute(self, code, cell_id, options):
        if cell_id is None:
            return self.client.execute(code, **{"allow_stdin": False, **options})
        content = {"silent": False, "store_history": True, "user_expressions": {}, "allow_stdin": False}
        message = self.client.session.msg(
            "execute_request", content | {"code": code} | options, metadata={"cellId": cell_id}
        )
        self.client.shell_channel.send(message)
        return message["header"]["msg_id"]

    def finish(self, timeout=60.0):
        cell, thread, parent = self._running
        thread.join(timeout)
        assert not thread.is_alive(), "the cell did not end"
        while True:
            cell.reply = self.client.get_shell_msg(timeout=timeout)
            if cell.reply["parent_header"].get("msg_id") == parent:
                return cell

    def run(self, code, **options):
        self.start(code, **options)
        cell = self.finish()
        while (
            cell.status == "aborted"
        ):  # ipykernel 6 gives up what comes in the same moment as the end of a failed cell
            time.sleep(0.05)
            self.start(code, **options)
            cell = self.finish()
        return cell

    def asked(self, timeout=30.0):
        """Wait until the running cell asks for input, and return what it says."""
        return self.client.get_stdin_msg(timeout=timeout)["content"]["prompt"]

    def answer(self, text):
        """Type *text* into the running cell; END_OF_FILE is the key that says that there is no answer."""
        self.client.input(text)

    @property
    def worked(self):
        """The seconds of a processor that the kernel used until now: unlike those of a clock, none is another's."""
        times = psutil.Process(self.manager.provisioner.pid).cpu_times()
        return times.user + times.system

    def complete(self, code, cursor, timeout=30.0):
        """What the kernel would put in at *cursor* of *code*."""
        return self.client.complete(code, cursor, reply=True, timeout=timeout)["content"]

    def interrupt(self):
        self.manager.interrupt_kernel()

    def close(self):
        """Ask the kernel to end, so that what measures it can write down what it saw."""
        self.manager.shutdown_kernel()
        self.client.stop_channels()
