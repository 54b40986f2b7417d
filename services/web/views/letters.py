"""Pages that letters lead to. Opening one only shows a button, since programs that look at mail open every link."""

from dataclasses import dataclass

from aiohttp import web
from pydantic import Field

from services.web.forms import Filled, Form, read_form, refusal
from services.web.keys import AUTH, WEB_SETTINGS
from services.web.language import interface_language
from services.web.render import page
from services.web.texts import texts_of
from services.web.views.accounts import see_other
from shared import errors

FORGOTTEN, RESET = "forgotten", "reset"
API = "/api/v1/auth"
_REFUSED = (errors.Forbidden, errors.NotFound, errors.Gone, errors.Conflict)


@dataclass(frozen=True, slots=True)
class Step:
    """A page with a button. `name` is the first part of its texts' keys, and the purpose of its form."""

    name: str
    path: str
    api: str


STEPS = (
    Step("verify", "/verify", f"{API}/verify-email"),
    Step("verify-email", "/verify/email", f"{API}/email/confirm"),
    Step("undo-email", "/verify/undo", f"{API}/email/undo"),
)


class StepForm(Form):
    """The button; `token` is what the link held."""

    token: str = Field(max_length=256)


class ForgottenForm(Form):
    """Whose password is forgotten."""

    email: str = Field(max_length=254)


class ResetForm(Form):
    """The new password; `token` is what the link held."""

    token: str = Field(max_length=256)
    password: str = Field(max_length=1024)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    for step in STEPS:
        button = _Button(step)
        app.router.add_get(step.path, button.show)
        app.router.add_post(step.path, button.press)
    app.router.add_get("/register/sent", registered)
    app.router.add_get("/forgotten", show_forgotten)
    app.router.add_post("/forgotten", forgotten)
    app.router.add_get("/reset", show_reset)
    app.router.add_post("/reset", reset)


class _Button:
    """The handlers of one step."""

    def __init__(self, step: Step) -> None:
        self._step = step

    async def show(self, request: web.Request) -> web.Response:
        """GET with ?token: the button. With ?done: what was done."""
        return self._page(request, "done" if "done" in request.query else "ask", 200)

    async def press(self, request: web.Request) -> web.Response:
        """POST: do it, once."""
        filled = await read_form(request, StepForm, purpose=self._step.name)
        if filled.model is None:
            return self._page(request, "refused", 403)
        try:
            await request.app[AUTH].send("POST", self._step.api, {"token": filled.model.token})
        except _REFUSED:
            return self._page(request, "refused", 403)
        return see_other(f"{self._step.path}?done")

    def _page(self, request: web.Request, state: str, status: int) -> web.Response:
        context = {"name": self._step.name, "state": state, "token": request.query.get("token", "")[:256],
                   "action": self._step.path}  # fmt: skip
        return page(request, "letter", context, status=status, form=self._step.name)


async def registered(request: web.Request) -> web.Response:
    """GET /register/sent: look into your mail."""
    shown = request.app[WEB_SETTINGS].development_outbox
    return page(request, "letter", {"name": "registered", "state": "sent", "token": "", "action": "", "shown": shown})


async def show_forgotten(request: web.Request) -> web.Response:
    """GET /forgotten"""
    return _forgotten(request, Filled(None), 200)


async def forgotten(request: web.Request) -> web.Response:
    """POST /forgotten: the same answer for known and unknown addresses, after the same time."""
    filled = await read_form(request, ForgottenForm, purpose=FORGOTTEN)
    if filled.model is None:
        return _forgotten(request, filled, 422)
    try:
        await ask_for_reset(request, filled.model.email)
    except (errors.Unprocessable, errors.Invalid) as error:
        return _forgotten(request, Filled(None, filled.values, refusal(error)), 422)
    return see_other("/forgotten?sent")


async def ask_for_reset(request: web.Request, email: str) -> None:
    """Have a link to a new password sent, in the language of this page. Raises what auth raises."""
    headers = {"Accept-Language": interface_language(request)}
    await request.app[AUTH].send("POST", f"{API}/password-reset/request", {"email": email}, headers=headers)


async def show_reset(request: web.Request) -> web.Response:
    """GET /reset?token"""
    return _reset(request, Filled(None, {"token": request.query.get("token", "")[:256]}), 200)


async def reset(request: web.Request) -> web.Response:
    """POST /reset"""
    filled = await read_form(request, ResetForm, purpose=RESET)
    if filled.model is None:
        return _reset(request, filled, 422)
    try:
        await request.app[AUTH].send("POST", f"{API}/password-reset", filled.model.model_dump())
    except (errors.Unprocessable, errors.Invalid) as error:
        return _reset(request, Filled(None, filled.values, refusal(error)), 422)
    except _REFUSED:
        wrong = {"": texts_of(interface_language(request)).t("reset.refused")}
        return _reset(request, Filled(None, filled.values, wrong), 403)
    return see_other("/reset?done")


def _forgotten(request: web.Request, filled: Filled[ForgottenForm], status: int) -> web.Response:
    context = {"values": filled.values, "errors": filled.errors, "sent": "sent" in request.query,
               "shown": request.app[WEB_SETTINGS].development_outbox}  # fmt: skip
    return page(request, "forgotten", context, status=status, form=FORGOTTEN)


def _reset(request: web.Request, filled: Filled[ResetForm], status: int) -> web.Response:
    context = {"values": filled.values, "errors": filled.errors, "done": "done" in request.query}
    return page(request, "reset", context, status=status, form=RESET)
