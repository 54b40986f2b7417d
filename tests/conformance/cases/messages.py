"""Request lines, fields, methods, connections, and what answers must look like: RFC 9110 and RFC 9112."""

from __future__ import annotations

import re

from tests.conformance.expectations import (
    CLOSES,
    EXACTLY_400,
    NOT_SWITCHED,
    REFUSED,
    REFUSED_OR_TAKEN,
    SUCCEEDS,
    WAITS_OR_REFUSED,
    answered,
    answers,
    echoes,
    has,
    refused_or,
)
from tests.conformance.seen import Case, Expected

HOST = b"Host: a.test\r\n"
GET = b"GET / HTTP/1.1\r\n" + HOST
POST = b"POST / HTTP/1.1\r\n" + HOST
END = b"\r\n"
_SOCKET = b"Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: "
_DATE = re.compile(r"(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT")


def _line(line: bytes) -> bytes:
    return line + b"\r\n" + HOST + END


def _field(line: bytes) -> bytes:
    return GET + line + b"\r\n" + END


REQUEST_LINES = [
    Case("a valid GET", GET + END, SUCCEEDS),
    Case("bare LF ends the request line", b"GET / HTTP/1.1\n" + HOST + END, REFUSED),
    Case("bare CR ends the request line", b"GET / HTTP/1.1\r" + HOST + END, EXACTLY_400),
    Case("two spaces in the request line", _line(b"GET  / HTTP/1.1"), REFUSED_OR_TAKEN),
    Case("a tab in the request line", _line(b"GET\t/ HTTP/1.1"), REFUSED),
    Case("no target", _line(b"GET HTTP/1.1"), REFUSED),
    Case("a space in the target", _line(b"GET /pa th HTTP/1.1"), REFUSED),
    Case("a fragment in the target", _line(b"GET /path#frag HTTP/1.1"), REFUSED),
    Case("NUL in the target", _line(b"GET /\0test HTTP/1.1"), REFUSED),
    Case("bytes that are not ASCII in the target", _line(b"GET /caf\xc3\xa9 HTTP/1.1"), REFUSED),
    Case("GET *", _line(b"GET * HTTP/1.1"), REFUSED),
    Case("OPTIONS *", _line(b"OPTIONS * HTTP/1.1"), SUCCEEDS),
    Case("absolute form", _line(b"GET http://a.test/ HTTP/1.1"), REFUSED_OR_TAKEN),
    Case("absolute form for another host", _line(b"GET http://other.test/ HTTP/1.1"), REFUSED_OR_TAKEN),
    Case("empty lines before the request line", b"\r\n\r\n" + GET + END, REFUSED_OR_TAKEN),
    Case("text before the method", _line(b"Extra lineGET / HTTP/1.1"), REFUSED),
    Case("only spaces", b"   \r\n\r\n", WAITS_OR_REFUSED),
    Case("a target of 7,900 bytes", _line(b"GET /" + b"a" * 7900 + b" HTTP/1.1"), SUCCEEDS),
    Case("a target of 100 kB", _line(b"GET /" + b"a" * 100_000 + b" HTTP/1.1"), refused_or(414, 431)),
    Case("a method of 100 kB", _line(b"A" * 100_000 + b" / HTTP/1.1"), REFUSED),
    Case("HTTP/0.9", b"GET /\r\n", WAITS_OR_REFUSED),
    Case("no version", b"GET / \r\n\r\n", REFUSED),
    Case("HTTP/9.9", _line(b"GET / HTTP/9.9"), refused_or(505)),
    Case("HTTP/1.2", _line(b"GET / HTTP/1.2"), refused_or(200, 505)),
    Case("HTTP/1", _line(b"GET / HTTP/1"), REFUSED),
    Case("HTTP/01.01", _line(b"GET / HTTP/01.01"), REFUSED),
    Case("a space in the version", _line(b"GET / HTTP/ 1.1"), REFUSED),
    Case("http/1.1", _line(b"GET / http/1.1"), REFUSED),
    Case("bytes of no protocol", bytes(range(255, 0, -1)), WAITS_OR_REFUSED),
    Case("nothing at all", b"", WAITS_OR_REFUSED),
]
HEADS_IN_PIECES = [
    Case(f"only {request[-12:]!r} of a request", request, WAITS_OR_REFUSED)
    for request in (
        b"G",
        b"GET ",
        b"GET /",
        b"GET / ",
        b"GET / HTTP",
        b"GET / HTTP/1.1",
        b"GET / HTTP/1.1\r",
        b"GET / HTTP/1.1\r\n",
        b"GET / HTTP/1.1\r\nHos",
        b"GET / HTTP/1.1\r\nHost:",
        b"GET / HTTP/1.1\r\nHost: a",
        GET,
        GET + b"\r",
    )
]
FIELDS = [
    Case("bare LF ends a field", b"GET / HTTP/1.1\r\nHost: a.test\nX-A: b\r\n\r\n", REFUSED),
    Case("a folded field", _field(b"X-A: b\r\n c"), EXACTLY_400),
    Case("a space before the colon", _field(b"X-A : b"), EXACTLY_400),
    Case("a tab in a name", _field(b"X\tA: b"), REFUSED),
    Case("an empty name", _field(b": b"), REFUSED),
    Case("a bracket in a name", _field(b"Bad[Name: b"), REFUSED),
    Case("bytes that are not ASCII in a name", _field(b"X-T\xc3\xabst: b"), REFUSED),
    Case("no colon", _field(b"NoColonHere"), REFUSED),
    Case("a space before the first field", b"GET / HTTP/1.1\r\n \r\n" + HOST + END, REFUSED),
    Case("bare CR in a value", _field(b"X-A: val\rue"), REFUSED),
    Case("bare CR after the empty line's place", GET + b"\rX-A: b\r\n\r\n", REFUSED),
    Case("control characters in a value", _field(b"X-A: abc\x07\x08\x0bdef"), REFUSED),
    Case("NUL in a cookie", _field(b"Cookie: foo=\0bar"), REFUSED),
    Case("control characters in a cookie", _field(b"Cookie: foo=\x01\x02\x03"), REFUSED),
    Case("a tab, odd case and an empty value", b"GET / HTTP/1.1\r\nhoSt:\ta.test\r\nempty:\r\n\r\n", SUCCEEDS),
    Case("a malformed cookie", _field(b"Cookie: ===;;;"), REFUSED_OR_TAKEN),
    Case(
        "a thousand cookies", _field(b"Cookie: " + b"; ".join(b"k%d=v" % n for n in range(1000))), refused_or(200, 431)
    ),
    Case("a value of 100 kB", _field(b"X-A: " + b"b" * 100_000), refused_or(431)),
    Case("a name of 100 kB", _field(b"A" * 100_000 + b": b"), refused_or(431)),
    Case("10,000 fields", GET + b"".join(b"X-%d: b\r\n" % n for n in range(10_000)) + END, refused_or(431)),
    Case(
        "two values of Content-Type",
        POST + b"Content-Length: 5\r\nContent-Type: text/plain\r\nContent-Type: text/html\r\n\r\nhello",
        REFUSED_OR_TAKEN,
    ),
]
HOSTS = [
    Case("no Host", b"GET / HTTP/1.1\r\n\r\n", EXACTLY_400),
    Case("no Host in HTTP/1.0", b"GET / HTTP/1.0\r\n\r\n", REFUSED_OR_TAKEN),
    Case("two hosts", _field(b"Host: other.test"), EXACTLY_400),
    Case("the same host twice", _field(b"Host: a.test"), EXACTLY_400),
    Case("a host with a user", b"GET / HTTP/1.1\r\nHost: user@a.test\r\n\r\n", REFUSED),
    Case("a host with a path", b"GET / HTTP/1.1\r\nHost: a.test/path\r\n\r\n", REFUSED),
    Case("an empty host", b"GET / HTTP/1.1\r\nHost: \r\n\r\n", REFUSED),
    Case("a list of hosts", b"GET / HTTP/1.1\r\nHost: a.test, other.test\r\n\r\n", REFUSED),
]
METHODS = [
    Case("a method in small letters", _line(b"get / HTTP/1.1"), refused_or(405, 501)),
    Case("an unknown method", _line(b"FOOBAR / HTTP/1.1"), refused_or(405, 501)),
    Case("CONNECT", b"CONNECT a.test:443 HTTP/1.1\r\nHost: a.test:443\r\n\r\n", refused_or(405, 501)),
    Case("TRACE", _line(b"TRACE / HTTP/1.1"), refused_or(405, 501)),
    Case("TRACE with a body", b"TRACE / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", refused_or(405, 501)),
    Case("405 tells what is allowed", _line(b"DELETE / HTTP/1.1"), has(405, "Allow")),
    Case("OPTIONS tells what is allowed", _line(b"OPTIONS / HTTP/1.1"), has(204, "Allow")),
    Case(
        "HEAD has no body",
        _line(b"HEAD / HTTP/1.1"),
        Expected(
            "2xx, no body", lambda seen: 200 <= seen.status < 300 and len(seen.answers) == 1 and not seen.first.body
        ),
    ),
    Case("an expectation that nobody knows", _field(b"Expect: 200-ok"), answered(417, 200)),
    Case(
        "Expect with a body at once", POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello", echoes(b"hello")
    ),
    Case("Expect without a body", _field(b"Expect: 100-continue"), SUCCEEDS),
    Case(
        "no interim answer to HTTP/1.0",
        b"POST / HTTP/1.0\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 5\r\n\r\nhello",
        Expected("no 1xx", lambda seen: all(answer.status >= 200 for answer in seen.answers)),
    ),
    Case("Range of a POST", POST + b"Content-Length: 5\r\nRange: bytes=0-10\r\n\r\nhello", answered(200)),
    Case("a Range that is none", _field(b"Range: bytes=abc-xyz"), answered(200, 416)),
]
CONNECTIONS = [
    Case("Connection: close", _field(b"Connection: close"), CLOSES),
    Case("HTTP/1.0 closes", b"GET / HTTP/1.0\r\n" + HOST + END, CLOSES),
    Case("two requests on a connection", GET + END, answers(2), then=GET + END),
    Case("two requests at once", (GET + END) * 2, answers(2)),
    Case("upgrade by POST", POST + b"Connection: Upgrade\r\n" + _SOCKET + b"13\r\n\r\n", NOT_SWITCHED),
    Case("upgrade without Connection", _field(_SOCKET + b"13"), NOT_SWITCHED),
    Case(
        "upgrade to a protocol that nobody knows", _field(b"Connection: Upgrade\r\nUpgrade: made-up/1.0"), NOT_SWITCHED
    ),
    Case("upgrade to a version that nobody knows", _field(b"Connection: Upgrade\r\n" + _SOCKET + b"99"), NOT_SWITCHED),
    Case(
        "upgrade in HTTP/1.0",
        b"GET / HTTP/1.0\r\n" + HOST + b"Connection: Upgrade\r\n" + _SOCKET + b"13\r\n\r\n",
        NOT_SWITCHED,
    ),
]
ANSWERS = [
    Case(
        "Date",
        GET + END,
        Expected("a Date of the right form", lambda seen: bool(_DATE.fullmatch(seen.first.fields.get("date", "")))),
    ),
    Case("Content-Type", GET + END, has(200, "Content-Type")),
    Case(
        "204 has no Content-Length",
        _line(b"OPTIONS / HTTP/1.1"),
        Expected(
            "204 without Content-Length", lambda seen: seen.status == 204 and "content-length" not in seen.first.fields
        ),
    ),
]
CASES = [*REQUEST_LINES, *HEADS_IN_PIECES, *FIELDS, *HOSTS, *METHODS, *CONNECTIONS, *ANSWERS]
