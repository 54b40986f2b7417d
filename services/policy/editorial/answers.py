"""How drafts are answered: to their caller alone, kept by nobody, and a refusal with what its reader needs to go on."""

import functools
import json
import re
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import hdrs, web

from services.policy.documents.representations import as_json
from services.policy.editorial.domain import Actor, DraftNotFound, StaleBase, StaleDraft
from services.policy.editorial.preconditions import Expected, expected
from shared.context import current_request_id
from shared.errors import PlatformError, Unauthenticated
from shared.keys import IDENTITY, Handler
from shared.permissions import Permission
from shared.problems import problem_response

PRIVATE = "private, no-store"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def answered(handler: Callable[[web.Request], Awaitable[web.Response]]) -> Handler:
    """`handler`, whose refusals also carry what is there now: RFC 9457 lets a problem have members of its own."""

    @functools.wraps(handler)
    async def wrapped(request: web.Request) -> web.StreamResponse:
        try:
            return await handler(request)
        except StaleDraft as error:
            return _told(request, error, {"current": error.current})
        except StaleBase as error:
            return _told(request, error, {"base": error.base, "latest": error.latest})

    return wrapped


def actor_of(request: web.Request) -> Actor:
    """Who is calling; raises Unauthenticated for nobody."""
    identity = request[IDENTITY]
    if identity.is_anonymous:
        raise Unauthenticated("Sign in to work on drafts.")
    return Actor(
        identity.subject,
        may_write=identity.may(Permission.WRITE_DRAFTS),
        may_read_all=identity.may(Permission.READ_DRAFTS),
        may_review=identity.may(Permission.REVIEW),
        request_id=current_request_id(),
    )


def draft_id_of(request: web.Request) -> str:
    """The id in the address; raises DraftNotFound for what is none."""
    draft_id = request.match_info["id"]
    if not _ID.fullmatch(draft_id):
        raise DraftNotFound("No draft is at this address.")
    return draft_id


def known_of(request: web.Request) -> Expected:
    """What the caller has read, by If-Match."""
    return expected(",".join(request.headers.getall(hdrs.IF_MATCH, [])) or None)


def told(body: dict[str, Any], etag: str = "", *, status: int = 200, location: str = "") -> web.Response:
    """`body` for the caller alone."""
    headers = {hdrs.CACHE_CONTROL: PRIVATE, hdrs.CONTENT_TYPE: "application/json; charset=utf-8"}
    if etag:
        headers[hdrs.ETAG] = etag
    if location:
        headers[hdrs.LOCATION] = location
    return web.Response(body=as_json(body), status=status, headers=headers)


def _told(request: web.Request, error: PlatformError, more: dict[str, Any]) -> web.Response:
    response = problem_response(error, request)
    response.text = json.dumps(json.loads(response.text or "{}") | more)
    return response
