"""Requests that two readers could understand differently, or that are too large, never reach a service."""

import asyncio
import logging

import pytest

from tests.gateway.answers import problem, status_lines
from tests.gateway.conftest import Front, RunGateway
from tests.gateway.sockets import ask, connect, read_all, read_head, serving

POST = b"POST / HTTP/1.1\r\nHost: a\r\n"
SMUGGLING = {
    "length and coding": POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "coding and length": POST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nx",
    "two equal lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\nx",
    "list of lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\nx",
    "signed length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\nx",
    "hex length": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\nx",
    "unknown coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
    "two codings": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n",
    "coding twice": POST + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "vertical tab in coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
    "space before colon": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
    "coding over 1.0": b"POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "folded header": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n folded\r\n\r\n",
    "bare line feeds": b"GET / HTTP/1.1\nHost: a\n\n",
    "bare line feed in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\nX-B: 2\r\n\r\n",
    "bare carriage return": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\rX-B: 2\r\n\r\n",
    "NUL in a header": b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\x002\r\n\r\n",
    "no host": b"GET / HTTP/1.1\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "host with path": b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n",
    "host with user": b"GET / HTTP/1.1\r\nHost: x@a\r\n\r\n",
    "empty host": b"GET / HTTP/1.1\r\nHost:\r\n\r\n",
    "absolute form": b"GET http://evil.test/ HTTP/1.1\r\nHost: a\r\n\r\n",
    "absolute form to a service": b"GET http://127.0.0.1/internal/sessions HTTP/1.1\r\nHost: a\r\n\r\n",
    "asterisk form of a GET": b"GET * HTTP/1.1\r\nHost: a\r\n\r\n",
    "asterisk and more": b"OPTIONS *a HTTP/1.1\r\nHost: a\r\n\r\n",
    "no slash": b"GET internal HTTP/1.1\r\nHost: a\r\n\r\n",
    "HTTP/2.0": b"GET / HTTP/2.0\r\nHost: a\r\n\r\n",
    "HTTP/1.2": b"GET / HTTP/1.2\r\nHost: a\r\n\r\n",
    "HTTP/0.9": b"GET /\r\n\r\n",
    "preface of HTTP/2": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "a TLS greeting": b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03",
    "two credentials": b"GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b\r\n\r\n",
}


@pytest.mark.parametrize("request_", SMUGGLING.values(), ids=SMUGGLING.keys())
async def test_ambiguous_requests_are_refused(front: Front, request_: bytes) -> None:
    status, found = problem(await ask(front.base, request_))
    assert (status, found["type"]) == (400, "/docs/errors#invalid-request")
    assert front.reached == []


TARGETS = [
    "/../internal/sessions", "/%2e%2e/internal", "/%2E%2e/", "/.%2e/internal", "/a/./b", "/a/%2e/b", "/api/v1/..",
    "/api/v1/%2e%2e/%2e%2e/internal", "/a%2fb", "/a%2Fb", "/a\\b", "/a%5cb", "/..\\internal", "//internal", "/a//b",
    "//evil.test/", "/a%00b", "/a%0ab", "/a%0d%0aX-A:1", "/a%7f", "/a%zz", "/a%2", "/a%", "/a%ff", "/a%c0%ae", "/a#b",
    "/a?b#c", "/a?b\\c", "/%u002e", '/a"b', "/a<b", "/a|b", "/a^b", "/a`b", "/a{b}", "/[a]",
]  # fmt: skip


@pytest.mark.parametrize("target", TARGETS)
async def test_paths_with_two_readings_are_refused(front: Front, target: str) -> None:
    request = f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    assert problem(await ask(front.base, request))[0] == 400
    assert front.reached == []


async def test_an_encoded_letter_routes_and_forwards_like_the_letter(front: Front) -> None:
    for target in ("/%69nternal/sessions", "/intern%61l"):
        request = f"GET {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
        assert problem(await ask(front.base, request))[0] == 404
    assert front.reached == []
    await ask(front.base, b"GET /%61pi/v1/p%7eq/%c3%a9%2c HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert front.reached[0].startswith(b"GET /api/v1/p~q/%C3%A9%2C HTTP/1.1\r\n")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
async def test_methods_nobody_needs_are_405(front: Front, method: str) -> None:
    target = "a:80" if method == "CONNECT" else "/"
    request = f"{method} {target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode()
    answer = await ask(front.base, request)
    assert problem(answer)[0] == 405
    assert b"\r\nAllow: GET, HEAD" in answer
    assert front.reached == []


async def test_options_of_the_whole_server_are_told(front: Front) -> None:
    answer = await ask(front.base, b"OPTIONS * HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert answer.startswith(b"HTTP/1.1 204 ")
    assert b"\r\nAllow: GET, HEAD, OPTIONS, POST, PUT, PATCH, DELETE\r\n" in answer
    assert front.reached == []


async def test_a_long_target_is_414(front: Front) -> None:
    status, found = problem(await ask(front.base, b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\nHost: a\r\n\r\n"))
    assert (status, found["type"]) == (414, "/docs/errors#uri-too-long")


@pytest.mark.parametrize(
    "fields",
    [b"X-A: " + b"a" * 17000 + b"\r\n", b"X-A: 1\r\n" * 150, b"X-%d: " % 1 + b"a" * 9000 + b"\r\nX-2: 1\r\n" * 8],
    ids=["one large", "many", "together"],
)
async def test_large_headers_are_431(front: Front, fields: bytes) -> None:
    if fields.count(b"a" * 9000):
        fields = b"".join(b"X-%d: %b\r\n" % (i, b"a" * 9000) for i in range(8))
    request = b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n" + fields + b"\r\n"
    status, found = problem(await ask(front.base, request))
    assert (status, found["type"]) == (431, "/docs/errors#headers-too-large")
    assert front.reached == []


async def test_a_body_declared_too_large_is_413_at_once(front: Front) -> None:
    reader, writer = await connect(front.base)
    writer.write(b"POST /api/v1/imports HTTP/1.1\r\nHost: a\r\nContent-Length: 100001\r\n\r\n")
    async with asyncio.timeout(1):
        assert (await read_head(reader)).startswith(b"HTTP/1.1 413")
    writer.close()
    assert front.reached == []


async def test_a_chunked_body_that_grows_too_large_is_413_and_never_whole(run_gateway: RunGateway) -> None:
    bodies = []

    async def handle(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if (await read_head(reader)).startswith(b"PUT"):
            bodies.append(await read_all(reader))

    chunk = b"%x\r\n%b\r\n" % (20_000, b"x" * 20_000)
    async with serving(handle) as url, run_gateway(policy_url=url, max_body_bytes=100_000) as base:
        reader, writer = await connect(base)
        writer.write(b"PUT /api/v1/x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n" + chunk * 3)
        await asyncio.sleep(0.2)  # so that a part of it is on its way
        writer.write(chunk * 3 + b"0\r\n\r\n")
        assert problem(await read_all(reader))[0] == 413
        writer.close()
        await asyncio.sleep(0.1)
    assert len(bodies) == 1
    assert len(bodies[0]) < 101_000
    assert not bodies[0].endswith(b"0\r\n\r\n"), "the service must not take it for a whole body"


async def test_expect_is_decided_before_the_body(front: Front) -> None:
    head = b"POST /api/v1/x HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: "
    reader, writer = await connect(front.base)
    writer.write(head + b"100001\r\n\r\n")
    async with asyncio.timeout(1):
        assert (await read_head(reader)).startswith(b"HTTP/1.1 413"), "no 100 first"
    writer.close()
    reader, writer = await connect(front.base)
    writer.write(head + b"4\r\n\r\n")
    async with asyncio.timeout(1):
        assert await read_head(reader) == b"HTTP/1.1 100 Continue\r\n\r\n"
        writer.write(b"body")
        assert (await read_head(reader)).startswith(b"HTTP/1.1 200")
    writer.close()
    assert b"Expect" not in front.reached[0]


async def test_an_unknown_expectation_is_417(front: Front) -> None:
    request = b"POST / HTTP/1.1\r\nHost: a\r\nExpect: tea\r\nContent-Length: 0\r\n\r\n"
    assert problem(await ask(front.base, request))[0] == 417


async def test_a_refused_request_is_one_short_line_in_the_log(front: Front, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        await ask(front.base, b"GET / HTTP/1.1\r\nHost: a\r\nX-A: 1\r\n " + b"evil\x1b[31m" * 500 + b"\r\n\r\n")
        await ask(front.base, b"\x00\x01\x02\r\n\r\n")
    assert "Traceback" not in caplog.text
    assert all(record.exc_info is None for record in caplog.records)
    assert len(caplog.text) < 5000


async def test_a_request_smuggled_behind_a_refusal_is_not_read(front: Front) -> None:
    hidden = b"GET /hidden HTTP/1.1\r\nHost: a\r\n\r\n"
    for first in (SMUGGLING["length and coding"], SMUGGLING["unknown coding"], SMUGGLING["host with path"]):
        assert status_lines(await ask(front.base, first + hidden)) == 1
    assert front.reached == []


@pytest.mark.parametrize("path", ["/%2e%2e/x", "/?q=%FF", "/a//b", "/internal/sessions", "/health/x"])
async def test_a_person_is_refused_with_a_page_and_a_program_with_a_problem(front: Front, path: str) -> None:
    for accept, media in (("text/html,*/*", b"text/html"), ("*/*", b"application/problem+json")):
        lines = f"GET {path} HTTP/1.1\r\nHost: a\r\nAccept: {accept}\r\nConnection: close\r\n\r\n"
        answer = await ask(front.base, lines.encode())
        assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.1 404"))
        assert b"Content-Type: " + media in answer
        assert b"RateLimit: " in answer
    api = await ask(
        front.base, b"GET /api/v1/a%FF HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\nConnection: close\r\n\r\n"
    )
    assert problem(api)[0] == 400
    assert front.reached == []


@pytest.mark.parametrize(
    "path", ["/health/", "/livez/x", "/metrics/", "/api/v1/openapi.json/", "/api/v1/openapi.json/x"]
)
async def test_nothing_is_below_the_gateways_own_pages(front: Front, path: str) -> None:
    answer = await ask(front.base, f"GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n".encode())
    status, found = problem(answer)
    assert (status, found["type"]) == (404, "/docs/errors#not-found")
