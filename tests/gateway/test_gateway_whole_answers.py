"""An answer that is read without the parser is read as the parser reads it; what is odd is left to the parser."""

import random

import httptools
import pytest

from services.gateway.upstreams.whole import read_whole

_PLAIN = (
    b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nETag:\"a\"\r\nX-Odd:  spaced out \t\r\nX-Empty:\r\n"
    b"Cache-Control: no-store\r\nLink: </a>\r\nLink: </b>\r\nContent-Length: 5\r\n\r\nhello"
)  # fmt: skip
_MUTATIONS = 20_000


class _Parsed:
    """What the parser makes of an answer."""

    def __init__(self, data: bytes) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self.body = b""
        self.complete = 0
        self.keeps = False
        self._parser = httptools.HttpResponseParser(self)
        self._parser.feed_data(data)
        self.status = self._parser.get_status_code()

    def on_headers_complete(self) -> None:
        self.keeps = self._parser.should_keep_alive()

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name, value.rstrip()))

    def on_body(self, data: bytes) -> None:
        self.body += data

    def on_message_complete(self) -> None:
        self.complete += 1


def _check(data: bytes) -> bool:
    """Whether it was read at once; then as the parser would."""
    whole = read_whole(data)
    if whole is None:
        return False
    parsed = _Parsed(data)
    assert [(line.name, line.value) for line in whole.lines] == parsed.headers, data
    assert (whole.status, whole.body) == (parsed.status, parsed.body), data
    assert parsed.complete == 1, data
    assert parsed.keeps, data
    return True


def test_a_plain_answer_is_read_at_once() -> None:
    assert _check(_PLAIN)


@pytest.mark.parametrize(
    "data",
    [
        _PLAIN[:-1],
        _PLAIN + b"x",
        _PLAIN + _PLAIN,
        _PLAIN.replace(b"HTTP/1.1", b"HTTP/1.0"),
        _PLAIN.replace(b"200 OK", b"204 No Content"),
        _PLAIN.replace(b"200 OK", b"100 Continue"),
        _PLAIN.replace(b"200 OK", b"304 Not Modified"),
        _PLAIN.replace(b"X-Empty:", b"Connection: close"),
        _PLAIN.replace(b"X-Empty:", b"Connection: keep-alive"),
        _PLAIN.replace(b"X-Empty:", b"Transfer-Encoding: chunked"),
        _PLAIN.replace(b"X-Empty:", b"Content-Length: 5"),
        _PLAIN.replace(b"X-Empty:", b"X-Empty : 1"),
        _PLAIN.replace(b"X-Empty:", b" folded: 1"),
        _PLAIN.replace(b"X-Empty:", b"X-Bad: a\x00b"),
        _PLAIN.replace(b"X-Empty:", b"X-Bad: a\nb: c"),
        _PLAIN.replace(b"X-Empty:", b"X-Text: \xe9"),
        _PLAIN.replace(b"X-Empty:", b"Set-Cookie: a=1"),
        _PLAIN.replace(b"X-Empty:", b"SET-COOKIE: a=1"),
        _PLAIN.replace(b"Length: 5", b"Length: +5"),
        _PLAIN.replace(b"Length: 5", b"Length: 5, 5"),
        _PLAIN.replace(b"X-Empty:", b"X-Long: " + b"x" * 3000),
    ],
)
def test_what_is_not_plain_is_left_to_the_parser(data: bytes) -> None:
    assert not _check(data)


def test_what_is_read_at_once_is_read_as_the_parser_reads_it() -> None:
    chance = random.Random(7)  # noqa: S311 - the same each time
    pieces = [b"\r", b"\n", b"\r\n", b":", b" ", b"\t", b"\x00", b"\x7f", b"\xff", b"0", b"5", b"-", b",", b";", b"A"]
    read = 0
    for _ in range(_MUTATIONS):
        data = _PLAIN
        for _ in range(chance.randint(1, 3)):
            at = chance.randrange(len(data))
            data = data[:at] + chance.choice(pieces) + data[at + chance.randint(0, 2) :]
        read += _check(data)
    assert _MUTATIONS / 20 < read < _MUTATIONS
