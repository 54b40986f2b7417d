"""Where one is signed in: the list of sessions, and ending them."""

from datetime import datetime

from aiohttp import web
from pydantic import Field

from services.web.forms import Form, read_form
from services.web.keys import AUTH
from services.web.render import page
from services.web.session import identity_of, require_account
from services.web.visitors import see_other
from shared import errors

SESSIONS = "/account/sessions"
SESSIONS_API = "/api/v1/auth/sessions"


class EndForm(Form):
    """The button beside a session."""

    id: str = Field(pattern=r"^[0-9a-f-]{36}$")


class Button(Form):
    """A button alone."""


async def show(request: web.Request) -> web.Response:
    """GET /account/sessions"""
    account = await require_account(request)
    listed, _ = await request.app[AUTH].get(SESSIONS_API, identity=identity_of(account))
    context = {"sessions": listed["items"], "moment": datetime.fromisoformat}
    return page(request, "account/sessions", context, form=SESSIONS)


async def end_one(request: web.Request) -> web.Response:
    """POST /account/sessions/end"""
    account = await require_account(request)
    filled = await read_form(request, EndForm, purpose=SESSIONS)
    if filled.model is None:
        raise errors.Invalid("There is no such session.")
    await request.app[AUTH].send("DELETE", f"{SESSIONS_API}/{filled.model.id}", identity=identity_of(account))
    return see_other("/login?signed-out" if filled.model.id == account.sid else SESSIONS)


async def end_others(request: web.Request) -> web.Response:
    """POST /account/sessions/others"""
    account = await require_account(request)
    await read_form(request, Button, purpose=SESSIONS)
    await request.app[AUTH].send("DELETE", f"{SESSIONS_API}?except=current", identity=identity_of(account))
    return see_other(SESSIONS)


async def end_all(request: web.Request) -> web.Response:
    """POST /account/sessions/all"""
    account = await require_account(request)
    await read_form(request, Button, purpose=SESSIONS)
    await request.app[AUTH].send("DELETE", SESSIONS_API, identity=identity_of(account))
    return see_other("/login?signed-out")


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(SESSIONS, show)
    app.router.add_post(f"{SESSIONS}/end", end_one)
    app.router.add_post(f"{SESSIONS}/others", end_others)
    app.router.add_post(f"{SESSIONS}/all", end_all)
