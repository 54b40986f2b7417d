"""The second step of signing in: a code or a passkey after the password; and a passkey in place of both."""

from urllib.parse import quote

from aiohttp import web
from pydantic import Field

from services.web.browser_secrets import forget, held, keep
from services.web.forms import Form, read_form
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.passkeys import OptionsForm, PasskeyForm, ask_challenge, challenge_of, forget_challenge
from services.web.paths import local_path
from services.web.render import page
from services.web.session import device_of, start_session
from services.web.texts import texts_of
from services.web.visitors import after_sign_in, client_address, see_other
from shared import errors
from shared.contracts.sessions import AskChallenge, FinishSignIn, LookAtSignIn, OpenedSession, PendingSignIn

VERIFY, PASSKEY = "login-verify", "login-passkey"
TICKET = "sign-in"
PENDING_API, FINISH_API = "/internal/sessions/pending", "/internal/sessions/finish"
TOO_LATE = "/login?expired"


class CodeForm(Form):
    """What the form of the second step sends."""

    code: str = Field(max_length=64)
    next: str = Field("", max_length=2000)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/login/verify", show)
    app.router.add_post("/login/verify", verify)
    app.router.add_post("/login/verify/passkey/options", verify_options)
    app.router.add_post("/login/verify/passkey", verify_passkey)
    app.router.add_post("/login/passkey/options", passkey_options)
    app.router.add_post("/login/passkey", passkey)


def second_step(request: web.Request, pending: PendingSignIn, target: str) -> web.Response:
    """From the first step to the second."""
    response = see_other(f"/login/verify?next={quote(target, safe='/')}" if target else "/login/verify")
    keep(request, response, TICKET, pending.ticket)
    return response


async def show(request: web.Request) -> web.Response:
    """GET /login/verify?next"""
    return await _show(request, local_path(request.query.get("next", ""), ""))


async def verify(request: web.Request) -> web.Response:
    """POST /login/verify: a code of the app, or a recovery code."""
    filled = await read_form(request, CodeForm, purpose=VERIFY)
    if filled.model is None:
        return await _show(request, local_path(filled.values.get("next", ""), ""), filled.errors, 422)
    body = _finish(request, ticket=held(request, TICKET), code=filled.model.code.strip())
    return await _carry_on(request, body, filled.model.next, "wrong-code")


async def verify_options(request: web.Request) -> web.Response:
    """POST /login/verify/passkey/options"""
    await read_form(request, OptionsForm, purpose=VERIFY)
    return await ask_challenge(request, AskChallenge(ticket=held(request, TICKET)))


async def verify_passkey(request: web.Request) -> web.Response:
    """POST /login/verify/passkey"""
    filled = await read_form(request, PasskeyForm, purpose=VERIFY)
    if filled.model is None:
        return await _show(request, "", _said(request, "wrong-passkey"), 422)
    body = _finish(
        request,
        ticket=held(request, TICKET),
        challenge=challenge_of(request),
        credential=filled.model.credential,
    )
    return await _carry_on(request, body, filled.model.next, "wrong-passkey")


async def passkey_options(request: web.Request) -> web.Response:
    """POST /login/passkey/options"""
    await read_form(request, OptionsForm, purpose=PASSKEY)
    return await ask_challenge(request, AskChallenge())


async def passkey(request: web.Request) -> web.Response:
    """POST /login/passkey: whoever the authenticator knows is signed in, without a password."""
    filled = await read_form(request, PasskeyForm, purpose=PASSKEY)
    if filled.model is None:
        return see_other("/login?refused-passkey")
    body = _finish(request, challenge=challenge_of(request), credential=filled.model.credential)
    try:
        opened = OpenedSession.model_validate(await request.app[AUTH].post(FINISH_API, body.model_dump()))
    except (errors.Unprocessable, errors.Unauthenticated, errors.Conflict):
        return see_other("/login?refused-passkey")
    return await _signed_in(request, opened, filled.model.next)


async def _carry_on(request: web.Request, body: FinishSignIn, target: str, wrong: str) -> web.Response:
    try:
        opened = OpenedSession.model_validate(await request.app[AUTH].post(FINISH_API, body.model_dump()))
    except errors.Unprocessable:
        return await _show(request, local_path(target, ""), _said(request, wrong), 422)
    except errors.TooManyRequests as error:
        minutes = max(1, round(error.retry_after / 60))
        said = texts_of(interface_language(request)).tn("login.too-many", minutes)
        return await _show(request, local_path(target, ""), {"": said}, 429)
    except (errors.Conflict, errors.Unauthenticated):
        return see_other(TOO_LATE)
    return await _signed_in(request, opened, target)


async def _signed_in(request: web.Request, opened: OpenedSession, target: str) -> web.Response:
    await start_session(request, opened)
    response = see_other(after_sign_in(opened.session, target))
    forget(request, response, TICKET)
    forget_challenge(request, response)
    return response


async def _show(
    request: web.Request, target: str, found: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    ticket = held(request, TICKET)
    if not ticket:
        return see_other(TOO_LATE)
    try:
        body = LookAtSignIn(ticket=ticket).model_dump()
        pending = PendingSignIn.model_validate(await request.app[AUTH].post(PENDING_API, body))
    except errors.Conflict:
        return see_other(TOO_LATE)
    context = {"pending": pending, "values": {"next": target}, "errors": found or {}}
    return page(request, "login_verify", context, status=status, form=VERIFY)


def _said(request: web.Request, wrong: str) -> dict[str, str]:
    said = texts_of(interface_language(request)).t(f"factors.{wrong}")
    return {"code": said} if wrong == "wrong-code" else {"": said}


def _finish(request: web.Request, **shown: object) -> FinishSignIn:
    return FinishSignIn.model_validate(
        {
            **shown,
            "user_agent": request.headers.get("User-Agent", "")[:400],
            "address": client_address(request),
            "device": device_of(request),
        }
    )
