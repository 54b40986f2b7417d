"""The steps of a draft from its editor to the public."""

from datetime import date
from typing import Any

from aiohttp import web
from pydantic import ConfigDict, Field

from services.web.desk import desk_of
from services.web.forms import Form, read_form
from services.web.language import interface_language
from services.web.texts import texts_of
from services.web.views.accounts import see_other
from services.web.views.editor.addresses import DRAFT_ROUTE, EDITOR, draft_page
from services.web.views.editor.showing import show_draft
from shared import errors

ACTIONS = ("submit", "recall", "approve", "return", "publish", "withdraw", "rebase")
_MOST_BYTES, _MOST_FIELDS = 400_000, 600  # a note for each changed section
_ON = "on:"


class StepForm(Form):
    """A step; fields `on:{eid}` hold a reviewer's notes on sections."""

    model_config = ConfigDict(extra="allow", frozen=True)
    etag: str = Field(max_length=200)
    note: str = Field("", max_length=10_000)
    date: str = Field("", max_length=10)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_post(f"{DRAFT_ROUTE}/{{action:{'|'.join(ACTIONS)}}}", take)


async def take(request: web.Request) -> web.Response:
    """POST /editor/{id}/{action}: the step, then the draft again; what was refused is said above it."""
    filled = await read_form(request, StepForm, purpose=EDITOR, max_bytes=_MOST_BYTES, max_fields=_MOST_FIELDS)
    desk, draft_id, action = await desk_of(request), request.match_info["id"], request.match_info["action"]
    texts = texts_of(interface_language(request))
    if filled.model is None:
        return await show_draft(request, desk, draft_id, filled.errors, 422)
    try:
        await desk.step(draft_id, action, filled.model.etag, _body(action, filled.model))
    except errors.PreconditionFailed:
        return await show_draft(request, desk, draft_id, {"": texts.t("editor.stale")}, 412)
    except (errors.Conflict, errors.Unprocessable, errors.Invalid) as error:
        return await show_draft(request, desk, draft_id, {"": texts.said(error.detail)}, 409)
    return see_other(draft_page(draft_id))


def _body(action: str, form: StepForm) -> dict[str, Any] | None:
    if action == "rebase":
        return None
    body: dict[str, Any] = {"note": form.note} if form.note else {}
    if action == "publish" and form.date:
        body["date"] = date.fromisoformat(form.date).isoformat() if _is_date(form.date) else form.date
    if action == "return":
        given = form.model_extra or {}
        notes = {name.removeprefix(_ON): str(text).strip() for name, text in given.items() if name.startswith(_ON)}
        body["provisions"] = [{"eid": eid, "text": text} for eid, text in notes.items() if text]
        body["note"] = form.note.strip()
    return body


def _is_date(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
