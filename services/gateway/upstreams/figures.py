"""Figures of the services for a scrape, read from the plain counters that the requests count up."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


@dataclass(frozen=True, slots=True)
class UpstreamFigures:
    """One service at this moment."""

    service: str
    requests: int
    failures: dict[str, int]
    retries: int
    retries_refused: int
    ejections: int
    turned_away: int
    breaker: int
    breaker_openings: int
    in_flight: int
    waiting: int
    replicas: dict[str, int]


_COUNTERS: tuple[tuple[str, str, Callable[[UpstreamFigures], int]], ...] = (
    ("requests", "Requests for a service, those among them that it was not asked for.", lambda f: f.requests),
    ("retries", "Requests that were sent a second time, to another replica.", lambda f: f.retries),
    ("retries_refused", "Requests that were not, since too many were already.", lambda f: f.retries_refused),
    ("ejections", "Replicas ejected for their answers.", lambda f: f.ejections),
    ("turned_away", "Requests that found the service too busy.", lambda f: f.turned_away),
    ("breaker_openings", "How often the breaker opened.", lambda f: f.breaker_openings),
)
_GAUGES: tuple[tuple[str, str, Callable[[UpstreamFigures], int]], ...] = (
    ("breaker_state", "0 closed, 1 half-open, 2 open.", lambda f: f.breaker),
    ("in_flight", "Requests under way.", lambda f: f.in_flight),
    ("waiting", "Requests that wait for a place.", lambda f: f.waiting),
)


class UpstreamCollector(Collector):
    """`upstream_*`, by service."""

    def __init__(self, read: Iterable[Callable[[], UpstreamFigures]]) -> None:
        self._read = tuple(read)

    def collect(self) -> Iterable[Metric]:
        """All series."""
        figures = [read() for read in self._read]
        for name, said, value in _COUNTERS:
            counter = CounterMetricFamily(f"upstream_{name}", said, labels=("service",))
            for figure in figures:
                counter.add_metric((figure.service,), value(figure))
            yield counter
        for name, said, value in _GAUGES:
            gauge = GaugeMetricFamily(f"upstream_{name}", said, labels=("service",))
            for figure in figures:
                gauge.add_metric((figure.service,), value(figure))
            yield gauge
        failures = CounterMetricFamily(
            "upstream_failures", "Attempts that failed, by what went wrong.", labels=("service", "kind")
        )
        replicas = GaugeMetricFamily("upstream_replicas", "Replicas, by their state.", labels=("service", "state"))
        for figure in figures:
            for kind, count in figure.failures.items():
                failures.add_metric((figure.service, kind), count)
            for state, count in figure.replicas.items():
                replicas.add_metric((figure.service, state), count)
        yield failures
        yield replicas
