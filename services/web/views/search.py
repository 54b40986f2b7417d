"""Search: results land on the section that holds the words."""

import asyncio
from urllib.parse import urlencode

from aiohttp import web

from services.web.answers import Group, Results
from services.web.charts import yearly
from services.web.collection import cursor_of
from services.web.keys import LIBRARY
from services.web.language import interface_language
from services.web.paths import DATE, JURISDICTION, KIND, LANG
from services.web.queries import read_filters
from services.web.render import page
from services.web.texts import LANGUAGES

_MAX_AGE = 30
ANY = "any"
"""The choice of texts in whatever language."""
SORTS = ("relevance", "date", "title")
FILTERS = ("jurisdiction", "kind", "status", "year")
"""What results are counted by and can be narrowed to."""
_PATTERNS = {
    "q": r".*", "lang": f"{LANG}|{ANY}", "kind": KIND, "jurisdiction": JURISDICTION, "status": r"[a-z-]+",
    "year": r"[1-9][0-9]{3}", "as_of": DATE, "sort": "|".join(SORTS), "cursor": r"[!-~]+",
}  # fmt: skip


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/search", search)


async def search(request: web.Request) -> web.Response:
    """GET /search?q&lang&jurisdiction&kind&status&year&as_of&sort&cursor"""
    given = read_filters(request, _PATTERNS)
    query = " ".join(given.pop("q", "").split())
    lang = given.setdefault("lang", interface_language(request))
    library = request.app[LIBRARY]
    asked = {name: value for name, value in given.items() if (name, value) != ("lang", ANY)}
    results: Results | None = None
    jurisdictions: list[Group] = []
    if query:
        results, jurisdictions = await asyncio.gather(
            library.search(q=query, facets=",".join(FILTERS), **asked), library.jurisdictions()
        )
    cursor = cursor_of(results.page.next) if results else ""
    given.pop("cursor", None)
    context = {
        "query": query,
        "lang": lang,
        "filters": given,
        "names": {group.id: group.names for group in jurisdictions},
        "facets": results.facets if results else {},
        "years": yearly({one.value: one.count for one in results.facets.get("year", ())}) if results else [],
        "sorts": SORTS,
        "filter_names": FILTERS,
        "narrowed": [name for name in FILTERS if name in given],
        "search_languages": [*sorted({lang, *LANGUAGES} - {ANY}), ANY],
        "results": results,
        "corrected_href": _href(results.corrected, given) if results and results.corrected else "",
        "next_href": _href(query, given | {"cursor": cursor}) if cursor else "",
        "without_filters_href": _href(query, {"lang": lang}),
        "is_later_page": "cursor" in request.query,
        "href_with": lambda name, value: _href(query, given | {name: value}),
    }
    return page(request, "search", context, max_age=_MAX_AGE)


def _href(query: str, filters: dict[str, str]) -> str:
    return "/search?" + urlencode({"q": query} | {name: value for name, value in filters.items() if value})
