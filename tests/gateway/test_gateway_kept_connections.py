"""Requests that follow one another on a connection: what one of them said is not believed of the next."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from tests.gateway.conftest import Front, RunGateway
from tests.gateway.sockets import connect, read_head, serving


@contextlib.asynccontextmanager
async def talking(base: str) -> AsyncIterator["Talk"]:
    """A connection to the gateway."""
    reader, writer = await connect(base)
    try:
        yield Talk(reader, writer)
    finally:
        writer.close()


class Talk:
    """One connection; `ask` sends a request and returns the head of its answer, without its body."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def ask(self, request: bytes) -> bytes:
        self._writer.write(request)
        return await self.answer()

    async def answer(self) -> bytes:
        async with asyncio.timeout(10):
            head = await read_head(self._reader)
            length = next(
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")
            )
            await self._reader.readexactly(length)
        return head


def get(path: str, *fields: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: platform", *fields, "", ""]).encode()


async def test_a_service_gets_the_fields_of_each_request_and_no_others(front: Front) -> None:
    async with talking(front.base) as talk:
        for fields in (["X-One: 1"], ["X-One: 1"], ["X-Two: 2"], []):
            assert (await talk.ask(get("/api/v1/policies?a", *fields))).startswith(b"HTTP/1.1 200")
        got = [(b"X-One: 1" in head, b"X-Two: 2" in head) for head in front.reached]
        assert got == [(True, False), (True, False), (False, True), (False, False)]


async def test_each_request_has_its_own_id(front: Front) -> None:
    async with talking(front.base) as talk:
        own = await talk.ask(get("/x", "X-Request-ID: chosen-by-client"))
        made = [await talk.ask(get("/x")) for _ in range(2)]
        assert b"X-Request-ID: chosen-by-client\r\n" in own
        ids = {line for head in made for line in head.split(b"\r\n") if line.startswith(b"X-Request-ID")}
        assert len(ids) == 2
        assert not any(b"chosen" in line for line in ids)


async def test_credentials_end_with_their_request(front: Front) -> None:
    async with talking(front.base) as talk:
        refused = await talk.ask(get("/api/v1/policies", "Authorization: Basic YTpi"))
        assert refused.startswith(b"HTTP/1.1 401")
        assert (await talk.ask(get("/api/v1/policies"))).startswith(b"HTTP/1.1 200")
        assert (await talk.ask(get("/api/v1/policies", "Authorization: Basic YTpi"))).startswith(b"HTTP/1.1 401")


async def test_a_good_request_does_not_vouch_for_the_next(front: Front) -> None:
    for bad, status in (
        (get("/x", "Host: other"), b"400"),
        (get("/x", "Expect: miracles"), b"417"),
        (get("/internal/x"), b"404"),
        (get("/x/../y"), b"400"),
        (b"TRACE /x HTTP/1.1\r\nHost: platform\r\n\r\n", b"405"),
        (b"GET /x HTTP/1.0\r\n\r\n", b"200"),
    ):
        async with talking(front.base) as talk:
            assert (await talk.ask(get("/x"))).startswith(b"HTTP/1.1 200")
            assert (await talk.ask(bad)).split(b" ")[1] == status, bad


async def test_pipelined_requests_are_answered_in_their_order(run_gateway: RunGateway) -> None:
    async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await read_head(reader)
            body = head.split(b" ")[1]
            writer.write(b"HTTP/1.1 200 OK\r\nX-Path: %b\r\nContent-Length: 0\r\n\r\n" % body)

    async with serving(echo) as url, run_gateway(web_url=url) as base, talking(base) as talk:
        paths = [f"/page-{number}" for number in range(40)]  # more than aiohttp holds at once
        first = await talk.ask(b"".join(get(path) for path in paths))
        heads = [first, *[await talk.answer() for _ in paths[1:]]]
        assert [f"X-Path: {path}\r\n".encode() in head for path, head in zip(paths, heads, strict=True)] == [True] * 40


async def test_an_address_in_a_trusted_header_is_that_of_each_request(run_gateway: RunGateway) -> None:
    async with (
        run_gateway(
            trusted_proxies=("127.0.0.0/8",), rate_limit_anonymous_per_minute=60, rate_limit_anonymous_burst=2
        ) as base,
        talking(base) as talk,
    ):
        seen = [
            (await talk.ask(get("/nothing", f"X-Forwarded-For: 198.51.100.{last}"))).split(b" ")[1]
            for last in (1, 1, 1, 2, 1)
        ]
        assert seen == [b"503", b"503", b"429", b"503", b"429"]
