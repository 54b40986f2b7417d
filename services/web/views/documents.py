"""The document page: the text in force today, and every version under an address that never changes."""

import asyncio
from datetime import date

from aiohttp import web

from services.web.answers import Version, Work
from services.web.keys import LIBRARY
from services.web.language import prefer
from services.web.paths import DATE, LANG, WORK_ROUTE, page_of, work_api, work_page
from services.web.queries import read_filters
from services.web.reading import LONG, contents_of, front_of, standing_of, versions_of
from services.web.render import page, shared_caching, today
from shared.errors import Invalid

_CURRENT = 300
_FORMATS = ("xml", "json", "md", "txt", "html")
_VERSION = f"{{lang:{LANG}}}@{{date:{DATE}}}"


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(WORK_ROUTE, show_work)
    app.router.add_get(f"{WORK_ROUTE}/{{lang:{LANG}}}", show_current)
    app.router.add_get(f"{WORK_ROUTE}/{_VERSION}.{{format:{'|'.join(_FORMATS)}}}", show_format)
    app.router.add_get(f"{WORK_ROUTE}/{_VERSION}", show_version)


async def show_work(request: web.Request) -> web.Response:
    """GET /{jurisdiction}/{kind}/{number}: to the text in force today, in the language that the reader prefers."""
    work = await work_of(request)
    version = await request.app[LIBRARY].version(work.href, prefer(request, work.languages), content="none")
    return moved(_address(version), vary="Accept-Language, Cookie")


async def show_current(request: web.Request) -> web.Response:
    """GET …/{lang}?on: to the text in force today, or on another day."""
    day = read_filters(request, {"on": DATE}).get("on", "")
    version = await request.app[LIBRARY].version(work_href(request), request.match_info["lang"], day, content="none")
    return moved(_address(version))


async def show_format(request: web.Request) -> web.Response:
    """GET …/{lang}@{date}.{format}: the same text from the API."""
    info = request.match_info
    return moved(f"{work_href(request)}/{info['lang']}@{info['date']}.{info['format']}")


async def show_version(request: web.Request) -> web.Response:
    """GET …/{lang}@{date}: the document page. Public and the same for everyone."""
    info, library = request.match_info, request.app[LIBRARY]
    try:
        day = date.fromisoformat(info["date"])
    except ValueError:
        raise Invalid(f"{info['date']} is not a date.") from None
    version, work = await asyncio.gather(
        library.version(work_href(request), info["lang"], day.isoformat()), work_of(request)
    )
    if (version.date, version.lang) != (day, info["lang"]) or version.work.number != info["number"]:
        return moved(_address(version))
    return page(request, "document", _context(version, work), document_lang=version.lang, max_age=_CURRENT)


def _context(version: Version, work: Work) -> dict[str, object]:
    held = versions_of(work, version.lang)
    permanent = _address(version)
    return {
        "version": version,
        "work": work,
        "held": held,
        "standing": standing_of(version, held, today()),
        "front": front_of(version.provisions),
        "contents_tree": contents_of(version.provisions),
        "long": len(version.provisions) >= LONG,
        "permanent": permanent,
        "current_page": f"{work_page(work.jurisdiction, work.kind, work.number)}/{version.lang}",
        "base": work_page(work.jurisdiction, work.kind, work.number),
        "formats": {name: f"/api/v1/policies{permanent}.{name}" for name in ("xml", "json", "md", "txt")},
    }


async def work_of(request: web.Request) -> Work:
    """The work of the request's address."""
    info = request.match_info
    return await request.app[LIBRARY].work(info["jurisdiction"], info["kind"], info["number"])


def work_href(request: web.Request) -> str:
    """The API's address of the work."""
    info = request.match_info
    return work_api(info["jurisdiction"], info["kind"], info["number"])


def _address(version: Version) -> str:
    return f"{page_of(version.work.href)}/{version.lang}@{version.date.isoformat()}"


def moved(to: str, *, vary: str = "", status: int = 302) -> web.Response:
    """To another address of ours; for a minute the gateway may know it."""
    headers = {"Location": to, **shared_caching(60)}
    return web.Response(status=status, headers=headers | ({"Vary": vary} if vary else {}))
