"""What happens to each request, in order: examine, identify, count, then answer or forward."""

import asyncio

from aiohttp import hdrs, web

from services.gateway.asked import METHODS
from services.gateway.client.fields import fields_of
from services.gateway.client.protocol import GatewayProtocol, GatewayRequest, ResponseAborted
from services.gateway.entrance import Entrance
from services.gateway.exchange import Exchange
from services.gateway.observing import Observer
from services.gateway.operations.pages import Pages
from services.gateway.problems import Unexpected, error_response
from services.gateway.proxy import Proxy
from services.gateway.relay import SentAnswer
from services.gateway.routes import WHOLE, Service
from services.gateway.settings import GatewaySettings
from shared import errors
from shared.context import enter_request, resume_request
from shared.log import get_logger

_log = get_logger("gateway")


class Gateway:
    """The handler of all requests; plain ones may come here from the lane (services.gateway.lane), partly handled."""

    def __init__(
        self, settings: GatewaySettings, *, entrance: Entrance, proxy: Proxy, pages: Pages, observer: Observer
    ) -> None:
        self._settings = settings
        self._entrance = entrance
        self._proxy = proxy
        self._pages = pages
        self._observer = observer
        self._sample_ratio = sample_ratio(settings)

    async def handle(self, request: GatewayRequest) -> web.StreamResponse | SentAnswer:
        """Answer one request; observe how it went."""
        exchange = self._exchange_of(request)
        status, ended = 499, "client left"
        response: web.StreamResponse | SentAnswer
        try:
            try:
                response = await self._answer(exchange)
            except errors.PlatformError as error:
                response = self._refuse(exchange, error)
            except (ConnectionError, asyncio.CancelledError):
                raise
            except Exception as error:
                response = self._unforeseen(exchange, error)
            if not isinstance(response, SentAnswer) and not response.prepared:
                exchange.finish(response.headers)
            status, ended = response.status, ""
            return response
        except ResponseAborted as error:
            status, ended = 502, str(error)
            raise
        finally:
            if exchange.begun is not None:
                exchange.begun.abandon()
            self._observer.ended(exchange, status, ended)

    def _exchange_of(self, request: GatewayRequest) -> Exchange:
        """A new one, or the one that was in the lane."""
        fields = fields_of(request, self._settings.trusted_proxies)
        protocol = request.protocol
        known = protocol.take_handed_over() if isinstance(protocol, GatewayProtocol) else None
        if isinstance(known, Exchange):
            resume_request(known.request_id)
            exchange = known
        else:
            request_id = enter_request(fields.request_id)
            exchange = Exchange(request.method, request.raw_path, fields, request_id, sample_ratio=self._sample_ratio)
            self._observer.began()
        exchange.request = request
        return exchange

    def _unforeseen(self, exchange: Exchange, error: Exception) -> web.Response:
        self._observer.unforeseen()
        _log.exception("unhandled_error", method=exchange.method, route=exchange.route)
        if exchange.request.writer.output_size > 0:
            raise ResponseAborted("an unexpected error after the head was sent") from error
        return self._refuse(exchange, Unexpected("Something went wrong on our side. Quote the request id."))

    async def _answer(self, exchange: Exchange) -> web.StreamResponse | SentAnswer:
        if not exchange.is_admitted:
            await self._entrance.admit(exchange)
        request, asked = exchange.request, exchange.asked
        if exchange.is_operation and asked is not None:
            return self._pages.operations(request, asked.target.path)
        if exchange.is_preflight:
            return exchange.preflight_response()
        if asked is None or asked.service is None or asked.service is Service.GATEWAY:
            if asked is not None and asked.target.path == WHOLE:
                return web.Response(status=204, headers={hdrs.ALLOW: ", ".join(METHODS)})
            return await self._pages.description(request)
        return await self._proxy.forward(exchange, asked)

    def _refuse(self, exchange: Exchange, error: errors.PlatformError) -> web.Response:
        request = exchange.request
        response = error_response(error, request, for_people=exchange.for_people)
        if hdrs.EXPECT in request.headers or isinstance(
            error, errors.TooLarge | errors.Invalid | errors.UnsupportedMedia
        ):
            response.force_close()  # the body will not be read, or we may not know where it ends
        return response


def sample_ratio(settings: GatewaySettings) -> float:
    """Of the traces that begin here, how many are sampled: none where spans go nowhere."""
    return settings.trace_sample_ratio if settings.otlp_traces_url else 0.0
