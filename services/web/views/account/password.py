"""Changing one's password."""

from aiohttp import web
from pydantic import Field

from services.web.forms import Filled, Form, read_form, refusal
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.render import page
from services.web.session import identity_of, require_account
from services.web.texts import texts_of
from services.web.views.accounts import see_other
from shared import errors

PASSWORD = "/account/password"  # noqa: S105 - an address
PASSWORD_API = "/api/v1/auth/password"  # noqa: S105 - likewise


class PasswordForm(Form):
    """The password as it is, and as it shall be."""

    old_password: str = Field(max_length=1024)
    new_password: str = Field(max_length=1024)


async def show(request: web.Request) -> web.Response:
    """GET /account/password"""
    await require_account(request)
    return _show(request, {}, 200)


async def change(request: web.Request) -> web.Response:
    """POST /account/password"""
    account = await require_account(request)
    filled: Filled[PasswordForm] = await read_form(request, PasswordForm, purpose=PASSWORD)
    if filled.model is None:
        return _show(request, filled.errors, 422)
    try:
        await request.app[AUTH].send("POST", PASSWORD_API, filled.model.model_dump(), identity=identity_of(account))
    except (errors.Unprocessable, errors.Invalid) as error:
        return _show(request, refusal(error), 422)
    except errors.TooManyRequests as error:
        minutes = max(1, round(error.retry_after / 60))
        return _show(request, {"": texts_of(interface_language(request)).tn("login.too-many", minutes)}, 429)
    return see_other(f"{PASSWORD}?done")


def _show(request: web.Request, found: dict[str, str], status: int) -> web.Response:
    context = {"errors": found, "done": "done" in request.query}
    return page(request, "account/password", context, status=status, form=PASSWORD)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(PASSWORD, show)
    app.router.add_post(PASSWORD, change)
