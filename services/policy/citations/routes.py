"""The read API of citations."""

from typing import Annotated, Any, Literal

from aiohttp import web
from pydantic import Field

from services.policy.citations import service
from services.policy.citations.domain import Citation
from services.policy.documents.addresses import LANG, ROOT, provision_href, version_href, work_href, work_key
from services.policy.documents.domain import WorkKey
from services.policy.documents.representations import as_json, redirect, respond
from services.policy.documents.routes import today
from services.policy.documents.service import Alias
from services.policy.keys import CURSORS, DATABASE
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, page_body
from shared.parse import Query, parse_query


class _Citations(Query):
    direction: Literal["out", "in"] = "out"
    lang: Annotated[str, Field(pattern=f"^{LANG}$", max_length=35)] | None = None
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: str | None = Field(None, max_length=2000)


def add_routes(app: web.Application) -> None:
    """Register the slice's address; before those of documents, which end in a wildcard."""
    app.router.add_get(ROOT + "/{jurisdiction}/{kind}/{number}/citations", _citations)


async def _citations(request: web.Request) -> web.Response:
    query = parse_query(request, _Citations)
    key = work_key(*(request.match_info[name] for name in ("jurisdiction", "kind", "number")))
    page = await service.read_citations(
        request.app[DATABASE], request.app[CURSORS], key, query.direction,
        lang=query.lang, today=today(), cursor=query.cursor, limit=query.limit,
    )  # fmt: skip
    if isinstance(page, Alias):
        return redirect(
            f"{work_href(page.key)}/citations?{request.rel_url.raw_query_string}".rstrip("?"), permanent=True
        )
    items = [_wire(item) for item in page.items]
    body, headers = page_body(request, items, limit=query.limit, next_cursor=page.next, prev_cursor=None)
    return respond(request, as_json(body), link=headers.get("Link", ""))


def _wire(item: Citation) -> dict[str, Any]:
    href = version_href(item.citing, item.lang, item.date)
    if item.eid:
        href = provision_href(item.citing, item.lang, item.date, item.eid)
    target = None if item.target is None else _work(item.target, item.target_title)
    return {
        "relation": item.relation,
        "label": item.label,
        "from": {"work": _work(item.citing, item.citing_title), "lang": item.lang, "date": item.date.isoformat(),
                 "eid": item.eid, "href": href},
        "to": {"work": target, "frbr_uri": item.target_uri, "eid": item.target_eid},
    }  # fmt: skip


def _work(key: WorkKey, title: str) -> dict[str, str]:
    return {
        "jurisdiction": key.jurisdiction,
        "kind": key.kind,
        "number": key.number,
        "href": work_href(key),
        "title": title,
    }
