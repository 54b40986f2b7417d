"""The health of the whole platform, probed in the background; answers come from the last findings."""

import asyncio
import contextlib
import functools
import time
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from typing import Any, Protocol

import aiohttp

from services.gateway.operations.lifeline import until_lost
from services.gateway.operations.probing import Probed, Refused, entries, make_entry, service_probe
from shared.background import stop
from shared.health import Status, worst
from shared.log import get_logger
from shared.metrics import Metrics

SERVICE_BUDGET_MS = 100.0
_FOLLOW_SECONDS = 1.0
_PROBE_SECONDS = 1.5
_FRESH_SECONDS = 2.0  # who looks at the page sees nothing older for long
_BETWEEN_SECONDS = 0.25  # however often somebody wants to know
_DATABASE = "postgresql:responseTime"
_log = get_logger("gateway.health")


class Followed(Protocol):
    """The replicas of one service, which are told what is found of them."""

    on_doubt: Callable[[str], None]
    """Set to what is called with the address of a replica that should be asked now."""

    def addresses(self) -> Iterable[str]:
        """Those known now."""

    def probed(self, url: str, *, is_able: bool, is_refused: bool) -> None:
        """Whether traffic should go there, and whether it could not even be connected to."""

    def trouble(self, url: str) -> str:
        """Why no traffic goes there; empty when it does."""


class PlatformHealth:
    """Every replica of every service, and PostgreSQL and Redis as they are seen.

    `replicas` knows the addresses of each service as they are now; a replica that is gone is forgotten.
    """

    def __init__(
        self,
        replicas: Mapping[str, Followed],
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
        for name, followed in replicas.items():
            followed.on_doubt = functools.partial(self._ask_now, name)

    def document(self) -> dict[str, Any]:
        """The body of `/health`. A service is down when all its replicas are; one of several down is a warning."""
        self._refresh()
        replicas = {name: [self._replica(p) for p in known.values()] for name, known in self._services.items()}
        checks = {f"{name}:responseTime": group for name, group in replicas.items()}
        checks |= {f"{other.name}:responseTime": [other.entry()] for other in self._others}
        checks[_DATABASE] = self._database()
        statuses = [_together(group) for group in replicas.values()]
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
            await asyncio.sleep(_FOLLOW_SECONDS)
            for component in self._follow_replicas():
                self._watch(component)

    def _follow_replicas(self) -> list[Probed]:
        """Forget replicas that are gone; returns those that are new."""
        new = []
        for service, followed in self._replicas.items():
            known, now = self._services[service], set(followed.addresses())
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

    def _refresh(self) -> None:
        """Somebody looks: have those asked again soon that were not asked for a while."""
        stale = time.monotonic() - _FRESH_SECONDS
        for component in self._watches:
            if component.probed_at < stale:
                component.wake.set()

    def _ask_now(self, service: str, url: str) -> None:
        component = self._services[service].get(url)
        if component is not None:
            component.wake.set()

    async def _ask_again_and_again(self, component: Probed) -> None:
        lost: asyncio.Task[None] | None = None
        try:
            while True:
                await self._probe(component)
                if lost is None and component.until_lost is not None and not component.bad:
                    lost = asyncio.create_task(component.until_lost())
                await _until_due(component, lost)
                if lost is not None and lost.done():
                    lost = None
        finally:
            if lost is not None:
                await stop([lost])

    async def _probe(self, component: Probed) -> None:
        before = component.status
        component.wake.clear()
        component.probed_at = time.monotonic()
        started, failure = time.perf_counter(), None
        try:
            async with asyncio.timeout(_PROBE_SECONDS):
                document = await component.probe()
        except Exception as error:  # any failure of a probe is the finding itself
            failure = error
            component.record_failure((time.perf_counter() - started) * 1000, error)
        else:
            component.record((time.perf_counter() - started) * 1000, document)
        followed = self._replicas.get(component.name)
        if followed is not None:
            is_refused = isinstance(failure, Refused)
            followed.probed(component.component_id, is_able=component.is_able, is_refused=is_refused)
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

    def _replica(self, probed: Probed) -> dict[str, Any]:
        """The entry of a replica; one that is well but gets no requests is a warning."""
        entry, trouble = probed.entry(), self._replicas[probed.name].trouble(probed.component_id)
        if trouble and entry["status"] == Status.PASS:
            entry["status"], entry["output"] = Status.WARN.value, trouble
        return entry

    def _database(self) -> list[dict[str, Any]]:
        """What the services say of PostgreSQL; the worst first."""
        seen = []
        for component in (probed for group in self._services.values() for probed in group.values()):
            for entry in entries(component.document, _DATABASE):
                seen.append({**entry, "componentId": f"seen by {component.name}"})
        if not seen:
            return [make_entry("", "datastore", Status.WARN, 0.0, time.time(), "no service can tell at the moment")]
        order = [Status.FAIL.value, Status.WARN.value, Status.PASS.value]
        return sorted(seen, key=lambda entry: order.index(entry["status"]))


def _together(replicas: list[dict[str, Any]]) -> Status:
    """What several replicas make of a service."""
    found = {Status(replica["status"]) for replica in replicas} or {Status.FAIL}
    if Status.FAIL in found and len(found) > 1:
        return Status.WARN
    return worst(list(found))


async def _until_due(component: Probed, lost: "asyncio.Task[None] | None") -> None:
    """Return when it is to be asked again: after its pause, when somebody wants to know, or when it may have ended."""
    woken = asyncio.create_task(component.wake.wait())
    try:
        waiting = {woken} if lost is None else {woken, lost}
        await asyncio.wait(waiting, timeout=component.pause(), return_when=asyncio.FIRST_COMPLETED)
    finally:
        woken.cancel()
    await asyncio.sleep(component.probed_at + _BETWEEN_SECONDS - time.monotonic())
