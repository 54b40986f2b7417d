"""The plain service that the cases are sent to, by way of the server under test."""

from __future__ import annotations

from aiohttp import web

KEPT = "/kept"
"""A text that may be kept, with validators. The service itself looks at no condition."""
TEXT = "".join(f"Line {number} of a text that is worth compressing.\n" for number in range(200))
ETAG = '"v1"'
MODIFIED = "Wed, 01 Jul 2026 12:00:00 GMT"


def make_upstream() -> web.Application:
    """Answers a GET with a line of text, and a POST with its own body."""
    app = web.Application()
    app.router.add_get(KEPT, _kept)
    app.router.add_route("*", "/{path:.*}", _answer)
    return app


async def _kept(_: web.Request) -> web.Response:
    headers = {"ETag": ETAG, "Last-Modified": MODIFIED, "Cache-Control": "public, max-age=60"}
    return web.Response(text=TEXT, headers=headers)


async def _answer(request: web.Request) -> web.Response:
    if request.path == "/health":
        return web.json_response({"status": "pass"})
    body = await request.read()
    if request.method in ("GET", "HEAD"):
        return web.Response(text="hello")
    if request.method == "POST":
        return web.Response(body=body, content_type="text/plain")
    allowed = {"Allow": "GET, HEAD, OPTIONS, POST"}
    return web.Response(status=204 if request.method == "OPTIONS" else 405, headers=allowed)
