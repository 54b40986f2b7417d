"""What the cache did, counted with plain integers and shown at each scrape."""

from collections.abc import Iterable

from prometheus_client.metrics_core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector


class Figures(Collector):
    """Figures of one process. `hits` to `bypassed` each count a request once."""

    def __init__(self) -> None:
        self.hits = 0
        self.stale = 0
        """Given although stale: while it was asked for anew, or since its service failed."""
        self.confirmed = 0
        """Given after the service said that it is the same."""
        self.misses = 0
        self.bypassed = 0
        """Requests that the cache has nothing to do with: those that write, and what is nobody else's."""
        self.collapsed = 0
        """Requests that waited for the answer to another one; each is counted above, too."""
        self.stored = 0
        self.evictions = 0
        self.invalidations = 0
        self.hears = False
        """Whether changes of content are announced, and heard."""
        self.bytes = 0
        self.entries = 0

    def collect(self) -> Iterable[Metric]:
        """All figures, for a scrape."""
        results = CounterMetricFamily("gateway_cache_requests", "Requests by what the cache did.", labels=("result",))
        counted = {
            "hit": self.hits, "stale": self.stale, "confirmed": self.confirmed, "miss": self.misses,
            "bypass": self.bypassed,
        }  # fmt: skip
        for result, count in counted.items():
            results.add_metric((result,), count)
        yield results
        yield CounterMetricFamily(
            "gateway_cache_collapsed", "Requests that waited for another's answer.", value=self.collapsed
        )
        yield CounterMetricFamily("gateway_cache_stored", "Answers that were kept.", value=self.stored)
        yield CounterMetricFamily("gateway_cache_evictions", "Answers that made room.", value=self.evictions)
        yield CounterMetricFamily("gateway_cache_invalidations", "News of changed content.", value=self.invalidations)
        yield GaugeMetricFamily("gateway_cache_hears_changes", "1 while news of changes are heard.", value=self.hears)
        yield GaugeMetricFamily("gateway_cache_bytes", "Memory held by kept answers.", value=self.bytes)
        yield GaugeMetricFamily("gateway_cache_entries", "Answers kept.", value=self.entries)
