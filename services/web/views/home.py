"""The home page: one search box, and ways in for those who do not know what to search."""

import asyncio
from urllib.parse import urlencode

from aiohttp import web

from services.web.answers import Group
from services.web.collection import cursor_of
from services.web.keys import LIBRARY
from services.web.language import interface_language
from services.web.paths import JURISDICTION, KIND, LANG
from services.web.queries import read_filters
from services.web.render import page
from services.web.texts import LANGUAGES, texts_of
from services.web.views.search import ANY

_RECENT = "8"
_PER_PAGE = "50"
_MAX_AGE = 60


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get("/", home)
    app.router.add_get("/browse", browse)


async def home(request: web.Request) -> web.Response:
    """GET /"""
    library = request.app[LIBRARY]
    lang = interface_language(request)
    jurisdictions, kinds, recent = await asyncio.gather(
        library.jurisdictions(), library.kinds(), library.policies(sort="date", limit=_RECENT, lang=lang)
    )
    if not recent.items:  # a library without texts in the reader's language still has something to show
        recent = await library.policies(sort="date", limit=_RECENT)
    context = {**_named(request, jurisdictions, kinds), "recent": recent.items}
    return page(request, "home", context, max_age=_MAX_AGE)


async def browse(request: web.Request) -> web.Response:
    """GET /browse?jurisdiction&kind&lang&cursor"""
    library = request.app[LIBRARY]
    filters = read_filters(
        request, {"jurisdiction": JURISDICTION, "kind": KIND, "lang": f"{LANG}|{ANY}", "cursor": r"[!-~]+"}
    )
    filters.setdefault("lang", interface_language(request))
    asked = {name: value for name, value in filters.items() if (name, value) != ("lang", ANY)}
    jurisdictions, kinds, found = await asyncio.gather(
        library.jurisdictions(), library.kinds(), library.policies(limit=_PER_PAGE, **asked)
    )
    cursor = cursor_of(found.page.next)
    context = {
        **_named(request, jurisdictions, kinds),
        "found": found,
        "href_with": lambda name, value: _browse_href(filters, name, value),
        "filters": filters,
        "text_languages": [Group(id=code) for code in sorted({filters["lang"], *LANGUAGES} - {ANY})],
        "next_page": filters | {"cursor": cursor} if cursor else None,
    }
    return page(request, "browse", context, max_age=_MAX_AGE)


def _named(request: web.Request, jurisdictions: list[Group], kinds: list[Group]) -> dict[str, list[Group]]:
    """Both in the order of their names in the page's language."""
    texts = texts_of(interface_language(request))
    return {
        "jurisdictions": texts.in_order(jurisdictions, lambda group: texts.place(group.id, group.names)),
        "kinds": texts.in_order(kinds, lambda group: texts.kind(group.id, many=True)),
    }


def _browse_href(filters: dict[str, str], name: str, value: str) -> str:
    """The list with one filter set, or cleared by an empty value; from its first page."""
    wanted = {key: given for key, given in (filters | {name: value}).items() if given and key != "cursor"}
    return "/browse" + (f"?{urlencode(wanted)}" if wanted else "")
