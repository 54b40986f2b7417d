"""Showing again who one is, before a sensitive change; then back to it."""

from aiohttp import web
from pydantic import Field

from services.web.forms import Form, read_form, refusal
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.passkeys import OptionsForm, PasskeyForm, ask_challenge, challenge_of, forget_challenge
from services.web.paths import local_path
from services.web.render import page
from services.web.session import current_hash, identity_of, require_account, start_session
from services.web.texts import texts_of
from services.web.visitors import see_other
from shared import errors
from shared.contracts.sessions import AskChallenge, OpenedSession, ReauthenticateSession

CONFIRM = "/account/confirm"
REAUTHENTICATE_API = "/internal/sessions/reauthenticate"
FACTORS_API = "/api/v1/auth/factors"


class ConfirmForm(Form):
    """What the form sends: a password or a code."""

    password: str = Field("", max_length=1024)
    code: str = Field("", max_length=64)
    next: str = Field("", max_length=2000)


async def show(request: web.Request) -> web.Response:
    """GET /account/confirm?next"""
    return await _show(request, local_path(request.query.get("next", "")))


async def confirm(request: web.Request) -> web.Response:
    """POST /account/confirm"""
    await require_account(request)
    filled = await read_form(request, ConfirmForm, purpose=CONFIRM)
    target = local_path(filled.values.get("next", ""))
    if filled.model is None:
        return await _show(request, target, filled.errors, 422)
    body = ReauthenticateSession(
        id_hash=await current_hash(request), password=filled.model.password, code=filled.model.code.strip()
    )
    return await _send(request, body, target)


async def options(request: web.Request) -> web.Response:
    """POST /account/confirm/passkey/options"""
    await require_account(request)
    await read_form(request, OptionsForm, purpose=CONFIRM)
    return await ask_challenge(request, AskChallenge(id_hash=await current_hash(request)))


async def confirm_passkey(request: web.Request) -> web.Response:
    """POST /account/confirm/passkey"""
    await require_account(request)
    filled = await read_form(request, PasskeyForm, purpose=CONFIRM)
    target = local_path(filled.values.get("next", ""))
    if filled.model is None:
        return await _show(request, target, filled.errors, 422)
    body = ReauthenticateSession(
        id_hash=await current_hash(request), challenge=challenge_of(request), credential=filled.model.credential
    )
    return await _send(request, body, target)


async def _send(request: web.Request, body: ReauthenticateSession, target: str) -> web.Response:
    texts = texts_of(interface_language(request))
    try:
        opened = OpenedSession.model_validate(await request.app[AUTH].post(REAUTHENTICATE_API, body.model_dump()))
    except errors.Unprocessable as error:
        found = {name: said for name, said in refusal(error).items() if name != "credential"}
        return await _show(request, target, found or {"": texts.t("factors.wrong-passkey")}, 422)
    except errors.Conflict:
        return await _show(request, target, {"": texts.t("factors.wrong-passkey")}, 422)
    except errors.TooManyRequests as error:
        minutes = max(1, round(error.retry_after / 60))
        return await _show(request, target, {"": texts.tn("login.too-many", minutes)}, 429)
    await start_session(request, opened)
    response = see_other(target)
    forget_challenge(request, response)
    return response


async def _show(
    request: web.Request, target: str, found: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    account = await require_account(request)
    held, _ = await request.app[AUTH].get(FACTORS_API, identity=identity_of(account))
    context = {"held": held, "values": {"next": target}, "errors": found or {}}
    return page(request, "account/confirm", context, status=status, form=CONFIRM)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(CONFIRM, show)
    app.router.add_post(CONFIRM, confirm)
    app.router.add_post(f"{CONFIRM}/passkey", confirm_passkey)
    app.router.add_post(f"{CONFIRM}/passkey/options", options)
