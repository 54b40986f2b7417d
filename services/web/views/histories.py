"""How a document came to read as it does: the timeline of its versions, and the wordings of one of its provisions."""

from collections import Counter
from itertools import pairwise
from urllib.parse import quote, urlencode

from aiohttp import web

from services.web.change_answers import Moment
from services.web.charts import Bar, yearly
from services.web.keys import LIBRARY
from services.web.language import prefer
from services.web.paths import LANG, WORK_ROUTE, work_page
from services.web.queries import read_filters
from services.web.redlines import pieces_of
from services.web.render import page
from services.web.views.documents import work_href, work_of

_MAX_AGE = 300
_EID = r"[^/\s]+"
COUNTED = ("changed", "added", "removed", "repealed", "renumbered", "moved", "status")
"""What is said of a version's changes, in this order."""


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(f"{WORK_ROUTE}/history", show_history)
    app.router.add_get(f"{WORK_ROUTE}/sections/{{eid:{_EID}}}/history", show_section)


async def show_history(request: web.Request) -> web.Response:
    """GET …/history?lang: every version held in one language, with what each changed."""
    given = read_filters(request, {"lang": LANG})
    work = await work_of(request)
    lang = given.get("lang") or prefer(request, work.languages)
    found = await request.app[LIBRARY].timeline(work_href(request), lang)
    base = work_page(work.jurisdiction, work.kind, work.number)
    context = {
        "work": work,
        "found": found,
        "chart": _changes_by_year(found.items),
        "counted": COUNTED,
        "base": base,
        "comparisons": {one.href: _comparison(base, lang, before, one) for before, one in _neighbours(found.items)},
    }
    return page(request, "history", context, document_lang=lang if "lang" in given else "", max_age=_MAX_AGE)


async def show_section(request: web.Request) -> web.Response:
    """GET …/sections/{eid}/history?lang: the wordings of one provision, newest first."""
    given = read_filters(request, {"lang": LANG})
    work = await work_of(request)
    lang = given.get("lang") or prefer(request, work.languages)
    eid = request.match_info["eid"]
    found = await request.app[LIBRARY].history(work_href(request), eid, lang)
    last = found.items[-1].provision
    context = {
        "work": work,
        "found": found,
        "name": " ".join(word for word in (last.num, last.heading or last.note) if word) or last.eid,
        "last": last,
        "pieces_of": pieces_of,
        "base": work_page(work.jurisdiction, work.kind, work.number),
        "in_other": {
            one: f"{request.rel_url.raw_path}?{urlencode({'lang': one})}" for one in work.languages if one != lang
        },
    }
    return page(request, "section_history", context, document_lang=lang if "lang" in given else "", max_age=_MAX_AGE)


def section_history(base: str, eid: str, lang: str) -> str:
    """The address of a provision's history; `base` is the work's page."""
    return f"{base}/sections/{quote(eid, safe='')}/history?{urlencode({'lang': lang})}"


def _neighbours(items: tuple[Moment, ...]) -> list[tuple[Moment, Moment]]:
    return [(before, one) for one, before in pairwise(items) if one.summary is not None]


def _comparison(base: str, lang: str, before: Moment, one: Moment) -> str:
    if before.date == one.date:
        return ""  # a correction of the same day: pages compare days
    return f"{base}/compare?{urlencode({'from': before.date, 'to': one.date, 'lang': lang})}"


def _changes_by_year(items: tuple[Moment, ...]) -> list[Bar]:
    years: Counter[str] = Counter()
    for moment in items:
        if moment.summary is not None:
            years[str(moment.date.year)] += sum(moment.summary.get(name, 0) for name in COUNTED)
    return yearly(years)
