"""The user guide, the meaning of each error type, and the accessibility statement."""

from aiohttp import web

from services.web.render import page
from shared.problems import STATUS

_MAX_AGE = 3600


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/docs", show_guide)
    app.router.add_get("/docs/errors", show_errors)
    app.router.add_get("/accessibility", show_accessibility)


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
