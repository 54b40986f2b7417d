"""One's API keys: what there are, a new one (said once), and the end of one."""

from datetime import UTC, datetime
from typing import Any

from aiohttp import web
from pydantic import BaseModel, ConfigDict, Field

from services.web.forms import Filled, Form, read_form, refusal
from services.web.keys import AUTH
from services.web.language import interface_language
from services.web.render import page
from services.web.session import identity_of, require_account
from services.web.texts import texts_of
from services.web.views.accounts import see_other
from shared import errors
from shared.contracts.sessions import BrowserSession
from shared.permissions import Permission

KEYS = "/account/keys"
KEYS_API = "/api/v1/auth/keys"
DAYS = (7, 30, 90, 180, 365)
_MOST_FIELDS = 8 + len(Permission)
_OF_FIELDS = {"name": "key_name", "expires_in_days": "days", "scopes": "scopes"}


class Key(BaseModel):
    """A key as auth tells of it."""

    model_config = ConfigDict(frozen=True)
    id: str
    name: str
    hint: str
    scopes: list[str]
    created_at: datetime
    expires_at: datetime
    last_used_at: datetime | None


class MadeKey(Key):
    """A new key with its text, which is said only now."""

    key: str


class NewKeyForm(Form):
    """What the form sends: a name, a life, and one box for each permission."""

    model_config = ConfigDict(extra="allow")
    key_name: str = Field(max_length=100)
    days: int = Field(ge=1, le=36_500)


class RevokeForm(Form):
    """The button beside a key."""

    id: str = Field(pattern=r"^[0-9a-f-]{36}$")


async def show_keys(request: web.Request) -> web.Response:
    """GET /account/keys"""
    return await _show(request, await require_account(request), Filled(None, {"days": "90"}))


async def make_key(request: web.Request) -> web.Response:
    """POST /account/keys: the answer is the one page that ever shows the key."""
    account = await require_account(request)
    filled = await read_form(request, NewKeyForm, purpose=KEYS, max_fields=_MOST_FIELDS)
    if filled.model is None:
        return await _show(request, account, filled, status=422)
    boxes = {f"may-{permission}": permission for permission in Permission}
    if filled.model.model_extra and not filled.model.model_extra.keys() <= boxes.keys():
        raise errors.Invalid("The form has no such field.")
    scopes = [permission for box, permission in boxes.items() if box in filled.values]
    if not scopes:
        choose = texts_of(interface_language(request)).t("apikeys.choose")
        return await _show(request, account, Filled(None, filled.values, {"scopes": choose}), status=422)
    body = {
        "name": filled.model.key_name,
        "scopes": scopes,
        "expires_in_days": filled.model.days,
    }
    try:
        answer = await request.app[AUTH].post(KEYS_API, body, identity=identity_of(account))
    except (errors.Unprocessable, errors.Conflict) as error:
        found = {_OF_FIELDS.get(name.partition("/")[0], ""): said for name, said in refusal(error).items()}
        return await _show(request, account, Filled(None, filled.values, found), status=422)
    return await _show(request, account, Filled(None, {"days": "90"}), made=MadeKey.model_validate(answer))


async def revoke_key(request: web.Request) -> web.Response:
    """POST /account/keys/revoke"""
    account = await require_account(request)
    filled = await read_form(request, RevokeForm, purpose=KEYS)
    if filled.model is None:
        raise errors.NotFound("There is no such key.")
    await request.app[AUTH].send("DELETE", f"{KEYS_API}/{filled.model.id}", identity=identity_of(account))
    return see_other(KEYS)


async def _show(
    request: web.Request,
    account: BrowserSession,
    filled: Filled[NewKeyForm],
    *,
    made: MadeKey | None = None,
    status: int = 200,
) -> web.Response:
    identity = identity_of(account)
    answer, _ = await request.app[AUTH].get(KEYS_API, identity=identity)
    context: dict[str, Any] = {
        "keys": [Key.model_validate(item) for item in answer["items"]],
        "made": made,
        "now": datetime.now(UTC),
        "permissions": [permission for permission in Permission if permission in identity.permissions],
        "days": DAYS,
        "values": filled.values,
        "errors": filled.errors,
    }
    return page(request, "account/keys", context, status=status, form=KEYS)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(KEYS, show_keys)
    app.router.add_post(KEYS, make_key)
    app.router.add_post(f"{KEYS}/revoke", revoke_key)
