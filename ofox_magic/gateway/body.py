"""The bytes of an answer, unpacked within bounds."""

import asyncio
import zlib
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

from ofox_magic.errors import ProtocolError
from ofox_magic.untrusted import one_line

if TYPE_CHECKING:
    from httpx import Response

_BOMB_RATIO, _BOMB_FROM = 1000, 1 << 20
_PIECE = 64 << 10
_ZLIB_OR_GZIP = zlib.MAX_WBITS | 32


async def decoded(response: "Response") -> AsyncIterator[bytes]:
    """
    Yield the body's bytes. Raises ProtocolError for compression that was not asked for and is out of proportion.

    Unpacked here in small pieces, since httpx unpacks all that a read brought at once, and is silent where a packed
    body is cut. Between two pieces the loop runs, so that deadlines strike.
    """
    encoding = response.headers.get("content-encoding", "").strip().lower()
    if encoding in ("", "identity"):
        async for chunk in response.aiter_raw():
            yield chunk
        return
    if encoding not in ("gzip", "x-gzip", "deflate"):  # others, and layers of them, expand without a bound
        raise ProtocolError(f"expected an answer that is not compressed, got one in {one_line(encoding, 40)!r}")
    unpacker = zlib.decompressobj(_ZLIB_OR_GZIP)
    taken = size = 0  # since the last look: over all, what came before a bomb would hide it for long
    async for packed in response.aiter_raw():
        while packed:
            piece = unpacker.decompress(packed, _PIECE)
            taken += len(packed) - len(unpacker.unconsumed_tail)
            packed = unpacker.unconsumed_tail  # noqa: PLW2901 - what is left of it
            size += len(piece)
            if size > _BOMB_FROM:
                if size > _BOMB_RATIO * taken:
                    raise ProtocolError("the answer grows more than a thousandfold when unpacked; stopped reading")
                taken = size = 0
            yield piece
            await asyncio.sleep(0)


async def whole(response: "Response", largest: int) -> bytes:
    """Return the body. Raises ProtocolError where it is larger than *largest* bytes."""
    body = bytearray()
    async for chunk in decoded(response):
        body += chunk
        if len(body) > largest:
            raise ProtocolError(f"expected a body of at most {largest:,} bytes; stopped reading there")
    return bytes(body)
