"""The read API of what changed: timeline, redline, blame, a provision's history."""

import asyncio
from datetime import date
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from services.policy.diffs import service, wire
from services.policy.diffs.write_blame import blame_json
from services.policy.diffs.write_html import diff_html
from services.policy.diffs.write_text import diff_text
from services.policy.documents.addresses import LANG, LONGEST, ROOT, Format, iso_date, work_href, work_key
from services.policy.documents.axes import Day, KnownQuery
from services.policy.documents.domain import ProvisionNotFound, WorkKey
from services.policy.documents.representations import as_json, chosen_format, redirect, respond
from services.policy.documents.routes import today
from services.policy.documents.service import Alias
from services.policy.keys import DATABASE
from shared.errors import NotAcceptable
from shared.parse import is_clean, parse_query

_WORK = ROOT + "/{jurisdiction}/{kind}/{number}"
_FORMATS = {"json": Format.JSON, "html": Format.HTML, "text": Format.TXT}
Lang = Annotated[str, Field(pattern=f"^{LANG}$", max_length=35)]


class _Lang(KnownQuery):
    lang: Lang | None = None


class _Blame(_Lang):
    date: str | None = Field(None, max_length=40)


class _Diff(_Lang):
    start: str | None = Field(None, alias="from", max_length=40)
    end: str | None = Field(None, alias="to", max_length=40)
    format: Literal["json", "html", "text"] | None = None
    from_known_at: Day | None = None


def add_routes(app: web.Application) -> None:
    """Register the slice's addresses; before those of documents, which end in a wildcard."""
    app.router.add_get(_WORK + "/timeline", _timeline)
    app.router.add_get(_WORK + "/diff", _diff)
    app.router.add_get(_WORK + "/blame", _blame)
    app.router.add_get(_WORK + "/provisions/{eid}/history", _history)


async def _timeline(request: web.Request) -> web.Response:
    query = parse_query(request, _Lang)
    found = await service.read_timeline(
        request.app[DATABASE], _key(request), query.lang, today(), known_at=_known(query)
    )
    if isinstance(found, Alias):
        return _elsewhere(request, found.key, 1)
    return respond(request, as_json(wire.timeline_body(found)))


async def _diff(request: web.Request) -> web.Response:
    query = parse_query(request, _Diff)
    form = _form(request, query.format)
    start, end = _day(query.start, "from"), _day(query.end, "to")
    known_at = _known(query)
    # By default both sides are known at the same day; a day that is not over yet leaves nothing out.
    before = known_at if query.from_known_at is None else query.from_known_at
    found = await service.read_diff(
        request.app[DATABASE], _key(request), query.lang, start, end, today(), known_at=known_at,
        from_known_at=None if before == known_at else before,
    )  # fmt: skip
    if isinstance(found, Alias):
        return _elsewhere(request, found.key, 1)
    payload = await asyncio.to_thread(_written, found, form)
    link = f'<{wire.diff_href(found.work, found.old, found.new)}>; rel="canonical"'
    return respond(request, payload, form=form, link=link)


async def _blame(request: web.Request) -> web.Response:
    query = parse_query(request, _Blame)
    day = _day(query.date, "date")
    found = await service.read_blame(
        request.app[DATABASE], _key(request), query.lang, day, today(), known_at=_known(query)
    )
    if isinstance(found, Alias):
        return _elsewhere(request, found.key, 1)
    return respond(request, await asyncio.to_thread(blame_json, found))


async def _history(request: web.Request) -> web.Response:
    query = parse_query(request, _Lang)
    eid = request.match_info["eid"]
    if not is_clean(eid) or len(eid) > LONGEST:
        raise ProvisionNotFound("No version held in this language has such a provision.")
    found = await service.read_history(
        request.app[DATABASE], _key(request), query.lang, eid, today(), known_at=_known(query)
    )
    if isinstance(found, Alias):
        return _elsewhere(request, found.key, 3)
    return respond(request, as_json(wire.history_body(found)))


def _written(found: service.Diff, form: Format) -> bytes:
    match form:
        case Format.HTML:
            return diff_html(found).encode()
        case Format.TXT:
            return diff_text(found).encode()
        case _:
            return as_json(wire.diff_body(found))


def _form(request: web.Request, asked: str | None) -> Format:
    """The format asked for by name, else by Accept, else JSON."""
    if asked is not None:
        return _FORMATS[asked]
    form = chosen_format(request, None)
    if form not in _FORMATS.values():
        raise NotAcceptable("A redline can be given as application/json, text/html, text/plain.")
    return form


def _known(query: KnownQuery) -> date | None:
    return query.axes(today()).known_at


def _day(text: str | None, pointer: str) -> date | None:
    return None if text is None else iso_date(text, pointer)


def _key(request: web.Request) -> WorkKey:
    return work_key(*(request.match_info[name] for name in ("jurisdiction", "kind", "number")))


def _elsewhere(request: web.Request, key: WorkKey, parts: int) -> web.Response:
    """To the same question of the work whose other number was used; `parts` of the path follow the number."""
    tail = "/".join(request.rel_url.raw_path.split("/")[-parts:])
    query = request.rel_url.raw_query_string
    return redirect(f"{work_href(key)}/{tail}" + (f"?{query}" if query else ""), permanent=True)
