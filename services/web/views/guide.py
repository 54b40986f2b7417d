"""The user guide, the meaning of each error type, the accessibility statement, and a reader's preferences."""

from aiohttp import web

from services.web.render import page
from shared.problems import STATUS

_MAX_AGE = 3600
PREFERENCES = (
    ("theme", ("", "light", "dark")),
    ("size", ("small", "", "large", "larger")),
    ("width", ("narrow", "", "wide")),
    ("keys", ("", "off")),
)
"""What a reader may choose, the empty choice being the site's own. Kept in the browser: no account is needed."""


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/docs", show_guide)
    app.router.add_get("/docs/errors", show_errors)
    app.router.add_get("/accessibility", show_accessibility)
    app.router.add_get("/preferences", show_preferences)


async def show_guide(request: web.Request) -> web.Response:
    """GET /docs"""
    return page(request, "guide", max_age=_MAX_AGE)


async def show_errors(request: web.Request) -> web.Response:
    """GET /docs/errors: an anchor for each problem type, since the `type` of a problem points here."""
    kinds = sorted(((kind, status.value) for kind, status in STATUS.items()), key=lambda one: one[1])
    return page(request, "errors", {"kinds": kinds}, max_age=_MAX_AGE)


async def show_accessibility(request: web.Request) -> web.Response:
    """GET /accessibility"""
    return page(request, "accessibility", max_age=_MAX_AGE)


async def show_preferences(request: web.Request) -> web.Response:
    """GET /preferences"""
    return page(request, "preferences", {"preferences": PREFERENCES}, max_age=_MAX_AGE)
