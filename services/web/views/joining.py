"""Making an account: one's own, and the platform's first administrator."""

from aiohttp import web
from pydantic import Field

from services.web.forms import Filled, Form, read_form, refusal
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.render import page
from services.web.texts import texts_of
from services.web.views.accounts import see_other
from shared import errors

REGISTER, FIRST_ADMIN = "register", "first-admin"
REGISTER_API = "/api/v1/auth/register"
FIRST_ADMIN_API = "/api/v1/auth/first-admin"


class RegisterForm(Form):
    """What the registration form sends."""

    display_name: str = Field(max_length=100)
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


class FirstAdminForm(Form):
    """What the first administrator's form sends; `token` is the one-time word printed by the command."""

    token: str = Field(max_length=256)
    display_name: str = Field(max_length=100)
    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/register", show_register)
    app.router.add_post("/register", register)
    app.router.add_get("/first-admin", show_first_admin)
    app.router.add_post("/first-admin", first_admin)


async def show_register(request: web.Request) -> web.Response:
    """GET /register"""
    return _show(request, REGISTER, Filled(None), 200)


async def register(request: web.Request) -> web.Response:
    """POST /register. Known and unknown addresses get the same answer, so nobody can ask who has an account."""
    filled = await read_form(request, RegisterForm, purpose=REGISTER)
    return await _send(request, REGISTER, filled, REGISTER_API, "/register/sent")


async def show_first_admin(request: web.Request) -> web.Response:
    """GET /first-admin?token"""
    token = request.query.get("token", "")[:256]
    return _show(request, FIRST_ADMIN, Filled(None, {"token": token}), 200)


async def first_admin(request: web.Request) -> web.Response:
    """POST /first-admin"""
    filled = await read_form(request, FirstAdminForm, purpose=FIRST_ADMIN)
    return await _send(request, FIRST_ADMIN, filled, FIRST_ADMIN_API, "/login?registered")


async def _send(
    request: web.Request, name: str, filled: Filled[RegisterForm] | Filled[FirstAdminForm], api: str, then: str
) -> web.Response:
    if filled.model is None:
        return _show(request, name, filled, 422)
    try:
        headers = {"Accept-Language": interface_language(request)}  # of the letter
        await request.app[AUTH].send("POST", api, filled.model.model_dump(), headers=headers)
    except (errors.Unprocessable, errors.Invalid) as error:
        return _show(request, name, Filled(None, filled.values, refusal(error)), 422)
    except (errors.Unauthenticated, errors.Forbidden, errors.NotFound, errors.Conflict, errors.Gone):
        wrong = {"": texts_of(interface_language(request)).t(f"{name}.refused")}
        return _show(request, name, Filled(None, filled.values, wrong), 403)
    return see_other(then)


def _show(
    request: web.Request, name: str, filled: Filled[RegisterForm] | Filled[FirstAdminForm], status: int
) -> web.Response:
    context = {"values": filled.values, "errors": filled.errors}
    return page(request, name.replace("-", "_"), context, status=status, form=name)
