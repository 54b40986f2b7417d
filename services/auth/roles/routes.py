"""The table of roles, changing an account's role, and the first administrator."""

from typing import Annotated
from uuid import UUID

from aiohttp import web
from pydantic import AfterValidator, Field

from services.auth.accounts.wire import MAX_BODY_BYTES, DisplayName, Email, NewPassword, account_json
from services.auth.keys import FIRST_ADMIN, ROLES
from services.auth.roles.domain import AccountNotFound, role_table
from shared.errors import Unauthenticated
from shared.identity import require
from shared.keys import IDENTITY
from shared.parse import Body, parse_body
from shared.permissions import Permission, Role


def _not_anonymous(role: Role) -> Role:
    if role is Role.ANONYMOUS:
        raise ValueError("must be reader, editor, reviewer or admin")
    return role


class RoleChange(Body):
    """The one thing about an account that an administrator changes here."""

    role: Annotated[Role, AfterValidator(_not_anonymous)]


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


async def change_account(request: web.Request) -> web.Response:
    """PATCH /api/v1/auth/accounts/{id}"""
    identity = request[IDENTITY]
    require(identity, Permission.MANAGE_ACCOUNTS)
    account_id = _parse(request.match_info["id"])
    if account_id is None:
        raise AccountNotFound("There is no such account.")
    actor = _parse(identity.subject)
    if actor is None:
        raise Unauthenticated("Sign in to do this.")
    body = await parse_body(request, RoleChange, max_bytes=MAX_BODY_BYTES)
    return web.json_response(account_json(await request.app[ROLES].change(actor, account_id, body.role)))


async def first_admin(request: web.Request) -> web.Response:
    """POST /api/v1/auth/first-admin"""
    body = await parse_body(request, Redemption, max_bytes=MAX_BODY_BYTES)
    account = await request.app[FIRST_ADMIN].redeem(
        body.token, body.email, body.password.get_secret_value(), body.display_name
    )
    return web.json_response(account_json(account), status=201)


def _parse(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_get("/api/v1/auth/roles", list_roles)
    app.router.add_patch("/api/v1/auth/accounts/{id}", change_account)
    app.router.add_post("/api/v1/auth/first-admin", first_admin)
