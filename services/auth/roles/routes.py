"""The table of roles, what an account may do, and the first administrator."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import AfterValidator, Field, model_validator

from services.auth.accounts.wire import MAX_BODY_BYTES, DisplayName, Email, NewPassword, account_json
from services.auth.keys import FIRST_ADMIN, OVERSIGHT, ROLES, SESSIONS
from services.auth.roles.domain import AccountNotFound, role_table
from services.auth.sessions.domain import SessionNotFound
from services.auth.sessions.listing_routes import session_json
from shared.areas import CHARACTERS, parse_areas
from shared.identity import require
from shared.keys import IDENTITY
from shared.parse import Body, parse_body
from shared.permissions import Permission, Role

_ACCOUNT = "/api/v1/auth/accounts/{id}"


def _not_anonymous(role: Role) -> Role:
    if role is Role.ANONYMOUS:
        raise ValueError("must be reader, editor, reviewer or admin")
    return role


def _areas(names: list[str]) -> list[str]:
    parse_areas(names)
    return names


Areas = Annotated[list[Annotated[str, Field(max_length=CHARACTERS)]], AfterValidator(_areas), Field(max_length=500)]


class RightsChange(Body):
    """What an administrator changes about an account: the role, the areas, or both."""

    role: Annotated[Role, AfterValidator(_not_anonymous)] | None = None
    areas: Areas | None = None

    @model_validator(mode="after")
    def _something(self) -> "RightsChange":
        if self.role is None and self.areas is None:
            raise ValueError("names neither role nor areas")
        return self


class AreasChange(Body):
    """The areas alone."""

    areas: Areas


class Redemption(Body):
    """The first administrator's link, and who they are."""

    token: str = Field(max_length=256)
    email: Email
    password: NewPassword
    display_name: DisplayName


async def list_roles(request: web.Request) -> web.Response:
    """GET /api/v1/auth/roles"""
    items = [{"role": role, "permissions": permissions} for role, permissions in role_table()]
    return web.json_response({"items": items})


async def read_account(request: web.Request) -> web.Response:
    """GET /api/v1/auth/accounts/{id}"""
    return web.json_response(account_json(await request.app[ROLES].read(_account_id(request))))


async def change_account(request: web.Request) -> web.Response:
    """PATCH /api/v1/auth/accounts/{id}"""
    actor, account_id = await _actor(request), _account_id(request)
    body = await parse_body(request, RightsChange, max_bytes=MAX_BODY_BYTES)
    areas = None if body.areas is None else parse_areas(body.areas)
    return web.json_response(account_json(await request.app[ROLES].change(actor, account_id, body.role, areas)))


async def change_areas(request: web.Request) -> web.Response:
    """PUT /api/v1/auth/accounts/{id}/areas"""
    actor, account_id = await _actor(request), _account_id(request)
    body = await parse_body(request, AreasChange, max_bytes=MAX_BODY_BYTES)
    changed = await request.app[ROLES].change(actor, account_id, None, parse_areas(body.areas))
    return web.json_response(account_json(changed))


async def disable_account(request: web.Request) -> web.Response:
    """POST /api/v1/auth/accounts/{id}/disable"""
    return web.json_response(
        account_json(await request.app[ROLES].disable(await _actor(request), _account_id(request)))
    )


async def enable_account(request: web.Request) -> web.Response:
    """POST /api/v1/auth/accounts/{id}/enable"""
    enabled = await request.app[ROLES].enable(await _actor(request), _account_id(request))
    return web.json_response(account_json(enabled))


async def list_sessions(request: web.Request) -> web.Response:
    """GET /api/v1/auth/accounts/{id}/sessions"""
    account_id = _account_id(request)
    found = await request.app[OVERSIGHT].sessions(account_id)
    current = (await request.app[SESSIONS].living(request[IDENTITY])).sid if request[IDENTITY].sid else UUID(int=0)
    root = f"/api/v1/auth/accounts/{account_id}/sessions"
    return web.json_response({"items": [session_json(session, current, root) for session in found]})


async def end_sessions(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/accounts/{id}/sessions"""
    await request.app[OVERSIGHT].end_sessions(await _actor(request), _account_id(request))
    return web.Response(status=204)


async def end_session(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/accounts/{id}/sessions/{session}"""
    actor, account_id = await _actor(request), _account_id(request)
    try:
        sid = UUID(request.match_info["session"])
    except ValueError:
        raise SessionNotFound("There is no such session.") from None
    await request.app[OVERSIGHT].end_session(actor, account_id, sid)
    return web.Response(status=204)


async def first_admin(request: web.Request) -> web.Response:
    """POST /api/v1/auth/first-admin"""
    body = await parse_body(request, Redemption, max_bytes=MAX_BODY_BYTES)
    account = await request.app[FIRST_ADMIN].redeem(
        body.token, body.email, body.password.get_secret_value(), body.display_name
    )
    return web.json_response(account_json(account), status=201)


async def _actor(request: web.Request) -> UUID:
    """The administrator who calls, who has shown lately who they are."""
    require(request[IDENTITY], Permission.MANAGE_ACCOUNTS)
    return (await request.app[SESSIONS].require_recent(request[IDENTITY])).account.id


def _account_id(request: web.Request) -> UUID:
    try:
        return UUID(request.match_info["id"])
    except ValueError:
        raise AccountNotFound("There is no such account.") from None


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_get("/api/v1/auth/roles", list_roles)
    app.router.add_get(_ACCOUNT, read_account)
    app.router.add_patch(_ACCOUNT, change_account)
    app.router.add_put(_ACCOUNT + "/areas", change_areas)
    app.router.add_post(_ACCOUNT + "/disable", disable_account)
    app.router.add_post(_ACCOUNT + "/enable", enable_account)
    app.router.add_get(_ACCOUNT + "/sessions", list_sessions)
    app.router.add_delete(_ACCOUNT + "/sessions", end_sessions)
    app.router.add_delete(_ACCOUNT + "/sessions/{session}", end_session)
    app.router.add_post("/api/v1/auth/first-admin", first_admin)
