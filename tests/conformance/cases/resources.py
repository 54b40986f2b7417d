"""A resource with validators: conditions, parts and codings, RFC 9110, 8, 12, 13 and 14."""

from __future__ import annotations

from collections.abc import Callable

from tests.conformance.cases.messages import HOST
from tests.conformance.seen import Answer, Case, Expected, Seen
from tests.conformance.upstream import ETAG, KEPT, MODIFIED, TEXT

_TEXT = TEXT.encode()


def _get(*lines: bytes, method: bytes = b"GET") -> bytes:
    return b"%b %b HTTP/1.1\r\n" % (method, KEPT.encode()) + HOST + b"".join(line + b"\r\n" for line in lines) + b"\r\n"


def _second(words: str, holds: Callable[[Answer, Answer], bool]) -> Expected:
    def both(seen: Seen) -> bool:
        return len(seen.answers) == 2 and seen.first.status == 200 and holds(*seen.answers)

    return Expected(words, both)


def _same(answer: Answer) -> bool:
    return answer.status == 200 and answer.body == _TEXT


UNCHANGED = _second("304 with the ETag, no body", lambda _, then: then.status == 304 and "etag" in then.fields)
WHOLE = _second("200, all of it", lambda _, then: _same(then))
_ETAG, _MODIFIED = ETAG.encode(), MODIFIED.encode()


def _asked_again(name: str, expected: Expected, *lines: bytes, method: bytes = b"GET") -> Case:
    return Case(name, _get(), expected, then=_get(*lines, method=method))


CONDITIONS = [
    _asked_again("If-None-Match with its ETag", UNCHANGED, b"If-None-Match: " + _ETAG),
    _asked_again("If-None-Match with its ETag as weak", UNCHANGED, b"If-None-Match: W/" + _ETAG),
    _asked_again("If-None-Match with its ETag among others", UNCHANGED, b'If-None-Match: "x", ' + _ETAG),
    _asked_again("If-None-Match: *", UNCHANGED, b"If-None-Match: *"),
    _asked_again("If-None-Match with another", WHOLE, b'If-None-Match: "other"'),
    _asked_again("If-None-Match without quotes", WHOLE, b"If-None-Match: " + _ETAG.strip(b'"')),
    _asked_again("If-Modified-Since its date", UNCHANGED, b"If-Modified-Since: " + _MODIFIED),
    _asked_again("If-Modified-Since long ago", WHOLE, b"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT"),
    _asked_again("If-Modified-Since a date that is none", WHOLE, b"If-Modified-Since: not-a-date"),
    _asked_again(
        "If-None-Match stands above If-Modified-Since",
        UNCHANGED,
        b"If-None-Match: " + _ETAG,
        b"If-Modified-Since: Thu, 01 Jan 1970 00:00:00 GMT",
    ),
    _asked_again(
        "another ETag stands above its date",
        WHOLE,
        b'If-None-Match: "other"',
        b"If-Modified-Since: " + _MODIFIED,
    ),
]
PARTS = [
    _asked_again(
        "a part",
        _second(
            "206 with these bytes, or 200",
            lambda _, then: (
                _same(then)
                or (
                    then.status == 206
                    and then.body == _TEXT[10:20]
                    and then.fields["content-range"] == f"bytes 10-19/{len(_TEXT)}"
                )
            ),
        ),
        b"Range: bytes=10-19",
    ),
    _asked_again(
        "a part of another version",
        WHOLE,
        b"Range: bytes=10-19",
        b'If-Range: "other"',
    ),
    _asked_again(
        "a part beyond the end",
        _second("416, or 200", lambda _, then: then.status == 416 or _same(then)),
        b"Range: bytes=9999999-",
    ),
]
CODINGS = [
    Case(
        "gzip, where it is accepted",
        _get(b"Accept-Encoding: gzip"),
        Expected(
            "200 in gzip, Vary, a whole body",
            lambda seen: (
                seen.status == 200
                and seen.first.fields.get("content-encoding") == "gzip"
                and "accept-encoding" in seen.first.fields.get("vary", "").lower()
                and seen.first.body[:2] == b"\x1f\x8b"
            ),
        ),
    ),
    _asked_again(
        "the coded form has another strong ETag",
        _second(
            "ETags that differ, or weak ones",
            lambda plain, coded: plain.fields["etag"] != coded.fields["etag"] or coded.fields["etag"].startswith("W/"),
        ),
        b"Accept-Encoding: gzip",
    ),
    _asked_again("no coding where none is accepted", WHOLE, b"Accept-Encoding: identity"),
    _asked_again("no coding of no weight", WHOLE, b"Accept-Encoding: gzip;q=0, br;q=0, zstd;q=0"),
    _asked_again("a content coding that nobody knows", WHOLE, b"Accept-Encoding: made-up"),
    _asked_again(
        "HEAD says what GET does",
        _second(
            "the same fields, no body",
            lambda got, head: (
                head.status == 200
                and not head.body
                and all(
                    got.fields.get(name) == head.fields.get(name)
                    for name in ("content-type", "etag", "last-modified", "cache-control", "content-length", "vary")
                )
            ),
        ),
        method=b"HEAD",
    ),
]
CASES = [*CONDITIONS, *PARTS, *CODINGS]
