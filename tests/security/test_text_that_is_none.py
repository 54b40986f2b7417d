"""NUL and lone surrogates in every place where a text may stand: the sender's mistake, never an error of ours."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import aiohttp
import pytest
from yarl import URL

from tests.gateway.sockets import ask
from tests.security.described import Operation, operations
from tests.security.security_stack import Platform

TEXTS = ["\0", "a\0b", "\ud800", "a\udfffb"]
_AT_ONCE = 8


async def every(platform: Platform, check: Callable[[Operation], Awaitable[list[str]]]) -> list[str]:
    """What `check` finds wrong with each operation."""
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(operation: Operation) -> list[str]:
        async with gate:
            return await check(operation)

    found = await asyncio.gather(*map(one, await operations(platform)))
    return [line for lines in found for line in lines]


async def test_the_requests_are_plausible(platform: Platform) -> None:
    """Reading requests are answered as they are, so that what is refused below is refused for its text."""
    admin = await platform.person("admin")
    found = await operations(platform)
    assert sum(len(list(operation.positions())) for operation in found) > 150
    reading = [operation for operation in found if operation.method == "GET" and "{id}" not in operation.template]
    for operation in reading:
        for name in ("cursor", "known_at", "from_known_at"):
            operation.query.pop(name, None)
    answers = [(await operation.send(platform, admin))[0] for operation in reading]
    assert sum(status in (200, 302) for status in answers) > len(reading) / 2, dict(
        zip([one.target() for one in reading], answers, strict=True)
    )


async def test_in_every_text_of_the_api(platform: Platform) -> None:
    people = {role: await platform.person(role) for role in ("editor", "reviewer", "admin")}

    async def check(operation: Operation) -> list[str]:
        wrong = []
        for position in operation.positions():
            if position[0] == "header":
                continue
            for text in TEXTS:
                status, said = await operation.put(position, text).send(platform, people[operation.role])
                if not 400 <= status < 500:
                    wrong.append(f"{operation.name} {position} {text!r}: {status} {said[:200]}")
        return wrong

    assert await every(platform, check) == []


async def test_in_names_of_parameters_and_members(platform: Platform) -> None:
    people = {role: await platform.person(role) for role in ("editor", "reviewer", "admin")}

    async def check(operation: Operation) -> list[str]:
        wrong = []
        for text in TEXTS:
            changes = [operation.put(("query", text), "1")]
            if isinstance(operation.body, dict):
                changes.append(operation.put(("body", text), "1"))
            for changed in changes:
                status, said = await changed.send(platform, people[operation.role])
                if not 400 <= status < 500:
                    wrong.append(f"{operation.name} {text!r}: {status} {said[:200]}")
        return wrong

    assert await every(platform, check) == []


@pytest.mark.parametrize("raw", [b"\xff\xfe", b"\xed\xa0\x80", b"\xc0\x80", b"caf\xe9"])
async def test_in_header_fields(platform: Platform, raw: bytes) -> None:
    """Bytes that are no UTF-8: aiohttp makes lone surrogates of them, which PostgreSQL cannot hold."""
    editor = await platform.person("editor")
    fields = ["User-Agent", "Accept-Language", "Accept", "If-None-Match", "If-Match", "Idempotency-Key", "Cookie",
              "X-Request-ID", "Last-Event-ID", "traceparent", "Referer"]  # fmt: skip
    requests = [("GET", "/api/v1/auth/me", b""), ("POST", "/api/v1/drafts", b"{}"), ("GET", "/account", b""),
                ("POST", "/api/v1/auth/login", b'{"email": "a@example.org", "password": "x"}')]  # fmt: skip
    for method, path, body in requests:
        for name in fields:
            head = (
                f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
                f"Authorization: {editor.headers['Authorization']}\r\n{name}: "
            )
            answer = await ask(platform.gateway, head.encode() + raw + b"\r\n\r\n" + body)
            status = int(answer.split(b" ", 2)[1])
            assert status < 500, (method, path, name, answer[:500])


async def test_in_uploads(platform: Platform) -> None:
    editor = await platform.person("editor")
    for importer, release, filename in [
        ("a\0b", "2024-01-01", "law.zip"),
        ("markdown", "2024\0", "law.zip"),
        ("markdown", "2024-01-01", "la\0w.md"),
        ("markdown", "2024-01-01", "l\udc80w.md"),
    ]:
        boundary = b"limit"
        parts = [("importer", importer, ""), ("release", release, ""), ("file", "# x", f'; filename="{filename}"')]
        body = b"".join(
            b'--%b\r\nContent-Disposition: form-data; name="%b"%b\r\n\r\n%b\r\n'
            % (boundary, name.encode(), more.encode("utf-8", "surrogateescape"), value.encode())
            for name, value, more in parts
        )
        headers = editor.headers | {"Content-Type": "multipart/form-data; boundary=limit"}
        async with platform.session.post(
            platform.gateway + "/api/v1/imports", data=body + b"--limit--\r\n", headers=headers
        ) as response:
            assert 400 <= response.status < 500, (importer, release, filename, await response.text())


async def test_in_pages_and_forms(platform: Platform, visitor: aiohttp.ClientSession) -> None:
    pages = ["/search?q={}", "/search?q=a&lang={}", "/search?q=a&kind={}", "/search?q=a&cursor={}", "/browse?kind={}",
             "/browse?jurisdiction={}", "/login?next={}", "/first-admin?token={}", "/?ui={}", "/{}", "/{}/by-law/1/en",
             "/ca-port-lumen/by-law/{}/en", "/ca-port-lumen/by-law/2016-04/{}", "/static/{}/css/site.css"]  # fmt: skip
    for page in pages:
        for text in ("%00", "a%00b", "%ED%A0%80", "%FF", "%C0%80"):
            async with visitor.get(URL(platform.gateway + page.format(text), encoded=True)) as response:
                assert response.status < 500, (page, text, await response.text())
    for fields in (b"form_token=%00", b"email=a%00b&password=x", b"email=%ED%A0%80", b"%00=1", b"%FF=%FF"):
        for path in ("/login", "/register", "/first-admin", "/logout"):
            async with visitor.post(
                platform.gateway + path, data=fields, headers={"Content-Type": "application/x-www-form-urlencoded"}
            ) as response:
                assert 400 <= response.status < 500, (path, fields, await response.text())
