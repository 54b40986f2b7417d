"""The log of changes and the bulk export."""

import asyncio
import hashlib
import zlib
from collections.abc import AsyncIterator
from typing import Annotated, Any

from aiohttp import web
from pydantic import Field

from services.policy.documents.addresses import LANG, version_href, work_href
from services.policy.documents.representations import as_json, respond
from services.policy.documents.routes import Slug
from services.policy.documents.wire import moment
from services.policy.exports import repo, service
from services.policy.exports.domain import Change, ChangeNotFound, Manifest, Part, PartNotFound
from services.policy.keys import DATABASE
from shared.db import Database
from shared.log import get_logger
from shared.paging import MAX_LIMIT
from shared.parse import Query, parse_query

CHANGES = "/api/v1/changes"
BULK = "/api/v1/bulk"
_PATIENCE_SECONDS = 8.0
_FOLLOWED = "no-cache"
"""May be kept, and is asked for again each time: a reader who polls would otherwise learn of nothing for a minute."""
_GZIP = 31  # zlib's number for gzip's own header, which then carries no time: the same content, the same bytes
_IN_THREAD = 65_536
_EXPORT = web.AppKey("EXPORT", service.Export)
_log = get_logger(__name__)


class _Nothing(Query):
    """No parameter."""


class _Changes(Query):
    after: int = Field(0, ge=0)
    jurisdiction: Slug | None = None
    kind: Slug | None = None
    lang: Annotated[str, Field(pattern=f"^{LANG}$", max_length=35)] | None = None
    limit: int = Field(MAX_LIMIT, ge=1, le=MAX_LIMIT)


def add_routes(app: web.Application) -> None:
    """Register the slice's addresses."""
    app.router.add_get(CHANGES, _changes)
    app.router.add_get(CHANGES + "/{seq}", _change)
    app.router.add_get(BULK, _manifest)
    app.router.add_get(BULK + "/{part}", _part)
    app.cleanup_ctx.append(_export)


async def _export(app: web.Application) -> AsyncIterator[None]:
    app[_EXPORT] = service.Export(app[DATABASE], patience=_PATIENCE_SECONDS)
    yield
    await app[_EXPORT].close()


async def _changes(request: web.Request) -> web.Response:
    query = parse_query(request, _Changes)
    filters = repo.Filters(query.jurisdiction, query.kind, query.lang)
    page = await service.read_changes(request.app[DATABASE], query.after, filters, query.limit)
    following = request.rel_url.update_query(after=str(page.next)).raw_query_string
    body = {"items": [_event(item) for item in page.items], "next": f"{CHANGES}?{following}", "last": page.last}
    return respond(request, as_json(body), cache=_FOLLOWED)


async def _change(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    digits = request.match_info["seq"]
    if not digits.isascii() or not digits.isdigit() or len(digits) > 18:
        raise ChangeNotFound("The log has no change of this number.")
    found, line = await service.read_change(request.app[DATABASE], int(digits))
    head = as_json({**_event(found), "replaced_by": found.replaced_by})
    payload = head[:-1] + b',"version":' + (b"null" if line is None else line.rstrip(b"\n")) + b"}"
    return respond(request, payload, cache=_FOLLOWED)


async def _manifest(request: web.Request) -> web.Response:
    parse_query(request, _Nothing)
    found = await request.app[_EXPORT].manifest()
    return respond(request, as_json(_manifest_body(found)), cache=_FOLLOWED)


async def _part(request: web.Request) -> web.StreamResponse:
    parse_query(request, _Nothing)
    found = await service.find_part(request.app[DATABASE], _sha256(request.match_info["part"]))
    name = found.sha256.hex()
    headers = {
        "ETag": f'"{name}"',
        "Cache-Control": "public, max-age=86400, immutable",
        "Content-Type": "application/gzip",
        "Content-Disposition": f'attachment; filename="{found.range.first_seq:09}-{name[:12]}.ndjson.gz"',
    }
    if any(tag.value in (name, "*") for tag in request.if_none_match or ()):
        return web.Response(status=304, headers=headers)
    if request.method == "HEAD":
        return web.Response(headers=headers)
    return await _stream(request, found, headers)


async def _stream(request: web.Request, part: Part, headers: dict[str, str]) -> web.StreamResponse:
    response = web.StreamResponse(headers=headers)
    await response.prepare(request)
    complete = False
    try:
        complete = await _write_part(request.app[DATABASE], part, response)
    finally:
        # An answer that breaks off cannot be taken for a whole one.
        if not complete and request.transport is not None:
            request.transport.abort()
    return response


async def _write_part(database: Database, part: Part, response: web.StreamResponse) -> bool:
    """Whether all of the part was sent; False when a version changed under its reader."""
    packer, digest = zlib.compressobj(wbits=_GZIP), hashlib.sha256()
    async for line in service.part_lines(database, part.range):
        digest.update(line)
        packed = await asyncio.to_thread(packer.compress, line) if len(line) > _IN_THREAD else packer.compress(line)
        if packed:
            await response.write(packed)
    if digest.digest() != part.sha256:
        _log.warning("bulk_part_changed", first_seq=part.range.first_seq)
        return False
    await response.write_eof(packer.flush())
    return True


def _sha256(name: str) -> bytes:
    digits = name.removesuffix(".ndjson.gz")
    try:
        if len(digits) == 64 and digits != name:
            return bytes.fromhex(digits)
    except ValueError:
        pass
    raise PartNotFound("A part is at SHA-256.ndjson.gz, as the manifest gives it.")


def _event(item: Change) -> dict[str, Any]:
    return {
        "seq": item.seq,
        "at": moment(item.at),
        "event": item.event,
        "work": {
            "jurisdiction": item.work.jurisdiction,
            "kind": item.work.kind,
            "number": item.work.number,
            "href": work_href(item.work),
        },
        "lang": item.lang,
        "date": item.date.isoformat(),
        "revision": item.revision,
        "content_hash": item.content_hash.hex(),
        "href": version_href(item.work, item.lang, item.date),
        "self": f"{CHANGES}/{item.seq}",
    }


def _manifest_body(found: Manifest) -> dict[str, Any]:
    return {
        "seq": found.seq,
        "last": found.last,
        "changes": f"{CHANGES}?after={found.seq}",
        "works": found.works,
        "versions": sum(part.versions for part in found.parts),
        "bytes": sum(part.size for part in found.parts),
        "parts": [
            {
                "href": f"{BULK}/{part.sha256.hex()}.ndjson.gz",
                "first_seq": part.range.first_seq,
                "last_seq": part.range.last_seq,
                "works": part.works,
                "versions": part.versions,
                "bytes": part.size,
                "sha256": part.sha256.hex(),
            }
            for part in found.parts
        ],
    }
