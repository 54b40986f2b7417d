"""How findings of probes become a status."""

import pytest

from shared.health import Dependency, HealthMonitor, Status
from shared.metrics import Metrics


class Flaky:
    """A dependency that answers or not, as told."""

    up = True

    async def probe(self) -> None:
        if not self.up:
            raise ConnectionError("away")


@pytest.fixture
def flaky() -> Flaky:
    return Flaky()


def _monitor(flaky: Flaky, *, critical: bool, budget_ms: float = 1000) -> tuple[HealthMonitor, Dependency]:
    monitor = HealthMonitor("policy", Metrics("policy"))
    dependency = Dependency("postgresql", "datastore", flaky.probe, budget_ms, critical=critical)
    monitor.add(dependency)
    return monitor, dependency


async def test_a_critical_dependency_fails_after_three_bad_probes_and_rises_after_two_good(flaky: Flaky) -> None:
    monitor, dependency = _monitor(flaky, critical=True)
    await monitor.probe(dependency)
    assert monitor.status is Status.PASS
    flaky.up = False
    seen = []
    for _ in range(3):
        await monitor.probe(dependency)
        seen.append(monitor.status)
    assert seen == [Status.WARN, Status.WARN, Status.FAIL]
    flaky.up = True
    seen.clear()
    for _ in range(2):
        await monitor.probe(dependency)
        seen.append(monitor.status)
    assert seen == [Status.FAIL, Status.PASS]


async def test_what_is_not_critical_only_warns(flaky: Flaky) -> None:
    flaky.up = False
    monitor, dependency = _monitor(flaky, critical=False)
    for _ in range(4):
        await monitor.probe(dependency)
    assert monitor.status is Status.WARN
    assert monitor.ready()


async def test_readiness_waits_for_the_first_good_probe(flaky: Flaky) -> None:
    flaky.up = False
    monitor, dependency = _monitor(flaky, critical=True)
    await monitor.probe(dependency)
    assert not monitor.ready()
    flaky.up = True
    await monitor.probe(dependency)
    assert monitor.ready()
    flaky.up = False
    for _ in range(5):
        await monitor.probe(dependency)
    assert monitor.ready()  # a service is not taken out because something behind it is down


async def test_over_budget_warns_and_says_so(flaky: Flaky) -> None:
    monitor, dependency = _monitor(flaky, critical=True, budget_ms=0)
    await monitor.probe(dependency)
    entry = monitor.document()["checks"]["postgresql:responseTime"][0]
    assert (monitor.status, entry["output"]) == (Status.WARN, "slower than its budget of 0 ms")
