"""Server-side request forgery: nothing that a stranger sends makes the platform call an address of their choice."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.gateway.sockets import ask, serving
from tests.security.described import operations
from tests.security.security_stack import Platform
from tests.security.test_hostile_uploads import act, zipped


class Trap:
    """A server that nobody has a reason to call, and who called it all the same."""

    def __init__(self) -> None:
        self.address = ""
        self.calls: list[bytes] = []

    @property
    def host(self) -> str:
        """Host and port."""
        return self.address.removeprefix("http://")


@pytest_asyncio.fixture(scope="module")
async def trap() -> AsyncIterator[Trap]:
    found = Trap()

    async def note(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        found.calls.append(b"")
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(1):
                found.calls[-1] = await reader.read(1000)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 6\r\nConnection: close\r\n\r\ncaught")

    async with serving(note) as found.address:
        yield found
        assert found.calls == []


@pytest.mark.parametrize(
    "line",
    ["GET {address}/ HTTP/1.1", "GET http://{host}/api/v1/kinds HTTP/1.1", "CONNECT {host} HTTP/1.1",
     "GET //{host}/ HTTP/1.1", "GET @{host}/ HTTP/1.1", "GET /\\{host}/ HTTP/1.1", "POST {address}/ HTTP/1.1"],
)  # fmt: skip
async def test_a_target_that_names_a_host_is_refused(platform: Platform, trap: Trap, line: str) -> None:
    text = line.format(address=trap.address, host=trap.host)
    answer = await ask(platform.gateway, f"{text}\r\nHost: localhost\r\nConnection: close\r\n\r\n".encode())
    assert 400 <= int(answer.split(b" ", 2)[1]) < 500, answer[:200]
    assert b"caught" not in answer
    assert not trap.calls


@pytest.mark.parametrize("name", ["Host", "X-Forwarded-Host", "X-Host", "Forwarded", "X-Original-URL", "X-Rewrite-URL"])
async def test_no_field_moves_a_request_elsewhere(platform: Platform, trap: Trap, name: str) -> None:
    headers = {name: trap.host if "Host" in name else trap.address}
    for path in ("/api/v1/kinds", "/", "/api/v1/openapi.json"):
        async with platform.session.get(platform.gateway + path, headers=headers) as response:
            assert response.status == 200
            assert trap.host not in await response.text()
    assert not trap.calls


async def test_documents_fetch_nothing(platform: Platform, trap: Trap) -> None:
    """Neither by DTD, schema, inclusion or style sheet, nor as pictures, when they are imported and shown."""
    editor = await platform.person("editor")
    there = trap.address
    files = {
        "dtd.xml": act(21, "a", f'<!DOCTYPE akomaNtoso SYSTEM "{there}/a.dtd">'),
        "entity.xml": act(22, "&x;", f'<!DOCTYPE a [<!ENTITY x SYSTEM "{there}/b">]>'),
        "parameter.xml": act(23, "a", f'<!DOCTYPE a [<!ENTITY % x SYSTEM "{there}/c"> %x;]>'),
        "style.xml": act(24, "a", f'<?xml-stylesheet href="{there}/d.xsl" type="text/xsl"?>'),
        "include.xml": act(25, f'<i:include xmlns:i="http://www.w3.org/2001/XInclude" href="{there}/e"/>'),
        "schema.xml": act(26, "a").replace(
            "<akomaNtoso ", "<akomaNtoso xmlns:s='http://www.w3.org/2001/XMLSchema-instance' "
            f"s:schemaLocation='urn:x {there}/f.xsd' ", 1,
        ),
        "picture.xml": act(27, f'<img src="{there}/g.png"/>'),
    }  # fmt: skip
    packed = zipped({name: text.encode() for name, text in files.items()})
    ended = await platform.imported("akoma-ntoso", "reach.zip", packed, by=editor)
    assert ended["state"] == "done", ended
    for number in range(24, 28):
        async with platform.session.get(f"{platform.gateway}/xx/act/2020-{number}/en") as response:
            assert response.status == 200
            assert trap.host not in await response.text()
    assert not trap.calls


async def test_addresses_in_requests_are_not_fetched(platform: Platform, trap: Trap) -> None:
    """An address in any text of any request (a citation to verify, a base of a draft) is read, and not called."""
    editor = await platform.person("editor")
    gate = asyncio.Semaphore(8)

    async def send(text: str) -> None:
        async with gate:
            for operation in await operations(platform):
                for position in operation.positions():
                    if position[0] in ("query", "body"):
                        status, _ = await operation.put(position, text).send(platform, editor)
                        assert status < 500, (operation.name, position)

    await send(f"{trap.address}/api/v1/policies/ca-port-lumen/by-law/2016-04/en")
    form_fields = {"importer": "markdown", "url": f"{trap.address}/law.md", "file": f"{trap.address}/law.md"}
    async with platform.session.post(
        f"{platform.gateway}/api/v1/imports", data=form_fields, headers=editor.headers
    ) as response:
        assert 400 <= response.status < 500
    assert not trap.calls


async def test_the_trap_works(trap: Trap) -> None:
    assert b"caught" in await ask(trap.address, b"GET / HTTP/1.0\r\n\r\n")
    trap.calls.clear()
