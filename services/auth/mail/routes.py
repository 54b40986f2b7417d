"""The development outbox, for the web service alone. Where mail is sent, there is no such address."""

from aiohttp import web

from services.auth.keys import OUTBOX
from shared.errors import Forbidden
from shared.keys import IDENTITY

MOST_SHOWN = 50


async def show_outbox(request: web.Request) -> web.Response:
    """GET /internal/outbox"""
    if request[IDENTITY].caller != "web":
        raise Forbidden("Only the web service shows letters.")
    letters = await request.app[OUTBOX].newest(MOST_SHOWN)
    items = [
        {
            "recipient": letter.recipient,
            "lang": letter.lang,
            "subject": letter.subject,
            "body": letter.body,
            "created_at": letter.created_at.isoformat(),
        }
        for letter in letters
    ]
    return web.json_response({"items": items})


def add_routes(app: web.Application) -> None:
    """Register this slice's address, which the gateway does not route to."""
    app.router.add_get("/internal/outbox", show_outbox)
