"""Pages of those who signed in, about their own account; one module per page."""

from aiohttp import web

from services.web.views.account import confirm, data, email, keys, logins, password, profile, security, sessions


def add_routes(app: web.Application) -> None:
    """Every page below `/account`."""
    for module in (profile, keys, logins, password, email, data, confirm, security, sessions):
        module.add_routes(app)
