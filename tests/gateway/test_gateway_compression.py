"""Texts travel compressed to who accepts it, and what only its reader may see does not."""

import asyncio
import gzip
from collections.abc import AsyncIterator, Callable

import aiohttp
import brotli
import pytest
import zstandard
from aiohttp import web

from services.gateway.client.compression import accepted
from tests.gateway.conftest import RunGateway
from tests.serving import running

TEXT = b'{"provision": "' + b"No person shall publish law that others cannot read. " * 400 + b'"}'
LONG = TEXT * 30  # more than goes in one piece
PUBLIC = {"Content-Type": "application/json; charset=utf-8", "Cache-Control": "public, max-age=60", "ETag": '"abc"'}
DECODERS: dict[str, Callable[[bytes], bytes]] = {
    "gzip": gzip.decompress,
    "br": brotli.decompress,
    "zstd": lambda data: zstandard.ZstdDecompressor().decompressobj().decompress(data),
}


def _app(body: bytes = TEXT, headers: dict[str, str] = PUBLIC, status: int = 200) -> web.Application:
    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=body, headers=headers, status=status)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    return app


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(auto_decompress=False) as session:
        yield session


@pytest.mark.parametrize("body", [TEXT, LONG], ids=["in one piece", "as a stream"])
@pytest.mark.parametrize("name", DECODERS)
async def test_a_text_is_sent_in_the_coding_that_is_accepted(
    run_gateway: RunGateway, client: aiohttp.ClientSession, name: str, body: bytes
) -> None:
    async with (
        running(_app(body)) as url,
        run_gateway(web_url=url) as base,
        client.get(base, headers={"Accept-Encoding": name}) as response,
    ):
        packed = await response.read()
        assert response.headers["Content-Encoding"] == name
        assert response.headers["Vary"] == "Accept-Encoding"
        assert response.headers["ETag"] == 'W/"abc"', "equal in meaning, not byte by byte"
        assert response.headers.get("Content-Length", str(len(packed))) == str(len(packed))
        assert DECODERS[name](packed) == body
        assert len(packed) < len(body) / 10


@pytest.mark.parametrize("body", [TEXT, LONG], ids=["in one piece", "as a stream"])
async def test_who_accepts_no_coding_is_sent_the_text_itself(
    run_gateway: RunGateway, client: aiohttp.ClientSession, body: bytes
) -> None:
    async with (
        running(_app(body)) as url,
        run_gateway(web_url=url) as base,
        client.get(base, headers={"Accept-Encoding": "identity"}) as response,
    ):
        assert "Content-Encoding" not in response.headers
        assert (response.headers["Vary"], response.headers["ETag"]) == ("Accept-Encoding", '"abc"')
        assert await response.read() == body


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param(PUBLIC | {"Content-Type": "image/png"}, id="pictures are compressed already"),
        pytest.param(PUBLIC | {"Content-Type": "text/event-stream"}, id="events must not wait"),
        pytest.param(PUBLIC | {"Cache-Control": "public, no-transform"}, id="the service forbids it"),
        pytest.param(PUBLIC | {"Set-Cookie": "a=b"}, id="it holds a secret"),
        pytest.param({"Cache-Control": "public"}, id="nobody says what it is"),
    ],
)
async def test_what_must_not_be_compressed_is_not(
    run_gateway: RunGateway, client: aiohttp.ClientSession, headers: dict[str, str]
) -> None:
    async with (
        running(_app(TEXT, headers)) as url,
        run_gateway(web_url=url) as base,
        client.get(base, headers={"Accept-Encoding": "gzip, br, zstd"}) as response,
    ):
        assert "Content-Encoding" not in response.headers
        assert await response.read() == TEXT


@pytest.mark.parametrize("credentials", [{"Cookie": "session=secret"}, {"Authorization": "Bearer x"}])
@pytest.mark.parametrize(("caching", "is_coded"), [("private, no-store", False), ("public, max-age=60", True)])
async def test_a_private_answer_keeps_its_length_and_its_etag(
    run_gateway: RunGateway,
    client: aiohttp.ClientSession,
    credentials: dict[str, str],
    caching: str,
    is_coded: bool,
) -> None:
    headers = {"Accept-Encoding": "gzip", **credentials}
    async with (
        running(_app(TEXT, PUBLIC | {"Cache-Control": caching})) as url,
        run_gateway(web_url=url) as base,
        client.get(base, headers=headers) as response,
    ):
        assert ("Content-Encoding" in response.headers) == is_coded
        assert response.headers["ETag"] == ('W/"abc"' if is_coded else '"abc"')


async def test_a_short_answer_is_left_alone(run_gateway: RunGateway, client: aiohttp.ClientSession) -> None:
    async with (
        running(_app(b"{}" + b" " * 800)) as url,
        run_gateway(web_url=url) as base,
        client.get(base, headers={"Accept-Encoding": "gzip"}) as response,
    ):
        assert "Content-Encoding" not in response.headers


async def test_head_tells_what_get_would(run_gateway: RunGateway, client: aiohttp.ClientSession) -> None:
    async with running(_app()) as url, run_gateway(web_url=url) as base:
        asked = {"Accept-Encoding": "br"}
        async with client.head(base, headers=asked) as head, client.get(base, headers=asked) as get:
            for name in ("Content-Encoding", "ETag", "Vary", "Content-Type"):
                assert head.headers[name] == get.headers[name]
            assert "Content-Length" not in head.headers
            assert await head.read() == b""


async def test_a_part_of_a_stream_is_readable_when_it_was_sent(
    run_gateway: RunGateway, client: aiohttp.ClientSession
) -> None:
    go_on = asyncio.Event()

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        await response.prepare(request)
        await response.write(b'{"line": 1}\n')
        await go_on.wait()
        await response.write(b'{"line": 2}\n')
        return response

    app = web.Application()
    app.router.add_get("/", answer)
    decoder = zstandard.ZstdDecompressor().decompressobj()
    async with (
        running(app) as url,
        run_gateway(web_url=url) as base,
        client.get(base, headers={"Accept-Encoding": "zstd"}) as response,
    ):
        assert response.headers["Content-Encoding"] == "zstd"
        seen = b""
        async with asyncio.timeout(10):
            while seen != b'{"line": 1}\n':
                seen += decoder.decompress(await response.content.readany())
        go_on.set()
        rest = await response.read()
        assert decoder.decompress(rest) == b'{"line": 2}\n'


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("gzip, deflate, br, zstd", "zstd"),
        ("gzip, deflate, br", "br"),
        ("gzip", "gzip"),
        ("x-gzip", "gzip"),
        ("*", "zstd"),
        ("*, zstd;q=0", "br"),
        ("gzip;q=1.0, br;q=0.5, zstd;q=0.2", "gzip"),
        ("GZIP ; q=0.3", "gzip"),
        ("gzip;q=0", None),
        ("identity", None),
        ("identity;q=1, gzip;q=0.5", None),
        ("deflate", None),
        ("", None),
        ("gzip;q=nonsense", None),
        (",,;;q", None),
    ],
)
def test_the_coding_is_the_best_of_those_accepted(given: str, name: str | None) -> None:
    found = accepted(given)
    assert (found.name if found else None) == name
