"""Other people's API keys, for administrators."""

from uuid import UUID

from aiohttp import web

from services.auth.apikeys.domain import KeyNotFound
from services.auth.apikeys.routes import account_id, key_id
from services.auth.apikeys.wire import key_json
from services.auth.keys import API_KEYS
from shared.identity import require
from shared.keys import IDENTITY
from shared.permissions import Permission


async def list_keys_of(request: web.Request) -> web.Response:
    """GET /api/v1/auth/accounts/{id}/keys"""
    require(request[IDENTITY], Permission.MANAGE_ACCOUNTS)
    keys = await request.app[API_KEYS].of_account(_owner(request))
    return web.json_response({"items": [key_json(key) for key in keys]})


async def revoke_key_of(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/accounts/{id}/keys/{key}"""
    require(request[IDENTITY], Permission.MANAGE_ACCOUNTS)
    actor = account_id(request[IDENTITY])
    await request.app[API_KEYS].revoke(actor, _owner(request), key_id(request.match_info["key"]))
    return web.Response(status=204)


def _owner(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise KeyNotFound("There is no such account.") from None


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_get("/api/v1/auth/accounts/{id}/keys", list_keys_of)
    app.router.add_delete("/api/v1/auth/accounts/{id}/keys/{key}", revoke_key_of)
