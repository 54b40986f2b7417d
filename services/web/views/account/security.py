"""One's second factors: an authenticator app, passkeys, recovery codes."""

from datetime import datetime
from typing import Annotated, Any

import segno
from aiohttp import web
from pydantic import Field, Json

from services.web.browser_secrets import forget, held, keep
from services.web.forms import Form, read_form
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.passkeys import MOST_CHARACTERS, OptionsForm, options_answer
from services.web.paths import local_path
from services.web.render import page
from services.web.session import current_hash, identity_of, require_account, start_session
from services.web.texts import texts_of
from services.web.visitors import SECURITY, see_other
from shared import errors
from shared.contracts.sessions import BrowserSession, OpenedSession, RenewSession

FACTORS_API = "/api/v1/auth/factors"
RENEW_API = "/internal/sessions/renew"
ENROLMENT = "passkey"


class AppForm(Form):
    """A code of the app, with what was begun."""

    enrolment: str = Field(max_length=128)
    secret: str = Field(max_length=64, pattern=r"^[A-Z2-7]*$")
    code: str = Field(max_length=64)


class NewPasskeyForm(Form):
    """What the browser made, and its name."""

    credential: Annotated[Json[dict[str, Any]], Field(max_length=MOST_CHARACTERS)]
    passkey_name: str = Field("", max_length=80)


class RemoveForm(Form):
    """The button beside a passkey."""

    id: str = Field(pattern=r"^[0-9a-f-]{36}$")


class Button(Form):
    """A button alone."""


async def show(request: web.Request) -> web.Response:
    """GET /account/security"""
    return await _show(request, await require_account(request))


async def begin_app(request: web.Request) -> web.Response:
    """POST /account/security/app: the drawn code, to be scanned."""
    account = await require_account(request)
    await read_form(request, Button, purpose=SECURITY)
    begun = await request.app[AUTH].post(f"{FACTORS_API}/app", None, identity=identity_of(account))
    return _show_app(request, begun["enrolment"], begun["secret"], begun["uri"])


async def confirm_app(request: web.Request) -> web.Response:
    """POST /account/security/app/confirm"""
    account = await require_account(request)
    filled = await read_form(request, AppForm, purpose=SECURITY)
    if filled.model is None:
        return see_other(SECURITY)
    sent = filled.model
    body = {"enrolment": sent.enrolment, "code": sent.code.strip()}
    try:
        answer = await request.app[AUTH].post(f"{FACTORS_API}/app/confirm", body, identity=identity_of(account))
    except errors.Unprocessable:
        wrong = {"code": texts_of(interface_language(request)).t("factors.wrong-code")}
        uri = f"otpauth://totp/{account.email}?secret={sent.secret}&issuer=Open%20Policy%20Platform"
        return _show_app(request, sent.enrolment, sent.secret, uri, wrong, 422)
    except errors.Conflict:
        return see_other(f"{SECURITY}?late")
    return await _added(request, answer["recovery_codes"])


async def remove_app(request: web.Request) -> web.Response:
    """POST /account/security/app/remove"""
    account = await require_account(request)
    await read_form(request, Button, purpose=SECURITY)
    return await _remove(request, account, f"{FACTORS_API}/app")


async def passkey_options(request: web.Request) -> web.Response:
    """POST /account/security/passkeys/options"""
    account = await require_account(request)
    await read_form(request, OptionsForm, purpose=SECURITY)
    begun = await request.app[AUTH].post(f"{FACTORS_API}/passkeys/options", None, identity=identity_of(account))
    response = options_answer(request, begun["options"], "")
    keep(request, response, ENROLMENT, begun["enrolment"])
    return response


async def add_passkey(request: web.Request) -> web.Response:
    """POST /account/security/passkeys"""
    account = await require_account(request)
    filled = await read_form(request, NewPasskeyForm, purpose=SECURITY)
    texts = texts_of(interface_language(request))
    if filled.model is None:
        return await _show(request, account, filled.errors, 422)
    try:
        body: dict[str, Any] = {
            "enrolment": held(request, ENROLMENT), "credential": filled.model.credential,
            "name": filled.model.passkey_name.strip() or texts.t("factors.passkey"),
        }  # fmt: skip
        answer = await request.app[AUTH].post(f"{FACTORS_API}/passkeys", body, identity=identity_of(account))
    except (errors.Unprocessable, errors.Conflict):
        return await _show(request, account, {"": texts.t("factors.passkey-failed")}, 422)
    response = await _added(request, answer["recovery_codes"])
    forget(request, response, ENROLMENT)
    return response


async def remove_passkey(request: web.Request) -> web.Response:
    """POST /account/security/passkeys/remove"""
    account = await require_account(request)
    filled = await read_form(request, RemoveForm, purpose=SECURITY)
    if filled.model is None:
        raise errors.Invalid("There is no such passkey.")
    return await _remove(request, account, f"{FACTORS_API}/passkeys/{filled.model.id}")


async def renew_codes(request: web.Request) -> web.Response:
    """POST /account/security/recovery-codes: the answer is the one page that ever shows them."""
    account = await require_account(request)
    await read_form(request, Button, purpose=SECURITY)
    try:
        answer = await request.app[AUTH].post(f"{FACTORS_API}/recovery-codes", None, identity=identity_of(account))
    except errors.Conflict:
        return see_other(SECURITY)
    return _show_codes(request, answer["recovery_codes"])


async def _added(request: web.Request, codes: list[str]) -> web.Response:
    """The session goes on under a new id, with all that the role may."""
    body = RenewSession(id_hash=await current_hash(request)).model_dump()
    opened = OpenedSession.model_validate(await request.app[AUTH].post(RENEW_API, body))
    await start_session(request, opened)
    return _show_codes(request, codes) if codes else see_other(f"{SECURITY}?added")


async def _remove(request: web.Request, account: BrowserSession, path: str) -> web.Response:
    try:
        await request.app[AUTH].send("DELETE", path, identity=identity_of(account))
    except errors.Conflict:
        last = {"": texts_of(interface_language(request)).t("factors.last")}
        return await _show(request, account, last, 409)
    except errors.NotFound:
        pass  # it is gone, as was wanted
    return see_other(f"{SECURITY}?removed")


async def _show(
    request: web.Request, account: BrowserSession, found: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    factors, _ = await request.app[AUTH].get(FACTORS_API, identity=identity_of(account))
    notice = next((name for name in ("added", "removed", "late") if name in request.query), "")
    context = {
        "account": account,
        "held": factors,
        "errors": found or {},
        "values": {},
        "notice": notice,
        "day": datetime.fromisoformat,
        "next_page": local_path(request.query.get("next", ""), ""),
    }
    return page(request, "account/security", context, status=status, form=SECURITY)


def _show_app(
    request: web.Request, enrolment: str, secret: str, uri: str, found: dict[str, str] | None = None, status: int = 200
) -> web.Response:
    drawn = segno.make(uri, error="m", micro=False).svg_data_uri(scale=5, border=4, dark="#000", light="#fff")
    grouped = " ".join(secret[place : place + 4] for place in range(0, len(secret), 4))
    context = {
        "values": {}, "errors": found or {}, "enrolment": enrolment, "secret": secret, "grouped": grouped,
        "drawn": drawn, "uri": uri,
    }  # fmt: skip
    return page(request, "account/app", context, status=status, form=SECURITY)


def _show_codes(request: web.Request, codes: list[str]) -> web.Response:
    return page(request, "account/recovery_codes", {"codes": codes})


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(SECURITY, show)
    app.router.add_post(f"{SECURITY}/app", begin_app)
    app.router.add_post(f"{SECURITY}/app/confirm", confirm_app)
    app.router.add_post(f"{SECURITY}/app/remove", remove_app)
    app.router.add_post(f"{SECURITY}/passkeys/options", passkey_options)
    app.router.add_post(f"{SECURITY}/passkeys", add_passkey)
    app.router.add_post(f"{SECURITY}/passkeys/remove", remove_passkey)
    app.router.add_post(f"{SECURITY}/recovery-codes", renew_codes)
