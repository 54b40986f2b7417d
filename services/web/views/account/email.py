"""Moving one's account to another address."""

from aiohttp import web
from pydantic import Field

from services.web.forms import Filled, Form, read_form, refusal
from services.web.keys import AUTH, WEB_SETTINGS
from services.web.render import page
from services.web.session import identity_of, require_account
from services.web.views.accounts import see_other
from shared import errors
from shared.contracts.sessions import BrowserSession

EMAIL = "/account/email"
EMAIL_API = "/api/v1/auth/email"


class EmailForm(Form):
    """The address that the account is to move to."""

    email: str = Field(max_length=254)


async def show(request: web.Request) -> web.Response:
    """GET /account/email"""
    return _show(request, await require_account(request), Filled(None), 200)


async def change(request: web.Request) -> web.Response:
    """POST /account/email: nothing changes before the letter to the new address was answered."""
    account = await require_account(request)
    filled = await read_form(request, EmailForm, purpose=EMAIL)
    if filled.model is None:
        return _show(request, account, filled, 422)
    try:
        await request.app[AUTH].send("POST", EMAIL_API, filled.model.model_dump(), identity=identity_of(account))
    except (errors.Unprocessable, errors.Invalid) as error:
        return _show(request, account, Filled(None, filled.values, refusal(error)), 422)
    return see_other(f"{EMAIL}?sent")


def _show(request: web.Request, account: BrowserSession, filled: Filled[EmailForm], status: int) -> web.Response:
    context = {"values": filled.values, "errors": filled.errors, "address": account.email,
               "sent": "sent" in request.query, "shown": request.app[WEB_SETTINGS].development_outbox}  # fmt: skip
    return page(request, "account/email", context, status=status, form=EMAIL)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(EMAIL, show)
    app.router.add_post(EMAIL, change)
