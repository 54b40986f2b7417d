"""An answer that is kept, and what is known of it."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from email.utils import formatdate

from services.gateway.cache.keeping import Facts, RawHeaders
from services.gateway.client.headers import passed_from_service

_OVERHEAD_BYTES = 1400  # of the objects for one entry, as measured
_FIELD_BYTES = 130  # of the objects for one header field
_NEVER_KEPT = frozenset({b"age", b"proxy-authentication-info"})
_BODILESS = (204, 304)
_TO_US = frozenset({b"cdn-cache-control", b"cache-tags"})
# What a 304 does not change: it speaks of the body, which stays (RFC 9111, 3.2), or of the message itself.
_OF_THE_BODY = frozenset({b"content-encoding", b"content-length", b"content-md5", b"content-range", b"etag"})


@dataclass(frozen=True, slots=True)
class Prepared:
    """Bytes that go out as they are. `kinds` are those of the header fields, see client.lines."""

    head: bytes
    """The status line and the fields that are the same each time; neither Age nor the blank line."""
    kinds: int
    body: bytes


@dataclass(eq=False, slots=True)
class Entry:
    """One kept answer. Moments are of the monotonic clock."""

    key: str
    variant: tuple[str, ...]
    status: int
    headers: RawHeaders
    to_us: RawHeaders
    """Fields that were meant for this cache alone."""
    body: bytes
    facts: Facts
    born_at: float
    """When it would have been made, going by its age: its age now is the time since then."""
    fresh_until: float
    confirmed_at: float
    """When the last request left whose answer said that it is as it is."""
    was_used: bool = False
    prepared: dict[str, Prepared] = field(default_factory=dict)
    """By the name of the content coding; `""` for none."""
    failed_at: float = float("-inf")
    """When its service last failed to confirm it."""
    coding_for: tuple[bool, bool] | None = None
    """Whether it may be compressed for somebody without and with credentials, once that was looked up."""

    def age(self, now: float) -> float:
        """Seconds since it was made."""
        return max(0.0, now - self.born_at)

    @property
    def size(self) -> int:
        """Bytes of memory, about."""
        fields = sum([len(name) + len(value) for name, value in self.headers])
        made = sum([len(p.head) + (len(p.body) if coding else 0) for coding, p in self.prepared.items()])
        return _OVERHEAD_BYTES + 2 * len(self.key) + len(self.headers) * _FIELD_BYTES + fields + len(self.body) + made


def kept(
    key: str, variant: tuple[str, ...], status: int, received: RawHeaders, body: bytes, facts: Facts,
    *, now: float, confirmed_at: float,
) -> Entry:  # fmt: skip
    """An entry of what was received."""
    never = _NEVER_KEPT | facts.rules.hidden_fields
    headers = [(name, value) for name, value in passed_from_service(received) if name.lower() not in never]
    if status not in _BODILESS and all(name.lower() != b"content-length" for name, _ in headers):
        headers.append((b"Content-Length", b"%d" % len(body)))
    if all(name.lower() != b"date" for name, _ in headers):
        headers.append((b"Date", formatdate(facts.date, usegmt=True).encode()))
    to_us = [(name, value) for name, value in received if name.lower() in _TO_US]
    born_at = now - facts.age
    return Entry(
        key, variant, status, headers, to_us, body, facts,
        born_at=born_at, fresh_until=born_at + facts.lifetime, confirmed_at=confirmed_at,
    )  # fmt: skip


def renewed(entry: Entry, received: RawHeaders) -> RawHeaders:
    """All that is said of an entry after a 304 with `received`: what it says anew takes the place of what was said."""
    said = [(name, value) for name, value in received if name.lower() not in _OF_THE_BODY]
    names = {name.lower() for name, _ in said}
    return [(name, value) for name, value in (*entry.headers, *entry.to_us) if name.lower() not in names] + said


class Held:
    """An answer from memory, as services' answers are sent on (see upstreams.upstream.UpstreamResponse)."""

    __slots__ = ("headers", "length", "status", "whole")
    switched = None

    def __init__(self, status: int, headers: list[tuple[bytes, bytes]], body: bytes, length: int | None) -> None:
        self.status = status
        self.headers = headers
        self.whole: bytes | None = body
        self.length = length

    async def chunks(self) -> AsyncIterator[bytes]:
        """Never asked for: all of it is in `whole`."""
        await asyncio.sleep(0)
        yield self.whole or b""

    def close(self) -> None:
        """Nothing is open."""
