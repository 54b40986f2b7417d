"""The API of search and of completions."""

import json
from datetime import date
from typing import Annotated, Any, Literal, get_args

from aiohttp import web
from pydantic import AfterValidator, Field

from services.policy.documents.addresses import LANG, provision_href, version_href, work_href
from services.policy.documents.domain import WorkKey
from services.policy.documents.representations import as_json, respond
from services.policy.keys import CURSORS
from services.policy.search.domain import Facet, Filters, Hit, Page, Sort, Suggestion
from services.policy.search.question import MAX_QUERY
from services.policy.search.resources import SEARCH, SEARCH_DATABASE
from services.policy.search.suggestions import suggest
from shared.paging import MAX_LIMIT, Position, page_body
from shared.parse import Query, parse_query


def _is_day(text: str) -> str:
    try:
        date.fromisoformat(text)
    except ValueError:
        raise ValueError("must be a day of the calendar, like 2024-02-29") from None
    return text


_Lang = Annotated[str, Field(pattern=f"^{LANG}$", max_length=35)]
_Slug = Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=100)]
_Subject = Annotated[str, Field(min_length=1, max_length=200)]
_Year = Annotated[str, Field(pattern=r"^[1-9][0-9]{3}$")]
_Day = Annotated[str, Field(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"), AfterValidator(_is_day)]
_FACETS = "|".join(get_args(Facet))
_Facets = Annotated[str, Field(pattern=f"^({_FACETS})(,({_FACETS}))*$", max_length=100)]
_Text = Annotated[str, Field(min_length=1, max_length=MAX_QUERY)]


class _Search(Query):
    q: _Text
    lang: _Lang | None = None
    jurisdiction: _Slug | None = None
    kind: _Slug | None = None
    status: Literal["in-force", "not-in-force", "repealed", "proposed", "related"] | None = None
    subject: _Subject | None = None
    year: _Year | None = None
    since: _Day | None = Field(None, alias="from")
    until: _Day | None = Field(None, alias="to")
    as_of: _Day | None = None
    sort: Sort = "relevance"
    facets: _Facets | None = None
    limit: int = Field(10, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=4000)

    def filters(self) -> Filters:
        """What results must be; a year and days narrow together."""
        days = [day for day in (self.since, self.year and f"{self.year}-01-01") if day]
        ends = [day for day in (self.until, self.year and f"{self.year}-12-31") if day]
        return Filters(
            self.jurisdiction, self.kind, self.status, self.subject,
            date.fromisoformat(max(days)) if days else None, date.fromisoformat(min(ends)) if ends else None,
            date.fromisoformat(self.as_of) if self.as_of else None,
        )  # fmt: skip


class _Suggest(Query):
    q: _Text
    lang: _Lang | None = None
    limit: int = Field(8, ge=1, le=20)


def add_routes(app: web.Application) -> None:
    """Register the slice's addresses."""
    app.router.add_get("/api/v1/search", _search)
    app.router.add_get("/api/v1/suggest", _suggest)


async def _search(request: web.Request) -> web.Response:
    query = parse_query(request, _Search)
    cursors = request.app[CURSORS]
    filters = query.filters()
    binding = "search:" + json.dumps([query.q, query.lang, query.sort, *map(str, filters.values())])
    position = cursors.decode(query.cursor, binding) if query.cursor is not None else None
    page = await request.app[SEARCH].page(
        query.q, lang=query.lang, filters=filters, limit=query.limit, position=position, sort=query.sort,
        facets=_wanted(query.facets),
    )  # fmt: skip
    body, headers = page_body(
        request,
        [_hit(hit) for hit in page.hits],
        limit=query.limit,
        next_cursor=None if page.next is None else cursors.encode(Position(page.next), binding),
        prev_cursor=None if page.previous is None else cursors.encode(Position(page.previous, True), binding),
    )
    return respond(request, as_json({**_about(query, page), **body}), link=headers.get("Link", ""))


async def _suggest(request: web.Request) -> web.Response:
    query = parse_query(request, _Suggest)
    found = await suggest(request.app[SEARCH_DATABASE], query.q, lang=query.lang, limit=query.limit)
    return respond(request, as_json({"items": [_suggestion(one) for one in found]}))


def _wanted(facets: str | None) -> list[Facet]:
    asked = facets.split(",") if facets else []
    return [facet for facet in get_args(Facet) if facet in asked]


def _about(query: _Search, page: Page) -> dict[str, Any]:
    about = {"query": query.q, "corrected": page.corrected, "total": {"value": page.total, "exact": page.exact}}
    if query.facets is None:
        return about
    counts = {f: [{"value": value, "count": count} for value, count in found] for f, found in page.facets.items()}
    return {**about, "facets": counts}


def _hit(hit: Hit) -> dict[str, Any]:
    passage = hit.passage
    key = WorkKey(passage.jurisdiction, passage.kind, passage.number)
    href = version_href(key, passage.lang, passage.date)
    if passage.eid:
        href = provision_href(key, passage.lang, passage.date, passage.eid)
    return {
        "work": {
            "jurisdiction": key.jurisdiction, "kind": key.kind, "number": key.number, "href": work_href(key),
            "title": passage.title, "status": passage.work_status,
        },
        "lang": passage.lang, "date": passage.date.isoformat(), "match": hit.match, "eid": passage.eid,
        "num": passage.num, "heading": passage.heading, "path": list(passage.path), "status": passage.status,
        "href": href, "score": hit.score,
        "snippet": [{"text": segment.text, "hit": segment.hit} for segment in hit.snippet],
    }  # fmt: skip


def _suggestion(one: Suggestion) -> dict[str, Any]:
    key = WorkKey(one.jurisdiction, one.work_kind, one.number)
    href = version_href(key, one.lang, one.date)
    if one.eid:
        href = provision_href(key, one.lang, one.date, one.eid)
    return {
        "text": one.text, "kind": one.kind, "href": href, "lang": one.lang, "eid": one.eid,
        "work": {"jurisdiction": key.jurisdiction, "kind": key.kind, "number": key.number, "title": one.title},
    }  # fmt: skip
