"""Health of one service: its dependencies, probed in the background; answers come from the last snapshot.

Shape: draft-inadarei-api-health-check, media type `application/health+json`.
"""

import asyncio
import contextlib
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from shared.background import stop
from shared.log import get_logger
from shared.metrics import Metrics

MEDIA_TYPE = "application/health+json"
_log = get_logger(__name__)

_FAST, _NORMAL, _STABLE = 1.0, 5.0, 30.0
_STABLE_AFTER = 24  # good probes in a row before backing off from 5 s towards 30 s
_FALL, _RISE = 3, 2
_PROBE_TIMEOUT = 2.0


class Status(StrEnum):
    """pass and warn answer 200, fail answers 503."""

    PASS = "pass"  # noqa: S105 - the word of the health format, not a password
    WARN = "warn"
    FAIL = "fail"


def worst(statuses: list[Status]) -> Status:
    """The gravest of several."""
    order = [Status.PASS, Status.WARN, Status.FAIL]
    return max(statuses, key=order.index, default=Status.PASS)


@dataclass(slots=True)
class Dependency:
    """One thing this service needs. `probe` raises when it is away; `budget_ms` is what it should take."""

    name: str
    component_type: str
    """datastore, cache, component, system"""
    probe: Callable[[], Awaitable[None]]
    budget_ms: float
    critical: bool = True
    """Whether its loss is a failure (503) or a warning: Redis is not critical."""
    status: Status = Status.WARN
    observed_ms: float = 0.0
    observed_at: float = 0.0
    output: str = "not probed yet"
    good_in_a_row: int = 0
    bad_in_a_row: int = 0
    ever_up: bool = False

    def entry(self) -> dict[str, Any]:
        """Its element of `checks`."""
        entry: dict[str, Any] = {
            "componentType": self.component_type,
            "status": self.status.value,
            "observedValue": round(self.observed_ms, 2),
            "observedUnit": "ms",
            "time": datetime.fromtimestamp(self.observed_at or time.time(), UTC).isoformat(timespec="milliseconds"),
        }
        if self.output:
            entry["output"] = self.output
        return entry


@dataclass(slots=True)
class HealthMonitor:
    """Probes the dependencies of one service and holds the snapshot."""

    service: str
    metrics: Metrics
    dependencies: list[Dependency] = field(default_factory=list)
    draining: bool = False
    loop_lag: float = 0.0

    def add(self, dependency: Dependency) -> None:
        """Register a dependency, before the application starts."""
        self.dependencies.append(dependency)

    @property
    def status(self) -> Status:
        """The service's own status."""
        return worst([d.status for d in self.dependencies])

    def ready(self) -> bool:
        """Whether traffic should come: not draining, and every critical dependency has been up."""
        return not self.draining and all(d.ever_up or not d.critical for d in self.dependencies)

    def document(self) -> dict[str, Any]:
        """The body of `/health`; `ready` is beyond the format, and tells the gateway what `/readyz` says."""
        return {
            "status": self.status.value,
            "serviceId": self.service,
            "ready": self.ready(),
            "checks": {f"{d.name}:responseTime": [d.entry()] for d in self.dependencies},
        }

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Probe in the background while the application runs. The first probes are done before it takes traffic."""
        await asyncio.gather(*(self.probe(d) for d in self.dependencies))
        tasks = [asyncio.create_task(self._watch(d)) for d in self.dependencies]
        tasks.append(asyncio.create_task(self._watch_loop()))
        try:
            yield
        finally:
            await stop(tasks)

    async def _watch(self, dependency: Dependency) -> None:
        while True:
            pause = _interval(dependency)
            await asyncio.sleep(pause * random.uniform(0.9, 1.1))  # noqa: S311 - spreads probes, guards nothing
            await self.probe(dependency)

    async def probe(self, dependency: Dependency) -> None:
        """Probe one dependency now and record the finding."""
        started = time.perf_counter()
        try:
            async with asyncio.timeout(_PROBE_TIMEOUT):
                await dependency.probe()
        except Exception as error:  # any failure of a probe is the finding itself
            self._record(dependency, started, error)
        else:
            self._record(dependency, started, None)

    def _record(self, dependency: Dependency, started: float, error: Exception | None) -> None:
        seconds = time.perf_counter() - started
        dependency.observed_ms = seconds * 1000
        dependency.observed_at = time.time()
        before = dependency.status
        if error is None:
            dependency.good_in_a_row += 1
            dependency.bad_in_a_row = 0
            over = dependency.observed_ms > dependency.budget_ms
            if not dependency.ever_up or dependency.good_in_a_row >= _RISE or before is not Status.FAIL:
                dependency.status = Status.WARN if over else Status.PASS
                dependency.output = f"slower than its budget of {dependency.budget_ms:g} ms" if over else ""
            dependency.ever_up = True
        else:
            dependency.bad_in_a_row += 1
            dependency.good_in_a_row = 0
            down = not dependency.ever_up or dependency.bad_in_a_row >= _FALL
            dependency.status = Status.FAIL if down and dependency.critical else Status.WARN
            dependency.output = f"{type(error).__name__} on the last {dependency.bad_in_a_row} probes"
        self.metrics.dependency_up.labels(dependency.name).set(0 if error else 1)
        self.metrics.dependency_seconds.labels(dependency.name).set(seconds)
        if before is not dependency.status:
            _log.info("dependency_changed", dependency=dependency.name, before=before, after=dependency.status)

    async def _watch_loop(self) -> None:
        while True:
            due = time.perf_counter() + 0.5
            await asyncio.sleep(0.5)
            self.loop_lag = max(0.0, time.perf_counter() - due)
            self.metrics.loop_lag.set(self.loop_lag)


def _interval(dependency: Dependency) -> float:
    if dependency.bad_in_a_row or dependency.status is not Status.PASS or dependency.good_in_a_row < _RISE:
        return _FAST
    if dependency.good_in_a_row < _STABLE_AFTER:
        return _NORMAL
    return min(_STABLE, _NORMAL + (dependency.good_in_a_row - _STABLE_AFTER))
