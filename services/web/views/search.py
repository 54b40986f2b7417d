"""Search: results land on the section that holds the words."""

import asyncio
from urllib.parse import urlencode

from aiohttp import web

from services.web.collection import cursor_of
from services.web.keys import LIBRARY
from services.web.language import interface_language
from services.web.paths import JURISDICTION, KIND, LANG
from services.web.queries import read_filters
from services.web.render import page
from services.web.texts import LANGUAGES

_MAX_AGE = 30
ANY = "any"
"""The choice of texts in whatever language."""
_PATTERNS = {"q": r".*", "lang": f"{LANG}|{ANY}", "kind": KIND, "jurisdiction": JURISDICTION, "cursor": r"[!-~]+"}


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/search", search)


async def search(request: web.Request) -> web.Response:
    """GET /search?q&lang&kind&jurisdiction&cursor"""
    given = read_filters(request, _PATTERNS)
    query = " ".join(given.pop("q", "").split())
    lang = given.setdefault("lang", interface_language(request))
    library = request.app[LIBRARY]
    jurisdictions, kinds = await asyncio.gather(library.jurisdictions(), library.kinds())
    asked = {name: value for name, value in given.items() if (name, value) != ("lang", ANY)}
    results = await library.search(q=query, **asked) if query else None
    cursor = cursor_of(results.page.next) if results else ""
    given.pop("cursor", None)
    context = {
        "query": query,
        "lang": lang,
        "filters": given,
        "jurisdictions": jurisdictions,
        "kinds": kinds,
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
