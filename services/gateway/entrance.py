"""Who may come in: each request is examined, its caller identified, and counted, in this order."""

from collections.abc import Sequence

from aiohttp import hdrs

from services.gateway.asked import METHODS, Asked, asked_for
from services.gateway.client.body import has_body
from services.gateway.client.headers import check_framing
from services.gateway.credentials.identity import Authenticator
from services.gateway.exchange import Exchange
from services.gateway.limits.limiter import Limiter
from services.gateway.limits.plans import Charge, Plans, Verdict
from services.gateway.problems import ExpectationFailed, HeadersTooLarge
from services.gateway.routes import OWN_PAGES, Service
from services.gateway.settings import GatewaySettings
from shared import errors
from shared.identity import ANONYMOUS

_HEADERS_TOGETHER = 4  # all fields together may be this many times as large as the largest single one


class Entrance:
    """Lets requests in, or refuses them."""

    def __init__(self, settings: GatewaySettings, authenticator: Authenticator, limiter: Limiter) -> None:
        self._settings = settings
        self._authenticator = authenticator
        self._limiter = limiter
        self._plans = Plans(settings)

    async def admit(self, exchange: Exchange) -> None:
        """Fill in who asks, for what, and what the limits say to it. Raises what it is refused with."""
        refusal = None
        try:
            self._examine(exchange)
            if exchange.is_operation:
                return
            authorization = exchange.fields.authorization
            if authorization is not None and exchange.asks_api:  # browsers have sessions, which the web service knows
                known = self._authenticator.known(authorization)
                address = exchange.fields.origin.client.limit_key
                exchange.identity = known or await self._authenticator.identify(authorization, address)
        except errors.PlatformError as error:
            refusal = error  # counted like any other request, so that probing is not free
        charges = self._charges(exchange)
        exchange.verdicts = self._limiter.take_held(charges) or await self._limiter.take(charges)
        for verdict in exchange.verdicts:
            if not verdict.granted:
                raise _too_many(exchange.verdicts)
        if refusal is not None:
            raise refusal
        exchange.is_admitted = True

    def admit_at_once(self, exchange: Exchange, asked: Asked) -> bool:
        """The same for a request of a service with fields that were examined before, if nobody has to be asked. When it
        gives False nothing was counted."""
        fields = exchange.fields
        if not fields.is_checked:
            return False
        exchange.asked = asked
        identity = ANONYMOUS
        if fields.authorization is not None and asked.is_api:
            known = self._authenticator.known(fields.authorization)
            if known is None:
                return False
            identity = exchange.identity = known
        if fields.charged is not identity:  # what a client says again is counted as before
            fields.charged, fields.charges = identity, self._charges(exchange)
        verdicts = self._limiter.take_held(fields.charges)
        if verdicts is None:
            return False
        for verdict in verdicts:
            if not verdict.granted:
                return False
        exchange.verdicts = verdicts
        exchange.is_admitted = True
        return True

    def _charges(self, exchange: Exchange) -> tuple[Charge, ...]:
        return self._plans.charges(
            exchange.identity, exchange.fields.origin.client.limit_key, tries_credentials=exchange.tries_credentials
        )

    def _examine(self, exchange: Exchange) -> None:
        """Everything that can be said without asking anyone; fills in what is asked for."""
        request, fields = exchange.request, exchange.fields
        if exchange.method not in METHODS:
            raise errors.MethodNotAllowed(exchange.method, METHODS)
        if request.claims_unspoken_version:
            raise errors.Invalid("Only HTTP/1.0 and HTTP/1.1 are spoken here.")
        if not fields.is_checked:
            check_framing(request.version, request.headers)
            if fields.size > _HEADERS_TOGETHER * self._settings.max_header_bytes:
                raise HeadersTooLarge("The header fields together are too large.")
        asked = exchange.understood(asked_for(exchange.method, exchange.raw_target))
        if asked.service is None or (asked.service is Service.GATEWAY and asked.target.path not in OWN_PAGES):
            raise errors.NotFound("Nothing is at this address.")
        if not fields.is_checked:
            self._check_expectations(exchange)
            fields.is_checked = True

    def _check_expectations(self, exchange: Exchange) -> None:
        request = exchange.request
        expectation = request.headers.get(hdrs.EXPECT)
        if expectation is not None and expectation.lower() != "100-continue":
            raise ExpectationFailed("The only expectation understood here is 100-continue.")
        if request.headers.get(hdrs.CONTENT_ENCODING, "identity").lower() != "identity" and has_body(request):
            raise errors.UnsupportedMedia("Send the body without a Content-Encoding.")  # no service unpacks bodies
        if (request.content_length or 0) > self._settings.max_body_bytes:
            raise errors.TooLarge(f"The body is larger than {self._settings.max_body_bytes} bytes.")


def _too_many(verdicts: Sequence[Verdict]) -> errors.TooManyRequests:
    seconds = max(verdict.retry_after for verdict in verdicts if not verdict.granted)
    return errors.TooManyRequests(f"Too many requests; wait for {seconds} s before the next.", retry_after=seconds)
