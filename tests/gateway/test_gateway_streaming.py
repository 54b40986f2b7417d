"""Bodies pass in both directions as they come: undecoded, unbuffered, and no faster than they are read."""

import asyncio
import gzip
import io
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import ask, connect, read_all, read_head, serving
from tests.serving import running


async def test_a_compressed_answer_passes_undecoded(run_gateway: RunGateway) -> None:
    packed = gzip.compress(b"policy " * 1000)

    async def answer(request: web.Request) -> web.Response:
        return web.Response(body=packed, headers={"Content-Encoding": "gzip", "Content-Type": "text/plain"})

    async with (
        running(_app(answer)) as web_url,
        run_gateway(web_url=web_url) as base,
        aiohttp.ClientSession(auto_decompress=False) as client,
        client.get(base) as response,
    ):
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Content-Length"] == str(len(packed))
        assert await response.read() == packed


@pytest.mark.parametrize("coding", ["gzip", "br", "nonsense"])
async def test_a_compressed_request_is_refused_before_a_service_sees_it(run_gateway: RunGateway, coding: str) -> None:
    seen = []

    async def answer(request: web.Request) -> web.Response:
        seen.append(await request.read())
        return web.Response()

    async with (
        running(_app(answer)) as web_url,
        run_gateway(web_url=web_url) as base,
        aiohttp.ClientSession() as client,
    ):
        async with client.post(base, data=b"draft", headers={"Content-Encoding": coding}) as response:
            assert (response.status, response.content_type) == (415, "application/problem+json")
        assert not seen
        async with client.post(base, data=b"draft", headers={"Content-Encoding": "identity"}) as response:
            assert response.status == 200
        assert seen == [b"draft"]


async def test_a_redirect_is_the_clients_to_follow(run_gateway: RunGateway) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/elsewhere"})

    async with (
        running(_app(answer)) as web_url,
        run_gateway(web_url=web_url) as base,
        aiohttp.ClientSession() as client,
        client.get(base, allow_redirects=False) as response,
    ):
        assert (response.status, response.headers["Location"]) == (302, "/elsewhere")


async def test_a_cookie_stays_with_the_client_that_got_it(run_gateway: RunGateway) -> None:
    async def answer(request: web.Request) -> web.Response:
        response = web.Response(text=request.headers.get("Cookie", "none"))
        response.headers.add("Set-Cookie", "sid=of-the-first; Path=/")
        response.headers.add("Set-Cookie", "theme=dark; Path=/")
        return response

    async with running(_app(answer)) as web_url, run_gateway(web_url=web_url) as base:
        for _ in range(2):
            jar = aiohttp.DummyCookieJar()
            async with aiohttp.ClientSession(cookie_jar=jar) as client, client.get(base) as response:
                assert await response.text() == "none"
                assert len(response.headers.getall("Set-Cookie")) == 2


async def test_events_arrive_one_by_one(run_gateway: RunGateway) -> None:
    more = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        await response.write(b"data: 1\n\n")
        await more.wait()
        await response.write(b"data: 2\n\n")
        return response

    async with (
        running(_app(answer)) as web_url,
        run_gateway(web_url=web_url) as base,
        aiohttp.ClientSession() as client,
        asyncio.timeout(5),
        client.get(base) as response,
    ):
        assert await response.content.readany() == b"data: 1\n\n"
        more.set()
        assert await response.content.readany() == b"data: 2\n\n"


async def test_an_upload_arrives_as_it_is_sent(run_gateway: RunGateway) -> None:
    first_seen = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        first = await request.content.readany()
        first_seen.set()
        return web.Response(body=first + b"|" + await request.content.read())

    async def upload() -> AsyncIterator[bytes]:
        yield b"first"
        await first_seen.wait()
        yield b"second"

    async with (
        running(_app(answer)) as web_url,
        run_gateway(web_url=web_url) as base,
        aiohttp.ClientSession() as client,
        asyncio.timeout(5),
        client.post(base, data=upload()) as response,
    ):
        assert await response.read() == b"first|second"


async def test_a_large_body_makes_the_trip_both_ways(run_gateway: RunGateway) -> None:
    body = bytes(range(256)) * 40_000  # 10 MB

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        async for chunk in request.content.iter_any():
            await response.write(chunk)
        return response

    async with (
        running(_app(answer)) as web_url,
        run_gateway(web_url=web_url) as base,
        aiohttp.ClientSession() as client,
        client.put(base, data=io.BytesIO(body)) as response,
    ):
        assert await response.read() == body


async def test_a_slow_reader_slows_the_service_down(run_gateway: RunGateway) -> None:
    sent = 0

    async def answer(request: web.Request) -> web.StreamResponse:
        nonlocal sent
        response = web.StreamResponse()
        await response.prepare(request)
        for _ in range(2000):
            await response.write(b"x" * 65536)
            sent += 65536
        return response

    async with running(_app(answer)) as web_url, run_gateway(web_url=web_url, client_idle_seconds=0.7) as base:
        reader, writer = await connect(base)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await read_head(reader)
        await asyncio.sleep(0.5)  # well before the gateway gives up
        held = sent
        await asyncio.sleep(0.1)
        assert sent == held, "the service must be waiting"
        assert held < 60_000_000, "most of the body must not be on its way"
        await asyncio.sleep(1.0)
        received = await read_all(reader)
        assert len(received) < 2000 * 65536, "a client that does not read is cut off"
        writer.close()


async def test_answers_without_a_body(run_gateway: RunGateway) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while True:
            head = await read_head(reader)
            if head.startswith(b"HEAD"):
                writer.write(b'HTTP/1.1 200 OK\r\nContent-Length: 12345\r\nETag: "a"\r\n\r\n')
            elif b"/204" in head:
                writer.write(b"HTTP/1.1 204 No Content\r\n\r\n")
            else:
                writer.write(b'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n')

    async with serving(handle) as web_url, run_gateway(web_url=web_url) as base:
        together = b"".join(
            b"%b HTTP/1.1\r\nHost: a\r\n%b\r\n" % (line, b"Connection: close\r\n" if i == 2 else b"")
            for i, line in enumerate((b"HEAD /", b"GET /204", b"GET /304"))
        )
        received = await ask(base, together)
    heads = received.split(b"\r\n\r\n")
    assert [head.split(b" ")[1] for head in heads[:3]] == [b"200", b"204", b"304"]
    assert heads[3] == b"", "no body anywhere"
    assert b"Content-Length: 12345" in heads[0]
    assert b"Transfer-Encoding" not in received


async def test_http_1_0_gets_no_chunks(run_gateway: RunGateway) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        await response.write(b"one")
        await response.write(b"two")
        return response

    async with running(_app(answer)) as web_url, run_gateway(web_url=web_url) as base:
        received = await ask(base, b"GET / HTTP/1.0\r\n\r\n")
    assert received.startswith(b"HTTP/1.0 200")
    assert received.endswith(b"\r\n\r\nonetwo")


def _app(handler: object) -> web.Application:
    async def health(request: web.Request) -> web.Response:
        return web.json_response({"status": "pass"})

    app = web.Application(client_max_size=10**9)
    app.router.add_get("/health", health)
    app.router.add_route("*", "/{tail:.*}", handler)  # type: ignore[arg-type]  # any coroutine of a request will do
    return app
