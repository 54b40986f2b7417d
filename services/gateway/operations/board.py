"""The metrics of several gateway processes as one: a scrape reaches one of them, and tells of all.

Each process writes its figures into a folder that they share, once a second and at each scrape, so that no counter that
was ever shown goes back. What a process counted outlives it.
"""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from prometheus_client.exposition import generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.parser import text_string_to_metric_families
from prometheus_client.registry import Collector, CollectorRegistry

from shared.background import stop
from shared.metrics import Metrics

_WRITE_SECONDS = 1.0
_ENDED = "ended"
_GREATEST = ("event_loop_lag_seconds", "dependency_latency_seconds", "upstream_breaker_state", "upstream_replicas")
_LEAST = ("dependency_up", "process_start_time_seconds", "gateway_cache_hears_changes")
_LEAST_OF = {"upstream_replicas": ("state", "in_use")}  # all processes have the same replicas, and judge for themselves
_TYPES_THAT_COUNT = ("counter", "histogram", "summary")


class Board:
    """The shared folder. Gauges of what each process has of its own are added up; of what all of them look at the worst
    view is shown: the greatest lag and latency, the least of what is up, heard and in use."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def render(self, metrics: Metrics) -> bytes:
        """The figures of all processes, ended ones included, in the text exposition format."""
        self.write(metrics)
        texts = [text for name in sorted(os.listdir(self._folder)) if (text := self._read(name))]
        return _text(merged(texts))

    def write(self, metrics: Metrics) -> None:
        """Put this process's figures there."""
        self._replace(str(os.getpid()), metrics.render())

    @contextlib.asynccontextmanager
    async def running(self, metrics: Metrics) -> AsyncIterator[None]:
        """Write them again and again, and at the end."""
        task = asyncio.create_task(self._watch(metrics))
        try:
            yield
        finally:
            await stop([task])
            self.write(metrics)

    def ended(self, pid: int) -> None:
        """A process ended: keep what it counted, and forget what it was. For the parent, which alone may call it."""
        text = self._read(str(pid))
        if not text:
            return
        counts = [m for m in merged([t for t in (self._read(_ENDED), text) if t]) if m.type in _TYPES_THAT_COUNT]
        self._replace(_ENDED, _text(counts))
        (self._folder / str(pid)).unlink()

    async def _watch(self, metrics: Metrics) -> None:
        while True:
            await asyncio.sleep(_WRITE_SECONDS)
            self.write(metrics)

    def _replace(self, name: str, text: bytes) -> None:
        fresh = self._folder / f".{name}"
        fresh.write_bytes(text)
        fresh.replace(self._folder / name)

    def _read(self, name: str) -> str:
        if name.startswith("."):
            return ""
        try:
            return (self._folder / name).read_text(encoding="utf-8")
        except FileNotFoundError:
            return ""


def merged(texts: Iterable[str]) -> list[Metric]:
    """The families of several expositions as one."""
    families: dict[str, Metric] = {}
    values: dict[str, dict[tuple[str, tuple[tuple[str, str], ...]], float]] = {}
    for text in texts:
        for family in text_string_to_metric_families(text):
            families.setdefault(family.name, family)
            known = values.setdefault(family.name, {})
            for sample in family.samples:
                together = _rule(family, sample.labels)
                key = (sample.name, tuple(sorted(sample.labels.items())))
                known[key] = together(known[key], sample.value) if key in known else sample.value
    found = []
    for name, family in families.items():
        one = Metric(name, family.documentation, family.type)
        for (sample_name, labels), value in values[name].items():
            one.add_sample(sample_name, dict(labels), value)
        found.append(one)
    return found


def _rule(family: Metric, labels: dict[str, str]) -> Callable[[float, float], float]:
    least_of = _LEAST_OF.get(family.name)
    if least_of is not None and labels.get(least_of[0]) == least_of[1]:
        return min
    if family.name in _GREATEST or family.name.endswith("_info"):
        return max
    if family.name in _LEAST or family.name.endswith("_created"):
        return min
    return lambda one, other: one + other


class _Families(Collector):
    def __init__(self, families: list[Metric]) -> None:
        self._families = families

    def collect(self) -> Iterable[Metric]:
        return self._families


def _text(families: list[Metric]) -> bytes:
    registry = CollectorRegistry()
    registry.register(_Families(families))
    return generate_latest(registry)
