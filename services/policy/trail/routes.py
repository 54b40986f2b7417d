"""The trail of drafts, publications, withdrawals, imports and refusals, for those who may read it."""

from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from services.policy.acting import System, transaction_of
from services.policy.documents.representations import as_json
from services.policy.keys import CURSORS, DATABASE
from services.policy.trail import repo
from services.policy.trail.domain import Filters, Recorded
from shared.identity import require
from shared.keys import IDENTITY
from shared.moments import Moment
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, Position, page_body
from shared.parse import Query, parse_query
from shared.permissions import Permission


class _Events(Query):
    account: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    subject: (
        Annotated[str, Field(max_length=80, pattern=r"^(draft:[0-9a-f-]{36}|(import|version):[0-9]{1,18})$")] | None
    ) = None
    action: Annotated[str, Field(max_length=80, pattern=r"^[a-z]+(-[a-z]+)*(\.[a-z]+(-[a-z]+)*)?$")] | None = None
    since: Moment | None = None
    until: Moment | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=1024)


async def list_events(request: web.Request) -> web.Response:
    """GET /api/v1/audit"""
    require(request[IDENTITY], Permission.READ_AUDIT)
    query = parse_query(request, _Events)
    cursors = request.app[CURSORS]
    asked = [(name, str(value)) for name, value in query if name not in {"limit", "cursor"} and value is not None]
    binding = f"audit:{asked}"
    position = cursors.decode(query.cursor, binding) if query.cursor is not None else None
    backwards = position is not None and position.backwards
    filters = Filters(query.account, query.subject, query.action, query.since, query.until)
    at = None if position is None else int(position.values[0])
    # All of the trail is read in one go; that the caller may was asked above.
    async with transaction_of(request.app[DATABASE], System(), readonly=True) as connection:
        found = await repo.page(connection, filters, at, backwards=backwards, limit=query.limit + 1)
    more = len(found) > query.limit
    items = found[1:] if more and backwards else found[: query.limit]

    def cursor(index: int, *, back: bool) -> str:
        return cursors.encode(Position((items[index].position,), back), binding)

    body, headers = page_body(
        request,
        [event_json(event) for event in items],
        limit=query.limit,
        next_cursor=cursor(-1, back=False) if items and (more or backwards) else None,
        prev_cursor=cursor(0, back=True) if items and (more if backwards else position is not None) else None,
    )
    headers |= {"Cache-Control": "private, no-store", "Content-Type": "application/json; charset=utf-8"}
    return web.Response(body=as_json(body), headers=headers)


def event_json(event: Recorded) -> dict[str, Any]:
    """The JSON members of an event."""
    return {
        "position": event.position,
        "at": event.at.isoformat(),
        "action": event.action,
        "account": event.account,
        "subject": event.subject,
        "detail": {name: value for name, value in event.detail.items() if value is not None},
        "request_id": event.request_id,
        "hash": event.hash.hex(),
    }


def add_routes(app: web.Application) -> None:
    """Register the slice's address."""
    app.router.add_get("/api/v1/audit", list_events)
