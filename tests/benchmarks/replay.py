"""
A loopback server that is never the bottleneck: raw sockets, prepared bytes, a process of its own.

    python -m tests.benchmarks.replay

It prints its port, and then a line of JSON for each answer: when its first text left and when it was all sent, by the monotonic
clock, which all processes of a machine share, and by the wall clock, which a browser has.
"""

import json
import queue
import socket
import subprocess
import sys
import threading
import time
from typing import NamedTuple, Self

from . import spoken
from .environments import ROOT

_HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: %s\r\n%s\r\n\r\n"
_STREAM = _HEAD % (b"text/event-stream; charset=utf-8", b"Transfer-Encoding: chunked")
_PIECE = 16 << 10  # bytes of one write at full speed, about what a proxy passes on at once


class Served(NamedTuple):
    """When an answer's first text left and when all was sent, in seconds of the monotonic clock, and the last of the wall clock."""

    first: float
    last: float
    last_wall: float


class Replay:
    """The server, running: `url` is what a client takes for its base URL, `served` waits for the next answer's times."""

    def __enter__(self) -> Self:
        command = [sys.executable, "-m", "tests.benchmarks.replay"]
        self._process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.url = f"http://127.0.0.1:{int(self._process.stdout.readline())}/v1"
        self._served: queue.Queue[Served] = queue.Queue()
        threading.Thread(target=self._read, daemon=True).start()
        return self

    def __exit__(self, *failure) -> None:
        self._process.terminate()
        self._process.wait()
        self._process.stdout.close()

    def served(self, patience: float = 60.0) -> Served:
        return self._served.get(timeout=patience)

    def _read(self) -> None:
        for line in self._process.stdout:
            self._served.put(Served(*json.loads(line)))


def pieces(tokens: int, rate: int) -> list[bytes]:
    """What is written at once, each a whole HTTP chunk of whole events: one token, or at full speed what fits."""
    if rate:
        return list(map(_framed, spoken.events(tokens)))
    written, piece = [], b""
    for event in spoken.events(tokens):
        if len(piece) + len(event) > _PIECE:
            written.append(_framed(piece))
            piece = b""
        piece += event
    return [*written, _framed(piece)]


def _framed(data: bytes) -> bytes:
    return b"%x\r\n%s\r\n" % (len(data), data)


def _serve(connection: socket.socket) -> None:
    """Answer one request after another until the client is gone."""
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    with connection, connection.makefile("rb") as reader:
        try:
            while head := _head(reader):
                length = next((int(line[15:]) for line in head if line.lower().startswith(b"content-length:")), 0)
                _answer(connection, reader.read(length))
        except (ConnectionError, IndexError):  # gone, or asked for what is no answer
            return


def _head(reader) -> list[bytes]:
    return list(iter(lambda: reader.readline().strip(), b""))


def _answer(connection: socket.socket, body: bytes) -> None:
    tokens, rate = spoken.asked(body)
    send = _stream if json.loads(body).get("stream") else _at_once
    first = send(connection, tokens, rate)
    print(json.dumps([first, time.monotonic(), time.time()]), flush=True)


def _stream(connection: socket.socket, tokens: int, rate: int) -> float:
    written = pieces(tokens, rate)
    connection.sendall(_STREAM)
    first = 0.0
    began = time.monotonic()
    for number, piece in enumerate(written):
        if rate and (early := began + number / rate - time.monotonic()) > 0:
            time.sleep(early)
        first = first or time.monotonic()  # before: whoever is woken by the bytes may run first
        connection.sendall(piece)
    connection.sendall(b"0\r\n\r\n")
    return first


def _at_once(connection: socket.socket, tokens: int, rate: int) -> float:
    """The whole after the time that its tokens take; its first text is that of a stream which began now."""
    first = time.monotonic()
    data = spoken.whole(tokens)
    time.sleep(tokens / rate if rate else 0)
    connection.sendall(_HEAD % (b"application/json", b"Content-Length: %d" % len(data)) + data)
    return first


def main() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        print(server.getsockname()[1], flush=True)
        while True:
            threading.Thread(target=_serve, args=server.accept()[:1], daemon=True).start()


if __name__ == "__main__":
    main()
