"""The providers, the logins of an account, and what the web service asks on behalf of browsers."""

from typing import Any
from uuid import UUID

from aiohttp import web

from services.auth.accounts.wire import MAX_BODY_BYTES
from services.auth.federation.domain import Login, LoginNotFound
from services.auth.federation.service import Answer, Outcome
from services.auth.keys import FEDERATION, SESSIONS
from services.auth.sessions.domain import Client
from services.auth.sessions.signing_in import Pending
from shared.contracts.federation import (
    FEDERATION_API,
    BeginFederation,
    BegunFederation,
    FederatedOutcome,
    FinishFederation,
    LinkTicket,
    WaitingLink,
)
from shared.contracts.sessions import OpenedSession, PendingSignIn
from shared.errors import Forbidden
from shared.identity import require
from shared.keys import IDENTITY
from shared.parse import parse_body
from shared.permissions import Permission

ROOT = "/api/v1/auth"


async def list_providers(request: web.Request) -> web.Response:
    """GET /api/v1/auth/providers"""
    found = request.app[FEDERATION].providers()
    return web.json_response({"items": [{"name": name, "label": label} for name, label in found]})


async def list_logins(request: web.Request) -> web.Response:
    """GET /api/v1/auth/logins"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    account = await request.app[SESSIONS].who(request[IDENTITY])
    federation = request.app[FEDERATION]
    items = [_login_json(login, federation.label(login.provider)) for login in await federation.logins(account.id)]
    return web.json_response({"items": items})


async def remove_login(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/logins/{id}"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    try:
        login_id = UUID(request.match_info["id"])
    except ValueError:
        raise LoginNotFound("There is no such login.") from None
    await request.app[FEDERATION].remove(login_id, session.account, session.sid)
    return web.Response(status=204)


async def begin(request: web.Request) -> web.Response:
    """POST /internal/federation/begin"""
    _require_web(request)
    body = await parse_body(request, BeginFederation, max_bytes=MAX_BODY_BYTES)
    account = (await request.app[SESSIONS].require_recent(request[IDENTITY])).account if body.link else None
    address, browser = await request.app[FEDERATION].begin(body.provider, body.next, account)
    return web.json_response(BegunFederation(address=address, browser=browser).model_dump(), status=201)


async def finish(request: web.Request) -> web.Response:
    """POST /internal/federation/finish"""
    _require_web(request)
    body = await parse_body(request, FinishFederation, max_bytes=MAX_BODY_BYTES)
    answer = Answer(body.provider, body.state, body.code, body.iss, body.error, body.browser)
    outcome = await request.app[FEDERATION].finish(answer, Client(body.user_agent, body.address))
    return web.json_response(_outcome(outcome).model_dump(mode="json"), status=201)


async def look_at_link(request: web.Request) -> web.Response:
    """POST /internal/federation/waiting"""
    _require_web(request)
    require(request[IDENTITY], Permission.MANAGE_SELF)
    body = await parse_body(request, LinkTicket, max_bytes=MAX_BODY_BYTES)
    account = await request.app[SESSIONS].who(request[IDENTITY])
    name = await request.app[FEDERATION].pending(body.ticket, account.id)
    return web.json_response(WaitingLink(label=request.app[FEDERATION].label(name)).model_dump())


async def confirm_link(request: web.Request) -> web.Response:
    """POST /internal/federation/confirm"""
    _require_web(request)
    require(request[IDENTITY], Permission.MANAGE_SELF)
    session = await request.app[SESSIONS].require_recent(request[IDENTITY])
    body = await parse_body(request, LinkTicket, max_bytes=MAX_BODY_BYTES)
    await request.app[FEDERATION].confirm(body.ticket, session.account, session.sid)
    return web.Response(status=204)


def _outcome(outcome: Outcome) -> FederatedOutcome:
    if outcome.signed_in is None:
        return FederatedOutcome(next=outcome.next, ticket=outcome.ticket)
    if isinstance(outcome.signed_in, Pending):
        held = outcome.signed_in.held
        pending = PendingSignIn(
            ticket=outcome.signed_in.ticket, app=held.app_since is not None, passkeys=bool(held.passkeys),
            recovery_codes=held.recovery_codes_left > 0,
        )  # fmt: skip
        return FederatedOutcome(next=outcome.next, pending=pending)
    session_id, session = outcome.signed_in
    return FederatedOutcome(next=outcome.next, opened=OpenedSession(session_id=session_id, session=session))


def _login_json(login: Login, label: str) -> dict[str, Any]:
    return {
        "id": str(login.id),
        "provider": login.provider,
        "label": label,
        "issuer": login.issuer,
        "linked_at": login.linked_at.isoformat(),
        "last_used_at": None if login.last_used_at is None else login.last_used_at.isoformat(),
        "href": f"{ROOT}/logins/{login.id}",
    }


def _require_web(request: web.Request) -> None:
    if request[IDENTITY].caller != "web":
        raise Forbidden("Only the web service asks on behalf of browsers.")


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses; the gateway does not route to those below /internal."""
    app.router.add_get(f"{ROOT}/providers", list_providers)
    app.router.add_get(f"{ROOT}/logins", list_logins)
    app.router.add_delete(f"{ROOT}/logins/{{id}}", remove_login)
    app.router.add_post(f"{FEDERATION_API}/begin", begin)
    app.router.add_post(f"{FEDERATION_API}/finish", finish)
    app.router.add_post(f"{FEDERATION_API}/waiting", look_at_link)
    app.router.add_post(f"{FEDERATION_API}/confirm", confirm_link)
