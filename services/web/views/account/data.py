"""One's name and language, a copy of one's data, and the end of the account."""

from aiohttp import web
from pydantic import Field

from services.web.forms import Form, read_form, refusal
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.render import page
from services.web.session import end_session, identity_of, require_account
from services.web.texts import LANGUAGES, texts_of
from services.web.views.accounts import see_other
from shared import errors
from shared.contracts.sessions import BrowserSession

DATA = "/account/data"
ME_API = "/api/v1/auth/me"


class NameForm(Form):
    """What others see, and the language of letters."""

    display_name: str = Field(max_length=100)
    lang: str = Field(max_length=2)


class DeletionForm(Form):
    """The account's own address, typed to be sure."""

    email: str = Field(max_length=254)


async def show(request: web.Request) -> web.Response:
    """GET /account/data"""
    account = await require_account(request)
    return _show(request, account, {"display_name": account.display_name}, {}, 200)


async def rename(request: web.Request) -> web.Response:
    """POST /account/data"""
    account = await require_account(request)
    filled = await read_form(request, NameForm, purpose=DATA)
    if filled.model is None:
        return _show(request, account, filled.values, filled.errors, 422)
    try:
        await request.app[AUTH].send("PATCH", ME_API, filled.model.model_dump(), identity=identity_of(account))
    except (errors.Unprocessable, errors.Invalid) as error:
        return _show(request, account, filled.values, refusal(error), 422)
    return see_other(f"{DATA}?saved")


async def copy(request: web.Request) -> web.Response:
    """GET /account/data/my-data.json"""
    account = await require_account(request)
    answer, _ = await request.app[AUTH].get(f"{ME_API}/data", identity=identity_of(account))
    headers = {"Content-Disposition": 'attachment; filename="my-data.json"', "Cache-Control": "no-store"}
    return web.json_response(answer, headers=headers)


async def delete(request: web.Request) -> web.Response:
    """POST /account/data/deletion"""
    account = await require_account(request)
    filled = await read_form(request, DeletionForm, purpose=DATA)
    shown = {"display_name": account.display_name, **filled.values}
    if filled.model is None:
        return _show(request, account, shown, filled.errors, 422)
    try:
        body = filled.model.model_dump()
        await request.app[AUTH].send("POST", f"{ME_API}/deletion", body, identity=identity_of(account))
    except (errors.Unprocessable, errors.Invalid) as error:
        return _show(request, account, shown, refusal(error), 422)
    except errors.Conflict:
        last = {"": texts_of(interface_language(request)).t("account.data.last-admin")}
        return _show(request, account, shown, last, 409)
    await end_session(request)
    return see_other("/goodbye")


async def goodbye(request: web.Request) -> web.Response:
    """GET /goodbye"""
    return page(request, "letter", {"name": "deleted", "state": "done", "token": "", "action": ""})


def _show(
    request: web.Request, account: BrowserSession, values: dict[str, str], found: dict[str, str], status: int
) -> web.Response:
    context = {"values": values, "errors": found, "address": account.email,
               "chosen": values.get("lang") or interface_language(request), "saved": "saved" in request.query,
               "offered": LANGUAGES}  # fmt: skip
    return page(request, "account/data", context, status=status, form=DATA)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(DATA, show)
    app.router.add_post(DATA, rename)
    app.router.add_get(f"{DATA}/my-data.json", copy)
    app.router.add_post(f"{DATA}/deletion", delete)
    app.router.add_get("/goodbye", goodbye)
