"""Enrolling, listing and removing second factors."""

from uuid import UUID

from aiohttp import web

from services.auth.accounts.wire import MAX_BODY_BYTES
from services.auth.factors.domain import FactorNotFound
from services.auth.factors.wire import AppConfirmation, NewPasskey, held_json, passkey_json
from services.auth.keys import FACTORS, SESSIONS
from shared.errors import NotFound
from shared.identity import require
from shared.keys import IDENTITY
from shared.parse import parse_body
from shared.permissions import Permission

ROOT = "/api/v1/auth/factors"


async def list_factors(request: web.Request) -> web.Response:
    """GET /api/v1/auth/factors"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    account = await request.app[SESSIONS].who(request[IDENTITY])
    factors = request.app[FACTORS]
    body = held_json(
        await factors.held(account.id),
        is_required=factors.is_required(account.role),
        passkeys_possible=factors.passkeys_possible,
    )
    return web.json_response(body)


async def begin_app(request: web.Request) -> web.Response:
    """POST /api/v1/auth/factors/app"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    enrolment, secret, address = await request.app[FACTORS].begin_app(session)
    return web.json_response({"enrolment": enrolment, "secret": secret, "uri": address}, status=201)


async def confirm_app(request: web.Request) -> web.Response:
    """POST /api/v1/auth/factors/app/confirm"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].living(request[IDENTITY])
    body = await parse_body(request, AppConfirmation, max_bytes=MAX_BODY_BYTES)
    codes = await request.app[FACTORS].confirm_app(session, body.enrolment, body.code)
    return web.json_response({"recovery_codes": codes})


async def remove_app(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/factors/app"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    await request.app[FACTORS].remove_app(await request.app[SESSIONS].require_recent(request[IDENTITY]))
    return web.Response(status=204)


async def begin_passkey(request: web.Request) -> web.Response:
    """POST /api/v1/auth/factors/passkeys/options"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    enrolment, options = await request.app[FACTORS].begin_passkey(session)
    return web.json_response({"enrolment": enrolment, "options": options}, status=201)


async def add_passkey(request: web.Request) -> web.Response:
    """POST /api/v1/auth/factors/passkeys"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].living(request[IDENTITY])
    body = await parse_body(request, NewPasskey, max_bytes=MAX_BODY_BYTES)
    made, codes = await request.app[FACTORS].add_passkey(session, body.enrolment, body.name, body.credential)
    return web.json_response({"passkey": passkey_json(made), "recovery_codes": codes}, status=201)


async def remove_passkey(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/factors/passkeys/{id}"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    passkey_id = _parse(request.match_info["id"])
    if passkey_id is None:
        raise FactorNotFound("There is no such second factor.")
    await request.app[FACTORS].remove_passkey(session, passkey_id)
    return web.Response(status=204)


async def renew_recovery_codes(request: web.Request) -> web.Response:
    """POST /api/v1/auth/factors/recovery-codes"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    return web.json_response({"recovery_codes": await request.app[FACTORS].renew_recovery_codes(session)}, status=201)


async def reset_factors(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/accounts/{id}/factors"""
    require(request[IDENTITY], Permission.MANAGE_ACCOUNTS)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    account_id = _parse(request.match_info["id"])
    if account_id is None:
        raise NotFound("There is no such account.")
    await request.app[FACTORS].reset(session.account.id, account_id)
    return web.Response(status=204)


def _parse(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_get(ROOT, list_factors)
    app.router.add_post(f"{ROOT}/app", begin_app)
    app.router.add_post(f"{ROOT}/app/confirm", confirm_app)
    app.router.add_delete(f"{ROOT}/app", remove_app)
    app.router.add_post(f"{ROOT}/passkeys/options", begin_passkey)
    app.router.add_post(f"{ROOT}/passkeys", add_passkey)
    app.router.add_delete(f"{ROOT}/passkeys/{{id}}", remove_passkey)
    app.router.add_post(f"{ROOT}/recovery-codes", renew_recovery_codes)
    app.router.add_delete("/api/v1/auth/accounts/{id}/factors", reset_factors)
