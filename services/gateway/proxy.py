"""Forwards one request to a service, and its answer back."""

from aiohttp import hdrs, web

from services.gateway.client.addresses import Origin
from services.gateway.client.body import RequestBody, has_body
from services.gateway.client.headers import request_head
from services.gateway.client.paths import Target
from services.gateway.credentials.minting import TokenMint
from services.gateway.exchange import Exchange
from services.gateway.relay import SentAnswer, goes_in_one_piece, send_stream, send_whole
from services.gateway.routes import Service
from services.gateway.settings import GatewaySettings
from services.gateway.tunnel import SWITCH_LINES, Tunnels, asks_for_websocket
from services.gateway.upstreams.deadlines import Deadlines
from services.gateway.upstreams.upstream import Upstream, UpstreamRequest
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.identity import Identity
from shared.tokens import INTERNAL_HEADER, InternalTokens

_REQUEST_ID = REQUEST_ID_HEADER.encode()
_INTERNAL = INTERNAL_HEADER.encode()
_HAVE_BODIES = frozenset({"POST", "PUT", "PATCH"})


class Proxy:
    """Forwards to services on behalf of an identity."""

    def __init__(self, upstreams: dict[Service, Upstream], tokens: InternalTokens, settings: GatewaySettings) -> None:
        self._upstreams = upstreams
        self._mint = TokenMint(tokens)
        self._settings = settings
        self._deadlines = Deadlines(settings)
        self._tunnels = Tunnels(most=settings.max_websockets, idle_seconds=settings.websocket_idle_seconds)

    async def forward(
        self, exchange: Exchange, service: Service, target: Target, identity: Identity
    ) -> web.StreamResponse | SentAnswer:
        """The service's answer, already sent. Raises the errors of Upstream.send while nothing was sent yet, and
        ResponseAborted afterwards: then the connection is cut, since a second head inside the first would be a lie."""
        upstream = self._upstreams[service]
        outgoing = self._outgoing(exchange, service, target, identity)
        try:
            answer = await upstream.send(outgoing)
            try:
                switched = answer.switched
                if switched is not None:
                    return await self._tunnels.carry(exchange, answer, switched)
                seconds = self._settings.client_idle_seconds
                if answer.whole is not None and goes_in_one_piece(exchange.request, answer):
                    return await send_whole(exchange, answer, answer.whole, seconds)
                return await send_stream(exchange, answer, upstream.name, seconds)
            finally:
                answer.close()
        finally:
            if outgoing.body is not None:
                await outgoing.body.settled()

    def _outgoing(self, exchange: Exchange, service: Service, target: Target, identity: Identity) -> UpstreamRequest:
        request = exchange.request
        body = self._body(exchange) if has_body(request) else None
        line = f"{request.method} {target} HTTP/1.1\r\n".encode("utf-8", "surrogateescape")
        added = [
            b"%b: %b\r\n%b: %b\r\n"
            % (_REQUEST_ID, exchange.request_id.encode(), _INTERNAL, self._mint.token(identity, service.value)),
            _origin_lines(exchange.origin),
            exchange.trace.lines,
        ]
        is_chunked = hdrs.TRANSFER_ENCODING in request.headers
        if is_chunked:
            added.append(b"Transfer-Encoding: chunked\r\n")
        elif body is None and request.method in _HAVE_BODIES and hdrs.CONTENT_LENGTH not in request.headers:
            added.append(b"Content-Length: 0\r\n")
        may_switch = body is None and hdrs.UPGRADE in request.headers and asks_for_websocket(request)
        if may_switch:
            self._tunnels.require_room()
            added.append(SWITCH_LINES)
        lines, received, keep_cookies = b"".join(added), request.raw_headers, service is Service.WEB

        def head(host: str) -> bytes:
            return request_head(
                line, host, received, lines, keep_cookies=keep_cookies, keep_length=not is_chunked
            )  # fmt: skip

        seconds = self._deadlines.seconds(request.method, target.path, service)
        return UpstreamRequest(request.method, head, body, may_switch, seconds)

    def _body(self, exchange: Exchange) -> RequestBody:
        settings = self._settings
        return RequestBody(
            exchange.request,
            limit=settings.max_body_bytes,
            idle_seconds=settings.client_idle_seconds,
            least_rate=settings.client_bytes_per_second,
        )


def _origin_lines(origin: Origin) -> bytes:
    lines = f"X-Forwarded-For: {origin.client.text}\r\nX-Forwarded-Proto: {origin.scheme}\r\n"
    if origin.host:
        lines += f"X-Forwarded-Host: {origin.host}\r\n"
    return lines.encode("ascii")
