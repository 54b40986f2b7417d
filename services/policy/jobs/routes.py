"""The API of imports: upload, watch, cancel, resume."""

from collections.abc import AsyncIterator
from typing import Annotated, Any

from aiohttp import hdrs, web
from pydantic import Field

from services.policy.documents.representations import as_json
from services.policy.jobs import service, wire
from services.policy.jobs.domain import Caller, ImportNotFound, Job, State, Upload
from services.policy.jobs.events import Streams
from services.policy.jobs.form import read_form
from services.policy.keys import CURSORS, DATABASE, POLICY_SETTINGS
from shared.context import current_request_id
from shared.errors import Forbidden, TooLarge, Unauthenticated, Unavailable
from shared.health import Dependency
from shared.identity import require
from shared.keys import HEALTH, IDENTITY
from shared.paging import DEFAULT_LIMIT, MAX_LIMIT, Position, page_body
from shared.parse import Query, parse_query
from shared.permissions import Permission

_JOB = wire.ROOT + "/{id}"
_STREAMS = web.AppKey("IMPORT_STREAMS", Streams)
_UPLOADS = web.AppKey("IMPORT_UPLOADS", set[object])
_MOST_UPLOADS = 4
_FORM_BYTES = 65_536
_REPORT_FAILURES = 10_000
_BUDGET_MS = 100.0


class _Nothing(Query):
    """No parameter."""


class _Page(Query):
    limit: int = Field(DEFAULT_LIMIT, ge=1, le=MAX_LIMIT)
    cursor: Annotated[str, Field(min_length=1, max_length=2000)] | None = None


class _Jobs(_Page):
    state: State | None = None


def add_routes(app: web.Application) -> None:
    """Register the slice's addresses, and the check that somebody carries imports out."""
    app[_STREAMS], app[_UPLOADS] = Streams(), set()
    app.router.add_post(wire.ROOT, _upload)
    app.router.add_get(wire.ROOT, _list)
    app.router.add_get(_JOB, _read)
    app.router.add_get(_JOB + "/failures", _failures)
    app.router.add_get(_JOB + "/report", _report)
    app.router.add_get(_JOB + "/events", _events)
    app.router.add_post(_JOB + "/cancel", _cancel)
    app.router.add_post(_JOB + "/resume", _resume)
    app.cleanup_ctx.append(_watch_workers)


async def _watch_workers(app: web.Application) -> AsyncIterator[None]:
    async def probe() -> None:
        await service.check_workers(app[DATABASE])

    app[HEALTH].add(Dependency("import-worker", "component", probe, _BUDGET_MS, critical=False))
    yield


async def _upload(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    require(request[IDENTITY], Permission.IMPORT)
    caller, database, uploads = _caller(request), request.app[DATABASE], request.app[_UPLOADS]
    if not caller.areas:
        raise Forbidden("You work in no jurisdiction yet; an administrator says in which.")
    most = request.app[POLICY_SETTINGS].import_max_bytes
    if (request.content_length or 0) > most + _FORM_BYTES:
        raise TooLarge(f"A file may have at most {most} bytes.")
    if len(uploads) >= _MOST_UPLOADS:
        raise Unavailable("Too many files are being uploaded.", retry_after=5)

    async def receive(filename: str, chunks: AsyncIterator[bytes]) -> Upload:
        return await service.receive(database, caller, filename, chunks, most)

    async def discard(upload: Upload) -> None:
        await service.discard(database, caller, upload.id)

    uploads.add(mark := object())
    try:
        wish, upload = await read_form(request, receive, discard)
    finally:
        uploads.remove(mark)
    job, replayed = await service.add(database, caller, wish, upload)
    response = _told(wire.job(job, caller), status=202)
    response.headers[hdrs.LOCATION] = wire.href(job.id)
    if replayed:
        response.headers["Idempotency-Replayed"] = "true"
    return response


async def _list(request: web.Request) -> web.Response:
    query, caller = parse_query(request, _Jobs), _caller(request)
    binding = f"imports|{caller.account if not caller.sees_all else caller.areas}|{query.state}"
    before = request.app[CURSORS].decode(query.cursor, binding).values[0] if query.cursor else None
    found, next_before = await service.find_all(request.app[DATABASE], caller, query.state, before, query.limit)
    return _page(request, [wire.job(job, caller) for job in found], query.limit, next_before, binding)


async def _read(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    caller = _caller(request)
    return _told(wire.job(await service.find(request.app[DATABASE], caller, _number(request)), caller))


async def _failures(request: web.Request) -> web.Response:
    query, caller, number = parse_query(request, _Page), _caller(request), _number(request)
    binding = f"import failures|{number}"
    after = request.app[CURSORS].decode(query.cursor, binding).values[0] if query.cursor else None
    _, found, last = await service.find_failures(request.app[DATABASE], caller, number, after, query.limit)
    return _page(request, [wire.failure(item) for item in found], query.limit, last, binding)


async def _report(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    number = _number(request)
    job, found, events = await service.read_report(request.app[DATABASE], _caller(request), number, _REPORT_FAILURES)
    response = _told(wire.report(job, found, events))
    response.headers[hdrs.CONTENT_DISPOSITION] = f'attachment; filename="import-{number}.json"'
    return response


async def _events(request: web.Request) -> web.StreamResponse:
    parse_query(request, _Nothing)
    caller, number, database = _caller(request), _number(request), request.app[DATABASE]

    async def find() -> Job:
        return await service.find(database, caller, number)

    return await request.app[_STREAMS].send(request, caller, await find(), find)


async def _cancel(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    caller = _caller(request)
    job = await service.cancel(request.app[DATABASE], caller, _number(request))
    return _told(wire.job(job, caller), status=200 if job.is_over else 202)


async def _resume(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    caller = _caller(request)
    return _told(wire.job(await service.resume(request.app[DATABASE], caller, _number(request)), caller), status=202)


def _caller(request: web.Request) -> Caller:
    """Who asks. Raises Unauthenticated for nobody, Forbidden for who neither imports nor sees what others do."""
    identity = request[IDENTITY]
    if identity.is_anonymous:
        raise Unauthenticated("Sign in to work with imports.")
    sees_all = identity.may(Permission.READ_DRAFTS)
    if not sees_all and not identity.may(Permission.IMPORT):
        raise Forbidden(f"This needs the permission {Permission.IMPORT.value}.")
    return Caller(
        identity.subject,
        sees_all,
        identity.may(Permission.MANAGE_IMPORTS),
        current_request_id(),
        permissions=" ".join(sorted(identity.permissions)),
        areas=identity.acts_in,
    )


def _number(request: web.Request) -> int:
    digits = request.match_info["id"]
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise ImportNotFound("No import is at this address.")
    return int(digits)


def _page(
    request: web.Request, items: list[dict[str, Any]], limit: int, following: int | str | None, binding: str
) -> web.Response:
    cursor = request.app[CURSORS].encode(Position((following,)), binding) if following is not None else None
    body, headers = page_body(request, items, limit=limit, next_cursor=cursor, prev_cursor=None)
    response = _told(body)
    response.headers.update(headers)
    return response


def _told(body: dict[str, Any], *, status: int = 200) -> web.Response:
    headers = {hdrs.CACHE_CONTROL: "private, no-store", hdrs.CONTENT_TYPE: "application/json; charset=utf-8"}
    return web.Response(body=as_json(body), status=status, headers=headers)
