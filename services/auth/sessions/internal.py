"""Browser sessions, for the web service alone (see shared.contracts.sessions)."""

from uuid import UUID

from aiohttp import web

from services.auth.accounts.wire import MAX_BODY_BYTES
from services.auth.factors.domain import Held
from services.auth.keys import ACCOUNTS, PROVING, SESSIONS, SIGNING_IN
from services.auth.sessions.domain import Client
from services.auth.sessions.proving import Proof
from services.auth.sessions.signing_in import Opened, Pending
from shared.contracts.sessions import (
    AskChallenge,
    Challenge,
    FinishSignIn,
    LookAtSignIn,
    OpenedSession,
    OpenSession,
    PendingSignIn,
    ReauthenticateSession,
    RenewSession,
    ResolveSession,
)
from shared.errors import Forbidden, NotFound, Unprocessable
from shared.keys import IDENTITY
from shared.parse import parse_body


async def open_session(request: web.Request) -> web.Response:
    """POST /internal/sessions"""
    _require_web(request)
    body = await parse_body(request, OpenSession, max_bytes=MAX_BODY_BYTES)
    client = Client(body.user_agent, body.address, body.device)
    answer = await request.app[SIGNING_IN].browser(body.email, body.password, client)
    if isinstance(answer, Pending):
        return web.json_response(_pending(answer.ticket, answer.held), status=202)
    return _opened(answer, _mark(request, answer, client))


async def look_at_sign_in(request: web.Request) -> web.Response:
    """POST /internal/sessions/pending"""
    _require_web(request)
    body = await parse_body(request, LookAtSignIn, max_bytes=MAX_BODY_BYTES)
    return web.json_response(_pending(body.ticket, await request.app[SIGNING_IN].pending(body.ticket)))


async def finish_sign_in(request: web.Request) -> web.Response:
    """POST /internal/sessions/finish"""
    _require_web(request)
    body = await parse_body(request, FinishSignIn, max_bytes=MAX_BODY_BYTES)
    client, signing_in = Client(body.user_agent, body.address, body.device), request.app[SIGNING_IN]
    if body.credential is None:
        opened = await signing_in.finish_with_code(body.ticket, body.code, client)
        return _opened(opened, _mark(request, opened, client))
    if body.code:
        raise Unprocessable("Show a code or a passkey.")
    if body.ticket:
        opened = await signing_in.finish_with_passkey(body.ticket, body.challenge, body.credential, client)
    else:
        opened = await signing_in.passkey(body.challenge, body.credential, client)
    return _opened(opened, _mark(request, opened, client))


async def ask_challenge(request: web.Request) -> web.Response:
    """POST /internal/sessions/challenge"""
    _require_web(request)
    body = await parse_body(request, AskChallenge, max_bytes=MAX_BODY_BYTES)
    if body.id_hash:
        challenge, options = await request.app[PROVING].challenge(bytes.fromhex(body.id_hash))
    else:
        challenge, options = await request.app[SIGNING_IN].challenge(body.ticket)
    return web.json_response(Challenge(challenge=challenge, options=options).model_dump(), status=201)


async def resolve_session(request: web.Request) -> web.Response:
    """POST /internal/sessions/resolve"""
    _require_web(request)
    body = await parse_body(request, ResolveSession, max_bytes=MAX_BODY_BYTES)
    id_hash = bytes.fromhex(body.id_hash)
    if body.action == "end":
        await request.app[SESSIONS].end_browser(id_hash)
        return web.Response(status=204)
    session = await request.app[SESSIONS].resolve(id_hash)
    if session is None:
        raise NotFound("There is no such session.")
    return web.json_response(session.model_dump(mode="json"))


async def reauthenticate(request: web.Request) -> web.Response:
    """POST /internal/sessions/reauthenticate"""
    _require_web(request)
    body = await parse_body(request, ReauthenticateSession, max_bytes=MAX_BODY_BYTES)
    proof = Proof(body.password, body.code, body.challenge, body.credential)
    return _opened(await request.app[PROVING].browser(bytes.fromhex(body.id_hash), proof))


async def renew(request: web.Request) -> web.Response:
    """POST /internal/sessions/renew"""
    _require_web(request)
    body = await parse_body(request, RenewSession, max_bytes=MAX_BODY_BYTES)
    return _opened(await request.app[PROVING].renew(bytes.fromhex(body.id_hash)))


def _mark(request: web.Request, opened: Opened, client: Client) -> str:
    return request.app[ACCOUNTS].mark(UUID(opened[1].subject), client.device)


def _opened(opened: Opened, device: str = "") -> web.Response:
    session_id, session = opened
    body = OpenedSession(session_id=session_id, session=session, device=device)
    return web.json_response(body.model_dump(mode="json"), status=201)


def _pending(ticket: str, held: Held) -> dict[str, object]:
    return PendingSignIn(
        ticket=ticket,
        app=held.app_since is not None,
        passkeys=bool(held.passkeys),
        recovery_codes=held.recovery_codes_left > 0,
    ).model_dump()


def _require_web(request: web.Request) -> None:
    if request[IDENTITY].caller != "web":
        raise Forbidden("Only the web service asks for browser sessions.")


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses, which the gateway does not route to."""
    for name, handler in (
        ("", open_session),
        ("/pending", look_at_sign_in),
        ("/finish", finish_sign_in),
        ("/challenge", ask_challenge),
        ("/resolve", resolve_session),
        ("/reauthenticate", reauthenticate),
        ("/renew", renew),
    ):
        app.router.add_post(f"/internal/sessions{name}", handler)
