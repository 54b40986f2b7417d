"""Streams one request to a service and its answer back."""

import asyncio

from aiohttp import hdrs, web
from multidict import CIMultiDict

from services.gateway.addresses import Origin
from services.gateway.body import RequestBody, has_body
from services.gateway.exchange import Exchange
from services.gateway.headers import forwarded_request_headers, forwarded_response_headers
from services.gateway.paths import Target
from services.gateway.protocol import ResponseAborted
from services.gateway.routes import Service
from services.gateway.settings import GatewaySettings
from services.gateway.upstreams import Upstream, UpstreamBroke, UpstreamRequest, UpstreamResponse
from shared.context import HEADER as REQUEST_ID_HEADER
from shared.identity import Identity
from shared.log import get_logger
from shared.tokens import INTERNAL_HEADER, InternalTokens

_log = get_logger("gateway.proxy")


_TOGETHER_BYTES = 65536


class _HeadWithBody(web.StreamResponse):
    """Sends its head in one packet with the beginning of its body."""

    _send_headers_immediately = False


class Proxy:
    """Forwards to services on behalf of an identity."""

    def __init__(self, upstreams: dict[Service, Upstream], tokens: InternalTokens, settings: GatewaySettings) -> None:
        self._upstreams = upstreams
        self._tokens = tokens
        self._settings = settings

    async def forward(
        self, exchange: Exchange, service: Service, target: Target, identity: Identity
    ) -> web.StreamResponse:
        """The service's answer, already sent. Raises the errors of Upstream.send while nothing was sent yet, and
        ResponseAborted afterwards: then the connection is cut, since a second head inside the first would be a lie."""
        upstream = self._upstreams[service]
        outgoing = self._outgoing(exchange, service, target, identity)
        try:
            answer = await upstream.send(outgoing)
            try:
                return await self._relay(exchange, answer, upstream.name)
            finally:
                answer.close()
        finally:
            if outgoing.body is not None:
                await outgoing.body.settled()

    def _outgoing(self, exchange: Exchange, service: Service, target: Target, identity: Identity) -> UpstreamRequest:
        request = exchange.request
        headers = forwarded_request_headers(
            request.headers,
            keep_cookies=service is Service.WEB,
            keep_length="Transfer-Encoding" not in request.headers,
        )
        headers[REQUEST_ID_HEADER] = exchange.request_id
        headers[INTERNAL_HEADER] = self._tokens.mint(identity, service.value)
        _add_origin(headers, exchange.origin)
        body = None
        if has_body(request):
            settings = self._settings
            body = RequestBody(
                request,
                limit=settings.max_body_bytes,
                idle_seconds=settings.client_idle_seconds,
                least_rate=settings.client_bytes_per_second,
            )
        return UpstreamRequest(request.method, target, headers, body)

    async def _relay(self, exchange: Exchange, answer: UpstreamResponse, name: str) -> web.StreamResponse:
        request = exchange.request
        headers = forwarded_response_headers(answer.headers)
        length = headers.get(hdrs.CONTENT_LENGTH, "")
        # A short body of known length is about to be complete; a stream may pause after its head.
        together = length.isdigit() and int(length) <= _TOGETHER_BYTES
        response = (_HeadWithBody if together else web.StreamResponse)(status=answer.status, headers=headers)
        exchange.finish(response.headers)
        await response.prepare(request)
        try:
            async for chunk in answer.chunks():
                async with asyncio.timeout(self._settings.client_idle_seconds):
                    await response.write(chunk)
            async with asyncio.timeout(self._settings.client_idle_seconds):
                await response.write_eof()
        except UpstreamBroke as error:
            _log.warning("response_cut_off", service=name, error=str(error))
            _abort(request)
            raise ResponseAborted("the service broke off within its response") from error
        except TimeoutError as error:
            _log.info("client_reads_too_slowly", service=name)
            _abort(request)
            raise ResponseAborted("the client does not read") from error
        return response


def _add_origin(headers: CIMultiDict[str], origin: Origin) -> None:
    headers["X-Forwarded-For"] = str(origin.address)
    headers["X-Forwarded-Proto"] = origin.scheme
    if origin.host:
        headers["X-Forwarded-Host"] = origin.host


def _abort(request: web.BaseRequest) -> None:
    if request.transport is not None:
        request.transport.abort()
