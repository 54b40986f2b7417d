"""The API of drafts: written by editors, decided on by somebody else, published as versions."""

import asyncio
from typing import Annotated, Literal, TypeVar

from aiohttp import hdrs, web
from pydantic import Field

from services.policy.documents.addresses import LONGEST
from services.policy.documents.routes import today
from services.policy.editorial import bodies, provisions, publishing, rebasing, redline, review, service, wire
from services.policy.editorial.answers import PRIVATE, actor_of, draft_id_of, known_of, told
from services.policy.editorial.domain import Draft, DraftProvisionNotFound, State
from services.policy.editorial.idempotency import Made, once, request_key
from services.policy.editorial.redline_wire import diff_body, diff_html
from services.policy.editorial.repo import Filters
from services.policy.keys import CURSORS, DATABASE
from shared.db import Connection
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, page_body
from shared.parse import Query, is_clean, parse_body, parse_query

_DRAFT = wire.ROOT + "/{id}"
_PROVISION = _DRAFT + "/provisions/{eid}"
M = TypeVar("M", bound=bodies.Remark)
_STEPS = {"submit": review.submit, "recall": review.recall, "approve": review.approve, "withdraw": review.withdraw}


class _Nothing(Query):
    """No parameter."""


class _Page(Query):
    limit: Annotated[int, Field(ge=1, le=MAX_LIMIT)] = DEFAULT_LIMIT
    cursor: Annotated[str, Field(min_length=1, max_length=2000)] | None = None


class _Drafts(_Page):
    state: State | None = None
    jurisdiction: bodies.Slug | None = None
    kind: bodies.Slug | None = None
    number: Annotated[str, Field(min_length=1, max_length=200)] | None = None
    lang: bodies.Language | None = None
    mine: Literal["own", "assigned"] | None = None


class _Content(Query):
    content: wire.Content = "text"


class _Diff(Query):
    format: Literal["json", "html"] = "json"


def add_routes(app: web.Application) -> None:
    """Register the slice's addresses."""
    add = app.router.add_route
    add("POST", wire.ROOT, _create)
    add("GET", wire.ROOT, _list)
    add("GET", _DRAFT, _read)
    add("PATCH", _DRAFT, _describe)
    add("GET", _DRAFT + "/diff", _diff)
    add("GET", _DRAFT + "/events", _events)
    add("PUT", _DRAFT + "/editors/{account}", _assign)
    add("DELETE", _DRAFT + "/editors/{account}", _assign)
    add("POST", _DRAFT + "/provisions", _insert)
    add("GET", _PROVISION, _provision)
    add("PUT", _PROVISION, _write)
    add("PATCH", _PROVISION, _patch)
    add("DELETE", _PROVISION, _remove)
    add("POST", _PROVISION + "/move", _move)
    add("POST", _DRAFT + "/submit", _step)
    add("POST", _DRAFT + "/recall", _step)
    add("POST", _DRAFT + "/approve", _step)
    add("POST", _DRAFT + "/withdraw", _step)
    add("POST", _DRAFT + "/return", _return)
    add("POST", _DRAFT + "/rebase", _rebase)
    add("POST", _DRAFT + "/publish", _publish)
    add("POST", "/api/v1/withdrawals", _withdraw_version)


async def _create(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, key = actor_of(request), request_key(request.headers.get("Idempotency-Key"))
    body = await parse_body(request, bodies.NewDraft)

    async def make(connection: Connection) -> Made:
        view = await service.create(connection, actor, body)
        made = wire.draft_body(view.draft, actor, view.provisions, view.notes, "none")
        return view.draft.id, view.draft.etag, made

    sent = body.model_dump(mode="json", exclude_unset=True)
    (draft_id, etag, made), again = await once(request.app[DATABASE], actor, key, sent, make)
    response = told(made, etag, status=201, location=wire.draft_href(draft_id))
    if again:
        response.headers["Idempotency-Replayed"] = "true"
    return response


async def _list(request: web.Request) -> web.Response:
    query = parse_query(request, _Drafts)
    actor = actor_of(request)
    filters = Filters(query.state, query.jurisdiction, query.kind, query.number, query.lang, query.mine)
    page = await service.list_drafts(
        request.app[DATABASE], request.app[CURSORS], actor, filters, cursor=query.cursor, limit=query.limit
    )
    items = [wire.summary_body(draft, actor) for draft in page.items]
    body, headers = page_body(request, items, limit=query.limit, next_cursor=page.next, prev_cursor=page.prev)
    response = told(body)
    response.headers.update(headers)
    return response


async def _read(request: web.Request) -> web.Response:
    query = parse_query(request, _Content)
    actor = actor_of(request)
    view = await service.read(request.app[DATABASE], actor, draft_id_of(request))
    return await _whole(request, view, query.content)


async def _describe(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    body = await parse_body(request, bodies.DescriptionPatch)
    view = await service.describe(request.app[DATABASE], actor, draft_id, known, body)
    return await _whole(request, view, "none")


async def _diff(request: web.Request) -> web.Response:
    query = parse_query(request, _Diff)
    found = await redline.read_redline(request.app[DATABASE], actor_of(request), draft_id_of(request))
    if query.format == "html":
        html = await asyncio.to_thread(diff_html, found)
        headers = {hdrs.CACHE_CONTROL: PRIVATE, hdrs.ETAG: found.draft.etag}
        return web.Response(text=html, content_type="text/html", charset="utf-8", headers=headers)
    return told(await asyncio.to_thread(diff_body, found), found.draft.etag)


async def _events(request: web.Request) -> web.Response:
    query = parse_query(request, _Page)
    items, cursor = await service.list_events(
        request.app[DATABASE], request.app[CURSORS], actor_of(request), draft_id_of(request),
        cursor=query.cursor, limit=query.limit,
    )  # fmt: skip
    said = [wire.event_body(event) for event in items]
    body, headers = page_body(request, said, limit=query.limit, next_cursor=cursor, prev_cursor=None)
    response = told(body)
    response.headers.update(headers)
    return response


async def _assign(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    assigned = request.method == "PUT"
    account = request.match_info["account"]
    view = await service.assign(request.app[DATABASE], actor, draft_id, known, account, assigned=assigned)
    return _summary(request, view.draft)


async def _insert(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    body = await parse_body(request, bodies.Insertion)
    view = await provisions.insert_provision(request.app[DATABASE], actor, draft_id, known, body)
    return _one(view, status=201, location=wire.provision_href(draft_id, view.row.eid))


async def _provision(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    view = await provisions.read_provision(
        request.app[DATABASE], actor_of(request), draft_id_of(request), _eid_of(request)
    )
    return _one(view)


async def _write(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    body = await parse_body(request, bodies.ProvisionBody)
    given = set(bodies.ProvisionBody.model_fields)
    view = await provisions.write_provision(
        request.app[DATABASE], actor, draft_id, _eid_of(request), known, body, given
    )
    return _one(view)


async def _patch(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    body = await parse_body(request, bodies.ProvisionPatch)
    view = await provisions.write_provision(
        request.app[DATABASE], actor, draft_id, _eid_of(request), known, body, body.model_fields_set
    )
    return _one(view)


async def _remove(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    draft = await provisions.remove_provision(request.app[DATABASE], actor, draft_id, _eid_of(request), known)
    return _summary(request, draft)


async def _move(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    body = await parse_body(request, bodies.Move)
    return _one(await provisions.move_provision(request.app[DATABASE], actor, draft_id, _eid_of(request), known, body))


async def _step(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    take = _STEPS[request.path.rpartition("/")[2]]
    note = (await _optional(request, bodies.Remark)).note
    return _summary(request, await take(request.app[DATABASE], actor, draft_id, known, note))


async def _return(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    body = await parse_body(request, bodies.Return)
    return _summary(request, await review.send_back(request.app[DATABASE], actor, draft_id, known, body))


async def _rebase(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    done = await rebasing.rebase(request.app[DATABASE], actor, draft_id, known)
    body = wire.summary_body(done.draft, actor) | {"taken": list(done.taken), "fields": list(done.fields)}
    return told(body, done.draft.etag)


async def _publish(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor, draft_id, known = actor_of(request), draft_id_of(request), known_of(request)
    body = await _optional(request, bodies.Publication)
    done = await publishing.publish(request.app[DATABASE], actor, draft_id, known, body.date, body.note, today())
    version = {"href": done.href, "revision": done.revision}
    return told(wire.summary_body(done.draft, actor) | {"version": version}, done.draft.etag)


async def _withdraw_version(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    actor = actor_of(request)
    body = await parse_body(request, bodies.Withdrawal)
    gone = await review.withdraw_published(request.app[DATABASE], actor, body)
    return told(wire.withdrawn_body(gone, body.reason), status=201)


async def _whole(request: web.Request, view: service.DraftView, content: wire.Content) -> web.Response:
    body = await asyncio.to_thread(wire.draft_body, view.draft, actor_of(request), view.provisions, view.notes, content)
    return told(body, view.draft.etag)


def _summary(request: web.Request, draft: Draft) -> web.Response:
    return told(wire.summary_body(draft, actor_of(request)), draft.etag)


def _one(view: provisions.ProvisionView, *, status: int = 200, location: str = "") -> web.Response:
    return told(wire.provision_view(view.draft, view.row, view.theirs), view.row.etag, status=status, location=location)


async def _optional(request: web.Request, model: type[M]) -> M:
    """The body, where one was sent."""
    return await parse_body(request, model) if request.body_exists else model()


def _eid_of(request: web.Request) -> str:
    eid = request.match_info["eid"]
    if not is_clean(eid) or len(eid) > LONGEST:
        raise DraftProvisionNotFound("This draft has no such provision.")
    return eid
