"""One request and its answer, as the gateway sees them."""

import time
from collections.abc import Sequence
from functools import lru_cache

from aiohttp import web
from multidict import CIMultiDict

from services.gateway.asked import Asked
from services.gateway.client.fields import Fields
from services.gateway.client.lines import CONTENT_POLICY, NOSNIFF, REFERRER, kind_of
from services.gateway.client.protocol import SERVER, GatewayRequest
from services.gateway.client.tracing import Trace, new_trace, trace_of
from services.gateway.limits.plans import Verdict, limit_headers, limit_lines
from services.gateway.routes import is_api, takes_messages
from services.gateway.upstreams.begun import Begun
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.identity import ANONYMOUS, Identity

_EXPOSED = (
    "Age, Cache-Status, ETag, Link, Content-Location, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-ID"
)
_MESSAGES = {
    "Access-Control-Allow-Methods": "POST, OPTIONS",
    "Access-Control-Allow-Headers": (
        "Accept, Accept-Language, Authorization, Content-Type, Last-Event-ID, Mcp-Method, Mcp-Name, "
        "MCP-Protocol-Version, Mcp-Session-Id"
    ),
}
_FOR_ALL_SITES = (("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", _EXPOSED))
_OWN_LINES = f"Server: {SERVER}\r\n{REQUEST_ID_HEADER}: "
_UNLESS_GIVEN = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}
_GIVEN = NOSNIFF | REFERRER | CONTENT_POLICY
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "7200",
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


class Exchange:
    """What is known so far; filled in while the request is examined. It may begin in the lane and be handed over, and
    only then has a `request`."""

    __slots__ = (
        "_sample_ratio", "_trace", "asked", "begun", "cache_key", "fields", "identity", "is_admitted", "method",
        "raw_target", "request", "request_id", "started", "verdicts",
    )  # fmt: skip
    request: GatewayRequest

    def __init__(
        self, method: str, raw_target: str, fields: Fields, request_id: str, *, sample_ratio: float = 0.0
    ) -> None:
        self.method = method
        self.raw_target = raw_target
        self.fields = fields
        self.request_id = request_id
        self.started = time.perf_counter()
        self.asked: Asked | None = None
        self.identity: Identity = ANONYMOUS
        self.verdicts: Sequence[Verdict] = ()
        self.is_admitted = False
        """Whether it was examined, its caller identified, and counted."""
        self.begun: Begun | None = None
        """It was sent to its service already, and the answer is still to be taken."""
        self.cache_key = ""
        """Where its answer is kept, once that was worked out."""
        self._sample_ratio = sample_ratio  # of the traces that begin here
        self._trace: Trace | None = None

    @property
    def trace(self) -> Trace:
        """Where it belongs; found out when somebody wants to know it."""
        if self._trace is None:
            is_told = self.fields.names_trace
            self._trace = (
                trace_of(self.fields.headers, self._sample_ratio) if is_told else new_trace(self._sample_ratio)
            )
        return self._trace

    @property
    def given_trace(self) -> str:
        """The id of the trace, if the client named it: of our own the request id tells as much."""
        return self.trace.trace_id if self.fields.names_trace and self.trace.is_given else ""

    def understood(self, asked: Asked) -> Asked:
        """The request line makes sense."""
        self.asked = asked
        return asked

    @property
    def route(self) -> str:
        """The label of logs and metrics."""
        return self.asked.route if self.asked is not None else "none"

    @property
    def asks_api(self) -> bool:
        """Whether a program rather than a person reads the answer."""
        return self.asked is not None and self.asked.is_api

    @property
    def is_operation(self) -> bool:
        """Whether it is for an operator's page."""
        return self.asked is not None and self.asked.is_operation

    @property
    def is_public_read(self) -> bool:
        """Whether scripts of any site may read the answer."""
        return self.asked is not None and self.asked.is_public_read

    @property
    def tries_credentials(self) -> bool:
        """Whether it offers a secret to be checked."""
        return self.asked is not None and self.asked.tries_credentials

    @property
    def for_people(self) -> bool:
        """Whether a page rather than a problem should tell of a failure."""
        path = self.asked.target.path if self.asked is not None else self.raw_target
        return not is_api(path) and "text/html" in self.fields.headers.get("Accept", "")

    @property
    def is_preflight(self) -> bool:
        """Whether a browser asks if a script of another site may read this."""
        given = self.fields.headers
        return (
            self.method == "OPTIONS"
            and self.is_public_read
            and "Origin" in given
            and "Access-Control-Request-Method" in given
        )

    def preflight_response(self) -> web.Response:
        """The answer to such a question."""
        messages = self.asked is not None and takes_messages(self.asked.target.path)
        return web.Response(status=204, headers=_PREFLIGHT | _MESSAGES if messages else _PREFLIGHT)

    def finish(self, headers: CIMultiDict[str]) -> None:
        """Add what every response of the gateway carries."""
        for name, value in self._added():
            headers[name] = value
        for name, value in _UNLESS_GIVEN.items():
            headers.setdefault(name, value)

    def lines(self, given: int) -> bytes:
        """The same as header lines; `given` are the kinds of fields that the response has already (client.lines)."""
        own = f"{_OWN_LINES}{self.request_id}\r\n{limit_lines(self.verdicts)}".encode("latin-1")
        asked = self.asked
        return own + _same_lines(asked is not None and asked.is_public_read, given & _GIVEN)

    def _added(self) -> list[tuple[str, str]]:
        added = [(REQUEST_ID_HEADER, self.request_id), ("Server", SERVER), *limit_headers(self.verdicts).items()]
        if self.is_public_read:
            added += _FOR_ALL_SITES
        return added


@lru_cache(maxsize=16)
def _same_lines(is_public_read: bool, given: int) -> bytes:
    """The lines that are the same for many responses."""
    fields = list(_FOR_ALL_SITES) if is_public_read else []
    fields += [(name, value) for name, value in _UNLESS_GIVEN.items() if not kind_of(name.encode()) & given]
    return "".join([f"{name}: {value}\r\n" for name, value in fields]).encode()
