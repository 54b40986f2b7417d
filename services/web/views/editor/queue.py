"""What waits for an editor or reviewer."""

from urllib.parse import urlencode

from aiohttp import web

from services.web.collection import cursor_of
from services.web.desk import desk_of
from services.web.queries import read_filters
from services.web.render import page

STATES = ("draft", "submitted", "returned", "approved", "published", "withdrawn")
_PATTERNS = {"state": "|".join(STATES), "mine": "own|assigned", "cursor": r"[!-~]+"}


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/editor", queue)


async def queue(request: web.Request) -> web.Response:
    """GET /editor?state&mine&cursor"""
    desk = await desk_of(request)
    given = read_filters(request, _PATTERNS)
    found = await desk.drafts(limit="50", **given)
    further = cursor_of(found.page.next)
    filters = {name: value for name, value in given.items() if name != "cursor"}
    context = {
        "found": found,
        "states": STATES,
        "filters": filters,
        "href_with": lambda name, value: _href(filters | {name: value}),
        "next_href": _href(filters | {"cursor": further}) if further else "",
    }
    return page(request, "editor/queue", context)


def _href(parameters: dict[str, str]) -> str:
    given = {name: value for name, value in parameters.items() if value}
    return "/editor" + (f"?{urlencode(given)}" if given else "")
