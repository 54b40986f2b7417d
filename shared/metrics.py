"""Prometheus metrics of one service process, in a registry of its own (tests run several services in one process)."""

from prometheus_client import CollectorRegistry, Counter, Gauge, PlatformCollector, ProcessCollector
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from shared.timings import RequestTimings

CONTENT_TYPE = CONTENT_TYPE_LATEST
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The figures every service has; a service adds its own with `registry=metrics.registry`."""

    def __init__(self, service: str) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        PlatformCollector(registry=self.registry)
        self.requests = RequestTimings(
            "http_server_request_duration_seconds",
            "Time from request to the end of its response, in seconds.",
            _BUCKETS,
        )
        self.registry.register(self.requests)
        self.active = 0
        """Requests being answered."""
        active = Gauge("http_server_active_requests", "Requests being answered.", registry=self.registry)
        active.set_function(lambda: self.active)
        self.errors = Counter(
            "http_server_unhandled_errors_total", "Requests that ended in an unexpected error.", registry=self.registry
        )
        self.loop_lag = Gauge(
            "event_loop_lag_seconds", "How late the event loop ran a timer, in seconds.", registry=self.registry
        )
        self.dependency_up = Gauge(
            "dependency_up", "1 while the dependency answers its probe.", ("dependency",), registry=self.registry
        )
        self.dependency_seconds = Gauge(
            "dependency_latency_seconds", "Latency of the last probe.", ("dependency",), registry=self.registry
        )
        self.info = Gauge("service_info", "Always 1; names the service.", ("service",), registry=self.registry)
        self.info.labels(service).set(1)

    def render(self) -> bytes:
        """The text exposition format."""
        return generate_latest(self.registry)
