"""A person's own API keys."""

from uuid import UUID

from aiohttp import web

from services.auth.accounts.wire import MAX_BODY_BYTES
from services.auth.apikeys.domain import KeyNotFound
from services.auth.apikeys.wire import NewKey, key_json
from services.auth.keys import API_KEYS, SESSIONS
from shared.errors import Forbidden, Unauthenticated
from shared.identity import Identity, require
from shared.keys import IDENTITY
from shared.parse import parse_body
from shared.permissions import Permission


async def make_key(request: web.Request) -> web.Response:
    """POST /api/v1/auth/keys"""
    identity = _owner(request)
    body = await parse_body(request, NewKey, max_bytes=MAX_BODY_BYTES)
    session = await request.app[SESSIONS].require_recent(identity)
    text, key = await request.app[API_KEYS].make(
        session.account.id, body.name, body.scopes, body.expires_in_days, identity.permissions
    )
    return web.json_response({"key": text, **key_json(key)}, status=201)


async def list_keys(request: web.Request) -> web.Response:
    """GET /api/v1/auth/keys"""
    keys = await request.app[API_KEYS].of_account(account_id(_owner(request)))
    return web.json_response({"items": [key_json(key) for key in keys]})


async def revoke_key(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/keys/{id}"""
    owner = account_id(_owner(request))
    await request.app[API_KEYS].revoke(owner, owner, key_id(request.match_info["id"]))
    return web.Response(status=204)


def account_id(identity: Identity) -> UUID:
    """Whose account calls; raises Unauthenticated for what is none."""
    try:
        return UUID(identity.subject)
    except ValueError:
        raise Unauthenticated("Sign in to do this.") from None


def key_id(text: str) -> UUID:
    """The id in an address; raises KeyNotFound."""
    try:
        return UUID(text)
    except ValueError:
        raise KeyNotFound("There is no such key.") from None


def _owner(request: web.Request) -> Identity:
    identity = request[IDENTITY]
    require(identity, Permission.MANAGE_SELF)
    if identity.key:  # one that leaked could otherwise be outlived by others
        raise Forbidden("An API key cannot manage API keys. Sign in to do this.")
    return identity


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_post("/api/v1/auth/keys", make_key)
    app.router.add_get("/api/v1/auth/keys", list_keys)
    app.router.add_delete("/api/v1/auth/keys/{id}", revoke_key)
