"""Accounts for administrators: found, and what each may do, its sessions and its second factors."""

from datetime import datetime
from typing import Any, Literal
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.web.forms import Filled, Form, read_form, refusal
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.queries import read_filters
from services.web.render import page
from services.web.session import identity_of, require_account
from services.web.texts import texts_of
from services.web.views.accounts import see_other
from shared import errors
from shared.identity import Identity
from shared.permissions import BY_AREA, Role

PAGE = "/admin/users"
_ONE = PAGE + "/{id}"
_API = "/api/v1/auth/accounts"
_ID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"
ROLES = tuple(role for role in Role if role is not Role.ANONYMOUS)
_PATTERNS = {"q": r".{1,254}", "role": "|".join(ROLES), "cursor": r"[!-~]{1,1024}"}


class User(BaseModel):
    """An account as auth tells of it."""

    model_config = ConfigDict(frozen=True)
    id: str
    email: str
    display_name: str
    role: Role
    areas: list[str]
    created_at: datetime
    disabled: bool


class UserSession(BaseModel):
    """One of its sessions."""

    model_config = ConfigDict(frozen=True)
    id: str
    kind: Literal["browser", "api"]
    program: str
    system: str
    network: str
    created_at: datetime
    last_used_at: datetime
    current: bool


class RightsForm(Form):
    """The role, and the areas as one line."""

    role: Literal["reader", "editor", "reviewer", "admin"]
    areas: str = Field("", max_length=2000)


class StateForm(Form):
    """Whether the account may sign in."""

    do: Literal["disable", "enable"]


class EndForm(Form):
    """Which session is to end; all of them without one."""

    session: str = Field("", pattern=rf"^(?:{_ID})?$")


class ResetForm(Form):
    """The button that takes second factors away."""


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(PAGE, show_users)
    app.router.add_get(_ONE, show_user)
    app.router.add_post(_ONE, change_rights)
    app.router.add_post(_ONE + "/state", change_state)
    app.router.add_post(_ONE + "/sessions", end_sessions)
    app.router.add_post(_ONE + "/factors", reset_factors)


async def show_users(request: web.Request) -> web.Response:
    """GET /admin/users?q&role&cursor"""
    identity = await _administrator(request)
    filters = read_filters(request, _PATTERNS)
    answer, _ = await request.app[AUTH].get(_API, params=filters, identity=identity)
    kept = {name: value for name, value in filters.items() if name != "cursor"}
    context = {
        "users": [User.model_validate(item) for item in answer["items"]],
        "filters": kept,
        "roles": ROLES,
        "by_area": BY_AREA,
        "previous": _page_of(answer["page"]["prev"], kept),
        "following": _page_of(answer["page"]["next"], kept),
    }
    return page(request, "admin/users", context)


async def show_user(request: web.Request) -> web.Response:
    """GET /admin/users/{id}"""
    return await _show(request, await _administrator(request), saved="saved" in request.query)


async def change_rights(request: web.Request) -> web.Response:
    """POST /admin/users/{id}"""
    identity = await _administrator(request)
    filled = await read_form(request, RightsForm, purpose=PAGE)
    if filled.model is None:
        return await _show(request, identity, filled, status=422)
    body = {"role": filled.model.role, "areas": filled.model.areas.replace(",", " ").split()}
    return await _do(request, identity, "PATCH", "", body, filled)


async def change_state(request: web.Request) -> web.Response:
    """POST /admin/users/{id}/state"""
    identity = await _administrator(request)
    filled = await read_form(request, StateForm, purpose=PAGE)
    if filled.model is None:
        return await _show(request, identity, status=422)
    return await _do(request, identity, "POST", f"/{filled.model.do}")


async def end_sessions(request: web.Request) -> web.Response:
    """POST /admin/users/{id}/sessions"""
    identity = await _administrator(request)
    filled = await read_form(request, EndForm, purpose=PAGE)
    if filled.model is None:
        return await _show(request, identity, status=422)
    tail = f"/{filled.model.session}" if filled.model.session else ""
    return await _do(request, identity, "DELETE", f"/sessions{tail}")


async def reset_factors(request: web.Request) -> web.Response:
    """POST /admin/users/{id}/factors"""
    identity = await _administrator(request)
    await read_form(request, ResetForm, purpose=PAGE)
    return await _do(request, identity, "DELETE", "/factors")


async def _do(
    request: web.Request,
    identity: Identity,
    method: str,
    tail: str,
    body: Any = None,
    filled: Filled[Any] | None = None,
) -> web.Response:
    """Have auth make the change, and show the account anew; what auth refuses of it is said beside the forms."""
    user = request.match_info["id"]
    given = filled.values if filled else {}
    try:
        await request.app[AUTH].send(method, f"{_API}/{user}{tail}", body, identity=identity)
    except errors.Unprocessable as error:
        wrong = {name.partition("/")[0]: said for name, said in refusal(error).items()}
        return await _show(request, identity, Filled(None, given, wrong), status=422)
    except errors.Conflict:
        wrong = {"": texts_of(interface_language(request)).t("users.last")}
        return await _show(request, identity, Filled(None, given, wrong), status=409)
    return see_other(f"{PAGE}/{user}?saved")


async def _show(
    request: web.Request,
    identity: Identity,
    filled: Filled[Any] | None = None,
    *,
    saved: bool = False,
    status: int = 200,
) -> web.Response:
    auth, address = request.app[AUTH], f"{_API}/{_user_id(request)}"
    user = User.model_validate((await auth.get(address, identity=identity))[0])
    sessions = (await auth.get(f"{address}/sessions", identity=identity))[0]["items"]
    values = {"role": user.role.value, "areas": " ".join(user.areas)} | (filled.values if filled else {})
    context = {
        "user": user,
        "sessions": [UserSession.model_validate(item) for item in sessions],
        "roles": ROLES,
        "is_oneself": user.id == identity.subject,
        "values": values,
        "errors": filled.errors if filled else {},
        "saved": saved,
    }
    return page(request, "admin/user", context, status=status, form=PAGE)


async def _administrator(request: web.Request) -> Identity:
    """Who signed in; auth decides whether they may."""
    if "id" in request.match_info:
        _user_id(request)
    return identity_of(await require_account(request))


def _user_id(request: web.Request) -> str:
    try:
        return str(UUID(request.match_info["id"]))
    except ValueError:
        raise errors.NotFound("There is no such account.") from None


def _page_of(address: str | None, kept: dict[str, str]) -> str:
    """Our page for one of the API's."""
    if not address:
        return ""
    cursor = parse_qs(urlsplit(address).query)["cursor"][0]
    return f"{PAGE}?{urlencode(kept | {'cursor': cursor})}"
