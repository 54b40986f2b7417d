"""Stale answers: while they are asked for anew, and in place of a service that is away (RFC 5861)."""

import asyncio

import pytest
from aiohttp import web

from tests.gateway.cached import Reader, cached
from tests.gateway.conftest import RunGateway
from tests.waiting import until

OLD = ("Age", "3610")


def rules(said: str) -> tuple[str, str]:
    return "Cache-Control", said


async def cut(request: web.Request) -> web.StreamResponse:
    assert request.transport is not None
    request.transport.abort()
    return web.Response()


async def hang(request: web.Request) -> web.StreamResponse:
    await asyncio.sleep(30)
    return web.Response()


async def refuse(request: web.Request) -> web.StreamResponse:
    return web.Response(status=503)


async def test_stale_while_it_is_asked_for_anew(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, rules("max-age=3600, stale-while-revalidate=60"), OLD) as reader:
        await reader.ask()
        reader.service.fields = [rules("max-age=3600")]
        _, text, headers = await reader.ask()
        assert text == "answer 1"
        assert headers["Cache-Status"].startswith("openpolicy; hit; ttl=-")

        async def is_new() -> bool:
            return (await reader.ask())[1] == "answer 2"

        await until(is_new)
        assert len(reader.service.seen) == 2


async def test_not_for_longer_than_the_service_said(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, rules("max-age=3600, stale-while-revalidate=5"), OLD) as reader:
        await reader.ask()
        assert (await reader.ask())[1] == "answer 2"


@pytest.mark.parametrize("failure", [cut, hang, refuse])
async def test_in_place_of_a_service_that_is_away(run_gateway: RunGateway, failure: object) -> None:
    fields = [rules("max-age=3600, stale-if-error=60"), OLD, ("ETag", '"a"')]
    async with cached(run_gateway, *fields, upstream_read_seconds=0.3) as reader:
        await reader.ask()
        reader.service.handler = failure  # type: ignore[assignment]  # each is a handler
        status, text, headers = await reader.ask()
        assert (status, text) == (200, "answer 1")
        assert headers["Cache-Status"].startswith("openpolicy; hit; ttl=-")
        assert (await reader.ask(Cache_Control="no-cache"))[0] >= 502, "but not for who wants to be sure"
        asked = len(reader.service.seen)
        assert (await reader.ask())[2]["Cache-Status"].endswith("detail=asked-already")
        assert len(reader.service.seen) == asked, "a service in trouble is not asked at each request"


@pytest.mark.parametrize(
    ("said", "status"),
    [
        ("max-age=3600", 200), ("max-age=3600, stale-if-error=5", 503), ("max-age=3600, must-revalidate", 503),
        ("max-age=3600, proxy-revalidate", 503), ("s-maxage=3600", 503), ("max-age=3600, no-cache", 503),
        ("max-age=3600, stale-if-error=60, must-revalidate", 503),
    ],
)  # fmt: skip
async def test_where_that_is_allowed(run_gateway: RunGateway, said: str, status: int) -> None:
    async with cached(run_gateway, rules(said), OLD, ("ETag", '"a"')) as reader:
        await reader.ask()
        reader.service.handler = refuse
        assert (await reader.ask())[0] == status


async def test_by_itself_only_for_as_long_as_is_set(run_gateway: RunGateway) -> None:
    fields = [rules("max-age=3600"), OLD, ("ETag", '"a"')]
    async with cached(run_gateway, *fields, cache_stale_if_error_seconds=5) as reader:
        await reader.ask()
        reader.service.handler = refuse
        assert (await reader.ask())[0] == 503


async def test_a_refusal_is_not_kept_in_place_of_what_was_there(run_gateway: RunGateway) -> None:
    async with cached(run_gateway, rules("max-age=3600"), OLD, ("ETag", '"a"')) as reader:
        await reader.ask()
        reader.service.handler = refuse
        await reader.ask()
        reader.service.handler = None
        assert await _once_asked_again(reader) == "answer 1"


async def _once_asked_again(reader: Reader) -> str:
    async def is_confirmed() -> bool:
        return "fwd-status=304" in (await reader.ask())[2]["Cache-Status"]

    await until(is_confirmed)
    return (await reader.ask())[1]
