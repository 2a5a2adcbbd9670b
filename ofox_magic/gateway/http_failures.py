"""Why a try over HTTP failed, in our own errors. No cause is kept: it holds the request, and that holds the key."""

import asyncio
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import urlsplit

import httpx

from ofox_magic.errors import ConfigError, GatewayError, OfoxError, ProtocolError, TransportError
from ofox_magic.gateway import failures, retry
from ofox_magic.gateway.body import decoded
from ofox_magic.untrusted import one_line

BROKEN = (httpx.HTTPError, httpx.InvalidURL, httpx.StreamError, OSError, zlib.error)
"""What a request can raise that is not ours."""
_ERROR_BODY = 64 << 10
_REASON_PATIENCE = 2.0  # seconds that the body of a refusal may take


@dataclass(frozen=True)
class Failure:
    """Why a try failed. *status* is None where no answer's headers came; *final*: another try cannot mend it."""

    error: OfoxError
    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    final: bool = False

    @property
    def worth_retrying(self) -> bool:
        """Whether another try may mend it."""
        code = self.error.code if isinstance(self.error, GatewayError) else None
        return not self.final and retry.worth_retrying(self.status, self.headers, code)

    @property
    def names_stream_options(self) -> bool:
        """Whether the gateway refused the request for its `stream_options`."""
        return self.status == httpx.codes.BAD_REQUEST and "stream_options" in str(self.error)


async def refused(response: httpx.Response) -> Failure:
    """Return the failure that an answer other than 2xx is, with the reason that its body gives."""
    if response.is_redirect:
        host = urlsplit(response.headers.get("location", "")).hostname or "another place"
        return Failure(
            ProtocolError(
                f"the gateway answered with a redirect to {one_line(host, 80)}, which is not followed, since the key "
                f"would go along: set OFOX_BASE_URL to the right address"
            ),
            response.status_code,
            final=True,
        )
    body = bytearray()
    with suppress(
        httpx.HTTPError, TimeoutError, ProtocolError, zlib.error
    ):  # what came of the reason is better than none
        async with asyncio.timeout(_REASON_PATIENCE):
            async for chunk in decoded(response):
                body += chunk
                if len(body) > _ERROR_BODY:
                    break
    return refusal(response, bytes(body))


def refusal(response: httpx.Response, body: bytes = b"") -> Failure:
    """Return the failure that an answer other than 2xx is; *body* is what came of its reason."""
    status, headers = response.status_code, {name.lower(): value for name, value in response.headers.items()}
    return Failure(failures.refusal(status, headers, body, now=datetime.now(UTC)), status, headers)


def mapped(error: Exception, base_url: str) -> OfoxError:
    """Return our error for one of httpx."""
    host = urlsplit(base_url).netloc
    reason = _reason(error)
    if isinstance(error, httpx.ConnectTimeout):
        return TransportError(f"could not connect to {host} in time (OFOX_CONNECT_TIMEOUT)", deadline="connect")
    if isinstance(error, httpx.ProxyError):
        return TransportError(f"could not connect to {host} through the proxy{reason}")
    if isinstance(error, httpx.ConnectError):
        return TransportError(f"could not connect to {host}{reason}. Is the network up, and OFOX_BASE_URL right?")
    if isinstance(error, zlib.error):
        return ProtocolError("expected an answer that is not compressed, got one whose compression is broken")
    if isinstance(error, httpx.InvalidURL | httpx.UnsupportedProtocol):
        return ConfigError(f"OFOX_BASE_URL is no address that can be used{reason}")
    return TransportError(f"the connection to {host} was lost{reason}. Try again")


def _reason(error: Exception) -> str:
    """What an error says, as the end of a sentence; nothing where it says nothing, or shows bytes as Python does."""
    said = one_line(str(error), 160)
    if isinstance(error, httpx.RemoteProtocolError) and ("bytearray" in said or "b'" in said):
        return ": what came is not HTTP"
    return f": {said}" if said else ""
