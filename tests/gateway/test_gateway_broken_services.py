"""Services that die, close, hang or answer nonsense; and clients that leave."""

import asyncio
import os
import time

import aiohttp
import pytest
from aiohttp import web

from tests.gateway.conftest import RunGateway
from tests.gateway.sockets import ask, connect, read_all, read_head, serving
from tests.serving import running

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.mark.parametrize(
    "head", [b"Content-Length: 100000\r\n\r\n", b"Transfer-Encoding: chunked\r\n\r\n5\r\n"], ids=["length", "chunked"]
)
@pytest.mark.parametrize("ending", ["close", "reset"])
async def test_death_within_the_body_truncates_and_never_answers_twice(
    run_gateway: RunGateway, head: bytes, ending: str
) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\n" + head + b"begin")
        await writer.drain()
        await asyncio.sleep(0.2)
        if ending == "reset":
            writer.transport.abort()

    async with serving(handle) as web_url, run_gateway(web_url=web_url) as base:
        received = await ask(base, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
    assert received.startswith(b"HTTP/1.1 200")
    assert received.count(b"HTTP/1.1") == 1, "a second status line inside the first response"
    assert b"begin" in received
    assert not received.endswith(b"0\r\n\r\n"), "the end must be missing, or the client takes it for whole"


async def test_a_short_answer_that_breaks_off_is_502_and_nothing_of_it_is_sent(run_gateway: RunGateway) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nbegin")

    async with (
        serving(handle) as web_url,
        run_gateway(web_url=web_url) as base,
        aiohttp.ClientSession() as client,
        client.get(f"{base}/x") as response,
    ):
        assert response.status == 502
        assert "begin" not in await response.text()


async def test_a_client_library_sees_the_truncation(run_gateway: RunGateway) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nbegin\r\n")

    async with serving(handle) as web_url, run_gateway(web_url=web_url) as base, aiohttp.ClientSession() as client:
        with pytest.raises(aiohttp.ClientError):
            async with client.get(base) as response:
                await response.read()


async def test_a_post_after_the_service_closed_its_idle_connection_is_carried_out_once(run_gateway: RunGateway) -> None:
    carried_out = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await read_head(reader)
        carried_out.append(b" ".join(head.split(b" ")[:2]))
        if head.startswith(b"POST"):
            await reader.readexactly(2)
        writer.write(OK)  # announces keep-alive, and closes all the same

    async with serving(handle) as web_url, run_gateway(web_url=web_url) as base, aiohttp.ClientSession() as client:
        for _ in range(20):
            async with client.get(base) as response:
                assert response.status == 200
            async with client.post(base, data=b"hi") as response:
                assert response.status == 200
    assert carried_out.count(b"POST /") == 20
    assert carried_out.count(b"GET /") == 20


async def test_a_get_on_a_connection_that_just_died_is_repeated_silently(run_gateway: RunGateway) -> None:
    swallowed = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal swallowed
        await read_head(reader)
        writer.write(OK)
        if (await read_head(reader)).startswith(b"GET / "):
            swallowed += 1  # received, then dies without a word

    async with serving(handle) as web_url, run_gateway(web_url=web_url) as base, aiohttp.ClientSession() as client:
        for _ in range(4):
            async with client.get(base) as response:
                assert response.status == 200
    assert swallowed >= 2, "a connection must have been used again, or this tested nothing"


async def test_a_post_that_the_service_dies_on_is_sent_once_and_answered_502(run_gateway: RunGateway) -> None:
    received = 0

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal received
        received += (await read_head(reader)).startswith(b"POST")

    async with (
        serving(handle) as policy_url,
        run_gateway(policy_url=policy_url) as base,
        aiohttp.ClientSession() as client,
        client.post(f"{base}/api/v1/imports", data=b"x") as response,
    ):
        problem = await response.json()
    assert (response.status, problem["type"]) == (502, "/docs/errors#bad-gateway")
    assert problem["request_id"] == response.headers["X-Request-ID"]
    assert received == 1


async def test_a_service_that_is_not_there_is_503_with_retry_after_at_once(run_gateway: RunGateway) -> None:
    async with run_gateway() as base, aiohttp.ClientSession() as client:
        started = time.perf_counter()
        async with client.get(f"{base}/api/v1/policies") as response:
            assert (response.status, response.content_type) == (503, "application/problem+json")
            assert int(response.headers["Retry-After"]) >= 1
        assert time.perf_counter() - started < 1


async def test_a_person_gets_a_page_when_the_site_is_away(run_gateway: RunGateway) -> None:
    async with run_gateway() as base, aiohttp.ClientSession() as client:
        async with client.get(f"{base}/policies", headers={"Accept": "text/html,*/*"}) as response:
            text = await response.text()
            assert (response.status, response.content_type) == (503, "text/html")
            assert response.headers["X-Request-ID"] in text
            assert "Retry-After" in response.headers
        async with client.get(f"{base}/api/v1/policies", headers={"Accept": "text/html"}) as response:
            assert response.content_type == "application/problem+json"


async def test_a_service_that_hangs_is_504_at_the_deadline_and_others_go_on(run_gateway: RunGateway) -> None:
    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(OK)

    async with (
        serving(hang) as policy_url,
        serving(answer) as web_url,
        run_gateway(policy_url=policy_url, web_url=web_url, upstream_response_seconds=0.5) as base,
        aiohttp.ClientSession() as client,
    ):
        started = time.perf_counter()
        hanging = asyncio.create_task(client.get(f"{base}/api/v1/policies"))
        async with client.get(base) as response:
            assert response.status == 200
            assert time.perf_counter() - started < 0.5
        async with await hanging as response:
            assert (response.status, response.content_type) == (504, "application/problem+json")
        assert 0.4 < time.perf_counter() - started < 2
        async with client.post(f"{base}/api/v1/policies", data=b"x") as response:
            assert response.status == 504


async def test_nonsense_from_a_service_is_502(run_gateway: RunGateway) -> None:
    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"\x16\x03 garbage\r\n\r\n")

    async with (
        serving(handle) as web_url,
        run_gateway(web_url=web_url) as base,
        aiohttp.ClientSession() as client,
        client.get(base) as response,
    ):
        assert (response.status, response.content_type) == (502, "application/problem+json")


@pytest.mark.parametrize("method", [b"GET", b"POST"])
async def test_a_client_that_leaves_cancels_the_service_within_a_second(run_gateway: RunGateway, method: bytes) -> None:
    arrived, cancelled = asyncio.Event(), asyncio.Event()

    async def slow(request: web.Request) -> web.Response:
        arrived.set()
        try:
            await asyncio.sleep(30)
        except asyncio.CancelledError:
            cancelled.set()
            raise
        return web.Response()

    app = web.Application()
    app.router.add_route("*", "/", slow)
    async with running(app) as web_url, run_gateway(web_url=web_url) as base:
        _, writer = await connect(base)
        writer.write(method + b" / HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n")
        async with asyncio.timeout(5):
            await arrived.wait()
        writer.close()
        async with asyncio.timeout(1):
            await cancelled.wait()


async def test_a_client_that_leaves_within_the_answer_cancels_the_service(run_gateway: RunGateway) -> None:
    ended = asyncio.Event()

    async def endless(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n")
        try:
            await read_all(reader)
        finally:
            ended.set()

    async with serving(endless) as web_url, run_gateway(web_url=web_url) as base:
        reader, writer = await connect(base)
        writer.write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await read_head(reader)
        writer.close()
        async with asyncio.timeout(1):
            await ended.wait()


async def test_clients_that_leave_take_their_sockets_along(run_gateway: RunGateway) -> None:
    arrived = asyncio.Semaphore(0)

    async def hang(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not (await read_head(reader)).startswith(b"GET /health "):
            arrived.release()
        await read_all(reader)

    def sockets() -> int:
        return len(os.listdir("/proc/self/fd"))

    async with serving(hang) as web_url, run_gateway(web_url=web_url, rate_limit_anonymous_burst=1000) as base:
        before = sockets()
        for _ in range(20):
            writers = [(await connect(base))[1] for _ in range(25)]
            for number, writer in enumerate(writers):  # the same question would be asked once for all of them
                writer.write(b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n" % number)
            async with asyncio.timeout(5):
                for _ in writers:
                    await arrived.acquire()
            for writer in writers:
                writer.close()
        for _ in range(100):
            if sockets() <= before:
                break
            await asyncio.sleep(0.02)
        assert sockets() <= before + 2, "but for the probes' own"


async def test_an_early_answer_to_an_upload_reaches_the_client(run_gateway: RunGateway) -> None:
    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_head(reader)
        writer.write(b"HTTP/1.1 415 Unsupported Media Type\r\nContent-Length: 2\r\nConnection: close\r\n\r\nno")
        await writer.drain()
        await reader.read()

    async with serving(refuse) as policy_url, run_gateway(policy_url=policy_url) as base:
        reader, writer = await connect(base)
        writer.write(b"POST /api/v1/imports HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\nbegin")
        async with asyncio.timeout(3):
            head = await read_head(reader)
            assert head.startswith(b"HTTP/1.1 415")
            assert await reader.readexactly(2) == b"no"
        writer.close()
