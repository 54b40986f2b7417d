"""Leads to the page where somebody shows again who they are, or sets a second factor up, and from there back.

Pages call auth as they like: when it asks for more, this answers in their place.
"""

from urllib.parse import quote, urlsplit

from aiohttp import web

from services.web.paths import local_path
from services.web.session import account_of
from services.web.visitors import SECURITY, see_other
from shared.errors import Forbidden, ReauthenticationRequired
from shared.keys import Handler

CONFIRM = "/account/confirm"


@web.middleware
async def lead_to_confirmation(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Instead of a refusal that its reader can do something about, the page where they can."""
    try:
        return await handler(request)
    except ReauthenticationRequired:
        return see_other(f"{CONFIRM}?next={quote(page_of_form(request), safe='/')}")
    except Forbidden:
        account = await account_of(request)
        if account is None or not account.scope:
            raise
        return see_other(f"{SECURITY}?next={quote(page_of_form(request), safe='/')}")


def page_of_form(request: web.Request) -> str:
    """The page to come back to: this one, or the one whose form was sent."""
    if request.method in ("GET", "HEAD"):
        return request.rel_url.raw_path_qs
    sent_from = urlsplit(request.headers.get("Referer", ""))
    return local_path(sent_from.path + (f"?{sent_from.query}" if sent_from.query else ""))
