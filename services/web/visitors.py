"""Where somebody calls from, and where they are led."""

from urllib.parse import quote

from aiohttp import web

from services.web.paths import local_path
from shared.contracts.sessions import BrowserSession

SECURITY = "/account/security"


def client_address(request: web.Request) -> str:
    """Where the browser is, as the gateway says; only the gateway can call us."""
    return request.headers.get("X-Forwarded-For", "").rpartition(",")[2].strip()[:64]


def see_other(to: str) -> web.Response:
    """After a form: fetch that page, with GET."""
    return web.Response(status=303, headers={"Location": to, "Cache-Control": "no-store"})


def after_sign_in(account: BrowserSession, target: str) -> str:
    """The page that was asked for; before it, for a role that asks for a second factor, the page that sets one up."""
    wanted = local_path(target)
    return f"{SECURITY}?next={quote(wanted, safe='/')}" if account.scope else wanted
