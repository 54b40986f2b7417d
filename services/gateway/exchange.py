"""One request and its answer, as the gateway sees them."""

from collections.abc import Collection
from dataclasses import dataclass, field

from aiohttp import web
from multidict import CIMultiDict

from services.gateway.asked import Asked
from services.gateway.client.addresses import Origin
from services.gateway.client.fields import Fields
from services.gateway.client.paths import Target
from services.gateway.client.protocol import SERVER, GatewayRequest
from services.gateway.client.tracing import Trace, trace_of
from services.gateway.limits.plans import Verdict, limit_headers, limit_lines
from services.gateway.routes import Service, is_api, takes_messages
from shared.context import HEADER as REQUEST_ID_HEADER

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
_LINES_FOR_ALL_SITES = "".join(f"{n}: {v}\r\n" for n, v in _FOR_ALL_SITES).encode()
_OWN_LINES = f"Server: {SERVER}\r\n{REQUEST_ID_HEADER}: "
_UNLESS_GIVEN = {"X-Content-Type-Options": "nosniff", "Referrer-Policy": "strict-origin-when-cross-origin"}
_LINES_UNLESS_GIVEN = [(n.lower().encode(), f"{n}: {v}\r\n".encode()) for n, v in _UNLESS_GIVEN.items()]
_PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, OPTIONS",
    "Access-Control-Allow-Headers": "Accept, Accept-Language, Authorization, If-None-Match, If-Modified-Since",
    "Access-Control-Max-Age": "7200",
    "Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers",
}


@dataclass(slots=True)
class Exchange:
    """What is known so far; filled in while the request is examined."""

    request: GatewayRequest
    request_id: str
    fields: Fields
    origin: Origin
    target: Target | None = None
    service: Service | None = None
    route: str = "none"
    """The label of logs and metrics."""
    asks_api: bool = False
    is_operation: bool = False
    tries_credentials: bool = False
    is_public_read: bool = False
    """Whether scripts of any site may read the answer."""
    verdicts: list[Verdict] = field(default_factory=list)
    sample_ratio: float = 0.0
    """Of the traces that begin here."""
    _trace: Trace | None = None

    @property
    def trace(self) -> Trace:
        """Where it belongs; found out when somebody wants to know it."""
        if self._trace is None:
            self._trace = trace_of(self.request.headers, self.sample_ratio)
        return self._trace

    @property
    def given_trace(self) -> str:
        """The id of the trace, if the client named it: of our own the request id tells as much."""
        return self.trace.trace_id if self.fields.names_trace and self.trace.is_given else ""

    def understood(self, asked: Asked) -> None:
        """The request line makes sense."""
        self.target, self.service, self.route = asked.target, asked.service, asked.route
        self.asks_api, self.is_operation = asked.is_api, asked.is_operation
        self.is_public_read, self.tries_credentials = asked.is_public_read, asked.tries_credentials

    @property
    def for_people(self) -> bool:
        """Whether a page rather than a problem should tell of a failure."""
        path = self.target.path if self.target else self.request.raw_path
        return not is_api(path) and "text/html" in self.request.headers.get("Accept", "")

    @property
    def is_preflight(self) -> bool:
        """Whether a browser asks if a script of another site may read this."""
        asked = self.request.headers
        return (
            self.request.method == "OPTIONS"
            and self.is_public_read
            and "Origin" in asked
            and "Access-Control-Request-Method" in asked
        )

    def preflight_response(self) -> web.Response:
        """The answer to such a question."""
        messages = self.target is not None and takes_messages(self.target.path)
        return web.Response(status=204, headers=_PREFLIGHT | _MESSAGES if messages else _PREFLIGHT)

    def finish(self, headers: CIMultiDict[str]) -> None:
        """Add what every response of the gateway carries."""
        for name, value in self._added():
            headers[name] = value
        for name, value in _UNLESS_GIVEN.items():
            headers.setdefault(name, value)

    def lines(self, given: Collection[bytes]) -> bytes:
        """The same as header lines; `given` are the names, in lower case, that the response has already."""
        own = f"{_OWN_LINES}{self.request_id}\r\n{limit_lines(self.verdicts)}".encode("latin-1")
        if self.is_public_read:
            own += _LINES_FOR_ALL_SITES
        for name, line in _LINES_UNLESS_GIVEN:
            if name not in given:
                own += line
        return own

    def _added(self) -> list[tuple[str, str]]:
        added = [(REQUEST_ID_HEADER, self.request_id), ("Server", SERVER), *limit_headers(self.verdicts).items()]
        if self.is_public_read:
            added += _FOR_ALL_SITES
        return added
