"""
Requests in, responses out, over tornado's connections.

Knows HTTP's framing and when a client has gone; must not know what an answer says.
"""

import asyncio
from collections import deque
from collections.abc import Iterable
from contextlib import suppress

from tornado.http1connection import HTTP1Connection
from tornado.httputil import HTTPHeaders, HTTPServerRequest, ResponseStartLine, responses
from tornado.iostream import StreamClosedError

from ofox_magic.practice.models import CHAT
from ofox_magic.practice.received import Log, Received
from ofox_magic.practice.respond import BODILESS, Response, respond
from ofox_magic.practice.script import Script
from ofox_magic.practice.wire import Piece

LONGEST_HOLD = 60.0
REQUESTS_PER_WINDOW = 100
WINDOW = 1  # second


class Desk:
    """Takes every request, and answers each in a task of its own."""

    def __init__(self, log: Log, *, api_key: str | None, pace: float) -> None:
        self.scripts: deque[Script] = deque()
        self.is_closing = False
        self._log = log
        self._api_key = api_key
        self._pace = pace
        self._tasks: set[asyncio.Task[None]] = set()

    def __call__(self, request: HTTPServerRequest) -> None:
        """Take *request*: tornado calls this when its body is complete."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        received = self._log.add(str(request.method), request.path, headers, request.body)
        script = self._next_script() if request.path == CHAT else None
        line = _Line(request)
        task = asyncio.get_running_loop().create_task(self._answer(line, received, script))
        self._tasks.add(task)  # the loop itself keeps a weak reference only
        task.add_done_callback(self._tasks.discard)

    async def _answer(self, line: "_Line", received: Received, script: Script | None) -> None:
        try:
            response = respond(received, script, api_key=self._api_key, pace=self._pace)
            await line.send(response, self._headers(response, received))
        except StreamClosedError:
            if not self.is_closing:
                self._log.mark_closed(received)
        finally:
            line.close_unless_finished()

    def _next_script(self) -> Script | None:
        try:
            return self.scripts.popleft()
        except IndexError:
            return None

    def _headers(self, response: Response, received: Received) -> HTTPHeaders:
        # The window is not enforced, and short, because a client waits for its end after a 429
        left = max(0, REQUESTS_PER_WINDOW - self._log.recent(WINDOW))
        headers = HTTPHeaders(
            {
                "Server": "ofox-practice",
                "Content-Type": response.content_type,
                "Cache-Control": "no-cache",
                "X-Request-Id": f"practice-{received.number:06d}",
                "X-Ratelimit-Limit-Requests": str(REQUESTS_PER_WINDOW),
                "X-Ratelimit-Remaining-Requests": str(left),
                "X-Ratelimit-Reset-Requests": f"{WINDOW}s",
            }
        )
        for name, value in response.script.headers.items():
            headers[name] = value
        return headers


class _Line:
    """One connection while one request is answered. Raises StreamClosedError as soon as the client has gone."""

    def __init__(self, request: HTTPServerRequest) -> None:
        self._connection: HTTP1Connection = request.connection
        self._takes_body = request.method != "HEAD"
        self._gone = asyncio.Event()
        self._finished = False
        self._connection.set_close_callback(self._gone.set)

    async def send(self, response: Response, headers: HTTPHeaders) -> None:
        """Send *response* at its pace; cut and held as its script says."""
        script = response.script
        await self._pause(script.header_delay)
        if response.live or script.hold or script.cut_after is not None:
            await self._begin(response.status, headers)
            is_cut = await self._send_pieces(response.pieces, script.cut_after)
            if script.hold:
                await self._pause(LONGEST_HOLD)
            if not is_cut:
                self._finish()
        else:
            await self._send_whole(response, headers)
            self._finish()

    def close_unless_finished(self) -> None:
        """Close the connection where it stands, which the client sees as a body that is not complete."""
        if not self._finished:
            self._connection.detach().close()

    async def _begin(self, status: int, headers: HTTPHeaders, body: bytes | None = None) -> None:
        line = ResponseStartLine("HTTP/1.1", status, responses.get(status, "Unknown"))
        await self._connection.write_headers(line, headers, body)

    async def _send_whole(self, response: Response, headers: HTTPHeaders) -> None:
        body = b""
        for wait, piece in response.pieces:
            await self._pause(wait)
            body += piece
        if response.status not in BODILESS:
            headers["Content-Length"] = str(len(body))
        await self._begin(response.status, headers, body if self._takes_body else None)

    async def _send_pieces(self, pieces: Iterable[Piece], cut_after: int | None) -> bool:
        """Send the *pieces*, each at once; return whether they were cut."""
        left = cut_after
        for wait, piece in pieces:
            if left == 0:
                break
            await self._pause(wait)
            await self._connection.write(piece if left is None else piece[:left])
            left = None if left is None else max(0, left - len(piece))
        return left == 0

    async def _pause(self, seconds: float) -> None:
        """Wait, and look after the client at the same time, even where there is nothing to wait for."""
        await asyncio.sleep(0)
        if seconds and not self._gone.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._gone.wait(), seconds)
        if self._gone.is_set():
            raise StreamClosedError

    def _finish(self) -> None:
        self._connection.finish()
        self._finished = True
