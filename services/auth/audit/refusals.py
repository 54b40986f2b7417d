"""Refusals of people who signed in: the auth service's own, and those that a service without a database tells of."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from aiohttp import web

from services.auth.audit import repo
from services.auth.audit.domain import Action, Event
from services.auth.keys import AUDIT_DATABASE
from shared.contracts.refusals import REFUSALS_API, RefusedCallers
from shared.db import Database
from shared.errors import Forbidden
from shared.keys import IDENTITY
from shared.parse import parse_body
from shared.refusals import Refusal

_MAX_BODY_BYTES = 300_000


async def write(database: Database, service: str, refused: Sequence[Refusal]) -> None:
    """Put what `service` refused on record."""
    now = datetime.now(UTC)
    async with database.transaction() as connection:
        for one in refused:
            detail = {"service": service, "method": one.method, "route": one.route, "reason": one.reason,
                      "times": str(one.times), "request": one.request_id}  # fmt: skip
            event = Event(Action.REFUSED, actor=_uuid(one.account), sid=_uuid(one.sid), detail=detail)
            await repo.append(connection, event, now)


async def receive(request: web.Request) -> web.Response:
    """POST /internal/refusals"""
    caller = request[IDENTITY].caller
    if caller != "web" or not request[IDENTITY].is_anonymous:
        raise Forbidden("Only the web service tells of refusals here.")
    body = await parse_body(request, RefusedCallers, max_bytes=_MAX_BODY_BYTES)
    refused = [Refusal(**item.model_dump()) for item in body.items]
    await write(request.app[AUDIT_DATABASE], caller, refused)
    return web.Response(status=204)


def add_routes(app: web.Application) -> None:
    """Register the address, which the gateway does not route to."""
    app.router.add_post(REFUSALS_API, receive)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None
