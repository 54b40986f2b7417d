"""One's own profile."""

from datetime import UTC, datetime

from aiohttp import web

from services.web.render import page
from services.web.session import require_account


async def profile(request: web.Request) -> web.Response:
    """GET /account: to the sign-in page for a stranger. So this one link fits both states."""
    account = await require_account(request)
    expires = datetime.fromtimestamp(account.expires_at, UTC)
    return page(request, "account/profile", {"account": account, "expires": expires}, form="logout")


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/account", profile)
