"""A draft: where it stands, its sections, what it changes, what was said of it, and what can be done now."""

import asyncio

from aiohttp import web

from services.web.desk import desk_of
from services.web.render import page
from services.web.views.editor.addresses import DRAFT_ROUTE, draft_page
from services.web.views.editor.showing import show_draft


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(DRAFT_ROUTE, show)
    app.router.add_get(DRAFT_ROUTE + "/record", record)


async def show(request: web.Request) -> web.Response:
    """GET /editor/{id}"""
    return await show_draft(request, await desk_of(request), request.match_info["id"])


async def record(request: web.Request) -> web.Response:
    """GET /editor/{id}/record: every step."""
    desk, draft_id = await desk_of(request), request.match_info["id"]
    draft, events = await asyncio.gather(desk.draft(draft_id), desk.events(draft_id))
    return page(request, "editor/record", {"draft": draft, "events": events, "back": draft_page(draft.id)})
