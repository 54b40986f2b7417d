"""What a server did with bytes on a connection, and what may be expected of it."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NamedTuple
from urllib.parse import urlsplit

_STATUS_LINE = re.compile(rb"^HTTP/1\.[01] ([0-9]{3}) ", re.MULTILINE)
_LENGTH = re.compile(rb"\r\ncontent-length: ([0-9]+)\r\n", re.IGNORECASE)
_PLAIN = b"GET / HTTP/1.1\r\nHost: a.test\r\n\r\n"
_QUIET_SECONDS = 0.4
"""For so long a server that has answered, or from which no answer must come, is watched."""
_PATIENCE_SECONDS = 15.0
"""For so long an answer may take."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What came back on one connection, for one request after another."""

    answers: tuple[Answer, ...]
    closed: bool
    """Whether the server closed the connection within the time that it was watched."""

    @property
    def status(self) -> int:
        """Of the last answer to the first request that is no interim one; 0: none came."""
        return next((answer.status for answer in self.answers if answer.status >= 200), 0)

    @property
    def first(self) -> Answer:
        """The first answer that is no interim one."""
        return next((answer for answer in self.answers if answer.status >= 200), Answer(0))

    def words(self) -> str:
        """As a line of the table says it."""
        told = " ".join(str(answer.status) for answer in self.answers) or "nothing"
        return f"{told}, closed" if self.closed else told


@dataclass(frozen=True, slots=True)
class Answer:
    """One response."""

    status: int
    fields: dict[str, str] = field(default_factory=dict)
    """By name in lower case."""
    body: bytes = b""


class Expected(NamedTuple):
    """What a case asks for."""

    words: str
    holds: Callable[[Seen], bool]
    may_wait: bool = False
    """Whether the server may wait for more, and say nothing."""


@dataclass(frozen=True, slots=True)
class Case:
    """Bytes to send, and what should come of it."""

    name: str
    request: bytes
    expected: Expected
    then: bytes = b""
    """Sent after the answer to the first, on the same connection, if it is still open."""


async def send(base: str, case: Case, *, before: int = 0) -> Seen:
    """Send a case to the server at `base` and watch what it does; `before` it, so many plain requests on the same
    connection."""
    parts = urlsplit(base)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        for _ in range(before):
            writer.write(_PLAIN)
            await _whole_answer(reader)
        writer.write(case.request)
        received, closed = await _listen(reader, may_wait=case.expected.may_wait)
        if case.then and not closed:
            writer.write(case.then)
            more, closed = await _listen(reader, may_wait=False)
            received += more
    finally:
        writer.transport.abort()
    heads = [sent.startswith(b"HEAD") for sent in (case.request, case.then)]
    return Seen(tuple(_answers(received, heads)), closed)


async def _whole_answer(reader: asyncio.StreamReader) -> None:
    async with asyncio.timeout(_PATIENCE_SECONDS):
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        assert length is not None, head
        await reader.readexactly(int(length[1]))


async def _listen(reader: asyncio.StreamReader, *, may_wait: bool) -> tuple[bytes, bool]:
    """Everything until the server closes or says no more for a while."""
    received = b""
    while True:
        try:
            async with asyncio.timeout(_QUIET_SECONDS if received or may_wait else _PATIENCE_SECONDS):
                chunk = await reader.read(65536)
        except TimeoutError:
            return received, False
        except ConnectionError:
            return received, True
        if not chunk:
            return received, True
        received += chunk


def _answers(received: bytes, heads: list[bool]) -> list[Answer]:
    """One after another, by their own framing; `heads` tells which of them answer HEAD."""
    found: list[Answer] = []
    rest = received
    while match := _STATUS_LINE.match(rest):
        head, _, rest = rest.partition(b"\r\n\r\n")
        fields = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.decode("latin-1").partition(":")
            fields[name.lower()] = value.strip()
        status = int(match[1])
        body = b""
        final = sum(answer.status >= 200 for answer in found)
        if status >= 200 and status not in (204, 304) and not (final < len(heads) and heads[final]):
            if "chunked" in fields.get("transfer-encoding", ""):
                body, rest = _unchunked(rest)
            else:
                length = int(fields.get("content-length", len(rest)))
                body, rest = rest[:length], rest[length:]
        found.append(Answer(status, fields, body))
    return found


def _unchunked(rest: bytes) -> tuple[bytes, bytes]:
    body = b""
    while rest:
        line, _, rest = rest.partition(b"\r\n")
        size = int(line.partition(b";")[0], 16)
        if not size:
            return body, rest.partition(b"\r\n")[2]
        body, rest = body + rest[:size], rest[size + 2 :]
    return body, rest
