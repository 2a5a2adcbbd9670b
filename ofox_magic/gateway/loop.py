"""One daemon thread that runs one asyncio loop. Knows nothing of what runs there."""

import asyncio
import os
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import Any, TypeVar

from ofox_magic.errors import TransportError

T = TypeVar("T")
_STOP_PATIENCE = 2.0  # seconds, for what takes milliseconds
POLL = 0.05  # seconds; a wait without a bound would not hear the kernel's interrupt everywhere


class LoopThread:
    """The thread, started at the first call and again in a forked process, where threads do not follow."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._pid = 0
        self._starting = threading.Lock()

    def spawn(
        self, work: Callable[[], Coroutine[Any, Any, T]], on_end: Callable[["asyncio.Task[T]"], None]
    ) -> Callable[[], None]:
        """Run *work* there and call *on_end* with its task when it has ended, cancelled or not. Returns its cancel."""
        loop = self._running_loop()
        tasks: list[asyncio.Task[T]] = []

        def launch() -> None:
            task = loop.create_task(work())
            tasks.append(task)
            # ended by a callback, not by a `finally` inside: a task cancelled before its first step never enters it
            task.add_done_callback(on_end)

        loop.call_soon_threadsafe(launch)
        return lambda: self._cancel(loop, tasks)

    def wait_for(self, work: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run *work* there and wait for its result. An interrupt of the caller cancels it."""
        future = asyncio.run_coroutine_threadsafe(work(), self._running_loop())
        try:
            while True:
                try:
                    return future.result(timeout=POLL)
                except TimeoutError:
                    if future.done():
                        raise
        except CancelledError:
            raise TransportError("the connection was closed while waiting") from None
        except BaseException:
            future.cancel()
            raise

    def stop(self, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        """Cancel what runs there, run *last*, and end the thread; does nothing when it never ran."""
        loop, self._loop = self._loop, None
        if loop is not None and self._pid == os.getpid() and not loop.is_closed():
            loop.call_soon_threadsafe(lambda: loop.create_task(self._wind_up(loop, last)))
            if self._thread is not None and self._thread is not threading.current_thread():
                self._thread.join(_STOP_PATIENCE)

    def _running_loop(self) -> asyncio.AbstractEventLoop:
        with self._starting:
            if self._loop is None or self._pid != os.getpid():
                self._loop = asyncio.new_event_loop()
                self._pid = os.getpid()
                self._thread = threading.Thread(target=self._run, args=(self._loop,), name=self._name, daemon=True)
                self._thread.start()
            return self._loop

    @staticmethod
    def _run(loop: asyncio.AbstractEventLoop) -> None:
        try:
            loop.run_forever()
        finally:
            loop.close()

    @staticmethod
    async def _wind_up(loop: asyncio.AbstractEventLoop, last: Callable[[], Coroutine[Any, Any, None]]) -> None:
        others = asyncio.all_tasks(loop) - {asyncio.current_task()}
        for task in others:
            task.cancel()
        try:
            await asyncio.gather(*others, return_exceptions=True)
            await last()
        finally:
            loop.stop()

    @staticmethod
    def _cancel(loop: asyncio.AbstractEventLoop, tasks: "list[asyncio.Task[T]]") -> None:
        # not only where the loop is running: its thread may not have come to that yet
        with suppress(RuntimeError):  # it is closed: nothing runs there any more
            loop.call_soon_threadsafe(lambda: [task.cancel() for task in tasks])
