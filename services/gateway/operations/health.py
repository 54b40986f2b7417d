"""The health of the whole platform, probed in the background; answers come from the last findings."""

import asyncio
import contextlib
import functools
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import aiohttp

from services.gateway.operations.lifeline import until_lost
from shared.background import stop
from shared.health import Status, worst
from shared.log import get_logger
from shared.metrics import Metrics

SERVICE_BUDGET_MS = 100.0
_SOON, _NORMAL = 1.0, 2.0  # seconds between probes; a killed service shows within the longer one
_STEADY_AFTER = 3
_FALL, _RISE = 3, 2
_PROBE_SECONDS = 1.5
_DATABASE = "postgresql:responseTime"
_log = get_logger("gateway.health")


class Refused(Exception):
    """Nobody listens there: no need to ask twice."""


@dataclass(slots=True, eq=False)
class Probed:
    """One component that is asked again and again. `probe` returns the component's own health document, if it has one,
    and raises Refused or anything else when it does not answer."""

    name: str
    component_type: str
    component_id: str
    budget_ms: float
    probe: Callable[[], Awaitable[dict[str, Any]]]
    loss: Status
    """What its loss means for the platform."""
    until_lost: Callable[[], Coroutine[Any, Any, None]] | None = None
    """Returns when it may have ended, so that it is asked at once."""
    status: Status = Status.WARN
    output: str = "not probed yet"
    observed_ms: float = 0.0
    observed_at: float = field(default_factory=time.time)
    document: dict[str, Any] = field(default_factory=dict)
    good: int = 0
    bad: int = 0
    is_down: bool = True

    def entry(self) -> dict[str, Any]:
        """Its element of `checks`."""
        return _entry(
            self.component_id, self.component_type, self.status, self.observed_ms, self.observed_at, self.output
        )

    def record(self, milliseconds: float, document: dict[str, Any]) -> None:
        """It answered."""
        self.observed_ms, self.observed_at = milliseconds, time.time()
        self.good, self.bad = self.good + 1, 0
        self.document = document
        if self.is_down and self.good < _RISE and self.output != "not probed yet":
            return
        self.is_down = False
        self.status, self.output = _reported(document)
        if self.status is Status.PASS and milliseconds > self.budget_ms:
            self.status = Status.WARN
            self.output = f"slower than its budget of {self.budget_ms:g} ms"

    def record_failure(self, milliseconds: float, error: Exception) -> None:
        """It did not."""
        self.observed_ms, self.observed_at = milliseconds, time.time()
        self.bad, self.good = self.bad + 1, 0
        if self.is_down or isinstance(error, Refused) or self.bad >= _FALL:
            self.is_down = True
            self.status = self.loss
            self.document = {}
        elif self.status is Status.PASS:
            self.status = Status.WARN
        self.output = f"{type(error).__name__} on the last {self.bad} probes"

    def pause(self) -> float:
        """Seconds until the next probe."""
        steady = self.status is Status.PASS and self.good >= _STEADY_AFTER
        return (_NORMAL if steady else _SOON) * random.uniform(0.9, 1.1)  # noqa: S311 - spreads probes, guards nothing


class PlatformHealth:
    """Every replica of every service, and PostgreSQL and Redis as they are seen.

    `replicas` gives the addresses of each service as they are known now; a replica that is gone is forgotten.
    """

    def __init__(
        self,
        replicas: Mapping[str, Callable[[], Iterable[str]]],
        others: list[Probed],
        session: aiohttp.ClientSession,
        metrics: Metrics,
    ) -> None:
        self._replicas = replicas
        self._others = others
        self._session = session
        self._metrics = metrics
        self._services: dict[str, dict[str, Probed]] = {service: {} for service in replicas}
        self._watches: dict[Probed, asyncio.Task[None]] = {}

    def document(self) -> dict[str, Any]:
        """The body of `/health`. A service is down when all its replicas are; one of several down is a warning."""
        groups = {service: list(probed.values()) for service, probed in self._services.items()}
        checks = {f"{name}:responseTime": [p.entry() for p in group] for name, group in groups.items()}
        checks |= {f"{other.name}:responseTime": [other.entry()] for other in self._others}
        checks[_DATABASE] = self._database()
        statuses = [_together(group) for group in groups.values()]
        statuses += [other.status for other in self._others]
        statuses += [Status(entry["status"]) for entry in checks[_DATABASE]]
        return {"status": worst(statuses).value, "serviceId": "openpolicy", "version": "1", "checks": checks}

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Probe while the gateway runs; each component has been asked once before it takes traffic."""
        first = [*self._follow_replicas(), *self._others]
        await asyncio.gather(*(self._probe(c) for c in first))
        for component in first:
            self._watch(component)
        following = asyncio.create_task(self._keep_following())
        try:
            yield
        finally:
            await stop([following, *self._watches.values()])

    async def _keep_following(self) -> None:
        while True:
            await asyncio.sleep(_SOON)
            for component in self._follow_replicas():
                self._watch(component)

    def _follow_replicas(self) -> list[Probed]:
        """Forget replicas that are gone; returns those that are new."""
        new = []
        for service, addresses in self._replicas.items():
            known, now = self._services[service], set(addresses())
            for gone in known.keys() - now:
                task = self._watches.pop(known.pop(gone), None)
                if task is not None:
                    task.cancel()
            for url in sorted(now - known.keys()):
                probe = service_probe(self._session, url)
                lifeline = functools.partial(until_lost, url)
                known[url] = Probed(service, "component", url, SERVICE_BUDGET_MS, probe, Status.FAIL, lifeline)
                new.append(known[url])
        return new

    def _watch(self, component: Probed) -> None:
        self._watches[component] = asyncio.create_task(self._ask_again_and_again(component))

    async def _ask_again_and_again(self, component: Probed) -> None:
        lost: asyncio.Task[None] | None = None
        try:
            while True:
                await self._probe(component)
                if lost is None and component.until_lost is not None and not component.bad:
                    lost = asyncio.create_task(component.until_lost())
                if lost is None:
                    await asyncio.sleep(component.pause())
                elif (await asyncio.wait({lost}, timeout=component.pause()))[0]:
                    lost = None
        finally:
            if lost is not None:
                await stop([lost])

    async def _probe(self, component: Probed) -> None:
        before = component.status
        started = time.perf_counter()
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                document = await component.probe()
        except Exception as error:  # any failure of a probe is the finding itself
            component.record_failure((time.perf_counter() - started) * 1000, error)
        else:
            component.record((time.perf_counter() - started) * 1000, document)
        group = self._services.get(component.name, {}).values() or [component]
        self._metrics.dependency_up.labels(component.name).set(int(any(not p.bad for p in group)))
        self._metrics.dependency_seconds.labels(component.name).set(component.observed_ms / 1000)
        if component.status is not before:
            _log.info(
                "component_changed",
                component=component.name,
                replica=component.component_id,
                before=before.value,
                after=component.status.value,
            )

    def _database(self) -> list[dict[str, Any]]:
        """What the services say of PostgreSQL; the worst first."""
        seen = []
        for component in (probed for group in self._services.values() for probed in group.values()):
            for entry in _entries(component.document, _DATABASE):
                seen.append({**entry, "componentId": f"seen by {component.name}"})
        if not seen:
            return [_entry("", "datastore", Status.WARN, 0.0, time.time(), "no service can tell at the moment")]
        order = [Status.FAIL.value, Status.WARN.value, Status.PASS.value]
        return sorted(seen, key=lambda entry: order.index(entry["status"]))


def _together(replicas: list[Probed]) -> Status:
    """What several replicas make of a service."""
    found = {replica.status for replica in replicas} or {Status.FAIL}
    if Status.FAIL in found and len(found) > 1:
        return Status.WARN
    return worst(list(found))


def service_probe(session: aiohttp.ClientSession, base_url: str) -> Callable[[], Awaitable[dict[str, Any]]]:
    """Asks a service for its `/health`."""

    async def probe() -> dict[str, Any]:
        try:
            async with session.get(base_url.rstrip("/") + "/health") as response:
                document = await response.json(content_type=None)
        except aiohttp.ClientConnectorError as error:
            raise Refused from error
        if not isinstance(document, dict) or document.get("status") not in ("pass", "warn", "fail"):
            raise ValueError("not a health document")
        return document

    return probe


def _reported(document: dict[str, Any]) -> tuple[Status, str]:
    """What a component says of itself, and of which part."""
    status = Status(document.get("status", "pass"))
    if status is Status.PASS:
        return status, ""
    checks = document.get("checks")
    ill = [
        name.partition(":")[0]
        for name in (checks if isinstance(checks, dict) else {})
        if any(entry["status"] != "pass" for entry in _entries(document, name))
    ]
    return status, f"reports {status.value}: {', '.join(ill) or 'itself'}"


def _entries(document: dict[str, Any], name: str) -> list[dict[str, Any]]:
    checks = document.get("checks")
    entries = checks.get(name) if isinstance(checks, dict) else None
    known = {status.value for status in Status}
    return [e for e in entries if isinstance(e, dict) and e.get("status") in known] if isinstance(entries, list) else []


def _entry(
    component_id: str, component_type: str, status: Status, milliseconds: float, at: float, output: str
) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "componentId": component_id,
        "componentType": component_type,
        "status": status.value,
        "observedValue": round(milliseconds, 2),
        "observedUnit": "ms",
        "time": datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds"),
    }
    if output:
        entry["output"] = output
    return entry
