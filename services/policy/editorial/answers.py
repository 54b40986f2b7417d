"""What requests for drafts have in common: who calls, what they have read, and answers that nobody keeps."""

import re
from typing import Any

from aiohttp import hdrs, web

from services.policy.documents.representations import as_json
from services.policy.editorial.domain import Actor, DraftNotFound
from services.policy.editorial.preconditions import Expected, expected
from shared.context import current_request_id
from shared.errors import Unauthenticated
from shared.keys import IDENTITY
from shared.permissions import Permission

PRIVATE = "private, no-store"
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")


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
        permissions=" ".join(sorted(identity.permissions)),
        areas=identity.acts_in,
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
