"""A service whose answers a test chooses, behind a gateway that keeps them."""

import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict

from tests.gateway.conftest import RunGateway
from tests.serving import running

Fields = Sequence[tuple[str, str]]
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def moment(seconds: float) -> str:
    """The date so many seconds from now, as header fields give it."""
    return format_datetime(datetime.now(UTC) + timedelta(seconds=seconds), usegmt=True)


@dataclass
class Service:
    """Numbers its answers, which all carry `fields`; a request with the `ETag` it has gets 304."""

    fields: Fields = ()
    status: int = 200
    seen: list[web.Request] = field(default_factory=list)
    handler: Handler | None = None

    async def answer(self, request: web.Request) -> web.StreamResponse:
        if request.path == "/health":
            return web.json_response({"status": "pass"})
        self.seen.append(request)
        if self.handler is not None:
            return await self.handler(request)
        etag = next((value for name, value in self.fields if name == "ETag"), None)
        known = etag is not None and request.headers.get("If-None-Match") == etag
        body = None if known or self.status == 204 else f"answer {len(self.seen)}"
        return web.Response(status=304 if known else self.status, text=body, headers=CIMultiDict(self.fields))


@dataclass
class Reader:
    """Asks the gateway."""

    base: str
    session: aiohttp.ClientSession
    service: Service

    async def ask(
        self, path: str = "/page", *, method: str = "GET", **headers: Any
    ) -> tuple[int, str, "CIMultiDict[str]"]:
        """Status, text and header fields; an underscore in a name stands for a hyphen."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        async with self.session.request(method, self.base + path, headers=given, allow_redirects=False) as response:
            return response.status, await response.text(), CIMultiDict(response.headers)


@contextlib.asynccontextmanager
async def cached(run_gateway: RunGateway, *fields: tuple[str, str], **settings: Any) -> AsyncIterator[Reader]:
    """A reader before a gateway before a service that answers with `fields`."""
    service = Service(fields)
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", service.answer)
    async with (
        running(app) as url,
        run_gateway(web_url=url, policy_url=url, **settings) as base,
        aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
    ):
        yield Reader(base, session, service)
