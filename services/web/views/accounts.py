"""Signing in and out."""

from typing import Any

from aiohttp import web
from pydantic import Field

from services.web.forms import Form, read_form
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.paths import local_path
from services.web.render import fragment, page
from services.web.session import HINT_COOKIE, SESSIONS_API, account_of, device_of, end_session, start_session
from services.web.texts import texts_of
from services.web.views.second_step import PASSKEY, second_step
from services.web.visitors import after_sign_in, client_address, see_other
from shared import errors
from shared.contracts.sessions import OpenedSession, OpenSession, PendingSignIn

__all__ = ["add_routes", "client_address", "see_other"]
LOGIN, LOGOUT = "login", "logout"
NOTICES = ("registered", "signed-out", "expired", "refused-passkey")


class LoginForm(Form):
    """What the sign-in form sends."""

    email: str = Field(max_length=254)
    password: str = Field(max_length=1024)
    next: str = Field("", max_length=2000)


class LogoutForm(Form):
    """The button that signs out."""


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/login", show_login)
    app.router.add_post("/login", login)
    app.router.add_post("/logout", logout)
    app.router.add_get("/fragments/account", account_fragment)


async def show_login(request: web.Request) -> web.Response:
    """GET /login?next"""
    values = {"next": local_path(request.query.get("next", ""), "")}
    notice = next((name for name in NOTICES if name in request.query), "")
    return _page(request, {"values": values, "errors": {}, "notice": notice})


async def login(request: web.Request) -> web.Response:
    """POST /login: opens a session with auth, under an id that this browser never had before."""
    filled = await read_form(request, LoginForm, purpose=LOGIN)
    if filled.model is None:
        return _login_again(request, filled.values, filled.errors, 422)
    sent = filled.model
    body = OpenSession(
        email=sent.email,
        password=sent.password,
        user_agent=request.headers.get("User-Agent", "")[:400],
        address=client_address(request),
        device=device_of(request),
    )
    texts = texts_of(interface_language(request))
    try:
        answer = await request.app[AUTH].post(SESSIONS_API, body.model_dump())
    except errors.Unauthenticated:
        return _login_again(request, filled.values, {"": texts.t("login.refused")}, 401)
    except errors.TooManyRequests as error:
        minutes = max(1, round(error.retry_after / 60))
        return _login_again(request, filled.values, {"": texts.tn("login.too-many", minutes)}, 429)
    if "ticket" in answer:
        return second_step(request, PendingSignIn.model_validate(answer), local_path(sent.next, ""))
    opened = OpenedSession.model_validate(answer)
    await start_session(request, opened)
    return see_other(after_sign_in(opened.session, sent.next))


async def logout(request: web.Request) -> web.Response:
    """POST /logout"""
    await read_form(request, LogoutForm, purpose=LOGOUT)
    await end_session(request)
    return see_other("/login?signed-out")


async def account_fragment(request: web.Request) -> web.Response:
    """GET /fragments/account: the header's link for whoever is signed in."""
    found = await account_of(request)
    response = fragment(request, "account", {"account": found})
    if found is None:
        response.del_cookie(HINT_COOKIE, path="/")
    return response


def _login_again(request: web.Request, values: dict[str, str], found: dict[str, str], status: int) -> web.Response:
    values = {"next": local_path(values.get("next", ""), ""), "email": values.get("email", "")}
    return _page(request, {"values": values, "errors": found, "notice": ""}, status)


def _page(request: web.Request, context: dict[str, Any], status: int = 200) -> web.Response:
    return page(request, "login", context, status=status, form=LOGIN, forms={"passkey_token": PASSKEY})
