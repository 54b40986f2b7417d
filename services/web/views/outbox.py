"""The development outbox: letters that nobody sends. There is no such page where mail is sent."""

from datetime import datetime
from typing import Any

from aiohttp import web

from services.web.keys import AUTH, WEB_SETTINGS
from services.web.render import page

OUTBOX_API = "/internal/outbox"


async def outbox(request: web.Request) -> web.Response:
    """GET /outbox"""
    answer, _ = await request.app[AUTH].get(OUTBOX_API)
    public_url = request.app[WEB_SETTINGS].public_url
    return page(request, "outbox", {"letters": [_letter(item, public_url) for item in answer["items"]]})


def _letter(item: dict[str, Any], public_url: str) -> dict[str, Any]:
    """A letter with its text in lines, each with the address on this platform that it is, if it is one."""
    lines = [(line, line.removeprefix(public_url) if line.startswith(f"{public_url}/") else "")
             for line in item["body"].splitlines()]  # fmt: skip
    return {**item, "lines": lines, "at": datetime.fromisoformat(item["created_at"])}


def add_routes(app: web.Application) -> None:
    """Register the handler, where letters are to be seen."""
    if app[WEB_SETTINGS].development_outbox:
        app.router.add_get("/outbox", outbox)
