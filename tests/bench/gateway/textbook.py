"""A reverse proxy as the textbook writes it with aiohttp: `python -m tests.bench.gateway.textbook PORT UPSTREAM`.

One Application, one ClientSession, one handler: no limits, no tokens, no log.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator

import aiohttp
import uvloop
from aiohttp import web

_HOP_BY_HOP = frozenset({"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer", "host"})
_ANEW = _HOP_BY_HOP | {"content-length"}
_SESSION = web.AppKey("session", aiohttp.ClientSession)
_UPSTREAM = web.AppKey("upstream", str)


async def _forward(request: web.Request) -> web.StreamResponse:
    headers = [(name, value) for name, value in request.headers.items() if name.lower() not in _HOP_BY_HOP]
    body = await request.read() or None
    url = request.app[_UPSTREAM] + request.raw_path
    session = request.app[_SESSION]
    async with session.request(request.method, url, headers=headers, data=body, allow_redirects=False) as answer:
        passed = [(name, value) for name, value in answer.headers.items() if name.lower() not in _ANEW]
        return web.Response(status=answer.status, body=await answer.read(), headers=passed)


async def _session(app: web.Application) -> AsyncIterator[None]:
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(
        connector=connector, auto_decompress=False, cookie_jar=aiohttp.DummyCookieJar()
    ) as app[_SESSION]:
        yield


async def _main(port: int, upstream: str) -> None:
    app = web.Application()
    app[_UPSTREAM] = upstream
    app.cleanup_ctx.append(_session)
    app.router.add_route("*", "/{path:.*}", _forward)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    await asyncio.Event().wait()


if __name__ == "__main__":
    uvloop.run(_main(int(sys.argv[1]), sys.argv[2]))
