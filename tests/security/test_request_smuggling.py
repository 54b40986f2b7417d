"""Requests that two readers could take for different ones: none hides a second request from the gateway."""

from __future__ import annotations

import re
import secrets

import psycopg
import pytest

from tests.gateway.sockets import ask
from tests.security.security_stack import Platform

_HEAD = "POST /api/v1/auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
FRAMINGS = {
    "length and chunks": "Content-Length: {least}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n{inner}",
    "chunks and length": "Transfer-Encoding: chunked\r\nContent-Length: {whole}\r\n\r\n0\r\n\r\n{inner}",
    "two lengths": "Content-Length: 0\r\nContent-Length: {whole}\r\n\r\n{inner}",
    "two lengths in one field": "Content-Length: 0, {whole}\r\n\r\n{inner}",
    "a length with a sign": "Content-Length: +{whole}\r\n\r\n{inner}",
    "a length in other digits": "Content-Length: ٣\r\n\r\n{inner}",
    "a coding that is not known": "Transfer-Encoding: xchunked\r\nContent-Length: 0\r\n\r\n{inner}",
    "two codings": "Transfer-Encoding: identity, chunked\r\n\r\n0\r\n\r\n{inner}",
    "a coding twice": "Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n{inner}",
    "a blank before the colon": "Transfer-Encoding : chunked\r\nContent-Length: {whole}\r\n\r\n0\r\n\r\n{inner}",
    "a tab in the coding": "Transfer-Encoding:\tchunked\tx\r\n\r\n0\r\n\r\n{inner}",
    "a folded field": "X-Fold: a\r\n Transfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n{inner}",
    "a bare line feed": "X-Bare: a\nTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n{inner}",
    "a carriage return within": "X-Bare: a\rTransfer-Encoding: chunked\r\nContent-Length: 0\r\n\r\n{inner}",
    "NUL in a field": "X-Nul: a\0b\r\nContent-Length: 0\r\n\r\n{inner}",
    "a chunk size with a sign": "Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n{inner}",
    "a chunk size in other clothes": "Transfer-Encoding: chunked\r\n\r\n0x0\r\n\r\n{inner}",
    "a chunk that ends in a line feed": "Transfer-Encoding: chunked\r\n\r\n2\r\n{{}}\n0\r\n\r\n{inner}",
    "a chunk extension with a line feed": "Transfer-Encoding: chunked\r\n\r\n0;a\n\r\n\r\n{inner}",
}


def _inner(email: str) -> str:
    body = f'{{"email":"{email}","password":"plum-Orbit-94-tangerine","display_name":"Smuggled"}}'
    return (
        "POST /api/v1/auth/register HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
        f"Connection: close\r\nContent-Length: {len(body)}\r\n\r\n{body}"
    )


@pytest.mark.parametrize("form", FRAMINGS)
async def test_what_is_hidden_in_a_body_is_no_request(platform: Platform, form: str) -> None:
    email = f"{secrets.token_hex(8)}@example.org"
    inner = _inner(email)
    framed = FRAMINGS[form].format(inner=inner, whole=len(inner) + 5, least=5)
    answer = await ask(platform.gateway, (_HEAD + framed).encode())
    status = int(answer.split(b" ", 2)[1])
    assert 400 <= status < 500, answer[:300]
    assert len(re.findall(rb"HTTP/1\.[01] ", answer)) == 1, "one request was answered, and the connection closed"
    with psycopg.connect(platform.database.owner_url) as connection:
        assert not connection.execute("SELECT FROM auth.account WHERE email = %s", (email,)).fetchone()


async def test_the_hidden_request_would_have_been_good(platform: Platform) -> None:
    """So it is its place that keeps it from being heard."""
    email = f"{secrets.token_hex(8)}@example.org"
    answer = await ask(platform.gateway, _inner(email).encode())
    assert answer.startswith(b"HTTP/1.1 202 ")


@pytest.mark.parametrize(
    "line",
    [
        "GET /\x0b HTTP/1.1", "GET / HTTP/1.1 ", "GET / HTTP/2.0", "GET / HTTP/1.10", "GET /", "G\x01T / HTTP/1.1",
        "GET /%0d%0aX:1 HTTP/1.1", "GET /a\\b HTTP/1.1", "GET /a//b HTTP/1.1", "GET /a/%2e%2e/b HTTP/1.1",
        "GET /a%2fb HTTP/1.1",
    ],
)  # fmt: skip
async def test_a_request_line_that_can_be_read_twice_is_refused(platform: Platform, line: str) -> None:
    answer = await ask(platform.gateway, f"{line}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert answer == b"" or 400 <= int(answer.split(b" ", 2)[1]) < 600, answer[:200]
    assert not answer.startswith(b"HTTP/1.1 2"), answer[:200]
    assert not answer.startswith(b"HTTP/1.1 500"), answer[:200]


async def test_requests_on_one_connection_are_somebodys_each(platform: Platform) -> None:
    """What one request says of its sender is not remembered for the next one on the connection."""
    reader = await platform.person("reader")
    mine = (
        f"GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\nAuthorization: {reader.headers['Authorization']}\r\n\r\n"
    )
    nobodys = "GET /api/v1/auth/me HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    answer = await ask(platform.gateway, (mine + nobodys).encode())
    first, second = answer.split(b"HTTP/1.1 ")[1:]
    assert first.startswith(b"200 ")
    assert second.startswith(b"401 ")
    assert reader.email.encode() not in second
