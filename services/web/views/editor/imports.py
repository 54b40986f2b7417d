"""Bringing files in: uploading one, watching how far it is, and what could not be read."""

import secrets
from typing import Any

from aiohttp import BodyPartReader, FormData, web

from services.web.collection import cursor_of
from services.web.desk import Desk, desk_of
from services.web.forms import Form, read_form, refusal
from services.web.keys import FORM_TOKENS
from services.web.queries import read_filters
from services.web.render import fragment, page
from services.web.views.accounts import see_other
from services.web.views.editor.addresses import EDITOR
from shared import errors

IMPORTERS = ("akoma-ntoso", "canada-laws", "csv", "markdown")
_IMPORT = r"/editor/imports/{number:[0-9]{1,18}}"
_FIELDS = ("form_token", "key", "importer", "release")
_MOST_TEXT = 500


class Again(Form):
    """The buttons that cancel an import and go on with one."""


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/editor/imports", show_all)
    app.router.add_post("/editor/imports", upload)
    app.router.add_get(_IMPORT, show)
    app.router.add_get(f"{_IMPORT}/progress", progress)
    app.router.add_post(f"{_IMPORT}/{{action:cancel|resume}}", act)


async def show_all(request: web.Request) -> web.Response:
    """GET /editor/imports?cursor"""
    return await _show_all(request, await desk_of(request), {})


async def upload(request: web.Request) -> web.Response:
    """POST /editor/imports: the file is passed on as it comes, after its form was found to be ours."""
    desk = await desk_of(request)
    if request.content_type != "multipart/form-data":
        raise errors.UnsupportedMedia("A file is sent as multipart/form-data.")
    given, file = await _read(request)
    request.app[FORM_TOKENS].check(request, EDITOR, given.pop("form_token", ""))
    if file is None or not file.filename:
        return await _show_all(request, desk, {"file": "is missing"}, 422)
    sent = FormData()
    for name in ("importer", "release"):
        if given.get(name):
            sent.add_field(name, given[name])
    sent.add_field("file", _chunks(file), filename=file.filename, content_type="application/octet-stream")
    try:
        job = await desk.upload(sent, given.get("key", ""))
    except (errors.Unprocessable, errors.Invalid, errors.UnsupportedMedia, errors.TooLarge) as error:
        return await _show_all(request, desk, refusal(error), 422)
    return see_other(f"/editor/imports/{job['id']}")


async def show(request: web.Request) -> web.Response:
    """GET /editor/imports/{number}: how far it is, what it came to, and the first failures."""
    desk, number = await desk_of(request), request.match_info["number"]
    job, failures = await desk.import_(number), await desk.import_failures(number)
    return page(request, "editor/import", {"job": job, "failures": failures}, form=EDITOR)


async def progress(request: web.Request) -> web.Response:
    """GET …/progress: the part of the page that changes."""
    desk = await desk_of(request)
    return fragment(request, "import_progress", {"job": await desk.import_(request.match_info["number"])})


async def act(request: web.Request) -> web.Response:
    """POST …/cancel and …/resume"""
    await read_form(request, Again, purpose=EDITOR)
    desk, number = await desk_of(request), request.match_info["number"]
    await desk.act_on_import(number, request.match_info["action"])
    return see_other(f"/editor/imports/{number}")


async def _show_all(request: web.Request, desk: Desk, wrong: dict[str, str], status: int = 200) -> web.Response:
    given = read_filters(request, {"cursor": r"[!-~]+"})
    found = await desk.imports(given.get("cursor", ""))
    further = cursor_of(found["page"]["next"])
    context = {
        "jobs": found["items"],
        "importers": IMPORTERS,
        "key": secrets.token_urlsafe(24),
        "errors": wrong,
        "next_href": f"/editor/imports?cursor={further}" if further else "",
    }
    return page(request, "editor/imports", context, status=status, form=EDITOR)


async def _read(request: web.Request) -> tuple[dict[str, str], BodyPartReader | None]:
    """The fields before the file, and the file unread. The page's form has it last."""
    given: dict[str, str] = {}
    try:
        reader = await request.multipart()
        async for part in reader:
            if not isinstance(part, BodyPartReader):
                break
            if part.name == "file":
                return given, part
            if part.name not in _FIELDS or part.name in given:
                break
            text = bytes(await part.read())
            if len(text) > _MOST_TEXT:
                break
            given[part.name] = text.decode()
        else:
            return given, None
    except ValueError:
        raise errors.Invalid("The form is not what this page sends.") from None
    raise errors.Invalid("The form is not what this page sends.")


async def _chunks(file: BodyPartReader) -> Any:
    while chunk := await file.read_chunk():
        yield chunk
