"""An answer that came in one piece, which is what short ones do: read without a parser."""

import re
from functools import lru_cache
from typing import NamedTuple

from services.gateway.client.lines import CACHING, LENGTH, Line, read_line

_MOST_HEAD_BYTES = 2048
_STATUS = re.compile(rb"HTTP/1\.1 ([2-5][0-9]{2}) [\t\x20-\x7e]{0,60}")
_BODILESS = (204, 304)
_END = b"\r\n\r\n"


class Whole(NamedTuple):
    """All of an answer to anything but HEAD, on a connection that may carry another."""

    status: int
    lines: list[Line]
    kinds: int
    """The kinds of all lines together, see client.lines."""
    caching: bytes
    """The value of the only `Cache-Control`; empty when there is none, or several."""
    body: bytes


def read_whole(data: bytes) -> Whole | None:
    """The answer that `data` is, from its first byte to its last; None when it may be one that a parser has to look
    at: longer, in another framing, or not well-formed."""
    end = data.find(_END, 0, _MOST_HEAD_BYTES)
    if end < 0:
        return None
    head = data[:end]
    if b"cookie" in head.lower():
        return None  # lines are remembered, and must not be anybody's secrets
    texts = iter(head.split(b"\r\n"))
    status = _status(next(texts))
    length, kinds, caching = b"", 0, b""
    lines = []
    for text in texts:
        line = read_line(text)
        if line is None:
            return None
        kind = line.kind
        if kind:
            if kind == LENGTH:
                if kinds & LENGTH:
                    return None
                length = line.value
            elif kind == CACHING:
                caching = b"" if kinds & CACHING else line.value
            kinds |= kind
        lines.append(line)
    body = data[end + 4 :]
    if not status or not length or int(length) != len(body):
        return None
    return Whole(status, lines, kinds, caching, body)


@lru_cache(maxsize=256)
def _status(text: bytes) -> int:
    match = _STATUS.fullmatch(text)
    status = int(match[1]) if match is not None else 0
    return 0 if status in _BODILESS else status
