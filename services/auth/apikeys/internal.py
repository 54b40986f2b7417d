"""Whose key it is, for the gateway alone (see shared.contracts.introspection)."""

from aiohttp import web

from services.auth.accounts.wire import MAX_BODY_BYTES
from services.auth.keys import API_KEYS
from shared.contracts.introspection import INTROSPECT, Introspect
from shared.errors import Forbidden
from shared.keys import IDENTITY
from shared.parse import parse_body


async def introspect(request: web.Request) -> web.Response:
    """POST /internal/introspect"""
    if request[IDENTITY].caller != "gateway":
        raise Forbidden("Only the gateway asks whose key it is.")
    body = await parse_body(request, Introspect, max_bytes=MAX_BODY_BYTES)
    answer = await request.app[API_KEYS].introspect(bytes.fromhex(body.token_hash))
    return web.json_response(answer.model_dump(mode="json", exclude_defaults=True))


def add_routes(app: web.Application) -> None:
    """Register this slice's address, which the gateway does not route to."""
    app.router.add_post(INTROSPECT, introspect)
