"""What a document cites, what cites it, and both drawn as its neighbourhood."""

import asyncio
from collections.abc import Iterable
from urllib.parse import urlencode

from aiohttp import web

from services.web.collection import cursor_of
from services.web.keys import LIBRARY
from services.web.language import prefer
from services.web.link_answers import Citations, NamedWork
from services.web.neighbourhood import draw
from services.web.paths import LANG, WORK_ROUTE, work_page
from services.web.queries import read_filters
from services.web.render import page
from services.web.views.documents import work_href, work_of

_MAX_AGE = 300
_PER_PAGE = "50"
_PATTERNS = {"direction": "in|out", "lang": LANG, "cursor": r"[!-~]+"}


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(f"{WORK_ROUTE}/citations", show_citations)


async def show_citations(request: web.Request) -> web.Response:
    """GET …/citations?direction&lang&cursor: what it cites (`out`, unless said otherwise) or what cites it (`in`)."""
    given = read_filters(request, _PATTERNS)
    library, href = request.app[LIBRARY], work_href(request)
    work = await work_of(request)
    lang = given.get("lang") or prefer(request, work.languages)
    direction = given.get("direction", "out")
    cursor = {"cursor": given["cursor"]} if "cursor" in given else {}
    pages = {name: {"limit": _PER_PAGE, **(cursor if name == direction else {})} for name in ("out", "in")}
    cites, cited, dependants = await asyncio.gather(
        library.citations(href, "out", lang, **pages["out"]),
        library.citations(href, "in", lang, **pages["in"]),
        library.dependants(href, lang, 60),
    )
    base = f"{work_page(work.jurisdiction, work.kind, work.number)}/citations"
    shown = cites if direction == "out" else cited
    further = cursor_of(shown.page.next)
    context = {
        "work": work,
        "lang": lang,
        "direction": direction,
        "groups": _grouped(shown, direction),
        "totals": {"out": cites.total, "in": cited.total},
        "views": {name: f"{base}?{urlencode({'direction': name, 'lang': lang})}" for name in ("out", "in")},
        "next_href": f"{base}?{urlencode({'direction': direction, 'lang': lang, 'cursor': further})}"
        if further
        else "",
        "is_later_page": bool(cursor),
        "drawing": None if cursor else draw(_held(cites), [one.work for one in dependants.items], of=work.href),
        "base": work_page(work.jurisdiction, work.kind, work.number),
    }
    return page(request, "citations", context, document_lang=lang if "lang" in given else "", max_age=_MAX_AGE)


def _held(found: Citations) -> Iterable[NamedWork]:
    return (one.to.work for one in found.items if one.to.work is not None)


def _grouped(found: Citations, direction: str) -> list[tuple[NamedWork | None, list[object]]]:
    """The page's citations by the work at their other end, each where it comes first; those not held stand alone."""
    groups: dict[str, tuple[NamedWork | None, list[object]]] = {}
    for one in found.items:
        other = one.to.work if direction == "out" else one.from_.work
        key = other.href if other else f"{one.to.frbr_uri} {one.label}"
        groups.setdefault(key, (other, []))[1].append(one)
    return list(groups.values())
