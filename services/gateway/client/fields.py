"""What the header fields of a request say: read once for as long as a client repeats them over its connection."""

from collections.abc import Sequence

from aiohttp import hdrs

from services.gateway.client.addresses import Origin, origin_of
from services.gateway.client.headers import RawHeaders, header_bytes, passing_lines
from services.gateway.client.protocol import GatewayProtocol, GatewayRequest
from services.gateway.settings import Network
from shared.context import HEADER as REQUEST_ID_HEADER

_KEPT_BYTES = 4096  # larger heads are read anew each time: an idle connection must not hold them

_OF_CACHES = (
    hdrs.CACHE_CONTROL, hdrs.PRAGMA, hdrs.IF_MATCH, hdrs.IF_UNMODIFIED_SINCE, hdrs.IF_NONE_MATCH,
    hdrs.IF_MODIFIED_SINCE, hdrs.RANGE, hdrs.IF_RANGE, hdrs.UPGRADE,
)  # fmt: skip


class Fields:
    """The fields of one request, and of those after it that send the same ones."""

    __slots__ = (
        "_passing", "asks_for_upgrade", "authorization", "has_length", "is_checked", "is_chunked", "is_plain",
        "names_trace", "origin", "raw", "request_id", "size", "version",
    )  # fmt: skip

    def __init__(self, request: GatewayRequest, trusted: Sequence[Network]) -> None:
        headers = request.headers
        self.raw: RawHeaders = request.raw_headers
        self.version = request.version
        self.size = header_bytes(self.raw)
        """Bytes of all fields together."""
        self.origin: Origin = origin_of(request, trusted)
        self.request_id = headers.get(REQUEST_ID_HEADER)
        self.authorization = headers.get(hdrs.AUTHORIZATION)
        self.is_chunked = hdrs.TRANSFER_ENCODING in headers
        self.has_length = hdrs.CONTENT_LENGTH in headers
        self.asks_for_upgrade = hdrs.UPGRADE in headers
        self.names_trace = "traceparent" in headers
        self.is_plain = not any(name in headers for name in _OF_CACHES)
        """Whether nothing is said of how what is kept may be used."""
        self.is_checked = False
        """Whether all that can be wrong with fields was looked for, and not found."""
        self._passing: dict[bool, bytes] = {}

    def passing(self, *, keep_cookies: bool) -> bytes:
        """Those that a service gets, as header lines."""
        lines = self._passing.get(keep_cookies)
        if lines is None:
            lines = passing_lines(self.raw, keep_cookies=keep_cookies, keep_length=not self.is_chunked)
            self._passing[keep_cookies] = lines
        return lines


def fields_of(request: GatewayRequest, trusted: Sequence[Network]) -> Fields:
    """The fields of a request. A client that is no trusted proxy keeps its address for as long as its connection."""
    protocol = request.protocol
    if not isinstance(protocol, GatewayProtocol):  # lost between arrival and answer
        return Fields(request, trusted)
    known = protocol.fields
    if known is not None and known.raw == request.raw_headers and known.version == request.version:
        return known
    found = Fields(request, trusted)
    protocol.fields = found if found.size <= _KEPT_BYTES else None
    return found
