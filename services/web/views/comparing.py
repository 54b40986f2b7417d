"""The redline of a document between two days."""

from urllib.parse import urlencode

from aiohttp import web

from services.web.collection import Library
from services.web.keys import LIBRARY
from services.web.language import prefer
from services.web.paths import DATE, LANG, WORK_ROUTE, work_page
from services.web.queries import read_filters
from services.web.reading import versions_of
from services.web.redlines import entries_of
from services.web.render import page
from services.web.views.documents import moved, work_href, work_of

_MAX_AGE = 300
INLINE, SPLIT = "inline", "split"
_PATTERNS = {"from": DATE, "to": DATE, "lang": LANG, "view": f"{INLINE}|{SPLIT}"}


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(f"{WORK_ROUTE}/compare", compare)


async def compare(request: web.Request) -> web.Response:
    """GET …/compare?from&to&lang&view: what is left out is the last change, in the reader's language, inline."""
    given = read_filters(request, _PATTERNS)
    library: Library = request.app[LIBRARY]
    work = await work_of(request)
    lang = given.get("lang") or prefer(request, work.languages)
    found = await library.diff(work_href(request), lang, given.get("from", ""), given.get("to", ""))
    base = f"{work_page(work.jurisdiction, work.kind, work.number)}/compare"
    view = given.get("view", INLINE)
    days = {"from": found.from_.date.isoformat(), "to": found.to.date.isoformat(), "lang": lang}
    if "lang" not in given or (given.get("from"), given.get("to")) != (days["from"], days["to"]):
        return moved(
            f"{base}?{urlencode(days | ({'view': view} if 'view' in given else {}))}", vary="Accept-Language, Cookie"
        )
    entries = entries_of(found.items)
    context = {
        "work": work,
        "found": found,
        "entries": entries,
        "held": versions_of(work, lang),
        "view": view,
        "views": {name: f"{base}?{urlencode(days | {'view': name})}" for name in (INLINE, SPLIT)},
        "swapped": f"{base}?{urlencode(days | {'from': days['to'], 'to': days['from'], 'view': view})}",
        "base": base,
    }
    return page(request, "compare", context, document_lang=lang, max_age=_MAX_AGE)
