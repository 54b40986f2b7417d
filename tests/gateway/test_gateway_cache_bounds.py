"""How much is kept: bytes in all, bytes of one body, answers at one address; and nothing that is not whole."""

import asyncio

import pytest
from aiohttp import web

from services.gateway.cache.entry import Entry, kept
from services.gateway.cache.figures import Figures
from services.gateway.cache.keeping import facts_of
from services.gateway.cache.shelf import Shelf
from tests.gateway.cached import cached
from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import ask, read_head, serving

HEADERS = [(b"Cache-Control", b"max-age=3600"), (b"Vary", b"foo")]
HOUR = {"Cache-Control": "max-age=3600"}


def entry(key: str, size: int, variant: str = "") -> Entry:
    facts = facts_of(200, HEADERS, 0.0, 0.0)
    return kept(key, (variant,), 200, HEADERS, b"x" * size, facts, now=0.0, confirmed_at=0.0)


def test_memory_is_bounded_and_what_is_used_stays() -> None:
    figures = Figures()
    shelf = Shelf(100_000, figures)
    often = entry("often", 5000)
    shelf.put(often, (b"foo",))
    for number in range(200):
        often.was_used = True
        shelf.put(entry(f"once {number}", 5000), (b"foo",))
        assert figures.bytes <= 100_000
    place = shelf.at("often")
    assert place is not None
    assert place.entries == {("",): often}
    assert figures.evictions == 201 - figures.entries
    assert figures.entries > 10


def test_what_is_forgotten_is_not_counted_any_more() -> None:
    figures = Figures()
    shelf = Shelf(10**9, figures)
    for number in range(10):
        shelf.put(entry("a", 1000, str(number)), (b"foo",))
        shelf.put(entry("a", 2000, str(number)), (b"foo",))
    assert figures.entries == 10
    shelf.drop_all_at("a")
    assert (figures.bytes, figures.entries, shelf.at("a")) == (0, 0, None)


def test_another_vary_does_away_with_what_was_kept_by_the_former() -> None:
    shelf = Shelf(10**9, Figures())
    shelf.put(entry("a", 10, "1"), (b"foo",))
    shelf.put(entry("a", 10, "2"), (b"bar",))
    place = shelf.at("a")
    assert place is not None
    assert list(place.entries) == [("2",)]


def test_one_address_does_not_take_everything() -> None:
    figures = Figures()
    shelf = Shelf(10**9, figures)
    for number in range(1000):
        shelf.put(entry("a", 10, str(number)), (b"foo",))
    assert figures.entries == 64


@pytest.mark.parametrize("is_chunked", [False, True])
@pytest.mark.parametrize(("size", "is_kept"), [(90_000, True), (2_000_000, False)])
async def test_large_bodies(run_gateway: RunGateway, size: int, is_kept: bool, is_chunked: bool) -> None:
    body = bytes(range(256)) * (size // 256)
    asked = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal asked
        asked += 1
        response = web.StreamResponse(headers=HOUR)
        if not is_chunked:
            response.content_length = len(body)
        await response.prepare(request)
        for start in range(0, len(body), 65_536):
            await response.write(body[start : start + 65_536])
        return response

    async with cached(run_gateway, cache_largest_bytes=100_000) as reader:
        reader.service.handler = answer
        for _ in range(2):
            async with reader.session.get(reader.base) as response:
                assert await response.read() == body
        assert asked == (1 if is_kept else 2)


async def test_what_broke_off_is_not_kept_and_not_sent(run_gateway: RunGateway) -> None:
    asked = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal asked
        while not (await read_head(reader)).startswith(b"GET /page "):
            writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 17\r\n\r\n{"status":"pass"}')
        asked += 1
        whole = b"x" * 100_000
        head = b"HTTP/1.1 200 OK\r\nCache-Control: max-age=60\r\nContent-Length: 100000\r\n\r\n"
        writer.write(head + (whole[:70_000] if asked == 1 else whole))
        await writer.drain()

    request = b"GET /page HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"
    async with serving(handle) as web_url, run_gateway(web_url=web_url) as base:
        assert (await ask(base, request)).startswith(b"HTTP/1.1 502 ")
        assert (await ask(base, request)).endswith(b"\r\n\r\n" + b"x" * 100_000)


async def test_http_1_0_and_closing_clients_are_answered_from_memory_too(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, ("Cache-Control", "max-age=3600")) as reader:
        host = reader.base.partition("//")[2].encode()
        await reader.ask()
        old = await ask(reader.base, b"GET /page HTTP/1.0\r\nHost: %b\r\n\r\n" % host)
        assert old.startswith(b"HTTP/1.0 200 ")
        assert old.endswith(b"\r\n\r\nanswer 1")
        last = await ask(reader.base, b"GET /page HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host)
        assert b"\r\nConnection: close\r\n" in last
        assert last.endswith(b"\r\n\r\nanswer 1")
        assert len(reader.service.seen) == 1


async def test_compressed_forms_are_made_once_and_counted(run_gateway: RunGateway) -> None:
    async def text(request: web.Request) -> web.Response:
        return web.Response(text="policy " * 1000, headers={**HOUR, "ETag": '"a"'})

    async with cached(run_gateway) as reader:
        reader.service.handler = text
        seen = {}
        for coding in ("gzip", "br", "identity", "gzip"):
            async with reader.session.get(reader.base, headers={"Accept-Encoding": coding}) as response:
                assert await response.text() == "policy " * 1000
                assert "Accept-Encoding" in response.headers["Vary"]
                seen[coding] = (response.headers.get("Content-Encoding"), response.headers["ETag"])
        assert seen == {"gzip": ("gzip", 'W/"a"'), "br": ("br", 'W/"a"'), "identity": (None, '"a"')}
        assert len(reader.service.seen) == 1
