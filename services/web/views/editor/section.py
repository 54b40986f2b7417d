"""Writing a section: its text with a preview and the redline beside it, saved as one writes.

A section that somebody else wrote meanwhile is never written over unseen: both texts are shown, and what is sent next
is sent knowing of the other.
"""

from typing import Any

from aiohttp import web
from pydantic import Field

from services.web.desk import Desk, desk_of
from services.web.draft_answers import DraftChange, ProvisionView
from services.web.forms import Filled, Form, read_form, refusal
from services.web.redlines import pieces_of
from services.web.render import fragment, page
from services.web.views.accounts import see_other
from services.web.views.editor.addresses import DRAFT_ROUTE, EDITOR, SECTION_ROUTE, draft_page, section_page
from shared import errors

_MOST_BYTES = 1_600_000
_TEXT = ("num", "heading", "note")


class SectionForm(Form):
    """A section as it was written."""

    etag: str = Field(max_length=200)
    num: str = Field("", max_length=2000)
    heading: str = Field("", max_length=2000)
    note: str = Field("", max_length=2000)
    format: str = Field("markdown", pattern="^(markdown|akn)$")
    source: str = Field("", max_length=500_000)


class NewSectionForm(Form):
    """A section to be put in after another, or at the end."""

    etag: str = Field(max_length=200)
    after: str = Field("", max_length=400)
    num: str = Field("", max_length=2000)
    heading: str = Field("", max_length=2000)


class PlaceForm(Form):
    """A section to be taken out (`etag` is its own), or put before or after another (`etag` is the draft's)."""

    etag: str = Field(max_length=200)
    before: str = Field("", max_length=400)
    after: str = Field("", max_length=400)


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_post(f"{DRAFT_ROUTE}/sections", insert)
    app.router.add_get(SECTION_ROUTE, show)
    app.router.add_post(SECTION_ROUTE, write)
    app.router.add_post(f"{SECTION_ROUTE}/remove", remove)
    app.router.add_post(f"{SECTION_ROUTE}/move", move)


async def show(request: web.Request) -> web.Response:
    """GET /editor/{id}/sections/{eid}"""
    desk = await desk_of(request)
    view = await desk.provision(request.match_info["id"], request.match_info["eid"])
    return await _show(request, desk, view, Filled(None))


async def write(request: web.Request) -> web.Response:
    """POST /editor/{id}/sections/{eid}: save. Script asks for the fragment beside the text, with `X-Part: preview`."""
    filled = await read_form(request, SectionForm, purpose=EDITOR, max_bytes=_MOST_BYTES)
    desk, draft_id, eid = await desk_of(request), request.match_info["id"], request.match_info["eid"]
    wrong, status = filled.errors, 422
    if filled.model is not None:
        body = filled.model.model_dump(exclude={"etag"})
        try:
            view = await desk.write(draft_id, eid, filled.model.etag, body)
        except errors.PreconditionFailed:
            wrong, status = {}, 412
        except (errors.Unprocessable, errors.Invalid, errors.Conflict) as error:
            wrong = refusal(error)
        else:
            if _wants_part(request):
                return await _part(request, desk, view, Filled(None))
            return see_other(section_page(draft_id, eid) + "?saved")
    view = await desk.provision(draft_id, eid)
    kept: Filled[SectionForm] = Filled(None, filled.values, wrong)
    if _wants_part(request):
        return await _part(request, desk, view, kept, stale=status == 412)
    return await _show(request, desk, view, kept, status, stale=status == 412)


async def insert(request: web.Request) -> web.Response:
    """POST /editor/{id}/sections: a new, empty section; then its page."""
    filled = await read_form(request, NewSectionForm, purpose=EDITOR)
    desk, draft_id = await desk_of(request), request.match_info["id"]
    if filled.model is None:
        raise errors.Unprocessable("The section cannot be put in like this.")
    sent = filled.model
    body: dict[str, Any] = {"kind": "section", "num": sent.num, "heading": sent.heading, "source": ""}
    if sent.after:
        body["after"] = sent.after
    provision = await desk.insert(draft_id, sent.etag, body)
    return see_other(section_page(draft_id, provision.eid))


async def remove(request: web.Request) -> web.Response:
    """POST …/remove"""
    filled = await read_form(request, PlaceForm, purpose=EDITOR)
    desk, draft_id = await desk_of(request), request.match_info["id"]
    if filled.model is None:
        raise errors.Unprocessable("The section cannot be taken out like this.")
    await desk.remove(draft_id, request.match_info["eid"], filled.model.etag)
    return see_other(draft_page(draft_id))


async def move(request: web.Request) -> web.Response:
    """POST …/move"""
    filled = await read_form(request, PlaceForm, purpose=EDITOR)
    desk, draft_id = await desk_of(request), request.match_info["id"]
    if filled.model is None:
        raise errors.Unprocessable("The section cannot be moved like this.")
    sent = filled.model
    place = {"before": sent.before} if sent.before else {"after": sent.after}
    await desk.move(draft_id, request.match_info["eid"], sent.etag, place)
    return see_other(draft_page(draft_id) + "#sections")


async def _show(
    request: web.Request,
    desk: Desk,
    view: ProvisionView,
    kept: Filled[SectionForm],
    status: int = 200,
    *,
    stale: bool = False,
) -> web.Response:
    draft = await desk.draft(request.match_info["id"])
    context = await _context(request, desk, view, kept, stale=stale)
    context |= {"draft": draft, "notes": [note for note in draft.notes if note.eid == view.provision.eid]}
    return page(request, "editor/section", context, status=status, form=EDITOR)


async def _part(
    request: web.Request, desk: Desk, view: ProvisionView, kept: Filled[SectionForm], *, stale: bool = False
) -> web.Response:
    return fragment(request, "section_preview", await _context(request, desk, view, kept, stale=stale))


async def _context(
    request: web.Request, desk: Desk, view: ProvisionView, kept: Filled[SectionForm], *, stale: bool
) -> dict[str, Any]:
    draft_id, provision = request.match_info["id"], view.provision
    diff = await desk.diff(draft_id)
    # What Markdown can say without loss is written as Markdown, the rest as markup.
    as_markdown = provision.markdown is not None
    values = {name: getattr(provision, name) for name in _TEXT} | {
        "format": "markdown" if as_markdown else provision.format,
        "source": provision.markdown if as_markdown else provision.source,
    }
    return {
        "provision": provision,
        "draft_etag": view.draft.etag,
        "values": values | {name: value for name, value in kept.values.items() if name != "etag"},
        "theirs": provision if stale else None,
        "errors": kept.errors,
        "stale": stale,
        "change": _change_of(diff.items, provision.eid),
        "pieces_of": pieces_of,
        "back": draft_page(draft_id),
        "here": section_page(draft_id, provision.eid),
        "saved": "saved" in request.query,
    }


def _change_of(changes: tuple[DraftChange, ...], eid: str) -> DraftChange | None:
    return next((one for one in changes if one.to is not None and one.to.eid == eid), None)


def _wants_part(request: web.Request) -> bool:
    return request.headers.get("X-Part") == "preview"
