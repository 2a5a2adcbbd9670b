"""
The practice gateway as a thing to start and stop: a daemon thread with a loop and a port of its own.

Knows threads and the loop; must not know the protocol.
"""

import asyncio
import threading
from concurrent.futures import Future
from contextlib import suppress
from types import TracebackType
from typing import Self

from tornado.httpserver import HTTPServer
from tornado.netutil import bind_sockets

from ofox_magic.practice.received import Log, Received
from ofox_magic.practice.script import Script
from ofox_magic.practice.serving import Desk

HOST = "127.0.0.1"
LARGEST_BODY = 64 * 1024 * 1024
PATIENCE = 10.0  # seconds, for what takes milliseconds


class PracticeGateway:
    """
    A server on loopback that speaks the gateway's protocol and is no language model.

    With an *api_key* it takes that one only; otherwise any, or none. *delay* is the seconds between the tokens of
    a stream. Use it as a context manager, or `start` and `stop` it, twice if need be, from any thread.
    """

    def __init__(self, port: int = 0, api_key: str | None = None, *, delay: float = 0.0) -> None:
        self._port = port
        self._log = Log()
        self._desk = Desk(self._log, api_key=api_key, pace=delay)
        self._lock = threading.Lock()
        self._thread: _Thread | None = None

    def __repr__(self) -> str:
        thread = self._thread
        return f"<PracticeGateway {thread.base_url if thread else 'stopped'}>"

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self) -> Self:
        """Start to listen, and return itself. Raises OSError where the port is taken."""
        with self._lock:
            if self._thread is None:
                thread = _Thread(self._desk, self._port)
                thread.start()
                thread.port.result(PATIENCE)
                self._thread = thread
        return self

    def stop(self) -> None:
        """Close every connection and end the thread."""
        with self._lock:
            thread, self._thread = self._thread, None
            if thread is not None:
                thread.end()

    def join(self, timeout: float) -> bool:
        """Wait *timeout* seconds for the end; return whether it goes on."""
        thread = self._thread
        if thread is not None:
            thread.join(timeout)
        return thread is not None and thread.is_alive()

    @property
    def base_url(self) -> str:
        """What a client takes as OFOX_BASE_URL."""
        thread = self._thread
        if thread is None:
            raise RuntimeError("the practice gateway is not running; start() it first")
        return thread.base_url

    @property
    def received(self) -> list[Received]:
        """What arrived so far, oldest first: of a long run the newest thousand requests."""
        return self._log.entries()

    def play(self, *scripts: Script) -> None:
        """Answer the next chat requests with *scripts*, one each, in order."""
        self._desk.scripts.extend(scripts)

    def wait_for(self, count: int, timeout: float = 5.0, *, path: str = "") -> list[Received]:
        """Return the requests whose path ends with *path*, once there are *count*; else raise TimeoutError."""
        return self._log.wait(lambda entries: len(entries) >= count, timeout, path)

    def wait_closed(self, index: int, timeout: float = 5.0, *, path: str = "") -> Received:
        """Return request *index* (among those to *path*) once its client left early; else raise TimeoutError."""

        def is_closed(entries: list[Received]) -> bool:
            return -len(entries) <= index < len(entries) and entries[index].closed_early is not None

        return self._log.wait(is_closed, timeout, path)[index]


class _Thread(threading.Thread):
    """One run of the server. *port* is told once it listens, or why it cannot."""

    def __init__(self, desk: Desk, wanted_port: int) -> None:
        super().__init__(name="ofox-practice", daemon=True)
        self.port: Future[int] = Future()
        self._desk = desk
        self._wanted_port = wanted_port
        self._loop: asyncio.AbstractEventLoop | None = None
        self._ended: asyncio.Event | None = None

    @property
    def base_url(self) -> str:
        return f"http://{HOST}:{self.port.result(0)}/v1"

    def run(self) -> None:
        try:
            asyncio.run(self._serve())
        except Exception as error:
            if self.port.done():
                raise
            self.port.set_exception(error)

    def end(self) -> None:
        if self._loop is not None and self._ended is not None:
            with suppress(RuntimeError):  # the loop is closed: it ended by itself
                self._loop.call_soon_threadsafe(self._ended.set)
        self.join(PATIENCE)

    async def _serve(self) -> None:
        self._loop = asyncio.get_running_loop()
        self._ended = asyncio.Event()
        server = HTTPServer(self._desk, max_body_size=LARGEST_BODY, max_buffer_size=2 * LARGEST_BODY)
        sockets = bind_sockets(self._wanted_port, HOST)
        server.add_sockets(sockets)
        self._desk.is_closing = False
        self.port.set_result(sockets[0].getsockname()[1])
        await self._ended.wait()
        self._desk.is_closing = True
        server.stop()
        await asyncio.wait_for(server.close_all_connections(), PATIENCE / 2)


def serve_forever(port: int = 0, delay: float = 0.0) -> None:
    """Run the practice gateway until Ctrl-C, and print what to set so that it is used."""
    gateway = PracticeGateway(port, delay=delay)
    try:
        gateway.start()
    except (OSError, OverflowError) as error:
        raise SystemExit(f"The practice gateway cannot listen on port {port}: {error}") from None
    with gateway, suppress(KeyboardInterrupt):
        print(f"The practice gateway listens on {gateway.base_url} (Ctrl-C ends it). To use it:")
        print(f"export OFOX_BASE_URL={gateway.base_url}", flush=True)
        while gateway.join(0.5):  # in steps: Windows hears Ctrl-C only between them
            pass
