"""One connection of the independent client, which trusts nothing that it is sent."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import httptools


class Wire(asyncio.Protocol):
    """One connection; `exchange` says what went wrong, and nothing when the answer is whole."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._parser: Any = None
        self._waiter: asyncio.Future[None] | None = None
        self._failure = ""
        self.status = 0
        self.headers: dict[str, str] = {}
        self.body = b""
        self._complete = False
        self._keep_alive = False
        self._is_head = False
        self._until_close = False

    @property
    def spoke_unasked(self) -> bool:
        """Whether more than the answers came: a second head, for one."""
        return self._failure in ("second head", "more than an answer")

    @property
    def is_open(self) -> bool:
        """Whether it can carry a request, as far as this side knows."""
        return self._transport is not None and not self._transport.is_closing() and not self._failure

    @property
    def may_be_kept(self) -> bool:
        """Whether it may carry another request."""
        return self.is_open and self._complete and self._keep_alive

    async def exchange(self, request: bytes, *, is_head: bool) -> str:
        """Send a request and wait for its answer; see steady_client.Outcome for what may have gone wrong."""
        self.status, self.headers, self.body = 0, {}, b""
        self._complete, self._keep_alive, self._until_close, self._failure = False, False, False, ""
        self._is_head = is_head
        self._parser = httptools.HttpResponseParser(self)
        if self._transport is None:
            return "closed"
        self._transport.write(request)
        self._waiter = asyncio.get_running_loop().create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None
            if not self._complete:
                self.close()
        return self._failure

    def close(self) -> None:
        """Close it; at once, when an answer is under way."""
        if self._transport is not None:
            self._transport.abort() if not self._complete else self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # uvloop's does not derive from it

    def data_received(self, data: bytes) -> None:
        if self._complete or self._parser is None:
            self._end("second head" if b"HTTP/1." in data else "more than an answer")
            return
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._end("second head" if self._complete else "not HTTP")

    def connection_lost(self, exc: Exception | None) -> None:
        self._transport = None
        if self._complete:
            return
        if self._until_close and exc is None:
            self._complete = True
            self._end("")
        elif self.status:
            self._end("cut")
        else:
            self._end("closed" if exc is None else "reset")

    def _end(self, failure: str) -> None:
        self._failure = self._failure or failure
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self.status and not self._complete:
            self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_message_begin(self) -> None:
        if self._complete:
            self._end("second head")

    def on_headers_complete(self) -> None:
        if self._complete:
            return
        status = self._parser.get_status_code()
        if status < 200:
            self.headers = {}
            return
        self.status = status
        self._keep_alive = self._parser.should_keep_alive()
        sized = {"content-length", "transfer-encoding"} & self.headers.keys()
        self._until_close = not sized and status not in (204, 304) and not self._is_head
        if self._is_head:
            self._complete = True
            self._end("")

    def on_body(self, data: bytes) -> None:
        if not self._complete:
            self.body += data

    def on_message_complete(self) -> None:
        if self.status:
            self._complete = True
            self._end("")
