"""Where a body ends, and requests that two readers would take for different ones: RFC 9112, 6 and 7."""

from __future__ import annotations

from tests.conformance.cases.messages import GET, HOST, POST
from tests.conformance.expectations import (
    ONLY_REFUSED,
    REFUSED,
    REFUSED_OR_TAKEN,
    SUCCEEDS,
    WAITS_OR_REFUSED,
    answered,
    answers,
    echoes,
    refused_or,
)
from tests.conformance.seen import Case, Expected

CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"
_HIDDEN = GET + b"\r\n"
_REST = b"\r\nhello\r\n0\r\n\r\n"


def _length(value: bytes, body: bytes = b"hello") -> bytes:
    return POST + b"Content-Length: " + value + b"\r\n\r\n" + body


def _coding(line: bytes) -> bytes:
    """A coding beside a length that would be right if it were ignored."""
    return POST + line + b"\r\nContent-Length: 5\r\n\r\nhello"


def _hiding(lines: bytes) -> bytes:
    """A request that ends early for who believes the coding; `%d` in `lines` is its length for who does not."""
    body = b"0\r\n\r\n" + _HIDDEN
    return POST + (lines % len(body) if b"%d" in lines else lines) + b"\r\n\r\n" + body


BODIES = [
    Case("a body by length", _length(b"5"), echoes(b"hello")),
    Case("a length of nothing", _length(b"0", b""), SUCCEEDS),
    Case("POST without a body", POST + b"\r\n", SUCCEEDS),
    Case("less than was said", _length(b"10"), WAITS_OR_REFUSED),
    Case("a chunk", CHUNKED + b"5" + _REST, echoes(b"hello")),
    Case("two chunks", CHUNKED + b"5\r\nhello\r\n6\r\n world\r\n0\r\n\r\n", echoes(b"hello world")),
    Case("no chunk", CHUNKED + b"0\r\n\r\n", SUCCEEDS),
    Case("no last chunk", CHUNKED + b"5\r\nhello\r\n", WAITS_OR_REFUSED),
    Case("a size in capitals", CHUNKED + b"A\r\nhelloworld\r\n0\r\n\r\n", echoes(b"helloworld")),
    Case("a chunk extension", CHUNKED + b"5;ext=value" + _REST, echoes(b"hello")),
    Case("a trailer", CHUNKED + b"5\r\nhello\r\n0\r\nX-Checksum: abc\r\n\r\n", echoes(b"hello")),
    Case("a field of another case", POST + b"TRANSFER-ENCODING: chunked\r\n\r\n5" + _REST, echoes(b"hello")),
    Case("GET with a body", GET + b"Content-Length: 5\r\n\r\nhello", REFUSED_OR_TAKEN),
    Case("HEAD with a body", b"HEAD / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", REFUSED_OR_TAKEN),
    Case("OPTIONS with a body", b"OPTIONS / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", REFUSED_OR_TAKEN),
]
LENGTHS = [
    Case(f"a length of {value.decode()!r}", _length(value), REFUSED)
    for value in (
        b"abc",
        b"+5",
        b"-1",
        b"-0",
        b"0o5",
        b"0x5",
        b"1_0",
        b"1 0",
        b"5, 10",
        b"99999999999999999999",
        b"-123456789123456789123456789",
    )
] + [
    Case("two lengths", POST + b"Content-Length: 5\r\nContent-Length: 10\r\n\r\nhelloworld", REFUSED),
    Case(
        "a length, and one with a space", POST + b"Content-Length: 11\r\nContent-Length : 5\r\n\r\nhello world", REFUSED
    ),
    *(
        Case(f"a length of {value.decode()!r}", _length(value), REFUSED_OR_TAKEN)
        for value in (b"005", b"5 ", b" 5", b"5, 5", b"5, 5, 5")
    ),
    Case("a length of '00'", _length(b"00", b""), REFUSED_OR_TAKEN),
    Case("a length of '0200'", _length(b"0200", b"A" * 200), refused_or(200)),
    Case(
        "Content_Length beside Content-Length",
        POST + b"Content-Length: 11\r\nContent_Length: 99\r\n\r\nhello world",
        Expected(
            "refused, or as if it were not there", lambda seen: seen.status == 400 or seen.first.body == b"hello world"
        ),
    ),
]
CODINGS = [
    Case(f"coding {line!r}", _coding(line), REFUSED)
    for line in (
        b"Transfer-Encoding : chunked",
        b"Transfer-Encoding: ",
        b"Transfer-Encoding: \x0bchunked",
        b"Transfer-Encoding: \x0cchunked",
        b"Transfer-Encoding: chunked\0",
        b"Transfer-Encoding:\r\n chunked",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity",
    )
] + [
    *(
        Case(f"coding {line!r}", _coding(line), refused_or(501))
        for line in (
            b"Transfer-Encoding: xchunked",
            b"Transfer-Encoding: identity",
            b"Transfer-Encoding: chunked ",
            b"Transfer-Encoding: chunked, chunked",
            b"Transfer-Encoding: Chunked",
            b"Transfer-Encoding: , chunked",
            b"Transfer-Encoding: chunked,",
            b"Transfer-Encoding:\tchunked",
            b"Transfer-Encoding: chunked;ext=val",
        )
    ),
    Case("a coding that nobody knows", POST + b"Transfer-Encoding: gzip\r\n\r\n", refused_or(501)),
    Case("chunked is not the last coding", POST + b"Transfer-Encoding: chunked, gzip\r\n\r\n0\r\n\r\n", REFUSED),
    Case(
        "a coding in HTTP/1.0",
        b"POST / HTTP/1.0\r\n" + HOST + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\nhello",
        REFUSED,
    ),
    Case("Transfer_Encoding beside a length", _coding(b"Transfer_Encoding: chunked"), refused_or(200)),
    Case(
        "Transfer_Encoding alone",
        POST + b"Transfer_Encoding: chunked\r\n\r\n5" + _REST,
        Expected("not taken for a coding", lambda seen: seen.first.body != b"hello"),
    ),
    Case(
        "length and coding",
        POST + b"Content-Length: 23\r\nTransfer-Encoding: chunked\r\n\r\nD\r\nhello-bananas\r\n0\r\n\r\n",
        REFUSED,
    ),
    Case(
        "a short length and a coding",
        POST + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        REFUSED,
    ),
    Case(
        "a coding and a long length",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 30\r\n\r\n0\r\n\r\n",
        REFUSED,
    ),
]
CHUNKS = [
    Case(f"chunk {line!r}", CHUNKED + line + _REST, REFUSED)
    for line in (
        b"5;",
        b"5;bad[=x",
        b"5;\0ext",
        b"5;a\rX",
        b"0x5",
        b"+5",
        b"5 ",
        b" 5",
        b"-1",
        b"5_0",
        b"FFFFFFFFFFFFFFFFF",
    )
] + [
    Case("an underscore in a size", CHUNKED + b"1_0\r\nhello world!!!!!\r\n0\r\n\r\n", REFUSED),
    Case("no line end after a chunk", CHUNKED + b"5\r\nhello0\r\n\r\n", REFUSED),
    Case("more than the size says", CHUNKED + b"5\r\nhello!!\r\n0\r\n\r\n", REFUSED),
    Case("bare LF in an extension", CHUNKED + b"5;\nhello\r\n0\r\n\r\n", REFUSED),
    Case("bare LF after a chunk", CHUNKED + b"5\r\nhello\n0\r\n\r\n", REFUSED),
    Case("bare LF ends the trailers", CHUNKED + b"5\r\nhello\r\n0\r\n\n", REFUSED),
    Case("bare CR after a size", CHUNKED + b"5\rhello\r\n0\r\n\r\n", REFUSED),
    Case("an extension of 1 MB", CHUNKED + b"5;" + b"a" * 1_000_000 + _REST, refused_or(413, 431)),
    *(
        Case(
            f"a trailer named {name.decode()}",
            CHUNKED + b"5\r\nhello\r\n0\r\n" + name + b": 50\r\n\r\n",
            Expected("refused, or ignored", lambda seen: seen.status == 400 or seen.first.body == b"hello"),
        )
        for name in (b"Content-Length", b"Transfer-Encoding", b"Host", b"Authorization", b"Content-Type")
    ),
]
HIDDEN = [
    *(
        Case(f"a request hidden behind {lines!r}", _hiding(lines), ONLY_REFUSED, then=_HIDDEN)
        for lines in (
            b"Content-Length: %d\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding: chunked\r\nContent-Length: %d",
            b"Content-Length: +%d\r\nTransfer-Encoding: chunked",
            b"Content-Length: %dx\r\nTransfer-Encoding: chunked",
            b"Transfer-Encoding:\r\n chunked\r\nContent-Length: %d",
            b"Content-Length: %d\r\nTransfer-Encoding: chunked ",
            b"Content-Length: %d\r\nTransfer-Encoding: , chunked",
            b"Content-Length: %d\r\nTransfer-Encoding: Chunked",
            b"Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\nContent-Length: %d",
        )
    ),
    Case(
        "a HEAD hidden behind length and coding",
        POST + b"Content-Length: 38\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nHEAD / HTTP/1.1\r\n" + HOST + b"\r\n",
        ONLY_REFUSED,
    ),
    Case(
        "a request in a chunk, the length ends before it",
        POST + b"Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n2a\r\n" + _HIDDEN + b"\r\n0\r\n\r\n",
        ONLY_REFUSED,
    ),
    Case(
        "a request behind the first of two lengths",
        POST + b"Content-Length: 4\r\nContent-Length: 38\r\n\r\nPING" + _HIDDEN,
        ONLY_REFUSED,
    ),
    Case(
        "a byte behind length and coding",
        POST + b"Content-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nX",
        ONLY_REFUSED,
        then=_HIDDEN,
    ),
    Case("a byte behind a size that is none", CHUNKED + b"+0\r\n\r\nX", ONLY_REFUSED, then=_HIDDEN),
    Case(
        "OPTIONS with a folded coding",
        b"OPTIONS / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding:\r\n chunked\r\nContent-Length: 5\r\n\r\nhello",
        ONLY_REFUSED,
        then=_HIDDEN,
    ),
    Case(
        "a byte behind a length of nothing",
        POST + b"Content-Length: 0\r\n\r\nX",
        Expected(
            "400, or 2xx and 400", lambda seen: seen.closed and [a.status for a in seen.answers] in ([400], [200, 400])
        ),
        then=_HIDDEN,
    ),
    Case("a GET with a body, and another", GET + b"Content-Length: 5\r\n\r\nhello", answers(2), then=_HIDDEN),
    Case(
        "an OPTIONS with a body, and a GET",
        b"OPTIONS / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello",
        answers(2),
        then=_HIDDEN,
    ),
    Case(
        "half a request as the body of a GET",
        GET + b"Content-Length: 30\r\n\r\n" + GET,
        answers(2),
        then=b"\r\n" + _HIDDEN,
    ),
    Case(
        "Expect with a body, and a GET",
        POST + b"Content-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
        Expected("both are answered", lambda seen: [a.status for a in seen.answers if a.status >= 200] == [200, 200]),
        then=_HIDDEN,
    ),
    Case("a refusal is answered in full", POST + b"Content-Length: abc\r\n\r\n" + b"x" * 100_000, answered(400)),
]
CASES = [*BODIES, *LENGTHS, *CODINGS, *CHUNKS, *HIDDEN]
