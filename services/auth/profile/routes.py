"""What people do with their own account."""

from aiohttp import web

from services.auth.accounts.wire import MAX_BODY_BYTES, LinkToken, account_json
from services.auth.keys import DATA_EXPORT, PROFILE, RECOVERY, SESSIONS
from services.auth.mail.domain import language_of
from services.auth.profile.wire import Deletion, EmailChange, PasswordChange, ProfileChange, Reset, ResetRequest
from shared.identity import require
from shared.keys import IDENTITY
from shared.parse import parse_body
from shared.permissions import Permission

ROOT = "/api/v1/auth"


async def ask_for_reset(request: web.Request) -> web.Response:
    """POST /api/v1/auth/password-reset/request. Known and unknown addresses get the same answer."""
    body = await parse_body(request, ResetRequest, max_bytes=MAX_BODY_BYTES)
    await request.app[RECOVERY].ask(body.email, language_of(request.headers.get("Accept-Language", "")))
    return web.json_response({"status": "accepted"}, status=202)


async def reset(request: web.Request) -> web.Response:
    """POST /api/v1/auth/password-reset"""
    body = await parse_body(request, Reset, max_bytes=MAX_BODY_BYTES)
    await request.app[RECOVERY].reset(body.token, body.password.get_secret_value())
    return web.Response(status=204)


async def change_password(request: web.Request) -> web.Response:
    """POST /api/v1/auth/password"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].living(request[IDENTITY])
    body = await parse_body(request, PasswordChange, max_bytes=MAX_BODY_BYTES)
    old, new = body.old_password.get_secret_value(), body.new_password.get_secret_value()
    await request.app[PROFILE].change_password(session, old, new)
    return web.Response(status=204)


async def ask_for_email(request: web.Request) -> web.Response:
    """POST /api/v1/auth/email. Known and unknown addresses get the same answer."""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    body = await parse_body(request, EmailChange, max_bytes=MAX_BODY_BYTES)
    await request.app[PROFILE].ask_for_email(session, body.email)
    return web.json_response({"status": "accepted"}, status=202)


async def confirm_email(request: web.Request) -> web.Response:
    """POST /api/v1/auth/email/confirm"""
    body = await parse_body(request, LinkToken, max_bytes=MAX_BODY_BYTES)
    await request.app[PROFILE].confirm_email(body.token)
    return web.Response(status=204)


async def undo_email(request: web.Request) -> web.Response:
    """POST /api/v1/auth/email/undo"""
    body = await parse_body(request, LinkToken, max_bytes=MAX_BODY_BYTES)
    await request.app[PROFILE].undo_email(body.token)
    return web.Response(status=204)


async def change_profile(request: web.Request) -> web.Response:
    """PATCH /api/v1/auth/me"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].living(request[IDENTITY])
    body = await parse_body(request, ProfileChange, max_bytes=MAX_BODY_BYTES)
    return web.json_response(account_json(await request.app[PROFILE].rename(session, body.display_name, body.lang)))


async def export(request: web.Request) -> web.Response:
    """GET /api/v1/auth/me/data"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].living(request[IDENTITY])
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"'}
    return web.json_response(await request.app[DATA_EXPORT].export(session), headers=headers)


async def delete(request: web.Request) -> web.Response:
    """POST /api/v1/auth/me/deletion"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    body = await parse_body(request, Deletion, max_bytes=MAX_BODY_BYTES)
    await request.app[PROFILE].delete(session, body.email)
    return web.Response(status=204)


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_post(f"{ROOT}/password-reset/request", ask_for_reset)
    app.router.add_post(f"{ROOT}/password-reset", reset)
    app.router.add_post(f"{ROOT}/password", change_password)
    app.router.add_post(f"{ROOT}/email", ask_for_email)
    app.router.add_post(f"{ROOT}/email/confirm", confirm_email)
    app.router.add_post(f"{ROOT}/email/undo", undo_email)
    app.router.add_patch(f"{ROOT}/me", change_profile)
    app.router.add_get(f"{ROOT}/me/data", export)
    app.router.add_post(f"{ROOT}/me/deletion", delete)
