"""Answers one request from what is kept, or forwards it to a service, and its answer back."""

from aiohttp import web

from services.gateway.cache.fetching import Answer
from services.gateway.cache.keeping import RawHeaders
from services.gateway.cache.shared_cache import SharedCache
from services.gateway.client.addresses import Origin
from services.gateway.client.body import RequestBody, has_body
from services.gateway.client.headers import passing_lines
from services.gateway.client.paths import Target
from services.gateway.credentials.minting import TokenMint
from services.gateway.exchange import Exchange
from services.gateway.relay import SentAnswer, goes_in_one_piece, send_stream, send_whole
from services.gateway.routes import Service
from services.gateway.settings import GatewaySettings
from services.gateway.tunnel import SWITCH_LINES, Tunnels, asks_for_websocket
from services.gateway.upstreams.deadlines import Deadlines
from services.gateway.upstreams.upstream import Upstream, UpstreamRequest, UpstreamResponse
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.identity import Identity
from shared.tokens import INTERNAL_HEADER, InternalTokens

_REQUEST_ID = REQUEST_ID_HEADER.encode()
_INTERNAL = INTERNAL_HEADER.encode()
_HAVE_BODIES = frozenset({"POST", "PUT", "PATCH"})
_CONDITIONS = frozenset({b"if-none-match", b"if-modified-since", b"range", b"if-range"})


class Proxy:
    """Forwards to services on behalf of an identity."""

    def __init__(
        self,
        upstreams: dict[Service, Upstream],
        tokens: InternalTokens,
        settings: GatewaySettings,
        cache: SharedCache | None = None,
    ) -> None:
        self._upstreams = upstreams
        self._cache = cache
        self._mint = TokenMint(tokens)
        self._settings = settings
        self._deadlines = Deadlines(settings)
        self._tunnels = Tunnels(most=settings.max_websockets, idle_seconds=settings.websocket_idle_seconds)

    async def forward(
        self, exchange: Exchange, service: Service, target: Target, identity: Identity
    ) -> web.StreamResponse | SentAnswer:
        """The service's answer, already sent. Raises the errors of Upstream.send while nothing was sent yet, and
        ResponseAborted afterwards: then the connection is cut, since a second head inside the first would be a lie."""
        cache, method = self._cache, exchange.request.method
        if cache is None or method == "OPTIONS":
            return await self._forward(exchange, service, target, identity)
        if method in ("GET", "HEAD") and not has_body(exchange.request):
            return await cache.answer(exchange, _Passage(self, exchange, service, target, identity))
        return await self._forward(exchange, service, target, identity, cache)

    async def ask(
        self, exchange: Exchange, service: Service, target: Target, identity: Identity, conditions: RawHeaders | None
    ) -> UpstreamResponse:
        """The service's answer, to be closed by the caller. `conditions` stand in place of the client's own."""
        received = exchange.request.raw_headers
        if conditions is not None:
            received = (*(field for field in received if field[0].lower() not in _CONDITIONS), *conditions)
        return await self._upstreams[service].send(self._outgoing(exchange, service, target, identity, received))

    async def send(self, exchange: Exchange, service: Service, answer: Answer) -> web.StreamResponse | SentAnswer:
        """Send an answer to the client, and leave it open."""
        switched = answer.switched
        if switched is not None:
            return await self._tunnels.carry(exchange, answer, switched)
        seconds = self._settings.client_idle_seconds
        if answer.whole is not None and goes_in_one_piece(exchange.request, answer):
            return await send_whole(exchange, answer, answer.whole, seconds)
        return await send_stream(exchange, answer, self._upstreams[service].name, seconds)

    async def _forward(
        self, exchange: Exchange, service: Service, target: Target, identity: Identity, cache: SharedCache | None = None
    ) -> web.StreamResponse | SentAnswer:
        upstream = self._upstreams[service]
        outgoing = self._outgoing(exchange, service, target, identity, exchange.request.raw_headers)
        try:
            answer = await upstream.send(outgoing)
            try:
                if cache is not None:
                    cache.wrote(exchange, answer, by_someone=not identity.is_anonymous)
                return await self.send(exchange, service, answer)
            finally:
                answer.close()
        finally:
            if outgoing.body is not None:
                await outgoing.body.settled()

    def _outgoing(
        self, exchange: Exchange, service: Service, target: Target, identity: Identity, received: RawHeaders
    ) -> UpstreamRequest:
        request = exchange.request
        body = self._body(exchange) if has_body(request) else None
        line = f"{request.method} {target} HTTP/1.1\r\n".encode("utf-8", "surrogateescape")
        added = [
            b"%b: %b\r\n%b: %b\r\n"
            % (_REQUEST_ID, exchange.request_id.encode(), _INTERNAL, self._mint.token(identity, service.value)),
            _origin_lines(exchange.origin),
            exchange.trace.lines,
        ]
        fields = exchange.fields
        if fields.is_chunked:
            added.append(b"Transfer-Encoding: chunked\r\n")
        elif body is None and request.method in _HAVE_BODIES and not fields.has_length:
            added.append(b"Content-Length: 0\r\n")
        may_switch = body is None and fields.asks_for_upgrade and asks_for_websocket(request)
        if may_switch:
            self._tunnels.require_room()
            added.append(SWITCH_LINES)
        keep_cookies = service is Service.WEB
        if received is fields.raw or received is request.raw_headers:
            added.append(fields.passing(keep_cookies=keep_cookies))
        else:
            added.append(passing_lines(received, keep_cookies=keep_cookies, keep_length=not fields.is_chunked))
        lines = b"".join(added)

        def head(first: bytes) -> bytes:
            return b"%b%b%b\r\n" % (line, first, lines)

        seconds = self._deadlines.seconds(request.method, target.path)
        return UpstreamRequest(request.method, head, body, may_switch, seconds)

    def _body(self, exchange: Exchange) -> RequestBody:
        settings = self._settings
        return RequestBody(
            exchange.request,
            limit=settings.max_body_bytes,
            idle_seconds=settings.client_idle_seconds,
            least_rate=settings.client_bytes_per_second,
        )


class _Passage:
    """How one request reaches its service, and the answer its client (see cache.shared_cache)."""

    __slots__ = ("_exchange", "_identity", "_proxy", "_service", "_target")

    def __init__(self, proxy: Proxy, exchange: Exchange, service: Service, target: Target, identity: Identity) -> None:
        self._proxy = proxy
        self._exchange = exchange
        self._service = service
        self._target = target
        self._identity = identity

    async def ask(self, conditions: RawHeaders | None) -> UpstreamResponse:
        """See Proxy.ask."""
        return await self._proxy.ask(self._exchange, self._service, self._target, self._identity, conditions)

    async def send(self, answer: Answer) -> web.StreamResponse | SentAnswer:
        """See Proxy.send."""
        return await self._proxy.send(self._exchange, self._service, answer)


def _origin_lines(origin: Origin) -> bytes:
    lines = f"X-Forwarded-For: {origin.client.text}\r\nX-Forwarded-Proto: {origin.scheme}\r\n"
    if origin.host:
        lines += f"X-Forwarded-Host: {origin.host}\r\n"
    return lines.encode("ascii")
