"""One connection to a service, which carries one exchange at a time; the answer is parsed as it arrives."""

import asyncio
from collections.abc import Callable
from typing import Any

import httptools

from services.gateway.upstreams.incoming import SWITCHED, Incoming

_JOINED_BYTES = 65536


class ConnectionBroke(Exception):
    """The service closed the connection, or answered what is not HTTP."""

    def __init__(self, reason: str, *, untouched: bool = False) -> None:
        super().__init__(reason)
        self.untouched = untouched
        """Nothing of an answer had arrived."""


class Connection(Incoming, asyncio.Protocol):
    """A connection that is open. `on_lost` is called once, when it is not any more."""

    def __init__(self, on_lost: Callable[["Connection"], None]) -> None:
        super().__init__()
        self._on_lost = on_lost
        self._loop = asyncio.get_running_loop()  # asking for it costs a system call
        self._transport: Any = None
        self._waiter: asyncio.Future[None] | None = None
        self._listener: Callable[[], None] | None = None
        self._writable: asyncio.Future[None] | None = None
        self._may_write = True
        self._reading = True
        self._is_asked = False
        self._failure = ""
        self.deadline = 0.0
        """When the exchange under way is given up, in the loop's time; 0: never."""
        self.timed_out = False
        self.served = 0
        """Exchanges that were completed."""

    # What the proxy does with it.

    def start(self, head: bytes, *, is_head: bool = False, may_switch: bool = False) -> None:
        """Send a request's head; its body, if it has one, follows through `write`. With `may_switch` the service may
        answer 101, after which bytes pass both ways until one side closes."""
        self._forget()
        self._is_head = is_head
        self._may_switch = may_switch
        self._until_close = False
        self._failure = ""
        self.timed_out = False
        self._parser = None  # made when it is needed
        self._is_asked = True
        self._transport.write(head)

    async def write(self, data: bytes) -> None:
        """Send more of the request, as fast as the service takes it. What a lost connection is given is dropped."""
        if self._transport is None:
            return
        self._transport.write(data)
        if not self._may_write:
            self._writable = self._loop.create_future()
            await self._writable

    def listen(self, listener: Callable[[], None] | None) -> None:
        """Have `listener` called, once, as soon as `answered` would have something to say; None: nobody any more."""
        self._listener = listener

    async def answered(self) -> None:
        """Return when the head is here; with a short body, when all of it is. Raises ConnectionBroke."""
        while not self._is_answered:
            if self._failure or self._transport is None:
                raise ConnectionBroke(self._failure or "closed", untouched=not self._header_bytes and not self.status)
            await self._wait()

    async def read(self) -> bytes:
        """What arrived of the body since the last time; empty at its end. Raises ConnectionBroke."""
        while not self._chunks:
            if self.complete:
                return b""
            if self._failure or self._transport is None:
                raise ConnectionBroke(self._failure or "closed within the answer")
            await self._wait()
        if self.buffered <= _JOINED_BYTES:
            data = self._chunks[0] if len(self._chunks) == 1 else b"".join(self._chunks)
            self._chunks.clear()
        else:
            data = self._chunks.pop(0)  # joining long parts would cost more than sending them one by one
        self.buffered -= len(data)
        if not self._reading and self._transport is not None and not self.is_full:
            self._reading = True
            self._transport.resume_reading()
        return data

    @property
    def is_open(self) -> bool:
        """Whether it can carry a further exchange as far as we know."""
        return self._transport is not None and self.is_reusable and not self._failure

    def finish(self) -> bool:
        """The exchange is over; whether another may follow on this connection."""
        self.deadline = 0.0
        self._parser = None
        self.whole = None  # a kept connection must not hold what it carried
        self._is_asked = False
        self.served += 1
        if self.complete and self.is_open and self._reading:
            return True
        self.abort()
        return False

    def abort(self) -> None:
        """Close at once."""
        if self._transport is not None:
            self._transport.abort()

    def give_up(self) -> None:
        """The deadline is over."""
        self.timed_out = True
        self._fail("no answer in time")
        self.abort()
        self._tell()

    async def _wait(self) -> None:
        self._waiter = self._loop.create_future()
        try:
            await self._waiter
        finally:
            self._waiter = None

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)

    def _hold_back(self) -> None:
        if self._reading and self._transport is not None:
            self._reading = False
            self._transport.pause_reading()

    def _tell(self) -> None:
        """Call who listens. Not while the parser is at work: whoever is called may begin another exchange."""
        listener = self._listener
        if listener is not None and (self._is_answered or self._failure):
            self._listener = None
            listener()

    def _fail(self, reason: str) -> None:
        self._failure = self._failure or reason
        self._wake()
        self.resume_writing()

    # What the loop says.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """It is open."""
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        """Parse what arrived. Anything that nobody asked for ends the connection."""
        if not self._is_asked or self.complete:
            self.is_reusable = False
            self.abort()
            return
        parser = self._parser
        if parser is None:
            if self._take_at_once(data):
                if self._listener is not None:
                    self._tell()
                return
            parser = self._parser = httptools.HttpResponseParser(self)
        if self.status == SWITCHED:
            self.on_body(data)
            return
        if self._head_done and self._left > 0:
            if not self._take_body(data):
                self.is_reusable = False
                self.abort()
            if self._listener is not None:
                self._tell()
            return
        try:
            parser.feed_data(data)
        except httptools.HttpParserUpgrade as switched:
            self.is_reusable = False
            rest = data[switched.args[0] :]
            if rest:
                self.on_body(rest)
        except httptools.HttpParserError as error:
            self.is_reusable = False
            if not self.complete:  # what follows a complete answer is no part of it
                self._fail(f"not HTTP: {type(error).__name__}")
            self.abort()
        if self._listener is not None:
            self._tell()

    def connection_lost(self, exc: Exception | None) -> None:
        """It is closed: the end of an answer without a length, or the end too early."""
        self._transport = None
        if self._until_close and exc is None and not self._failure:
            self.complete = True
        self._fail("closed" if exc is None else type(exc).__name__)
        self._on_lost(self)
        self._tell()

    def pause_writing(self) -> None:
        """The service does not take the request as fast as it comes."""
        self._may_write = False

    def resume_writing(self) -> None:
        """It does again."""
        self._may_write = True
        if self._writable is not None and not self._writable.done():
            self._writable.set_result(None)
