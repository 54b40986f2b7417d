"""How long requests took, counted with less effort than it takes to answer one."""

from bisect import bisect_left
from collections.abc import Iterable, Sequence
from itertools import accumulate

from prometheus_client.metrics_core import HistogramMetricFamily, Metric
from prometheus_client.registry import Collector


class RequestTimings(Collector):
    """A Prometheus histogram with the labels method, route and status; its bounds are in seconds.

    prometheus_client's own looks its labels up under a lock and adds to each bucket under another, for threads that
    there are not here.
    """

    def __init__(self, name: str, documentation: str, bounds: Sequence[float]) -> None:
        self._name = name
        self._documentation = documentation
        self._bounds = tuple(bounds)
        self._counts: dict[tuple[str, str, int], list[int]] = {}
        self._sums: dict[tuple[str, str, int], float] = {}

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """Count one request."""
        key = (method, route, status)
        counts = self._counts.get(key)
        if counts is None:
            counts = self._counts[key] = [0] * (len(self._bounds) + 1)
            self._sums[key] = 0.0
        counts[bisect_left(self._bounds, seconds)] += 1
        self._sums[key] += seconds

    def collect(self) -> Iterable[Metric]:
        """All series, for a scrape."""
        family = HistogramMetricFamily(self._name, self._documentation, labels=("method", "route", "status"))
        bounds = [str(bound) for bound in self._bounds] + ["+Inf"]
        for (method, route, status), counts in self._counts.items():
            buckets = list(zip(bounds, map(float, accumulate(counts)), strict=True))
            family.add_metric((method, route, str(status)), buckets, self._sums[method, route, status])
        yield family
