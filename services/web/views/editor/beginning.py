"""Beginning a draft: from a published text, or from scratch."""

import secrets
from typing import Any

from aiohttp import web
from pydantic import Field

from services.web.desk import desk_of
from services.web.forms import Filled, Form, read_form, refusal
from services.web.paths import API_ROOT, local_path
from services.web.render import page
from services.web.views.accounts import see_other
from services.web.views.editor.addresses import EDITOR, draft_page
from shared import errors

_MOST_BYTES = 1_000_000


class FromText(Form):
    """A draft of a published text; `base` is the address of its page or of the API."""

    key: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")
    base: str = Field(min_length=1, max_length=2000)


class FromScratch(Form):
    """A draft of a new text, written as Markdown."""

    key: str = Field(pattern=r"^[A-Za-z0-9_-]{16,64}$")
    jurisdiction: str = Field(max_length=100)
    kind: str = Field(max_length=100)
    number: str = Field(max_length=100)
    lang: str = Field(max_length=35)
    title: str = Field(max_length=2000)
    text: str = Field("", max_length=900_000)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/editor/new", show)
    app.router.add_post("/editor/new", begin)
    app.router.add_post("/editor/new/from-text", begin_from_text)


async def show(request: web.Request) -> web.Response:
    """GET /editor/new?base"""
    await desk_of(request)
    return _show(request, Filled(None, {"base": request.query.get("base", "")[:2000]}))


async def begin(request: web.Request) -> web.Response:
    """POST /editor/new: from scratch."""
    filled = await read_form(request, FromScratch, purpose=EDITOR, max_bytes=_MOST_BYTES)
    if filled.model is None:
        return _show(request, filled, 422)
    body = filled.model.model_dump(exclude={"key"})
    return await _begin(request, filled, body, filled.model.key)


async def begin_from_text(request: web.Request) -> web.Response:
    """POST /editor/new/from-text"""
    filled = await read_form(request, FromText, purpose=EDITOR)
    if filled.model is None:
        return _show(request, filled, 422)
    return await _begin(request, filled, {"base": _api_address(filled.model.base)}, filled.model.key)


async def _begin(request: web.Request, filled: Filled[Any], body: dict[str, Any], key: str) -> web.Response:
    desk = await desk_of(request)
    try:
        draft = await desk.begin(body, key)
    except (errors.Unprocessable, errors.Invalid, errors.NotFound, errors.NotHeld, errors.Conflict) as error:
        return _show(request, Filled(None, filled.values, refusal(error)), 422)
    return see_other(draft_page(draft.id))


def _api_address(given: str) -> str:
    """The API's address of the text whose page (or address) this is; people paste whole addresses."""
    path = "/" + given.strip().partition("://")[2].partition("/")[2] if "://" in given else given.strip()
    path = local_path(path.partition("#")[0].partition("?")[0], "")
    return path if not path or path.startswith(API_ROOT) else API_ROOT + path


def _show(request: web.Request, filled: Filled[Any], status: int = 200) -> web.Response:
    key = filled.values.get("key") or secrets.token_urlsafe(24)
    context = {"values": filled.values, "errors": filled.errors, "key": key}
    return page(request, "editor/new", context, status=status, form=EDITOR)
