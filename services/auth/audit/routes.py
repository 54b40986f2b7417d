"""The audit trail, for those who may read it."""

from typing import Annotated, Any
from uuid import UUID

from aiohttp import web
from pydantic import Field, PlainValidator

from services.auth.accounts.domain import EMAIL_CHARACTERS, normalise_email
from services.auth.audit import refusals
from services.auth.audit.domain import Filters, Recorded
from services.auth.keys import AUDIT, CURSORS
from shared.identity import require
from shared.keys import IDENTITY
from shared.moments import Moment
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, Position, page_body
from shared.parse import Query, parse_query
from shared.permissions import Permission


def _account(value: object) -> UUID | str:
    text = str(value)
    if not 1 <= len(text) <= EMAIL_CHARACTERS:
        raise ValueError(f"must have 1 to {EMAIL_CHARACTERS} characters")
    try:
        return UUID(text)
    except ValueError:
        return normalise_email(text)  # of nobody there is nothing to tell


class AuditQuery(Query):
    """Which events to list."""

    actor: UUID | None = None
    subject: UUID | None = None
    account: Annotated[UUID | str, PlainValidator(_account)] | None = None
    action: Annotated[str, Field(max_length=80, pattern=r"^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$")] | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=1024)


async def list_events(request: web.Request) -> web.Response:
    """GET /api/v1/auth/audit"""
    require(request[IDENTITY], Permission.READ_AUDIT)
    query = parse_query(request, AuditQuery)
    cursors = request.app[CURSORS]
    asked = [(name, str(value)) for name, value in query if name not in {"limit", "cursor"} and value is not None]
    binding = f"audit:{asked}"
    position = cursors.decode(query.cursor, binding) if query.cursor is not None else None
    filters = Filters(query.actor, query.subject, query.action, query.since, query.until)
    page = await request.app[AUDIT].page(filters, query.account, position, query.limit)

    def cursor(index: int, *, backwards: bool) -> str:
        return cursors.encode(Position((page.items[index].position,), backwards), binding)

    body, headers = page_body(
        request,
        [event_json(event) for event in page.items],
        limit=query.limit,
        next_cursor=cursor(-1, backwards=False) if page.has_next and page.items else None,
        prev_cursor=cursor(0, backwards=True) if page.has_previous and page.items else None,
    )
    return web.json_response(body, headers=headers)


def event_json(event: Recorded) -> dict[str, Any]:
    """The JSON members of an event."""
    return {
        "position": event.position,
        "at": event.at.isoformat(),
        "action": event.action,
        "actor": None if event.actor is None else {"id": str(event.actor), "email": event.actor_email},
        "subject": None if event.subject is None else {"id": str(event.subject), "email": event.subject_email},
        "pseudonym": event.pseudonym,
        "sid": None if event.sid is None else str(event.sid),
        "detail": dict(event.detail),
        "request_id": event.request_id,
        "hash": event.hash.hex(),
    }


def add_routes(app: web.Application) -> None:
    """Register this slice's addresses."""
    app.router.add_get("/api/v1/auth/audit", list_events)
    refusals.add_routes(app)
