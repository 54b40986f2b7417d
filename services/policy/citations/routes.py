"""The read API of citations."""

from typing import Annotated, Literal

from aiohttp import web
from pydantic import Field

from services.policy.citations import service, wire
from services.policy.citations.domain import Direction, Filters, Relation, State
from services.policy.documents.addresses import LANG, ROOT, work_href, work_key
from services.policy.documents.axes import Day
from services.policy.documents.domain import WorkKey
from services.policy.documents.representations import as_json, redirect, respond
from services.policy.documents.routes import today
from services.policy.documents.service import Alias
from services.policy.keys import CURSORS, DATABASE
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, page_body
from shared.parse import Query, parse_query

_WORK = ROOT + "/{jurisdiction}/{kind}/{number}"
_Lang = Annotated[str, Field(pattern=f"^{LANG}$", max_length=35)]


class _Citations(Query):
    direction: Direction = "out"
    relation: Relation | None = None
    state: State | None = None
    lang: _Lang | None = None
    as_of: Day | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=2000)
    count: Literal["exact"] | None = None


class _Impact(Query):
    depth: int = Field(1, ge=1, le=5)
    relation: Relation | None = None
    lang: _Lang | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=2000)


def add_routes(app: web.Application) -> None:
    """Register the slice's addresses; before those of documents, which end in a wildcard."""
    app.router.add_get(_WORK + "/citations", _citations)
    app.router.add_get(_WORK + "/impact", _impact)


async def _citations(request: web.Request) -> web.Response:
    query = parse_query(request, _Citations)
    filters = Filters(query.direction, query.as_of or today(), query.lang, query.relation, query.state)
    page = await service.read_citations(
        request.app[DATABASE], request.app[CURSORS], _key(request), filters,
        cursor=query.cursor, limit=query.limit, count=query.count == "exact", as_of=query.as_of,
    )  # fmt: skip
    if isinstance(page, Alias):
        return _moved(request, page, "citations")
    items = [wire.citation(item) for item in page.items]
    body, headers = page_body(request, items, limit=query.limit, next_cursor=page.next, prev_cursor=None)
    if page.states is not None:
        body["total"] = {"value": sum(page.states.values()), "exact": True}
        body["states"] = page.states
    return respond(request, as_json(body), link=headers.get("Link", ""))


async def _impact(request: web.Request) -> web.Response:
    query = parse_query(request, _Impact)
    found = await service.read_impact(
        request.app[DATABASE], request.app[CURSORS], _key(request), depth=query.depth, relation=query.relation,
        lang=query.lang, today=today(), cursor=query.cursor, limit=query.limit,
    )  # fmt: skip
    if isinstance(found, Alias):
        return _moved(request, found, "impact")
    whole, items = wire.impact(found)
    body, headers = page_body(request, items, limit=query.limit, next_cursor=found.next, prev_cursor=None)
    return respond(request, as_json({**whole, **body}), link=headers.get("Link", ""))


def _key(request: web.Request) -> WorkKey:
    return work_key(*(request.match_info[name] for name in ("jurisdiction", "kind", "number")))


def _moved(request: web.Request, alias: Alias, last: str) -> web.Response:
    address = f"{work_href(alias.key)}/{last}?{request.rel_url.raw_query_string}"
    return redirect(address.rstrip("?"), permanent=True)
