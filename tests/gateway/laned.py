"""A connection on which requests take the lane, before a service that a test makes up."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from tests.gateway.conftest import RunGateway
from tests.gateway.copies import figure
from tests.gateway.sockets import connect, read_head, serving
from tests.waiting import until

OK = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nContent-Length: 2\r\n\r\nok"
_WARM = 12
PLENTY = 100_000  # requests a minute, so that quotas are leased many at a time

Reply = Callable[["Call"], Awaitable[None]]


@dataclass
class Call:
    """One request as the service sees it."""

    head: bytes
    number: int
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    @property
    def path(self) -> str:
        return self.head.split(b" ")[1].decode()


def saying(answer: bytes) -> Reply:
    async def reply(call: Call) -> None:
        call.writer.write(answer)

    return reply


SAYING_OK = saying(OK)


@dataclass
class Service:
    """Answers what `reply` says; its health page says that all is well."""

    reply: Reply = SAYING_OK
    calls: list[Call] = field(default_factory=list)
    left: asyncio.Event = field(default_factory=asyncio.Event)
    """A connection was closed."""

    async def reached(self, count: int) -> None:
        """Return when so many requests came."""

        async def has_come() -> bool:
            return len(self.calls) >= count

        await until(has_come)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while True:
                head = await read_head(reader)
                if head.startswith(b"GET /health "):
                    writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"status":"pass"}')
                    continue
                call = Call(head, len(self.calls), reader, writer)
                self.calls.append(call)
                await self.reply(call)
        except (ConnectionError, asyncio.IncompleteReadError):
            self.left.set()
            raise


def get(path: str, *fields: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: platform", *fields, "", ""]).encode()


@dataclass
class Rider:
    """One connection to the gateway, whose requests carry `fields`."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    base: str
    metrics: aiohttp.ClientSession
    fields: tuple[str, ...] = ()

    @contextlib.asynccontextmanager
    async def on_another_connection(self) -> AsyncIterator["Rider"]:
        reader, writer = await connect(self.base)
        try:
            yield Rider(reader, writer, self.base, self.metrics, self.fields)
        finally:
            writer.close()

    def send(self, path: str) -> None:
        self.writer.write(get(path, *self.fields))

    async def ask(self, path: str) -> tuple[bytes, bytes]:
        """Head and body of the answer; the request goes in one piece."""
        self.send(path)
        return await self.answer()

    async def ask_in_pieces(self, path: str) -> tuple[bytes, bytes]:
        """The same in two, which the lane has nothing to do with."""
        request = get(path, *self.fields)
        self.writer.write(request[:9])
        await self.writer.drain()
        await asyncio.sleep(0.02)
        self.writer.write(request[9:])
        return await self.answer()

    async def answer(self) -> tuple[bytes, bytes]:
        async with asyncio.timeout(10):
            head = await read_head(self.reader)
            found = re.search(rb"(?i)content-length: (\d+)", head)
            if found:
                return head, await self.reader.readexactly(int(found[1]))
            if b"chunked" not in head.lower():
                return head, b""
            body = b""
            while size := int(await self.reader.readline(), 16):
                body += (await self.reader.readexactly(size + 2))[:-2]
            await self.reader.readline()
            return head, body

    async def taken(self, outcome: str) -> float:
        """How many requests took the lane with that outcome."""
        return await figure(self.metrics, "gateway_lane_requests_total", outcome=outcome)

    async def warm_up(self, path: str, *, outcome: str = "passed", times: int = _WARM) -> None:
        """Ask until the lane is taken: at first so often that quotas are leased some at a time, and the next requests
        take it, too."""
        enough = times + await self.taken(outcome)
        async with asyncio.timeout(10):
            while await self.taken(outcome) < enough:
                for _ in range(times + 1):
                    await self.ask(path)


@contextlib.asynccontextmanager
async def riding(
    run_gateway: RunGateway, redis_url: str, *services: Service, fields: tuple[str, ...] = (), **settings: Any
) -> AsyncIterator[Rider]:
    """A connection to a gateway before copies of a service."""
    async with AsyncExitStack() as stack:
        urls = [await stack.enter_async_context(serving(service.serve)) for service in services]
        addresses = ",".join(urls)
        limits = {
            f"rate_limit_{who}_{what}": PLENTY for who in ("anonymous", "account") for what in ("per_minute", "burst")
        }
        services_at = {f"{name}_url": addresses for name in ("auth", "policy", "web")}
        given = {**services_at, "redis_url": redis_url, "redis_seconds": 10, **limits, **settings}
        base = await stack.enter_async_context(run_gateway(**given))
        metrics = await stack.enter_async_context(aiohttp.ClientSession(base))
        reader, writer = await connect(base)
        stack.callback(writer.close)
        yield Rider(reader, writer, base, metrics, fields)
