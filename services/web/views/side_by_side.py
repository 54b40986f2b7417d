"""Two languages of one text, side by side, provision by provision."""

import re
from dataclasses import dataclass
from datetime import date

from aiohttp import web
from markupsafe import Markup

from services.web.answers import Provision
from services.web.keys import LIBRARY
from services.web.link_answers import Row
from services.web.paths import DATE, LANG, WORK_ROUTE, work_page
from services.web.reading import LONG
from services.web.render import law, page
from services.web.views.documents import moved, work_href, work_of
from shared.errors import Invalid

_MAX_AGE = 300
_ID = re.compile(r'(<[a-z][^<>]*?\s)id="')
_VERSION = f"{{first:{LANG}}}+{{second:{LANG}}}@{{date:{DATE}}}"


@dataclass(frozen=True, slots=True)
class Pair:
    """A row of the page."""

    eid: str
    sides: tuple[Provision | None, Provision | None]
    html: tuple[Markup | None, Markup | None]


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(f"{WORK_ROUTE}/{_VERSION}", show_both)


async def show_both(request: web.Request) -> web.Response:
    """GET …/{lang}+{lang}@{date}: both texts of that day. A date between two versions leads to the text that stood."""
    info = request.match_info
    try:
        day = date.fromisoformat(info["date"])
    except ValueError:
        raise Invalid(f"{info['date']} is not a date.") from None
    if info["first"] == info["second"]:
        raise Invalid("Two different languages stand side by side.")
    work = await work_of(request)
    found = await request.app[LIBRARY].parallel(work_href(request), (info["first"], info["second"]), day.isoformat())
    base = work_page(work.jurisdiction, work.kind, work.number)
    stood = max(address.rpartition("@")[2] for address in found.versions.values())
    if stood != day.isoformat():
        return moved(f"{base}/{info['first']}+{info['second']}@{stood}")
    context = {
        "work": work,
        "found": found,
        "day": day,
        "pairs": [_pair(row, info["second"]) for row in found.rows],
        "long": len(found.rows) >= LONG,
        "base": base,
        "swapped": f"{base}/{info['second']}+{info['first']}@{stood}",
        "missing": sum(found.unpaired.values()),
    }
    return page(request, "side_by_side", context, document_lang=info["first"], max_age=_MAX_AGE)


def _pair(row: Row, second: str) -> Pair:
    left, right = row.sides
    # An id stands once in a page: the left text keeps its own, so that addresses with a section work.
    marked = None if right is None else law(_ID.sub(rf'\1id="{second}:', right.html) if left else right.html)
    return Pair(row.eid, row.sides, (None if left is None else law(left.html), marked))
