"""The lane gives the same answers as the ordinary way, and takes nothing that is not plain."""

import asyncio
import re

import pytest

from tests.gateway.conftest import RunGateway
from tests.gateway.laned import OK, Call, Service, get, riding, saying
from tests.gateway.sockets import ask, read_head

_PATH = "/api/v1/thing"
_OWN = re.compile(rb"(X-Request-ID|X-Request-Deadline|X-Internal-Token|traceparent|RateLimit|Date|Age): [^\r]*")
_TEXT = b"all that is the case " * 60

_ANSWERS = {
    "short": OK,
    "not found": b"HTTP/1.1 404 Not Found\r\nCache-Control: no-store\r\nContent-Length: 4\r\n\r\nnone",
    "nothing": b"HTTP/1.1 204 No Content\r\nCache-Control: no-store\r\n\r\n",
    "empty": b"HTTP/1.1 200 OK\r\nCache-Control: private\r\nContent-Length: 0\r\n\r\n",
    "elsewhere": b"HTTP/1.1 302 Found\r\nLocation: /x\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n",
    "cookies": b"HTTP/1.1 200 OK\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nCache-Control: no-store\r\n"
    b"Content-Length: 1\r\n\r\nx",
    "own fields": b"HTTP/1.1 200 OK\r\nServer: x\r\nX-Powered-By: y\r\nX-Request-ID: theirs\r\n"
    b"Connection: X-Hop\r\nX-Hop: 1\r\nReferrer-Policy: no-referrer\r\nCache-Control: no-store\r\n"
    b"Content-Length: 1\r\n\r\nx",
    "text": b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: no-store\r\nETag: \"1\"\r\n"
    b"Content-Length: %d\r\n\r\n%b"
    % (len(_TEXT), _TEXT),
    "chunked": b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
    "own phrase": b"HTTP/1.1 299 Quite Odd\r\nCache-Control: no-store\r\nContent-Length: 0\r\n\r\n",
}  # fmt: skip


def _plain(head: bytes) -> bytes:
    return _OWN.sub(rb"\1", head)


@pytest.mark.parametrize("fields", [(), ("Accept-Encoding: gzip", "Cookie: a=b", "X-User: root", "X-Odd:  spaced ")])
@pytest.mark.parametrize("base", ["/api/v1", ""])
async def test_answers_and_what_services_get_are_those_of_the_ordinary_way(
    run_gateway: RunGateway, redis_url: str, base: str, fields: tuple[str, ...]
) -> None:
    service = Service()
    async with riding(run_gateway, redis_url, service, fields=fields) as rider:
        await rider.warm_up(_PATH)
        for name, answer in _ANSWERS.items():
            path = f"{base}/{name.replace(' ', '-')}?q=%41"
            service.reply = saying(answer)
            await rider.warm_up(path, times=1)
            taken = await rider.taken("passed")
            head, body = await rider.ask_in_pieces(path)
            assert await rider.taken("passed") == taken
            quick_head, quick_body = await rider.ask(path)
            assert await rider.taken("passed") == taken + 1, name
            assert (_plain(quick_head), quick_body) == (_plain(head), body), name
            ordinary, laned = service.calls[-2:]
            assert _plain(laned.head) == _plain(ordinary.head), name


async def test_what_is_kept_is_given_as_in_the_ordinary_way(run_gateway: RunGateway, redis_url: str) -> None:
    answer = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nCache-Control: max-age=60\r\nContent-Length: %d\r\n\r\n%b"
    service = Service(saying(answer % (len(_TEXT), _TEXT)))
    for fields in ((), ("Accept-Encoding: gzip",)):
        async with riding(run_gateway, redis_url, service, fields=fields) as rider:
            await rider.warm_up(_PATH, outcome="kept")
            asked = len(service.calls)
            head, body = await rider.ask_in_pieces(_PATH)
            quick_head, quick_body = await rider.ask(_PATH)
            assert (_plain(quick_head), quick_body) == (_plain(head), body)
            assert b"Cache-Status: openpolicy; hit" in quick_head
            assert len(service.calls) == asked


_MALFORMED = [
    b"GET /x HTTP/1.0", b"get /x HTTP/1.1", b"GET /x HTTP/1.1 ", b"GET  /x HTTP/1.1", b"GET /a b HTTP/1.1",
    b"GET x HTTP/1.1",
    b"GET http://platform/x HTTP/1.1", b"GET //x HTTP/1.1", b"GET /a/../b HTTP/1.1", b"GET /a%2fb HTTP/1.1",
    b"GET /a%zz HTTP/1.1", b"GET /a#b HTTP/1.1", b"GET /a?b#c HTTP/1.1", b"GET /a\\b HTTP/1.1", b"GET /a\tb HTTP/1.1",
    b"GET /a\x00b HTTP/1.1", b"GET /a\x80 HTTP/1.1", b"GET /x HTTP/1.1\nX-A: b HTTP/1.1", b"GET /x HTTP/2.0", b"GET /x",
    b"POST /x HTTP/1.1", b"GET /x\r HTTP/1.1", b"GET /nothing-\xc3\xa9 HTTP/1.1", b"GET /" + b"a" * 9000 + b" HTTP/1.1",
    b"GET /metrics HTTP/1.1", b"GET /internal/x HTTP/1.1", b"HEAD /x HTTP/1.1", b"DELETE /x HTTP/1.1",
    b"BREW /x HTTP/1.1",
]  # fmt: skip


async def test_a_line_that_is_not_plain_is_treated_as_on_a_new_connection(
    run_gateway: RunGateway, redis_url: str
) -> None:
    """Whatever stands before fields that are known."""
    service = Service()
    async with riding(run_gateway, redis_url, service, fields=("X-Same: 1",)) as first:
        block = get("", *first.fields).partition(b"\r\n")[2]
        await first.warm_up(_PATH)
        for line in _MALFORMED:
            async with first.on_another_connection() as rider:
                await rider.warm_up(_PATH, times=1)
                passed = await rider.taken("passed")
                rider.writer.write(line + b"\r\n" + block)
                async with asyncio.timeout(10):
                    head = await read_head(rider.reader)
                assert await rider.taken("passed") == passed, line
            fresh = await ask(first.base, line + b"\r\nConnection: close\r\n" + block)
            assert head.split(b"\r\n")[0] == fresh.split(b"\r\n")[0], line


async def test_what_two_pieces_said_together_is_not_believed_of_the_second_alone(
    run_gateway: RunGateway, redis_url: str
) -> None:
    """The second piece looks like a request with the fields that it ends with; it began within a field."""
    service = Service()
    async with riding(run_gateway, redis_url, service) as rider:
        await rider.ask(_PATH)
        rider.writer.write(f"GET {_PATH} HTTP/1.1\r\nX-Secret: ".encode())
        await rider.writer.drain()
        await asyncio.sleep(0.02)
        rider.writer.write(get(_PATH))
        await rider.answer()
        assert b"X-Secret: GET" in service.calls[-1].head
        await rider.warm_up(_PATH)
        assert b"X-Secret" not in service.calls[-1].head


async def test_requests_sent_ahead_are_answered_in_turn(run_gateway: RunGateway, redis_url: str) -> None:
    gate = asyncio.Event()

    async def numbered(call: Call) -> None:
        if call.path.endswith("slow"):
            await gate.wait()
        body = call.path.encode()
        head = b"HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nContent-Length: %d\r\n\r\n" % len(body)
        call.writer.write(head + body)

    service = Service(numbered)
    async with riding(run_gateway, redis_url, service) as rider:
        gate.set()
        for path in ("/api/v1/slow", "/api/v1/quick"):
            await rider.warm_up(path)
        gate.clear()
        begun = len(service.calls)
        rider.send("/api/v1/slow")
        await service.reached(begun + 1)
        rider.send("/api/v1/quick")
        rider.writer.write(get("/api/v1/other") + get("/api/v1/quick"))
        await rider.writer.drain()
        await asyncio.sleep(0.05)
        assert len(service.calls) == begun + 1
        gate.set()
        bodies = [(await rider.answer())[1] for _ in range(4)]
        assert bodies == [b"/api/v1/slow", b"/api/v1/quick", b"/api/v1/other", b"/api/v1/quick"]


async def test_a_client_far_ahead_is_held_back_and_then_answered(run_gateway: RunGateway, redis_url: str) -> None:
    gate = asyncio.Event()

    async def waiting(call: Call) -> None:
        await gate.wait()
        call.writer.write(OK)

    service = Service(waiting)
    async with riding(run_gateway, redis_url, service) as rider:
        gate.set()
        await rider.warm_up(_PATH)
        gate.clear()
        count = 1500
        begun = len(service.calls)
        rider.writer.write(get(_PATH))
        await service.reached(begun + 1)
        rider.writer.write(get(f"{_PATH}?{'q' * 50}") * count)
        await asyncio.sleep(0.05)
        gate.set()
        for _ in range(count + 1):
            head, body = await rider.answer()
            assert (head[:12], body) == (b"HTTP/1.1 200", b"ok")
