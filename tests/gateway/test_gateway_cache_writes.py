"""What is kept of an address ends when something is written there (RFC 9111, 4.4)."""

import asyncio

import pytest
from aiohttp import web

from tests.gateway.cached import cached
from tests.gateway.conftest import RunGateway

HOUR = ("Cache-Control", "max-age=3600")


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize(("status", "ends"), [(200, True), (303, True), (404, False), (500, False)])
async def test_writing_ends_what_is_kept(run_gateway: RunGateway, method: str, status: int, ends: bool) -> None:
    async with cached(run_gateway, HOUR) as reader:
        await reader.ask()
        reader.service.status = status
        await reader.ask(method=method)
        reader.service.status = 200
        assert (await reader.ask())[1] == ("answer 3" if ends else "answer 1")


@pytest.mark.parametrize("field", ["Location", "Content-Location"])
@pytest.mark.parametrize(
    ("named", "ends"),
    [
        ("/made?x=1", True),
        ("http://{here}/made?x=1", True),
        ("made?x=1#part", True),
        ("http://other.example/made?x=1", False),
        ("/no", False),
        ("http://[", False),
    ],
)
async def test_what_a_write_names_ends_too(run_gateway: RunGateway, field: str, named: str, ends: bool) -> None:
    async with cached(run_gateway, HOUR) as reader:
        await reader.ask("/made?x=1")
        reader.service.fields = [(field, named.format(here=reader.base.partition("//")[2]))]
        await reader.ask(method="POST")
        reader.service.fields = [HOUR]
        assert (await reader.ask("/made?x=1"))[1] == ("answer 3" if ends else "answer 1")


async def test_what_was_read_while_it_was_written_is_not_kept(run_gateway: RunGateway) -> None:
    reading, written = asyncio.Event(), asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        if request.method == "POST":
            return web.Response()
        if not written.is_set():
            reading.set()
            await written.wait()
            return web.Response(text="old", headers=dict([HOUR]))
        return web.Response(text="new", headers=dict([HOUR]))

    async with cached(run_gateway) as reader:
        reader.service.handler = answer
        first = asyncio.create_task(reader.ask())
        await reading.wait()
        await reader.ask(method="POST")
        written.set()
        assert (await first)[1] == "old"
        assert (await reader.ask())[1] == "new"
