"""The read API of documents."""

import asyncio
from functools import partial
from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from services.policy.documents import lists, repo, service, wire
from services.policy.documents.addresses import (
    LANG,
    ROOT,
    Format,
    eid_address,
    expression_address,
    provision_href,
    split_suffix,
    version_href,
    work_href,
    work_key,
)
from services.policy.documents.axes import AxesQuery, today
from services.policy.documents.domain import WorkKey
from services.policy.documents.representations import MOVING, PERMANENT, as_json, chosen_format, redirect, respond
from services.policy.documents.short import ExactReads
from services.policy.documents.writing import written_partial, written_provision, written_version
from services.policy.keys import CURSORS, DATABASE
from shared.errors import FieldError, Invalid
from shared.front import SHORTCUT, Shortcut
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, page_body
from shared.parse import Query, parse_query

__all__ = ["add_routes", "today"]

_WORK = ROOT + "/{jurisdiction}/{kind}/{number}"
_EXPRESSION = _WORK + "/{expression:" + LANG + r"(?:@[^/]*|\.[a-z]+)?}"
_HELD = web.AppKey("HELD", lists.HeldCounts)
Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]


class _Nothing(Query):
    """No parameter."""


class _List(AxesQuery):
    jurisdiction: Slug | None = None
    kind: Slug | None = None
    status: Literal["in-force", "not-in-force", "repealed", "proposed"] | None = None
    lang: Annotated[str, Field(pattern=f"^{LANG}$", max_length=35)] | None = None
    sort: Literal["title", "date"] = "title"
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=2000)
    count: Literal["exact"] | None = None


class _Content(AxesQuery):
    content: wire.Content | None = None


class _Version(_Content):
    partial: Literal["true", "false"] | None = None


def add_routes(app: web.Application) -> None:
    """Register every address of the slice; those with fixed words of other slices must be registered before."""
    app[_HELD] = lists.HeldCounts()
    app.router.add_get("/api/v1/jurisdictions", _jurisdictions)
    app.router.add_get("/api/v1/kinds", _kinds)
    app.router.add_get("/api/v1/stats", _stats)
    app.router.add_get(ROOT, _policies)
    app.router.add_get(_WORK, _work)
    version = app.router.add_get(_EXPRESSION, _version)
    provision = app.router.add_get(_EXPRESSION + "/~{eid}", _provision)
    exact = ExactReads(lambda: app[DATABASE], version=_label(version), provision=_label(provision))
    app[SHORTCUT] = Shortcut(exact.question)


async def _jurisdictions(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    async with request.app[DATABASE].connection() as connection:
        return respond(request, as_json({"items": await repo.jurisdictions(connection)}))


async def _kinds(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    async with request.app[DATABASE].connection() as connection:
        return respond(request, as_json({"items": await repo.kinds(connection)}))


async def _stats(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    held = await request.app[_HELD].read(request.app[DATABASE])
    return respond(request, as_json(wire.held_body(held)))


async def _policies(request: web.Request) -> web.Response:
    query = parse_query(request, _List)
    filters = repo.Filters(query.axes(today()), query.jurisdiction, query.kind, query.status, query.lang)
    page = await lists.list_policies(
        request.app[DATABASE], request.app[CURSORS], filters, query.sort,
        cursor=query.cursor, limit=query.limit, count=query.count == "exact",
    )  # fmt: skip
    items = [wire.work_summary(item) for item in page.items]
    body, headers = page_body(request, items, limit=query.limit, next_cursor=page.next, prev_cursor=page.prev)
    if page.total is not None:
        body["total"] = {"value": page.total, "exact": True}
    return respond(request, as_json(body), link=headers.get("Link", ""))


async def _work(request: web.Request) -> web.Response:
    axes = parse_query(request, AxesQuery).axes(today())
    number, suffix = split_suffix(request.match_info["number"])
    if suffix not in (None, Format.JSON):
        raise Invalid("A policy as a whole is given as JSON; ask a version of it for other formats.")
    key = _key(request, number)
    view = await service.read_work_on(request.app[DATABASE], key, axes)
    if isinstance(view, service.Alias):
        location = work_href(view.key) + (f".{suffix}" if suffix else "")
        return redirect(_with_query(request, location), permanent=True)
    return respond(request, as_json(wire.work_body(view)))


async def _version(request: web.Request) -> web.Response:
    address = expression_address(request.match_info["expression"])
    query = parse_query(request, _Version)
    form, content = _form(request, address.format, query)
    key = _key(request, request.match_info["number"])
    axes = query.axes(today())
    named = None if query.as_of else address.day  # the day asked for leads on from whatever day the address has
    wanted = service.Wanted(
        content=content == "html" or form in (Format.HTML, Format.MD, Format.XML),
        text=content == "text" or form in (Format.TXT, Format.MD),
        facts=form is Format.XML,
        written=form is Format.JSON and content != "html",
    )
    database, day = request.app[DATABASE], named or axes.as_of
    if query.partial == "true" and day is not None:
        known = await service.read_partial(database, key, address.lang, day, axes, wanted)
        if known is not None:
            if named is None:
                return _onward(request, version_href(known.first.work.key, address.lang, day, address.format))
            payload = await asyncio.to_thread(written_partial, known, form, content)
            return respond(request, payload, form=form, cache=MOVING)
    found = await service.read_version(database, key, address.lang, named, axes, wanted)
    if isinstance(found, service.Alias):
        location = f"{work_href(found.key)}/{_tail(request, 1)}"
        return redirect(_with_query(request, location), permanent=True)
    if isinstance(found, service.Elsewhere):
        return _onward(request, version_href(found.key, found.lang, found.date, address.format))
    # Writing out a long act takes tens of milliseconds, which other requests need not wait for.
    write = partial(written_version, found, form, content)
    payload = write() if found.written is not None else await asyncio.to_thread(write)
    link = f'<{wire.canonical_href(found)}>; rel="canonical"'
    return respond(
        request,
        payload,
        form=form,
        changed_at=found.version.content_changed_at,
        cache=PERMANENT,
        link=link,
        made_of=found.work.key,
    )


async def _provision(request: web.Request) -> web.Response:
    address = expression_address(request.match_info["expression"])
    if address.format is not None:
        raise Invalid("The suffix belongs at the end of the address, after the provision.")
    eid, suffix = eid_address(request.match_info["eid"])
    query = parse_query(request, _Content)
    form, content = _form(request, suffix, query)
    key = _key(request, request.match_info["number"])
    named = None if query.as_of else address.day
    found = await service.read_provision(request.app[DATABASE], key, address.lang, named, eid, query.axes(today()))
    if isinstance(found, service.Alias):
        location = f"{work_href(found.key)}/{_tail(request, 2)}"
        return redirect(_with_query(request, location), permanent=True)
    if isinstance(found, service.Elsewhere):
        return _onward(request, provision_href(found.key, found.lang, found.date, eid, suffix))
    payload = written_provision(found, form, content)
    if found.asked is not None:
        return respond(request, payload, form=form, cache=MOVING)
    return respond(
        request, payload, form=form, changed_at=found.expression.version.content_changed_at, cache=PERMANENT,
        made_of=found.expression.work.key,
        link=f'<{wire.canonical_href(found.expression, eid)}>; rel="canonical"',
    )  # fmt: skip


def _label(route: web.AbstractRoute) -> str:
    """What logs and metrics call a route."""
    return "" if route.resource is None else route.resource.canonical


def _key(request: web.Request, number: str) -> WorkKey:
    return work_key(request.match_info["jurisdiction"], request.match_info["kind"], number)


def _form(request: web.Request, suffix: Format | None, query: _Content) -> tuple[Format, wire.Content]:
    form = chosen_format(request, suffix)
    if query.content is not None and form is not Format.JSON:
        raise Invalid(
            "Only JSON can be given with parts left out.", errors=(FieldError("is for JSON only", "content"),)
        )
    return form, query.content or ("text" if form is Format.JSON else "html")


def _onward(request: web.Request, location: str) -> web.Response:
    """To the address of the day, which needs no `as_of` any more."""
    return redirect(_with_query(request, location, without="as_of"), permanent=False)


def _with_query(request: web.Request, location: str, without: str = "") -> str:
    """`location` with the query as it was sent, but for one parameter."""
    pairs = request.rel_url.raw_query_string.split("&")
    query = "&".join(pair for pair in pairs if pair and (not without or pair.partition("=")[0] != without))
    return f"{location}?{query}" if query else location


def _tail(request: web.Request, parts: int) -> str:
    """The last parts of the path as they were sent, so that a redirect keeps their encoding."""
    return "/".join(request.rel_url.raw_path.split("/")[-parts:])
