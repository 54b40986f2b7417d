"""Accounts elsewhere that one can sign in with: listed, linked and removed."""

from datetime import datetime
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict

from services.web.browser_secrets import forget, held
from services.web.forms import Form, read_form
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.render import page
from services.web.session import identity_of, require_account
from services.web.texts import texts_of
from services.web.views.accounts import see_other
from services.web.views.federation import CONFIRM, LINK, send_to_provider
from shared.contracts.federation import FEDERATION_API, LinkTicket, WaitingLink
from shared.errors import Conflict
from shared.identity import Identity

PAGE = "/account/logins"
_API = "/api/v1/auth/logins"
_FORM = "logins"


class Login(BaseModel):
    """One link, as the API tells it."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    id: UUID
    label: str
    issuer: str
    linked_at: datetime
    last_used_at: datetime | None


class RemoveForm(Form):
    """The button beside a link."""

    login: UUID


class LinkForm(Form):
    """The button that goes to a provider is a link; this one confirms what it brought."""


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(PAGE, show)
    app.router.add_post(PAGE, remove)
    app.router.add_get(f"{PAGE}/with/{{provider:[a-z][a-z0-9-]{{0,31}}}}", link)
    app.router.add_get(CONFIRM, ask)
    app.router.add_post(CONFIRM, confirm)


async def show(request: web.Request) -> web.Response:
    """GET /account/logins"""
    return await _show(request, identity_of(await require_account(request)), {}, 200)


async def remove(request: web.Request) -> web.Response:
    """POST /account/logins"""
    identity = identity_of(await require_account(request))
    filled = await read_form(request, RemoveForm, purpose=_FORM)
    if filled.model is None:
        return await _show(request, identity, filled.errors, 422)
    try:
        await request.app[AUTH].send("DELETE", f"{_API}/{filled.model.login}", identity=identity)
    except Conflict:
        wrong = texts_of(interface_language(request)).t("logins.last")
        return await _show(request, identity, {"": wrong}, 409)
    return see_other(f"{PAGE}?removed")


async def link(request: web.Request) -> web.Response:
    """GET /account/logins/with/{provider}: to the provider, to link an account there."""
    identity = identity_of(await require_account(request))
    return await send_to_provider(request, request.match_info["provider"], PAGE, identity)


async def ask(request: web.Request) -> web.Response:
    """GET /account/logins/confirm: whoever comes here has signed in, and says whether that login is theirs."""
    identity = identity_of(await require_account(request))
    ticket = _ticket(request)
    try:
        answer = await request.app[AUTH].post(f"{FEDERATION_API}/waiting", ticket.model_dump(), identity=identity)
    except Conflict:
        return _over(request)
    label = WaitingLink.model_validate(answer).label
    return page(request, "account/login_confirm", {"label": label}, form=_FORM)


async def confirm(request: web.Request) -> web.Response:
    """POST /account/logins/confirm"""
    identity = identity_of(await require_account(request))
    await read_form(request, LinkForm, purpose=_FORM)
    try:
        await request.app[AUTH].post(f"{FEDERATION_API}/confirm", _ticket(request).model_dump(), identity=identity)
    except Conflict:
        return _over(request)
    response = see_other(f"{PAGE}?linked")
    forget(request, response, LINK)
    return response


async def _show(request: web.Request, identity: Identity, wrong: dict[str, str], status: int) -> web.Response:
    body, _ = await request.app[AUTH].get(_API, identity=identity)
    notice = next((name for name in ("linked", "removed") if name in request.query), "")
    context = {"logins": [Login.model_validate(item) for item in body["items"]], "errors": wrong, "notice": notice}
    return page(request, "account/logins", context, status=status, form=_FORM)


def _ticket(request: web.Request) -> LinkTicket:
    return LinkTicket(ticket=held(request, LINK))


def _over(request: web.Request) -> web.Response:
    response = page(request, "login_refused", {"over": True}, status=409)
    forget(request, response, LINK)
    return response
