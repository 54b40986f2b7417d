"""Pages of administrators, below `/admin`; one module per page."""

from types import ModuleType

from aiohttp import web

from services.web.views.admin import audit, users

_PAGES: tuple[ModuleType, ...] = (users, audit)


def add_routes(app: web.Application) -> None:
    """Every page below `/admin`."""
    for module in _PAGES:
        module.add_routes(app)
