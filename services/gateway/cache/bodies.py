"""Reading an answer's body to its end before it is sent, as far as it is short enough to be kept."""

import contextlib
from collections.abc import AsyncIterator

from services.gateway.upstreams.upstream import UpstreamResponse

_MOST_UNDER_WAY = 8 * 2**20
"""Bytes that answers may hold which are being read; what comes beyond that passes without being kept."""


class Opened:
    """An answer that turned out too long: what was read of it, then the rest as it comes."""

    __slots__ = ("_answer", "_read", "_rest", "headers", "length", "status", "switched", "whole")

    def __init__(self, answer: UpstreamResponse, read: list[bytes], rest: AsyncIterator[bytes]) -> None:
        self._answer = answer
        self._read = read
        self._rest = rest
        self.status = answer.status
        self.headers = answer.headers
        self.length = answer.length
        self.whole: bytes | None = None
        self.switched = None

    async def chunks(self) -> AsyncIterator[bytes]:
        """The whole body."""
        for chunk in self._read:
            yield chunk
        self._read.clear()
        async for chunk in self._rest:
            yield chunk

    def close(self) -> None:
        """Close the answer itself."""
        self._answer.close()


class BodyReader:
    """Reads bodies, and bounds what all of them together hold."""

    def __init__(self, largest: int) -> None:
        self._largest = largest
        self._under_way = 0

    async def read(self, answer: UpstreamResponse) -> "bytes | Opened | None":
        """The body, if it is short enough; else the answer to be sent instead, or None when nothing was read yet.

        Raises UpstreamBroke.
        """
        if answer.whole is not None:
            return answer.whole if len(answer.whole) <= self._largest else None
        needed = self._largest if answer.length is None else answer.length
        if needed > self._largest or self._under_way + needed > _MOST_UNDER_WAY:
            return None
        self._under_way += needed
        try:
            return await self._read(answer)
        finally:
            self._under_way -= needed

    async def _read(self, answer: UpstreamResponse) -> bytes | Opened:
        parts: list[bytes] = []
        size = 0
        chunks = answer.chunks()
        is_complete = False
        try:
            async for chunk in chunks:
                parts.append(chunk)
                size += len(chunk)
                if size > self._largest:
                    is_complete = True  # not ours to close any more
                    return Opened(answer, parts, chunks)
            return b"".join(parts)
        finally:
            if not is_complete and hasattr(chunks, "aclose"):
                with contextlib.suppress(RuntimeError):
                    await chunks.aclose()
