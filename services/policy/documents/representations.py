"""Answering with a representation: which one, and how caches may keep it."""

import hashlib
import json
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from aiohttp import web
from aiohttp.helpers import ETAG_ANY

from services.policy.documents.addresses import Format
from services.policy.documents.domain import WorkKey
from shared.contracts.changes import ANY_TEXT, TAGS_HEADER, work_tag
from shared.errors import NotAcceptable

MEDIA_TYPES: dict[Format, str] = {
    Format.JSON: "application/json",
    Format.HTML: "text/html",
    Format.TXT: "text/plain",
    Format.MD: "text/markdown",
    Format.XML: "application/akn+xml",
}
_ALSO = {"application/xml": Format.XML, "text/xml": Format.XML, "application/xhtml+xml": Format.HTML}
_OFFERED = {media: form for form, media in MEDIA_TYPES.items()} | _ALSO

PERMANENT = "public, max-age=3600, stale-while-revalidate=86400, stale-if-error=86400"
"""For addresses that always mean the same text; not `immutable`, since a publisher may correct a date's text."""
MOVING = "public, max-age=60, stale-if-error=3600"
"""For addresses whose answer follows the day and the imports."""
_FOR_CLIENTS = "public, max-age=0, must-revalidate"
"""Both are for the gateway, which hears of changes. Who does not asks each time, and mostly gets 304."""


_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_USUAL_ACCEPT = 200
"""Characters; the answers to longer ones are not kept."""


def chosen_format(request: web.Request, suffix: Format | None) -> Format:
    """The suffix, else what Accept asks for, else JSON. Raises NotAcceptable."""
    if suffix is not None:
        return suffix
    form = accepted_format(request)
    if form is None:
        raise NotAcceptable(f"This can be given as {', '.join(MEDIA_TYPES.values())}.")
    return form


def accepted_format(request: web.BaseRequest) -> Format | None:
    """What Accept asks for, JSON where there is none; None when nothing is wanted that there is."""
    accept = ",".join(request.headers.getall("Accept", [])) or "*/*"
    return (_accepted if len(accept) <= _USUAL_ACCEPT else _accepted.__wrapped__)(accept)


def as_json(body: Any) -> bytes:
    """`body` as compact UTF-8 JSON."""
    return _encode(body).encode()


def respond(
    request: web.Request,
    payload: bytes,
    *,
    form: Format = Format.JSON,
    changed_at: datetime | None = None,
    cache: str = MOVING,
    link: str = "",
    made_of: WorkKey | None = None,
) -> web.Response:
    """`payload`, or 304 when the caller has it. The ETag is the SHA-256 of the payload, so it is strong.

    `made_of`: the work whose change alone can change the payload; without it, a change of any can.
    """
    etag = hashlib.sha256(payload).hexdigest()
    headers = headers_of(etag, changed_at=changed_at, cache=cache, link=link, made_of=made_of)
    if has_it(request, etag, changed_at):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = f"{MEDIA_TYPES[form]}; charset=utf-8"
    return web.Response(body=payload, headers=headers)


def headers_of(
    etag: str, *, changed_at: datetime | None, cache: str, link: str, made_of: WorkKey | None = None
) -> dict[str, str]:
    """What is said of a payload beside its type."""
    headers = {"ETag": f'"{etag}"', "Vary": "Accept", **_caching(cache, made_of)}
    if changed_at is not None:
        headers["Last-Modified"] = changed_at.astimezone(UTC).strftime("%a, %d %b %Y %H:%M:%S GMT")
    if link:
        headers["Link"] = link
    return headers


def redirect(location: str, *, permanent: bool) -> web.Response:
    """301 or 302 to a canonical address on this platform."""
    return web.Response(
        status=301 if permanent else 302,
        headers={
            "Location": location,
            "Link": f'<{location}>; rel="canonical"',
            **_caching(PERMANENT if permanent else MOVING, None),
            "Vary": "Accept",
        },
    )


def _caching(cache: str, made_of: WorkKey | None) -> dict[str, str]:
    if cache not in (PERMANENT, MOVING):
        return {"Cache-Control": cache}
    tag = ANY_TEXT if made_of is None else work_tag(made_of.jurisdiction, made_of.kind, made_of.number)
    return {"Cache-Control": _FOR_CLIENTS, "CDN-Cache-Control": cache, TAGS_HEADER: tag}


def has_it(request: web.BaseRequest, etag: str, changed_at: datetime | None) -> bool:
    """Whether the caller says that this payload is what it has."""
    known = request.if_none_match
    if known is not None:
        return any(tag.value in (etag, ETAG_ANY) for tag in known)
    since = request.if_modified_since
    return since is not None and changed_at is not None and changed_at.replace(microsecond=0) <= since


@lru_cache(maxsize=256)
def _accepted(accept: str) -> Format | None:
    """What is given for an Accept header; None when nothing is wanted that there is."""
    ranges = _ranges(accept)
    # Of what is wanted most, what stands first in Accept; then what stands first here.
    found = max(_OFFERED, key=lambda media: _wanted(media, ranges))
    return _OFFERED[found] if _wanted(found, ranges)[0] > 0 else None


def _ranges(accept: str) -> list[tuple[str, float]]:
    """(media range, quality) in the caller's order; a malformed quality counts as 0."""
    ranges = []
    for item in accept.split(","):
        media, *parameters = (part.strip().lower() for part in item.split(";"))
        quality = 1.0
        for parameter in parameters:
            name, _, value = parameter.partition("=")
            if name.strip() == "q":
                try:
                    quality = min(1.0, max(0.0, float(value)))
                except ValueError:
                    quality = 0.0
        ranges.append((media, quality))
    return ranges


def _wanted(media: str, ranges: list[tuple[str, float]]) -> tuple[float, int]:
    """How much the caller wants `media`, by the most specific range that covers it, and how early that range stands."""
    for covering in (media, media.partition("/")[0] + "/*", "*/*"):
        for place, (name, quality) in enumerate(ranges):
            if name == covering:
                return quality, -place
    return 0.0, 0
