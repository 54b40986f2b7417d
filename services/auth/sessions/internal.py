"""Browser sessions, for the web service alone (see shared.contracts.sessions)."""

from aiohttp import web

from services.auth.accounts.wire import MAX_BODY_BYTES
from services.auth.keys import SESSIONS
from services.auth.sessions.domain import Client
from shared.contracts.sessions import OpenedSession, OpenSession, ReauthenticateSession, ResolveSession
from shared.errors import Forbidden, NotFound
from shared.keys import IDENTITY
from shared.parse import parse_body


async def open_session(request: web.Request) -> web.Response:
    """POST /internal/sessions"""
    _require_web(request)
    body = await parse_body(request, OpenSession, max_bytes=MAX_BODY_BYTES)
    session_id, session = await request.app[SESSIONS].sign_in_browser(
        body.email, body.password, Client(body.user_agent, body.address)
    )
    opened = OpenedSession(session_id=session_id, session=session)
    return web.json_response(opened.model_dump(mode="json"), status=201)


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
    session_id, session = await request.app[SESSIONS].reauthenticate_browser(bytes.fromhex(body.id_hash), body.password)
    opened = OpenedSession(session_id=session_id, session=session)
    return web.json_response(opened.model_dump(mode="json"), status=201)


def _require_web(request: web.Request) -> None:
    if request[IDENTITY].caller != "web":
        raise Forbidden("Only the web service asks for browser sessions.")


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses, which the gateway does not route to."""
    app.router.add_post("/internal/sessions", open_session)
    app.router.add_post("/internal/sessions/resolve", resolve_session)
    app.router.add_post("/internal/sessions/reauthenticate", reauthenticate)
