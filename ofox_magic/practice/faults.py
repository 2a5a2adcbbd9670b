"""
A gateway that fails: it plays faults of the network and of the protocol byte for byte, and is well in between.

    with FaultyGateway() as gateway:
        gateway.play(Fault("reset", "mid_text"))
        connect(base_url=gateway.base_url).ask("Hello?").result()

For tests of clients, and of notebooks that must live with a bad network. Raw sockets, since no HTTP server sends half
a chunk. Knows sockets and threads; what is sent when stands in `fault_steps`.
"""

import asyncio
import os
import socket
import struct
import threading
from collections import deque
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from contextlib import ExitStack, suppress
from types import TracebackType
from typing import Any, Self

from ofox_magic.practice.fault_steps import (
    KINDS,
    POINTS,
    Close,
    Drip,
    Fault,
    Hold,
    Read,
    Repeat,
    Reset,
    Send,
    Step,
    Wait,
    healthy,
    steps,
    why_not,
)

__all__ = ["KINDS", "POINTS", "Fault", "FaultyGateway", "why_not"]

HOST = "127.0.0.1"
LONGEST = 30.0
"""Seconds after which a connection is closed, whatever is played on it."""
_PATIENCE = 10.0  # seconds, for what takes milliseconds
_LARGEST_HEAD = 64 << 10
_LINGER = struct.pack("hh" if os.name == "nt" else "ii", 1, 0)


class FaultyGateway:
    """
    A server on loopback that plays the faults it is told to, one for each request, and else streams a short answer.

    `requests` counts what was asked: requests, and connections on which a fault came before one. `connections` counts
    those that are open: a fault that leaves its connection open waits for the client to close it. Use it as a context
    manager, from any thread.
    """

    def __init__(self) -> None:
        self.requests = 0
        self.connections = 0
        self._faults: deque[Fault] = deque()
        self._thread = threading.Thread(target=self._run, name="ofox-faults", daemon=True)
        self._port: Future[int] = Future()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._serving: asyncio.Task[None] | None = None
        self._unanswering = _Unanswering()

    def __enter__(self) -> Self:
        self._thread.start()
        self._port.result(_PATIENCE)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._unanswering.close()
        if self._loop is not None and self._serving is not None:
            self._loop.call_soon_threadsafe(self._serving.cancel)
        self._thread.join(_PATIENCE)

    @property
    def base_url(self) -> str:
        """What a client takes as OFOX_BASE_URL."""
        return f"http://{HOST}:{self._port.result(0)}/v1"

    def base_url_for(self, fault: Fault) -> str:
        """Return the address at which *fault* happens: `base_url`, but for those that happen while connecting."""
        match fault.kind, fault.point:
            case "refused", _:
                return f"http://{HOST}:{self._unanswering.refusing()}/v1"
            case "dns", _:
                return "https://gateway.ofox.invalid/v1"
            case "tls", _:
                return self.base_url.replace("http:", "https:")
            case "stall", "connect":
                return f"http://{HOST}:{self._unanswering.silent()}/v1"
        return self.base_url

    def play(self, *faults: Fault) -> None:
        """Answer the next requests with *faults*, one each, in order."""
        for fault in faults:
            steps(fault)  # a bomb takes its time to pack, which is not to be the client's
        self._faults.extend(faults)

    def heal(self) -> None:
        """Forget the faults that were not played yet."""
        self._faults.clear()

    # -- on the thread ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        with suppress(asyncio.CancelledError):
            asyncio.run(self._serve())

    async def _serve(self) -> None:
        self._loop, self._serving = asyncio.get_running_loop(), asyncio.current_task()
        with socket.create_server((HOST, 0)) as listener:
            listener.settimeout(0)
            self._port.set_result(listener.getsockname()[1])
            async with asyncio.TaskGroup() as connections:
                while True:
                    client, _ = await self._loop.sock_accept(listener)
                    connections.create_task(self._attend(client))

    async def _attend(self, client: socket.socket) -> None:
        self.connections += 1
        try:
            with client, suppress(OSError, ValueError):  # gone, there for too long, or no client of HTTP
                async with asyncio.timeout(LONGEST):
                    await self._converse(_Line(client))
        finally:
            self.connections -= 1

    async def _converse(self, line: "_Line") -> None:
        """Answer one request after the other, until a fault or the client ends it."""
        first = self._faults[0] if self._faults else None
        if first is not None and first.point == "connect":
            await self._play(line, self._faults.popleft())
            return
        while await line.read():
            if self._faults:
                await self._play(line, self._faults.popleft())
                return
            self.requests += 1
            await line.take(*healthy())

    async def _play(self, line: "_Line", fault: Fault) -> None:
        self.requests += 1
        await line.take(*steps(fault))


class _Line:
    """One connection, and what can be done to it. Raises OSError when the client has gone."""

    def __init__(self, client: socket.socket) -> None:
        client.settimeout(0)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._client = client
        self._loop = asyncio.get_running_loop()
        self._was_read = False
        self._ways: dict[type[Step], Callable[[Any], Awaitable[object]]] = {
            Read: lambda _: self.read(),
            Wait: lambda step: asyncio.sleep(step.seconds),
            Send: lambda step: self._send(step.data),
            Drip: self._drip,
            Repeat: self._repeat,
            Hold: lambda _: self._until_gone(),
            Reset: lambda _: self._reset(),
            Close: lambda _: self._close(),
        }

    async def take(self, *taken: Step) -> None:
        """Take these steps."""
        for step in taken:
            await self._ways[type(step)](step)
        self._was_read = False

    async def read(self) -> bool:
        """Read the request, unless that was done; return False where none comes any more."""
        received = b""
        while not self._was_read:
            more = await self._loop.sock_recv(self._client, 1 << 16)
            if not more:
                return False
            received += more
            self._was_read = _is_whole(received)
        return True

    async def _send(self, data: bytes) -> None:
        await self._loop.sock_sendall(self._client, data)

    async def _drip(self, step: Drip) -> None:
        for at in range(len(step.data)):
            await self._send(step.data[at : at + 1])
            await asyncio.sleep(step.every)

    async def _repeat(self, step: Repeat) -> None:
        while True:
            await self._send(step.data)
            await asyncio.sleep(step.every)

    async def _until_gone(self) -> None:
        while await self._loop.sock_recv(self._client, 1 << 16):
            pass

    async def _reset(self) -> None:
        self._client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _LINGER)
        self._client.close()

    async def _close(self) -> None:
        # what came is read to its end: closing before that would reset the connection
        self._client.shutdown(socket.SHUT_WR)
        await self._until_gone()


class _Unanswering:
    """Ports of loopback where nobody answers, made when they are first asked for."""

    def __init__(self) -> None:
        self._open = ExitStack()
        self._refusing = 0
        self._silent = 0

    def refusing(self) -> int:
        """Return a port that refuses: it is taken, so that nobody else gets it, but nobody listens."""
        if not self._refusing:
            self._refusing = self._bound().getsockname()[1]
        return self._refusing

    def silent(self) -> int:
        """Return a port on which connecting hangs, since those that wait there fill its queue."""
        if not self._silent:
            listener = self._bound()
            listener.listen(0)
            self._silent = listener.getsockname()[1]
            for _ in range(4):
                waiting = self._open.enter_context(socket.socket())
                waiting.settimeout(0)
                waiting.connect_ex((HOST, self._silent))
        return self._silent

    def close(self) -> None:
        """Give the ports back."""
        self._open.close()

    def _bound(self) -> socket.socket:
        bound = self._open.enter_context(socket.socket())
        bound.bind((HOST, 0))
        return bound


def _is_whole(request: bytes) -> bool:
    """Whether *request* has its end; its body has a length, as every client sends it that knows its body."""
    head, end, body = request.partition(b"\r\n\r\n")
    if len(head) > _LARGEST_HEAD:
        raise OSError("the request's head is too long")
    lines = (line.partition(b":") for line in head.lower().split(b"\r\n"))
    length = next((int(value) for name, _, value in lines if name == b"content-length"), 0)
    return bool(end) and len(body) >= length
