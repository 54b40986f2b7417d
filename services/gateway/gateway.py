"""What happens to each request, in order: examine, identify, count, then answer or forward."""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from aiohttp import hdrs, web

from services.gateway.asked import asked_for
from services.gateway.client.body import has_body
from services.gateway.client.fields import fields_of
from services.gateway.client.headers import check_framing
from services.gateway.client.protocol import GatewayRequest, ResponseAborted
from services.gateway.credentials.identity import Authenticator
from services.gateway.exchange import Exchange
from services.gateway.limits.limiter import Limiter
from services.gateway.limits.plans import Plans, Verdict
from services.gateway.operations.pages import Pages
from services.gateway.problems import ExpectationFailed, HeadersTooLarge, Unexpected, error_response
from services.gateway.proxy import Proxy
from services.gateway.relay import SentAnswer
from services.gateway.routes import OWN_PAGES, WHOLE, Service
from services.gateway.settings import GatewaySettings
from shared import errors
from shared.access_log import AccessLog
from shared.context import enter_request
from shared.identity import ANONYMOUS
from shared.log import get_logger
from shared.metrics import Metrics

if TYPE_CHECKING:
    from services.gateway.operations.spans import Spans

_log = get_logger("gateway")
_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_HEADERS_TOGETHER = 4  # all fields together may be this many times as large as the largest single one


class Gateway:
    """The handler of all requests."""

    def __init__(
        self,
        settings: GatewaySettings,
        *,
        proxy: Proxy,
        authenticator: Authenticator,
        limiter: Limiter,
        pages: Pages,
        metrics: Metrics,
        access_log: AccessLog,
        spans: "Spans | None" = None,
    ) -> None:
        self._settings = settings
        self._proxy = proxy
        self._authenticator = authenticator
        self._limiter = limiter
        self._plans = Plans(settings)
        self._pages = pages
        self._metrics = metrics
        self._access_log = access_log
        self._spans = spans
        self._sample_ratio = settings.trace_sample_ratio if spans else 0.0

    async def handle(self, request: GatewayRequest) -> web.StreamResponse | SentAnswer:
        """Answer one request; observe how it went."""
        fields = fields_of(request, self._settings.trusted_proxies)
        request_id = enter_request(fields.request_id)
        exchange = Exchange(request, request_id, fields, fields.origin, sample_ratio=self._sample_ratio)
        started = time.perf_counter()
        status, ended = 499, "client left"
        self._metrics.active += 1
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
            self._metrics.active -= 1
            self._observe(exchange, status, time.perf_counter() - started, ended)

    def _unforeseen(self, exchange: Exchange, error: Exception) -> web.Response:
        self._metrics.errors.inc()
        _log.exception("unhandled_error", method=exchange.request.method, route=exchange.route)
        if exchange.request.writer.output_size > 0:
            raise ResponseAborted("an unexpected error after the head was sent") from error
        return self._refuse(exchange, Unexpected("Something went wrong on our side. Quote the request id."))

    async def _answer(self, exchange: Exchange) -> web.StreamResponse | SentAnswer:
        identity, refusal = ANONYMOUS, None
        try:
            self._examine(exchange)
            if exchange.is_operation and exchange.target is not None:
                return self._pages.operations(exchange.request, exchange.target.path)
            authorization = exchange.fields.authorization
            if authorization is not None and exchange.asks_api:  # browsers have sessions, which the web service knows
                known = self._authenticator.known(authorization)
                address = exchange.origin.client.limit_key
                identity = known or await self._authenticator.identify(authorization, address)
        except errors.PlatformError as error:
            refusal = error  # counted like any other request, so that probing is not free
        charges = self._plans.charges(
            identity, exchange.origin.client.limit_key, tries_credentials=exchange.tries_credentials
        )
        exchange.verdicts = self._limiter.take_held(charges) or await self._limiter.take(charges)
        for verdict in exchange.verdicts:
            if not verdict.granted:
                raise _too_many(exchange.verdicts)
        if refusal is not None:
            raise refusal
        if exchange.is_preflight:
            return exchange.preflight_response()
        service, target = exchange.service, exchange.target
        if service is None or target is None or service is Service.GATEWAY:
            if target is not None and target.path == WHOLE:
                return web.Response(status=204, headers={hdrs.ALLOW: ", ".join(_METHODS)})
            return await self._pages.description(exchange.request)
        return await self._proxy.forward(exchange, service, target, identity)

    def _examine(self, exchange: Exchange) -> None:
        """Everything that can be said without asking anyone; fills in what is asked for."""
        request, fields = exchange.request, exchange.fields
        if request.method not in _METHODS:
            raise errors.MethodNotAllowed(request.method, _METHODS)
        if request.claims_unspoken_version:
            raise errors.Invalid("Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        if not fields.is_checked:
            check_framing(request.version, request.headers)
            if fields.size > _HEADERS_TOGETHER * self._settings.max_header_bytes:
                raise HeadersTooLarge("The header fields together are too large.")
        exchange.understood(asked_for(request.method, request.raw_path))
        if exchange.service is None or (
            exchange.service is Service.GATEWAY and exchange.target and exchange.target.path not in OWN_PAGES
        ):
            raise errors.NotFound("Nothing is at this address.")
        if not fields.is_checked:
            self._check_expectations(request)
            fields.is_checked = True

    def _check_expectations(self, request: GatewayRequest) -> None:
        expectation = request.headers.get(hdrs.EXPECT)
        if expectation is not None and expectation.lower() != "100-continue":
            raise ExpectationFailed("The only expectation understood here is 100-continue.")
        if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity" and has_body(request):
            raise errors.UnsupportedMedia("Send the body without a Content-Encoding.")  # no service unpacks bodies
        if (request.content_length or 0) > self._settings.max_body_bytes:
            raise errors.TooLarge(f"The body is larger than {self._settings.max_body_bytes} bytes.")

    def _refuse(self, exchange: Exchange, error: errors.PlatformError) -> web.Response:
        request = exchange.request
        response = error_response(error, request, for_people=exchange.for_people)
        if hdrs.EXPECT in request.headers or isinstance(
            error, errors.TooLarge | errors.Invalid | errors.UnsupportedMedia
        ):
            response.force_close()  # the body will not be read, or we may not know where it ends
        return response

    def _observe(self, exchange: Exchange, status: int, seconds: float, ended: str) -> None:
        request = exchange.request
        if exchange.is_operation:
            return
        method = request.method if request.method in _METHODS else "other"
        self._metrics.requests.observe(method, exchange.route, status, seconds)
        path = exchange.target.path if exchange.target else request.raw_path.partition("?")[0]
        self._access_log.write(
            exchange.request_id, request.method, path, exchange.route, status, seconds,
            client=exchange.origin.client.text, ended=ended, trace_id=exchange.given_trace,
        )  # fmt: skip
        if self._spans is not None:
            self._spans.record(
                exchange.trace, method=method, path=path, route=exchange.route, status=status,
                ended_ns=time.time_ns(), seconds=seconds,
            )  # fmt: skip


def _too_many(verdicts: Sequence[Verdict]) -> errors.TooManyRequests:
    seconds = max(verdict.retry_after for verdict in verdicts if not verdict.granted)
    return errors.TooManyRequests(f"Too many requests; wait for {seconds} s before the next.", retry_after=seconds)
