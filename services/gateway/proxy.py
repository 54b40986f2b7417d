"""Answers one request from what is kept, or forwards it to a service, and its answer back."""

from collections.abc import Callable

from aiohttp import web

from services.gateway.asked import Asked
from services.gateway.cache.fetching import Answer
from services.gateway.cache.keeping import RawHeaders
from services.gateway.cache.shared_cache import SharedCache
from services.gateway.client.addresses import origin_lines
from services.gateway.client.body import RequestBody, has_body
from services.gateway.client.headers import passing_lines
from services.gateway.credentials.minting import TokenMint
from services.gateway.exchange import Exchange
from services.gateway.relay import SentAnswer, goes_in_one_piece, send_stream, send_whole
from services.gateway.routes import Service
from services.gateway.settings import GatewaySettings
from services.gateway.tunnel import SWITCH_LINES, Tunnels, asks_for_websocket
from services.gateway.upstreams.begun import Begun
from services.gateway.upstreams.deadlines import Deadlines
from services.gateway.upstreams.upstream import Upstream, UpstreamRequest, UpstreamResponse
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.tokens import INTERNAL_HEADER, InternalTokens

_OWN_LINES = f"{REQUEST_ID_HEADER}: %b\r\n{INTERNAL_HEADER}: %b\r\n%b".encode()
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
        self._upstreams = {service.value: upstream for service, upstream in upstreams.items()}
        self._cache = cache
        self._mint = TokenMint(tokens)
        self._settings = settings
        self._deadlines = Deadlines(settings)
        self._tunnels = Tunnels(most=settings.max_websockets, idle_seconds=settings.websocket_idle_seconds)

    async def forward(self, exchange: Exchange, asked: Asked) -> web.StreamResponse | SentAnswer:
        """The service's answer, already sent. Raises the errors of Upstream.send while nothing was sent yet, and
        ResponseAborted afterwards: then the connection is cut, since a second head inside the first would be a lie."""
        cache, method = self._cache, exchange.method
        if cache is None or method == "OPTIONS":
            return await self._forward(exchange, asked)
        if method in ("GET", "HEAD") and not has_body(exchange.request):
            return await cache.answer(exchange, _Passage(self, exchange, asked))
        return await self._forward(exchange, asked, cache)

    def begin(self, exchange: Exchange, asked: Asked) -> Begun | None:
        """Ask the service for a GET without a body, if nothing has to be waited for; see Upstream.begin."""
        head = self._head(exchange, asked, exchange.fields.forwarded(keep_cookies=asked.service is Service.WEB))
        return self._upstreams[asked.route].begin(head, self._deadlines.seconds("GET", asked.target.path))

    async def ask(self, exchange: Exchange, asked: Asked, conditions: RawHeaders | None) -> UpstreamResponse:
        """The service's answer, to be closed by the caller. `conditions` stand in place of the client's own."""
        return await self._upstreams[asked.route].send(self._outgoing(exchange, asked, conditions))

    async def send(self, exchange: Exchange, asked: Asked, answer: Answer) -> web.StreamResponse | SentAnswer:
        """Send an answer to the client, and leave it open."""
        switched = answer.switched
        if switched is not None:
            return await self._tunnels.carry(exchange, answer, switched)
        seconds = self._settings.client_idle_seconds
        if answer.whole is not None and goes_in_one_piece(exchange.request, answer):
            return await send_whole(exchange, answer, answer.whole, seconds)
        return await send_stream(exchange, answer, self._upstreams[asked.route].name, seconds)

    async def _forward(
        self, exchange: Exchange, asked: Asked, cache: SharedCache | None = None
    ) -> web.StreamResponse | SentAnswer:
        upstream = self._upstreams[asked.route]
        outgoing = self._outgoing(exchange, asked, None)
        try:
            answer = await upstream.send(outgoing)
            try:
                if cache is not None:
                    cache.wrote(exchange, answer, by_someone=not exchange.identity.is_anonymous)
                return await self.send(exchange, asked, answer)
            finally:
                answer.close()
        finally:
            if outgoing.body is not None:
                await outgoing.body.settled()

    def _outgoing(self, exchange: Exchange, asked: Asked, conditions: RawHeaders | None) -> UpstreamRequest:
        request, fields = exchange.request, exchange.fields
        body = self._body(exchange) if has_body(request) else None
        keep_cookies = asked.service is Service.WEB
        if conditions is None:
            lines = fields.forwarded(keep_cookies=keep_cookies)
        else:
            received = (*(field for field in fields.raw if field[0].lower() not in _CONDITIONS), *conditions)
            passing = passing_lines(received, keep_cookies=keep_cookies, keep_length=not fields.is_chunked)
            lines = origin_lines(fields.origin, fields.version) + passing
        if fields.is_chunked:
            lines += b"Transfer-Encoding: chunked\r\n"
        elif body is None and exchange.method in _HAVE_BODIES and not fields.has_length:
            lines += b"Content-Length: 0\r\n"
        may_switch = body is None and fields.asks_for_upgrade and asks_for_websocket(request)
        if may_switch:
            self._tunnels.require_room()
            lines += SWITCH_LINES
        head = self._head(exchange, asked, lines)
        seconds = self._deadlines.seconds(exchange.method, asked.target.path)
        begun, exchange.begun = exchange.begun, None
        return UpstreamRequest(exchange.method, head, body, may_switch, seconds, begun)

    def _head(self, exchange: Exchange, asked: Asked, lines: bytes) -> Callable[[bytes], bytes]:
        """What makes the head of a request around the lines that differ from try to try."""
        line, token = asked.line, self._mint.token(exchange.identity, asked.route)
        own = _OWN_LINES % (exchange.request_id.encode(), token, exchange.trace.lines)
        return lambda first: b"%b%b%b%b\r\n" % (line, first, own, lines)

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

    __slots__ = ("_asked", "_exchange", "_proxy")

    def __init__(self, proxy: Proxy, exchange: Exchange, asked: Asked) -> None:
        self._proxy = proxy
        self._exchange = exchange
        self._asked = asked

    async def ask(self, conditions: RawHeaders | None) -> UpstreamResponse:
        """See Proxy.ask."""
        return await self._proxy.ask(self._exchange, self._asked, conditions)

    async def send(self, answer: Answer) -> web.StreamResponse | SentAnswer:
        """See Proxy.send."""
        return await self._proxy.send(self._exchange, self._asked, answer)
