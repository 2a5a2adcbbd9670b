"""
One cell run in a real kernel, and what went over its iopub channel, counted in the frames as they came.

Nothing is parsed but each message's header and what may be the first text, so that who counts does not slow who sends.
"""

import json
import time
from typing import NamedTuple

import psutil
import zmq

from . import spoken

_SHOWING = {"stream", "display_data", "update_display_data", "execute_result"}
_SETTLING = 0.3  # seconds after the cell in which threads of the kernel end their work
_DELIMITER = b"<IDS|MSG>"


class Seen(NamedTuple):
    """
    What a cell cost: `bytes` and `messages` on iopub, CPU seconds of the kernel's process, and the monotonic clock when
    the cell was sent, showed its first text, and ended.
    """

    bytes: int
    messages: int
    cpu: float
    began: float
    first_text: float
    ended: float


def watched(kernel, code: str, patience: float = 600.0) -> Seen:
    """Run *code* in *kernel* (see tests/jupyter/kernel.py). Raises AssertionError where the cell fails or shows nothing."""
    process = psutil.Process(kernel.manager.provisioner.pid)
    socket = kernel.client.iopub_channel.socket
    while socket.poll(0):
        socket.recv_multipart()
    before, began = cpu_seconds(process), time.monotonic()
    parent = kernel.client.execute(code, allow_stdin=False)
    size, count, first_text, ended = _read(socket, parent, patience)
    status = _status(kernel, parent, patience)
    time.sleep(_SETTLING)
    assert first_text, f"no text was seen; the cell's status is {status}"
    return Seen(size, count, cpu_seconds(process) - before, began, first_text, ended)


def cpu_seconds(process: psutil.Process) -> float:
    """Return the CPU seconds of *process*, all threads; to the nanosecond on Linux, where a process has a clock."""
    if psutil.LINUX:
        return time.clock_gettime(~process.pid << 3 | 2)
    times = process.cpu_times()
    return times.user + times.system


def _read(socket: zmq.Socket, parent: str, patience: float) -> tuple[int, int, float, float]:
    size = count = 0
    first_text, end = 0.0, time.monotonic() + patience
    while True:
        assert socket.poll(1000 * max(end - time.monotonic(), 0)), "the cell did not end"
        frames = socket.recv_multipart()
        now = time.monotonic()
        _, header, parent_header, _, content = frames[frames.index(_DELIMITER) + 1 :][:5]
        if json.loads(parent_header).get("msg_id") != parent:
            continue
        size += sum(map(len, frames))
        count += 1
        kind = json.loads(header)["msg_type"]
        if not first_text and kind in _SHOWING and spoken.FIRST.encode() in content:
            first_text = now
        assert kind != "error", json.loads(content)["traceback"]
        if kind == "status" and json.loads(content)["execution_state"] == "idle":
            return size, count, first_text, now


def _status(kernel, parent: str, patience: float) -> str:
    while True:
        reply = kernel.client.get_shell_msg(timeout=patience)
        if reply["parent_header"].get("msg_id") == parent:
            return reply["content"]["status"]
