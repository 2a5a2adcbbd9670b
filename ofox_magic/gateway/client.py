"""
Carries requests over HTTP: the one place with httpx, and the one place that maps its errors.

Knows no session. Every request is a task on one loop thread with one AsyncClient; cancelling the task closes its
connection at once, whatever it was waiting for. A flag beside a blocking read would wait for the next byte.
"""

import asyncio
import random
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import httpx

from ofox_magic.chat.events import Finished, Identified, Retrying
from ofox_magic.chat.transport import Abandoned, Cancel, ModelCard, OnEvent, Request
from ofox_magic.errors import ConfigError, GatewayError, OfoxError, ProtocolError, TransportError
from ofox_magic.gateway import catalogue, failures, retry
from ofox_magic.gateway.body import decoded, whole
from ofox_magic.gateway.http_failures import BROKEN, Failure, mapped, refusal, refused
from ofox_magic.gateway.known_models import KnownModels
from ofox_magic.gateway.loop import LoopThread
from ofox_magic.gateway.masking import LogFilter, clean, without_key
from ofox_magic.gateway.stream import AnswerStream, joined
from ofox_magic.gateway.wire import encode, request_body
from ofox_magic.settings import Deadlines, Secret, Settings
from ofox_magic.untrusted import one_line

CATALOGUE_DEADLINE = 15.0
_LOOK_AGAIN = 600.0  # seconds between two looks at whether the catalogue should be fetched beside a request
_FINISH_GRACE = 2.0  # seconds that a stream may take from its finish reason to its usage and end
_DONE_GRACE = 0.05  # seconds from [DONE] to the end of the body: read to there, the connection is used again
_LARGEST_CATALOGUE = 4 << 20  # bytes; 140 models take 165 kB


@dataclass(frozen=True)
class _Call:
    """A request as it will go over the wire."""

    base_url: str
    key: Secret | None
    body: Mapping[str, Any]
    deadlines: Deadlines
    stream: bool

    @property
    def url(self) -> str:
        return f"{self.base_url}/chat/completions"

    def without_usage(self) -> "_Call":
        return replace(self, body={name: value for name, value in self.body.items() if name != "stream_options"})


class GatewayClient:
    """
    The Transport over HTTP.

    *settings* is asked at every turn. *models* is where the catalogue is kept; with it, the catalogue is fetched beside
    a request when none is a day old at most, without it only when asked for. *jitter* gives 0 to 1 for the waits
    between tries.
    """

    def __init__(
        self,
        settings: Callable[[], Settings],
        *,
        models: KnownModels | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        self._settings = settings
        self._jitter = jitter
        self._loop = LoopThread("ofox-loop")
        self._http: httpx.AsyncClient | None = None
        self._http_loop: asyncio.AbstractEventLoop | None = None
        self._models = models or KnownModels()
        self._fetches_beside = models is not None
        self._looked: dict[str, float] = {}
        self._logs = LogFilter()

    def start(self, request: Request, on_event: OnEvent) -> Cancel:
        """Send *request* (see Transport). Raises ConfigError without a key, or for what JSON cannot hold."""
        settings = self._settings()
        call = _call(settings, request)
        encode(call.body)  # what cannot be written is said here and now, not by the loop
        self._logs.keep_out(call.key)
        cancel = self._loop.spawn(
            lambda: self._answer(call, lambda event: on_event(without_key(event, call.key))),
            lambda task: _end(task, on_event),
        )
        self._fetch_beside(settings)
        return cancel

    def card(self, model: str) -> ModelCard | None:
        """Return what is known of *model* (id or alias); asks nobody but the file that keeps the catalogue."""
        return self._known.card(model)

    def models(self) -> tuple[ModelCard, ...]:
        """Fetch the models that can chat, and return them by id. Raises OfoxError; takes 15 s at most."""
        settings = self._settings()
        self._logs.keep_out(settings.api_key)
        result = self._loop.wait_for(lambda: self._refresh(settings))
        if isinstance(result, OfoxError):
            raise result
        return result.cards

    def ensure_models(self) -> None:
        """
        Fetch the models where those known are older than a day: for who needs a price, and can wait 15 s for it.

        Where that fails, what was known stays. Does nothing on the loop's own thread, which would wait for itself.
        """
        settings = self._settings()
        if not self._models.is_fresh(settings.base_url) and not self._is_on_loop():
            with suppress(OfoxError):
                self.models()

    def close(self) -> None:
        """Stop what runs and end the loop thread; the next request starts it again."""
        self._loop.stop(self._close_connections)
        self._logs.remove()

    # -- on the loop thread -----------------------------------------------------------------------------------------

    async def _answer(self, call: _Call, on_event: OnEvent) -> OfoxError | None:
        """Ask, and return what failed. Not raised, and clean at once: asyncio's debug log shows how a task ended."""
        course = _Course(call, on_event)
        failure: OfoxError | None
        try:
            async with asyncio.timeout(call.deadlines.total):
                failure = await self._tries(course)
        except TimeoutError:
            failure = course.cut_short()
        except Abandoned:
            raise
        except Exception as error:  # noqa: BLE001 - whatever a gateway can send, the turn ends and says so
            failure = ProtocolError(f"could not read the answer: {type(error).__name__}: {error}")
        return failure and clean(failure, call.key)

    async def _tries(self, course: "_Course") -> OfoxError | None:
        failure = await self._try(course)
        if failure and failure.names_stream_options and "stream_options" in course.call.body:
            course.call = course.call.without_usage()  # a model that knows none: nothing was generated, ask without
            course.on_event(Retrying(1, 0.0, one_line(str(failure.error)), ("stream_options",)))
            failure = await self._try(course)
        attempt = 1
        while failure is not None:
            if attempt > retry.MAX_RETRIES or not failure.worth_retrying:
                return failure.error
            now = datetime.now(UTC)
            wait = retry.pause(attempt, failure.status, failure.headers, now=now, jitter=self._jitter())
            if wait > retry.LONGEST_WAIT:
                return failures.with_time(failure.error, wait, now)
            course.on_event(Retrying(attempt, wait, one_line(str(failure.error))))
            await asyncio.sleep(wait)
            attempt += 1
            failure = await self._try(course)
        return None

    async def _try(self, course: "_Course") -> Failure | None:
        """One request. Returns why it failed; None where the answer is complete, whatever happened after that."""
        course.begin_try()
        failure = await self._exchange(course)
        course.failure = None if course.stream.complete else failure
        return course.failure

    async def _exchange(self, course: "_Course") -> Failure | None:
        call = course.call
        try:
            async with asyncio.timeout(call.deadlines.first_token if call.stream else None) as patience:
                async with self._client().stream(
                    "POST",
                    call.url,
                    content=encode(call.body),
                    headers=_headers(call.key, stream=call.stream),
                    timeout=httpx.Timeout(None, connect=call.deadlines.connect),
                ) as response:
                    course.headers_came = True
                    if not response.is_success:
                        patience.reschedule(None)  # it is an answer, and how long its reason may take is known there
                        course.failure = refusal(response)  # if the time for all ends before its reason is read
                        return await refused(response)
                    course.on_event(Identified(request_id=failures.request_id(response.headers)))
                    await course.read(response, patience)
        except TimeoutError:
            return Failure(course.passed_deadline(), final=True)
        except OfoxError as error:
            status = error.status if isinstance(error, GatewayError) else None
            return Failure(error, status, final=course.stream.delivered or status is None)
        except BROKEN as error:
            return Failure(mapped(error, call.base_url), final=course.headers_came)
        return None

    @property
    def _known(self) -> catalogue.Catalogue:
        try:
            return self._models.of(self._settings().base_url)
        except ConfigError:
            return catalogue.Catalogue()  # it is said when something is sent

    def _is_on_loop(self) -> bool:
        try:
            return asyncio.get_running_loop() is self._http_loop
        except RuntimeError:
            return False

    def _fetch_beside(self, settings: Settings) -> None:
        """Have a look, now and then, at whether the catalogue should be fetched; nobody waits for it or hears of it."""
        if not self._fetches_beside or (settings.is_local and not settings.practice):
            return  # a server on this machine is somebody's own, and may not expect it
        now = time.monotonic()
        if now - self._looked.get(settings.base_url, -_LOOK_AGAIN) >= _LOOK_AGAIN:
            self._looked[settings.base_url] = now
            self._loop.spawn(lambda: self._refresh_stale(settings), _ignore)

    async def _refresh_stale(self, settings: Settings) -> None:
        await asyncio.to_thread(self._models.reread, settings.base_url)
        if not self._models.is_fresh(settings.base_url):
            await self._refresh(settings)

    async def _refresh(self, settings: Settings) -> catalogue.Catalogue | OfoxError:
        """Fetch the catalogue and keep it; on disk unless it is that of this process's practice gateway."""
        found = await self._records_or_failure(settings)
        if isinstance(found, OfoxError):
            return clean(found, settings.api_key)
        known = self._models.keep(settings.base_url, found)
        if not settings.practice:
            await asyncio.to_thread(self._models.write, settings.base_url, found)
        return known

    async def _records_or_failure(self, settings: Settings) -> list[Any] | OfoxError:
        url = f"{settings.base_url}/models"
        key = settings.api_key
        try:
            async with asyncio.timeout(CATALOGUE_DEADLINE):
                async with self._client().stream("GET", url, headers=_headers(key, stream=False)) as response:
                    if not response.is_success:
                        return (await refused(response)).error
                    body = await whole(response, _LARGEST_CATALOGUE)
                    # takes 8 ms and more, in which an answer beside it would stand still
                    return await asyncio.to_thread(catalogue.records, body, key.mask if key else str)
        except TimeoutError:
            return failures.deadline("total", CATALOGUE_DEADLINE, "")
        except OfoxError as error:
            return error
        except BROKEN as error:
            return mapped(error, settings.base_url)

    async def _close_connections(self) -> None:
        http, self._http = self._http, None
        if http is not None:
            await http.aclose()

    def _client(self) -> httpx.AsyncClient:
        """One for all requests, so that connections are used again; another one in another loop, after a fork."""
        loop = asyncio.get_running_loop()
        if self._http is None or self._http_loop is not loop:
            self._http = httpx.AsyncClient(follow_redirects=False, timeout=httpx.Timeout(None, connect=10.0))
            self._http_loop = loop
        return self._http


def _call(settings: Settings, request: Request) -> _Call:
    if settings.api_key is None and not settings.is_local:
        raise ConfigError(
            "no key: expected one in OFOX_API_KEY (the gateway's console makes it, under Settings, API Keys). "
            'To try without one: %config OfoxMagics.base_url = "practice", or OFOX_BASE_URL=practice'
        )
    deadlines = settings.deadlines
    if request.timeout is not None:
        deadlines = replace(deadlines, total=request.timeout)
    return _Call(settings.base_url, settings.api_key, request_body(request), deadlines, request.stream)


class _Course:
    """How a request goes: the answer of the try that runs, and why the one before it failed."""

    def __init__(self, call: _Call, on_event: OnEvent) -> None:
        self.call = call
        self.on_event = on_event
        self.failure: Failure | None = None
        self.begin_try()

    def begin_try(self) -> None:
        self.stream = AnswerStream()
        self.headers_came = False

    async def read(self, response: httpx.Response, patience: asyncio.Timeout) -> None:
        clock = asyncio.get_running_loop().time
        async for chunk in decoded(response):
            was_complete, was_done = self.stream.complete, self.stream.done
            for event in joined(self.stream.feed(chunk)):  # what one read brought came at once
                self.on_event(event)
            if self.stream.done and not was_done:
                patience.reschedule(clock() + _DONE_GRACE)
            elif self.stream.complete and not was_complete:
                patience.reschedule(clock() + _FINISH_GRACE)
            elif self.stream.delivered and not self.stream.complete and self.call.stream:
                patience.reschedule(clock() + self.call.deadlines.idle)
        for event in self.stream.end():
            self.on_event(event)

    def passed_deadline(self) -> TransportError:
        deadlines = self.call.deadlines
        if self.stream.delivered:
            return failures.deadline("idle", deadlines.idle, "OFOX_IDLE_TIMEOUT")
        return failures.deadline("first token", deadlines.first_token, "OFOX_FIRST_TOKEN_TIMEOUT")

    def cut_short(self) -> OfoxError | None:
        """What it means that the time for all is over: nothing where the answer is complete, else what failed last."""
        if self.stream.complete:
            return None
        if self.failure is not None:
            return self.failure.error
        return failures.deadline("total", self.call.deadlines.total, "OFOX_TOTAL_TIMEOUT or --timeout")


def _end(task: "asyncio.Task[OfoxError | None]", on_event: OnEvent) -> None:
    """Tell how a request ended, once and at this one place."""
    if task.cancelled():
        event = Finished(stopped=True)
    elif task.exception() is not None:  # Abandoned: nobody listens
        return
    else:
        event = Finished(task.result())
    with suppress(Abandoned):
        on_event(event)


def _ignore(task: "asyncio.Task[None]") -> None:
    """Look at how *task* ended, since asyncio reports an error that nobody saw."""
    if not task.cancelled():
        task.exception()


def _headers(key: Secret | None, *, stream: bool) -> dict[str, str]:
    headers = {
        "Content-Type": "application/json",
        "Accept": "text/event-stream" if stream else "application/json",
        "Accept-Encoding": "identity",  # a stream that is compressed comes late, and in fits
    }
    return headers | {"Authorization": f"Bearer {key.reveal()}"} if key else headers
