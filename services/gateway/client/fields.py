"""What the header fields of a request say: read once for as long as a client repeats them over its connection."""

from collections.abc import Sequence
from typing import Any

from aiohttp import hdrs

from services.gateway.client.addresses import Origin, origin_lines, origin_of
from services.gateway.client.headers import RawHeaders, header_bytes, passing_lines
from services.gateway.client.protocol import GatewayProtocol, GatewayRequest
from services.gateway.settings import Network
from shared.context import HEADER as REQUEST_ID_HEADER

_KEPT_BYTES = 4096  # larger heads are read anew each time: an idle connection must not hold them

_OF_CACHES = (
    hdrs.CACHE_CONTROL, hdrs.PRAGMA, hdrs.IF_MATCH, hdrs.IF_UNMODIFIED_SINCE, hdrs.IF_NONE_MATCH,
    hdrs.IF_MODIFIED_SINCE, hdrs.RANGE, hdrs.IF_RANGE, hdrs.UPGRADE,
)  # fmt: skip
_OF_BODIES = (hdrs.CONTENT_LENGTH, hdrs.TRANSFER_ENCODING, hdrs.EXPECT)


class Fields:
    """The fields of one request, and of those after it that send the same ones."""

    __slots__ = (
        "_forwarded", "asks_for_upgrade", "authorization", "block", "charged", "charges", "has_credentials",
        "has_length", "headers", "is_checked", "is_chunked", "is_plain", "names_trace", "origin", "raw", "request_id",
        "size", "version",
    )  # fmt: skip

    def __init__(self, request: GatewayRequest, trusted: Sequence[Network]) -> None:
        headers = self.headers = request.headers
        self.raw: RawHeaders = request.raw_headers
        self.version = request.version
        self.size = header_bytes(self.raw)
        """Bytes of all fields together."""
        self.origin: Origin = origin_of(request, trusted)
        self.request_id = headers.get(REQUEST_ID_HEADER)
        self.authorization = headers.get(hdrs.AUTHORIZATION)
        self.has_credentials = self.authorization is not None or hdrs.COOKIE in headers
        self.is_chunked = hdrs.TRANSFER_ENCODING in headers
        self.has_length = hdrs.CONTENT_LENGTH in headers
        self.asks_for_upgrade = hdrs.UPGRADE in headers
        self.names_trace = "traceparent" in headers
        self.is_plain = not any(name in headers for name in _OF_CACHES)
        """Whether nothing is said of how what is kept may be used."""
        self.is_checked = False
        """Whether all that can be wrong with fields was looked for, and not found."""
        self.block = b""
        """The very bytes that they stood in, from the end of the request line to the blank line, where a GET that
        repeats them may take the lane: see `may_repeat`."""
        self.charged: object = None
        """Who the last GET with these fields was found to be, and"""
        self.charges: Any = ()
        """what that was charged to (services.gateway.limits)."""
        self._forwarded: dict[bool, bytes] = {}

    def forwarded(self, *, keep_cookies: bool) -> bytes:
        """What a service gets of them, as header lines: where the request came from, and those that pass."""
        lines = self._forwarded.get(keep_cookies)
        if lines is None:
            passing = passing_lines(self.raw, keep_cookies=keep_cookies, keep_length=not self.is_chunked)
            lines = self._forwarded[keep_cookies] = origin_lines(self.origin, self.version) + passing
        return lines


def fields_of(request: GatewayRequest, trusted: Sequence[Network]) -> Fields:
    """The fields of a request. A client that is no trusted proxy keeps its address for as long as its connection."""
    protocol = request.protocol
    if not isinstance(protocol, GatewayProtocol):  # lost between arrival and answer
        return Fields(request, trusted)
    alone, known = protocol.take_alone(), protocol.fields
    if known is None or known.raw != request.raw_headers or known.version != request.version:
        known = Fields(request, trusted)
        protocol.fields = known if known.size <= _KEPT_BYTES else None
    if not known.block and alone.startswith(request.method.encode("latin-1") + b" ") and may_repeat(request, known):
        known.block = alone[alone.index(b"\r\n") :]
    return known


def may_repeat(request: GatewayRequest, fields: Fields) -> bool:
    """Whether a GET with these fields is plain: it has no body, wants nothing of the connection but that it stays, and
    nothing of what is kept but that it is fresh. This alone decides which requests may take the lane."""
    return (
        fields.version == (1, 1)
        and fields.is_plain
        and fields.size <= _KEPT_BYTES
        and not request.message_closes
        and not any(name in fields.headers for name in _OF_BODIES)
    )
