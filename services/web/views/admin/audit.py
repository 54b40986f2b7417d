"""The audit trails for administrators: a table with filters, and the same as files."""

import csv
import io
import json
from collections.abc import AsyncIterator, Callable
from datetime import date, timedelta
from urllib.parse import urlencode

from aiohttp import web

from services.web.forms import refusal
from services.web.keys import AUTH, LIBRARY
from services.web.queries import read_filters
from services.web.render import page
from services.web.session import identity_of, require_account
from services.web.trails import ACCOUNTS, TEXTS, TrailEvent, TrailPage, Trails
from shared.errors import Invalid

PAGE = "/admin/audit"
ACTIONS = {
    ACCOUNTS: ("account", "session", "second-factor", "key", "plan", "login", "access", "signing-key", "first-admin"),
    TEXTS: ("draft", "import", "access"),
}
"""What the form offers: the first part of actions."""
_DAY = r"\d{4}-\d{2}-\d{2}"
_PATTERNS = {"trail": f"{ACCOUNTS}|{TEXTS}", "who": r"[^\s]+", "action": r"[a-z.-]+", "since": _DAY, "until": _DAY,
             "cursor": r"[!-~]+"}  # fmt: skip
_COLUMNS = tuple(TrailEvent.model_fields)
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def add_routes(app: web.Application) -> None:
    """Register the handlers."""
    app.router.add_get(PAGE, show)
    app.router.add_get(f"{PAGE}.csv", as_csv)
    app.router.add_get(f"{PAGE}.ndjson", as_ndjson)


async def show(request: web.Request) -> web.Response:
    """GET /admin/audit?trail&who&action&since&until&cursor"""
    trails, trail, filters = await _asked(request)
    wrong: dict[str, str] = {}
    found = TrailPage(items=(), next="", prev="")
    try:
        found = await trails.page(trail, _for_api(filters), cursor=request.query.get("cursor", "")[:1024])
    except Invalid as error:
        wrong = {"": next(iter(refusal(error).values()))}
    given = {"trail": trail, **filters}
    context = {
        "trail": trail,
        "filters": filters,
        "events": found.items,
        "errors": wrong,
        "actions": ACTIONS[trail],
        "trails": [(name, f"{PAGE}?trail={name}") for name in (ACCOUNTS, TEXTS)],
        "href_with": lambda name, value: _href(PAGE, given | {name: value}),
        "newer": _href(PAGE, given | {"cursor": found.prev}) if found.prev else "",
        "older": _href(PAGE, given | {"cursor": found.next}) if found.next else "",
        "files": [(kind, _href(f"{PAGE}.{kind}", given)) for kind in ("csv", "ndjson")],
    }
    return page(request, "admin/audit", context, status=400 if wrong else 200)


async def as_csv(request: web.Request) -> web.StreamResponse:
    """GET /admin/audit.csv: everything that the filters leave, newest first."""
    return await _file(request, "text/csv", "csv", _csv_lines, _csv_lines_of([_COLUMNS]))


async def as_ndjson(request: web.Request) -> web.StreamResponse:
    """GET /admin/audit.ndjson"""
    return await _file(request, "application/x-ndjson", "ndjson", _ndjson_lines, "")


async def _file(
    request: web.Request, media: str, suffix: str, write: Callable[[TrailPage], str], head: str
) -> web.StreamResponse:
    trails, trail, filters = await _asked(request)
    first = await trails.page(trail, _for_api(filters), limit=200)  # what is refused is said as a page
    response = web.StreamResponse(
        headers={
            "Content-Type": f"{media}; charset=utf-8",
            "Content-Disposition": f'attachment; filename="audit-{trail}.{suffix}"',
            "Cache-Control": "no-store",
        }
    )
    await response.prepare(request)
    await response.write(head.encode())
    pages: AsyncIterator[TrailPage] = trails.rest(trail, _for_api(filters), first)
    async for found in pages:
        await response.write(write(found).encode())
    await response.write_eof()
    return response


async def _asked(request: web.Request) -> tuple[Trails, str, dict[str, str]]:
    identity = identity_of(await require_account(request))
    given = read_filters(request, _PATTERNS)
    trail = given.get("trail", ACCOUNTS)
    filters: dict[str, str] = {name: given[name] for name in ("who", "action", "since", "until") if name in given}
    return Trails(request.app[AUTH], request.app[LIBRARY].client, identity), trail, filters


def _for_api(filters: dict[str, str]) -> dict[str, str]:
    """To people the last day counts; to the API the first moment that does not."""
    try:
        after = date.fromisoformat(filters["until"]) + timedelta(days=1)
    except (KeyError, ValueError, OverflowError):
        return filters
    return filters | {"until": after.isoformat()}


def cell(value: object) -> str:
    """Text of a cell that no spreadsheet takes for a formula."""
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict) else str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _csv_lines(found: TrailPage) -> str:
    rows = [event.model_dump(mode="json") for event in found.items]
    return _csv_lines_of([[cell(row[name]) for name in _COLUMNS] for row in rows])


def _csv_lines_of(rows: list[list[str]] | list[tuple[str, ...]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()


def _ndjson_lines(found: TrailPage) -> str:
    return "".join(event.model_dump_json() + "\n" for event in found.items)


def _href(path: str, parameters: dict[str, str]) -> str:
    given = {name: value for name, value in parameters.items() if value}
    return path + (f"?{urlencode(given)}" if given else "")
