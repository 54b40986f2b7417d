"""Publishes the keys that check access tokens."""

from aiohttp import web

from services.auth.keys import KEY_RING


async def jwks(request: web.Request) -> web.Response:
    """GET /.well-known/jwks.json"""
    return web.json_response(
        request.app[KEY_RING].jwks(),
        content_type="application/jwk-set+json",
        headers={"Cache-Control": "public, max-age=60"},
    )


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_get("/.well-known/jwks.json", jwks)
