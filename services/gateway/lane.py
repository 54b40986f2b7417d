"""The lane: plain requests of which nothing has to be waited for, but for the answer, are handled by callbacks.

A task, a parsed request and a response object for each request are more than half of what a short answer costs. Here a
request is examined, identified and counted the moment it arrives, is answered from what is kept or sent over a kept
connection, and when its answer is here as a whole, that is written to the client from the same callback.

What requests may come here is decided in client.fields.may_repeat; that they cannot be told from one another by what
the lane does and what the gateway does, by this: wherever something does not go that straight (a token to be checked, a
quota to be asked for, no kept connection, an answer that is long, may be kept, or is a failure, a deadline, a client
that reads slowly, the end of the process), the request is handed over with what was done for it so far, and the
ordinary way (services.gateway.gateway) goes on from there. Nothing is decided here that is not decided there, too.
"""

from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, Metric
from prometheus_client.registry import Collector

from services.gateway.asked import Asked, asked_by
from services.gateway.cache.passes import PASSED_LINE
from services.gateway.cache.shared_cache import SharedCache
from services.gateway.client.fields import Fields
from services.gateway.client.laned import Laned
from services.gateway.entrance import Entrance
from services.gateway.exchange import Exchange
from services.gateway.observing import Observer
from services.gateway.proxy import Proxy
from services.gateway.relay import short_answer, whole_answer
from services.gateway.upstreams.begun import Begun
from services.gateway.upstreams.whole import Whole
from shared.context import request_id_of
from shared.log import get_logger

_log = get_logger("gateway.lane")
_MOST_BYTES = 32_768
"""Of a body: what a client does not read at once stays well below what makes its connection hold us back."""


class LaneFigures(Collector):
    """How requests fared that took the lane, for a scrape."""

    def __init__(self) -> None:
        self.kept = 0
        """Given from what is kept."""
        self.passed = 0
        """Answered by their services."""
        self.handed_over = 0
        """Gone on with in the ordinary way."""

    def collect(self) -> Iterable[Metric]:
        """All figures."""
        family = CounterMetricFamily("gateway_lane_requests", "Requests that took the lane.", labels=("outcome",))
        for name in ("kept", "passed", "handed_over"):
            family.add_metric((name,), getattr(self, name))
        yield family


class Lane:
    """See client.laned.Lane; the travellers are exchanges."""

    def __init__(
        self, *, entrance: Entrance, cache: SharedCache | None, proxy: Proxy, observer: Observer, sample_ratio: float
    ) -> None:
        self._entrance = entrance
        self._cache = cache
        self._proxy = proxy
        self._observer = observer
        self._sample_ratio = sample_ratio
        self.figures = LaneFigures()

    def enter(self, connection: Laned, line: bytes) -> bool:
        """A plain GET arrived; see client.laned.Lane."""
        asked = asked_by(line)
        if asked is None:
            return False
        fields: Fields = connection.fields
        exchange = Exchange("GET", "", fields, request_id_of(fields.request_id), sample_ratio=self._sample_ratio)
        if not self._entrance.admit_at_once(exchange, asked):
            return False
        self._observer.began()
        connection.in_lane = exchange
        found = True if self._cache is None else self._cache.glance(exchange, _MOST_BYTES)
        if isinstance(found, tuple):
            status, data = found
            self.figures.kept += 1
            self._observer.ended(exchange, status)
            connection.arrive(data)
        elif not (found and self._ask(connection, exchange, asked)):
            connection.hand_over()
        return True

    def stop(self, traveller: object) -> None:
        """See client.laned.Lane."""
        self.figures.handed_over += 1
        if isinstance(traveller, Exchange) and traveller.begun is not None:
            traveller.begun.listen(None)

    def left(self, traveller: object) -> None:
        """See client.laned.Lane."""
        if isinstance(traveller, Exchange):
            if traveller.begun is not None:
                traveller.begun.abandon()
            self._observer.ended(traveller, 499, "client left")

    def _ask(self, connection: Laned, exchange: Exchange, asked: Asked) -> bool:
        begun = exchange.begun = self._proxy.begin(exchange, asked)
        if begun is None:
            return False
        begun.listen(lambda: self._answered(connection, exchange))
        return True

    def _answered(self, connection: Laned, exchange: Exchange) -> None:
        """The service said something, or will not any more."""
        begun = exchange.begun
        if begun is None or not begun.is_straight(_MOST_BYTES):
            connection.hand_over()
        elif begun.whole is None or not self._pass_short(connection, exchange, begun, begun.whole):
            self._pass_on(connection, exchange, begun)

    def _pass_short(self, connection: Laned, exchange: Exchange, begun: Begun, whole: Whole) -> bool:
        """Send on what most answers are: short, in one piece, and not to be kept."""
        cache = self._cache
        data = short_answer(exchange, whole, b"" if cache is None else PASSED_LINE)
        if data is None or not (cache is None or cache.lets_pass_at_sight(whole)):
            return False
        exchange.begun = None
        begun.finish()
        self._arrive(connection, exchange, whole.status, data)
        return True

    def _pass_on(self, connection: Laned, exchange: Exchange, begun: Begun) -> None:
        """Send on any other that is here."""
        cache = self._cache
        if not (cache is None or cache.lets_pass(begun.headers)):
            connection.hand_over()
            return
        exchange.begun = None
        answer = begun.take()
        try:
            data = whole_answer(exchange, answer, answer.whole or b"", keep_alive=True)
        except Exception:
            _log.exception("not_answered_in_the_lane", route=exchange.route)
            connection.hand_over()  # and is asked for again, since it only reads
            return
        finally:
            answer.close()
        self._arrive(connection, exchange, answer.status, data)

    def _arrive(self, connection: Laned, exchange: Exchange, status: int, data: bytes) -> None:
        self.figures.passed += 1
        self._observer.ended(exchange, status)
        connection.arrive(data)
