"""Requests that a service answers before its application: what they have in common with all others, and what is not
theirs."""

import asyncio
import io
import json
import sys
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from pydantic import SecretStr

from shared.errors import Unavailable
from shared.front import SHORTCUT, Question, Shortcut, Whole
from shared.identity import ANONYMOUS
from shared.keys import ACCESS_LOG
from shared.settings import ServiceSettings
from shared.tokens import INTERNAL_HEADER, InternalTokens
from shared.web import create_base_app
from tests.serving import running

KEY = "0123456789abcdefghijklmnopqrstuvwxyz"
LONG = b"a" * 4_000_000


async def _short() -> Whole:
    return Whole('ETag: "x"\r\n', b"short")


async def _known() -> Whole:
    return Whole('ETag: "x"\r\n', None)


async def _nothing() -> None:
    return None


async def _away() -> Whole:
    raise Unavailable("The database cannot be reached.", retry_after=2)


async def _broken() -> Whole:
    raise RuntimeError("secret detail")


async def _long() -> Whole:
    return Whole("", LONG)


_ANSWERS = {
    "/short": _short,
    "/known": _known,
    "/nothing": _nothing,
    "/away": _away,
    "/broken": _broken,
    "/long": _long,
}


def _question(request: web.BaseRequest) -> Question | None:
    answer = _ANSWERS.get(request.raw_path)
    return None if answer is None else Question("/{page}", answer)


async def _page(request: web.Request) -> web.Response:
    return web.Response(text="application")


@pytest.fixture
async def app() -> web.Application:
    settings = ServiceSettings(internal_key=SecretStr(KEY), redis_url=SecretStr("redis://127.0.0.1:1/0"))
    app = create_base_app(settings, service="policy")
    app.router.add_get("/{page}", _page)
    app[SHORTCUT] = Shortcut(_question)
    return app


@pytest.fixture
async def client(app: web.Application) -> AsyncIterator[aiohttp.ClientSession]:
    token = InternalTokens(KEY, "gateway").mint(ANONYMOUS, "policy")
    async with running(app) as base, aiohttp.ClientSession(base, headers={INTERNAL_HEADER: token}) as session:
        yield session


async def test_a_plain_request_is_answered_at_once(client: aiohttp.ClientSession) -> None:
    async with client.get("/short", headers={"X-Request-ID": "abcdefgh12345678"}) as response:
        assert (response.status, await response.read()) == (200, b"short")
        assert response.headers["X-Request-ID"] == "abcdefgh12345678"
        assert (response.headers["ETag"], response.headers["Content-Length"]) == ('"x"', "5")
        assert response.headers["Date"].endswith(" GMT")


@pytest.mark.parametrize(
    "headers",
    [
        {"Expect": "100-continue"},
        {"Range": "bytes=0-1"},
        {"Connection": "close"},
    ],
)
async def test_what_is_not_plain_is_the_applications(client: aiohttp.ClientSession, headers: dict[str, str]) -> None:
    async with client.get("/short", headers=headers) as response:
        assert (response.status, await response.read()) == (200, b"application")


async def test_so_is_another_method_and_what_the_shortcut_does_not_know(client: aiohttp.ClientSession) -> None:
    async with client.head("/short") as response:
        assert (response.status, response.headers["Content-Length"]) == (200, "11")
    for path in ("/other", "/short?x=1", "/nothing"):
        async with client.get(path) as response:
            assert await response.read() == b"application"


async def test_a_caller_who_has_it_is_told_so_without_a_body(client: aiohttp.ClientSession) -> None:
    for _ in range(2):
        async with client.get("/known", headers={"X-Request-ID": "abcdefgh12345678"}) as response:
            assert (response.status, await response.read(), response.headers["ETag"]) == (304, b"", '"x"')
            assert response.headers["X-Request-ID"] == "abcdefgh12345678"
            assert not {"Content-Length", "Content-Type"} & set(response.headers)


async def test_nothing_is_answered_without_a_valid_token(client: aiohttp.ClientSession) -> None:
    async with client.get("/short", headers={INTERNAL_HEADER: "wrong"}) as response:
        assert (response.status, response.content_type) == (401, "application/problem+json")


async def test_what_cannot_be_answered_now_is_a_problem(client: aiohttp.ClientSession) -> None:
    async with client.get("/away", headers={"X-Request-ID": "abcdefgh12345678"}) as response:
        problem = await response.json()
        assert (response.status, problem["type"]) == (503, "/docs/errors#unavailable")
        assert (problem["instance"], problem["request_id"]) == ("/away", "abcdefgh12345678")
        assert (response.headers["Retry-After"], response.headers["X-Request-ID"]) == ("2", "abcdefgh12345678")


async def test_the_application_stands_in_for_a_shortcut_that_fails(client: aiohttp.ClientSession) -> None:
    async with client.get("/broken") as response:
        assert (response.status, await response.read()) == (200, b"application")
    async with client.get("/metrics") as response:
        assert "http_server_unhandled_errors_total 1.0" in await response.text()


async def test_requests_are_counted_and_logged_once(
    app: web.Application, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = io.StringIO()
    monkeypatch.setattr(sys, "stderr", written)
    for path in ("/short", "/nothing", "/away"):
        async with client.get(path) as response:
            await response.read()
    app[ACCESS_LOG].flush()
    lines = [json.loads(line) for line in written.getvalue().splitlines()]
    assert [(line["path"], line["route"], line["status"]) for line in lines] == [
        ("/short", "/{page}", 200), ("/nothing", "/{page}", 200), ("/away", "/{page}", 503),
    ]  # fmt: skip
    async with client.get("/metrics") as response:
        text = await response.text()
    assert 'http_server_request_duration_seconds_count{method="GET",route="/{page}",status="200"} 2.0' in text
    assert 'http_server_request_duration_seconds_count{method="GET",route="/{page}",status="503"} 1.0' in text
    assert "http_server_active_requests 1.0" in text, "the one that asks"


async def test_a_slow_reader_gets_all_of_it(app: web.Application) -> None:
    token = InternalTokens(KEY, "gateway").mint(ANONYMOUS, "policy")
    async with running(app) as base:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(base.rpartition(":")[2]), limit=1024)
        writer.write(f"GET /long HTTP/1.1\r\nHost: x\r\n{INTERNAL_HEADER}: {token}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        assert b"Content-Length: 4000000\r\n" in head
        assert await reader.readexactly(len(LONG)) == LONG
        writer.write(f"GET /short HTTP/1.1\r\nHost: x\r\n{INTERNAL_HEADER}: {token}\r\n\r\n".encode())
        assert (await reader.readuntil(b"short")).startswith(b"HTTP/1.1 200 OK\r\n")
        writer.close()
