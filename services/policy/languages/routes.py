"""The read API of languages side by side."""

import asyncio
import re
from typing import Annotated, Literal

from aiohttp import web
from pydantic import AfterValidator, Field

from services.policy.documents.addresses import LANG, ROOT, iso_date, work_href, work_key
from services.policy.documents.axes import KnownQuery
from services.policy.documents.domain import WorkKey
from services.policy.documents.representations import as_json, redirect, respond
from services.policy.documents.routes import today
from services.policy.documents.service import Alias
from services.policy.documents.wire import Content
from services.policy.keys import DATABASE
from services.policy.languages import service, wire
from shared.parse import parse_query

_WORK = ROOT + "/{jurisdiction}/{kind}/{number}"
_LANG = re.compile(LANG)


def _two(value: str) -> str:
    langs = value.split(",")
    if len(langs) != 2 or langs[0] == langs[1] or not all(map(_LANG.fullmatch, langs)):
        raise ValueError("must be two different languages, such as en,fr")
    return value


_Langs = Annotated[str, Field(max_length=71), AfterValidator(_two)]
_Date = Annotated[str, Field(max_length=10)]


class _Parallel(KnownQuery):
    langs: _Langs | None = None
    date: _Date | None = None
    content: Content = "text"
    only: Literal["unpaired"] | None = None


class _Differences(KnownQuery):
    since: _Date
    until: _Date | None = None
    langs: _Langs | None = None


def add_routes(app: web.Application) -> None:
    """Register the slice's addresses; before those of documents, which end in a wildcard."""
    app.router.add_get(_WORK + "/parallel", _parallel)
    app.router.add_get(_WORK + "/parallel/differences", _differences)


async def _parallel(request: web.Request) -> web.Response:
    query = parse_query(request, _Parallel)
    day = None if query.date is None else iso_date(query.date, "date")
    found = await service.read_parallel(
        request.app[DATABASE], _key(request), _langs(query.langs), day, today(),
        known_at=query.axes(today()).known_at, content=query.content == "html", text=query.content == "text",
    )  # fmt: skip
    if isinstance(found, Alias):
        return _moved(request, found, "parallel")
    # Writing out a long act takes tens of milliseconds, which other requests need not wait for.
    payload = await asyncio.to_thread(
        lambda: as_json(wire.parallel_body(found, query.content, only_unpaired=query.only == "unpaired"))
    )
    return respond(request, payload)


async def _differences(request: web.Request) -> web.Response:
    query = parse_query(request, _Differences)
    since = iso_date(query.since, "since")
    until = None if query.until is None else iso_date(query.until, "until")
    found = await service.read_differences(
        request.app[DATABASE], _key(request), _langs(query.langs), since, until, today(),
        known_at=query.axes(today()).known_at,
    )  # fmt: skip
    if isinstance(found, Alias):
        return _moved(request, found, "parallel/differences")
    return respond(request, as_json(wire.differences_body(found)))


def _langs(value: str | None) -> service.Langs | None:
    if value is None:
        return None
    first, second = value.split(",")
    return first, second


def _key(request: web.Request) -> WorkKey:
    return work_key(*(request.match_info[name] for name in ("jurisdiction", "kind", "number")))


def _moved(request: web.Request, alias: Alias, last: str) -> web.Response:
    address = f"{work_href(alias.key)}/{last}?{request.rel_url.raw_query_string}"
    return redirect(address.rstrip("?"), permanent=True)
