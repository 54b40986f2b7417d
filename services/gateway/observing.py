"""What is told of each request once it is over: metrics, a line in the access log, a span."""

import time
from typing import TYPE_CHECKING

from services.gateway.asked import METHODS
from services.gateway.exchange import Exchange
from shared.access_log import AccessLog
from shared.metrics import Metrics

if TYPE_CHECKING:
    from services.gateway.operations.spans import Spans


class Observer:
    """Sees every request come and go."""

    def __init__(self, metrics: Metrics, access_log: AccessLog, spans: "Spans | None" = None) -> None:
        self._metrics = metrics
        self._access_log = access_log
        self._spans = spans

    def began(self) -> None:
        """A request came; `ended` follows."""
        self._metrics.active += 1

    def unforeseen(self) -> None:
        """It met an error that nobody thought of."""
        self._metrics.errors.inc()

    def ended(self, exchange: Exchange, status: int, ended: str = "") -> None:
        """It is over; `ended` says why, when that is not because it was answered."""
        metrics, fields = self._metrics, exchange.fields
        metrics.active -= 1
        asked = exchange.asked
        if asked is None:
            path, route = exchange.raw_target.partition("?")[0], "none"
        elif asked.is_operation:
            return
        else:
            path, route = asked.target.path, asked.route
        seconds = time.perf_counter() - exchange.started
        method = exchange.method if exchange.method in METHODS else "other"
        metrics.requests.observe(method, route, status, seconds)
        self._access_log.write(
            exchange.request_id, exchange.method, path, route, status, seconds,
            fields.origin.client.text, ended, exchange.given_trace if fields.names_trace else "",
        )  # fmt: skip
        if self._spans is not None:
            self._spans.record(
                exchange.trace, method=method, path=path, route=route, status=status,
                ended_ns=time.time_ns(), seconds=seconds,
            )  # fmt: skip
