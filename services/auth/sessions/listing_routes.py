"""The account's list of sessions, and ending them."""

from typing import Any, Literal
from uuid import UUID

from aiohttp import web
from pydantic import Field

from services.auth.keys import OWN_SESSIONS, SESSIONS
from services.auth.sessions.devices import device_of, network_of
from services.auth.sessions.domain import ListedSession, SessionNotFound
from shared.identity import require
from shared.keys import IDENTITY
from shared.parse import Query, parse_query
from shared.permissions import Permission

ROOT = "/api/v1/auth/sessions"


class Which(Query):
    """All sessions, or all but the one that asks."""

    but: Literal["current"] | None = Field(None, alias="except")


async def list_sessions(request: web.Request) -> web.Response:
    """GET /api/v1/auth/sessions"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    current = await request.app[SESSIONS].living(request[IDENTITY])
    found = await request.app[OWN_SESSIONS].all(current.account.id)
    return web.json_response({"items": [session_json(session, current.sid, ROOT) for session in found]})


async def end_session(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/sessions/{id}"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    current = await request.app[SESSIONS].living(request[IDENTITY])
    try:
        sid = UUID(request.match_info["id"])
    except ValueError:
        raise SessionNotFound("There is no such session.") from None
    await request.app[OWN_SESSIONS].end(current, sid)
    return web.Response(status=204)


async def end_sessions(request: web.Request) -> web.Response:
    """DELETE /api/v1/auth/sessions?except"""
    require(request[IDENTITY], Permission.MANAGE_SELF)
    which = parse_query(request, Which)
    current = await request.app[SESSIONS].living(request[IDENTITY])
    await request.app[OWN_SESSIONS].end_all(current, but_this=which.but is not None)
    return web.Response(status=204)


def session_json(session: ListedSession, current: UUID, root: str) -> dict[str, Any]:
    """The JSON members of a session; `current` is the one that asks, `root` where they are all listed."""
    device = device_of(session.client.user_agent)
    return {
        "id": str(session.sid),
        "kind": session.kind.value,
        "program": device.program,
        "system": device.system,
        "network": network_of(session.client.address),
        "created_at": session.created_at.isoformat(),
        "last_used_at": session.last_used_at.isoformat(),
        "expires_at": session.expires_at.isoformat(),
        "current": session.sid == current,
        "href": f"{root}/{session.sid}",
    }


def add_routes(app: web.Application) -> None:
    """Register these addresses."""
    app.router.add_get(ROOT, list_sessions)
    app.router.add_delete(ROOT, end_sessions)
    app.router.add_delete(f"{ROOT}/{{id}}", end_session)
