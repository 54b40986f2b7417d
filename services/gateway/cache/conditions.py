"""What a request asks of the answer that is kept: how fresh (RFC 9111, 5.2.1), only if it changed, or only a part (RFC
9110, 13 and 14)."""

import re

from aiohttp import hdrs

from services.gateway.cache.dates import http_date
from services.gateway.cache.directives import NOTHING_ASKED, RequestRules, request_rules
from services.gateway.cache.entry import Entry, Held
from services.gateway.cache.keeping import RawHeaders
from services.gateway.cache.variants import Fields

_TAG = re.compile(rb'\s*((?:[Ww]/)?"[^"]*"|[^\s,"]+)\s*(?:,|$)')
_RANGE = re.compile(r"\s*bytes\s*=\s*(\d{0,15})-(\d{0,15})\s*")
_NOT_OF_A_304 = frozenset(
    {b"content-length", b"content-type", b"content-encoding", b"content-range", b"content-language", b"content-md5"}
)


def rules_of(asked: Fields) -> RequestRules:
    """What a request says of the answer it wants."""
    if hdrs.CACHE_CONTROL in asked or hdrs.PRAGMA in asked:
        return request_rules(",".join(asked.getall(hdrs.CACHE_CONTROL, ())), asked.get(hdrs.PRAGMA, ""))
    return NOTHING_ASKED


def is_for_service(asked: Fields) -> bool:
    """Whether only the service itself can answer."""
    return hdrs.IF_MATCH in asked or hdrs.IF_UNMODIFIED_SINCE in asked or hdrs.UPGRADE in asked


def held(entry: Entry, asked: Fields, *, is_head: bool) -> Held:
    """What a request gets of an entry that may be used for it: all, nothing new, or a part."""
    if entry.status == 200:
        if ("If-None-Match" in asked or "If-Modified-Since" in asked) and not _is_news(entry, asked):
            return _unchanged(entry)
        if "Range" in asked and not is_head:
            part = _part(entry, asked)
            if part is not None:
                return part
    return Held(entry.status, list(entry.headers), b"" if is_head else entry.body, len(entry.body))


def _is_news(entry: Entry, asked: Fields) -> bool:
    known = asked.getall("If-None-Match", None)
    if known is not None:
        return not _names(",".join(known).encode("utf-8", "surrogateescape"), entry.facts.etag)
    since = http_date(asked.get("If-Modified-Since", "").encode("utf-8", "surrogateescape"))
    if since is None:
        return True
    changed = http_date(entry.facts.last_modified) if entry.facts.last_modified else entry.facts.date
    return changed is None or changed > since


def _names(known: bytes, etag: bytes) -> bool:
    """Whether an ETag is in a list of them; for a GET, weak ones are as good as strong ones."""
    if known.strip() == b"*":
        return True
    plain = _opaque(etag)
    return bool(plain) and any(_opaque(match[1]) == plain for match in _TAG.finditer(known))


def _opaque(etag: bytes) -> bytes:
    return etag[2:] if etag[:2] in (b"W/", b"w/") else etag


def _unchanged(entry: Entry) -> Held:
    headers = [(name, value) for name, value in entry.headers if name.lower() not in _NOT_OF_A_304]
    return Held(304, headers, b"", None)


def _part(entry: Entry, asked: Fields) -> Held | None:
    """The one range that was asked for; None when all of it is to be sent."""
    match = _RANGE.fullmatch(asked["Range"])
    if match is None or match[1] == match[2] == "" or not _may_be_joined(entry, asked.get("If-Range")):
        return None
    size = len(entry.body)
    if not match[1]:
        first, last = max(0, size - int(match[2])), size - 1
    else:
        first, last = int(match[1]), min(int(match[2] or size), size - 1)
        if match[2] and int(match[2]) < first:
            return None  # not a range
    if first >= size or first > last:
        return Held(416, [(b"Content-Range", b"bytes */%d" % size), (b"Content-Length", b"0")], b"", 0)
    headers: RawHeaders = [(n, v) for n, v in entry.headers if n.lower() not in (b"content-length", b"content-range")]
    part = entry.body[first : last + 1]
    return Held(206, [*headers, (b"Content-Range", b"bytes %d-%d/%d" % (first, last, size))], part, len(part))


def _may_be_joined(entry: Entry, condition: str | None) -> bool:
    """Whether the part belongs to what the client has: by a strong ETag, or the very moment of the last change."""
    if condition is None:
        return True
    said = condition.strip().encode("utf-8", "surrogateescape")
    if said.startswith(b'"'):
        return said == entry.facts.etag
    return bool(entry.facts.last_modified) and said == entry.facts.last_modified
