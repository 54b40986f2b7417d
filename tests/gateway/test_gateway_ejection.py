"""A replica whose answers fail is left out, and its failures are not the clients'."""

import asyncio
from collections import Counter

import aiohttp
import pytest

from services.gateway.upstreams.outliers import EjectionRules, Outliers
from services.gateway.upstreams.replica import Replica
from tests.gateway.conftest import RunGateway
from tests.gateway.copies import Copy, figure, half, new_read, serve_copies, until

QUICK = {"upstream_ejection_seconds": 0.3, "rate_limit_anonymous_burst": 100_000}


async def read(client: aiohttp.ClientSession, times: int = 1) -> Counter[int]:
    """The statuses of as many reads, some at once."""
    statuses: Counter[int] = Counter()

    async def some(count: int) -> None:
        for _ in range(count):
            async with client.get(new_read()) as response:
                statuses[response.status] += 1

    await asyncio.gather(*(some(max(1, times // 4)) for _ in range(min(times, 4))))
    return statuses


@pytest.mark.parametrize("status", [500, 504])
async def test_half_the_answers_of_one_replica_fail_and_no_client_sees_it(run_gateway: RunGateway, status: int) -> None:
    good, bad = Copy(), Copy(half(status))
    async with (
        serve_copies(good, bad) as urls,
        run_gateway(policy_url=urls, **QUICK | {"upstream_ejection_seconds": 60}) as base,
        aiohttp.ClientSession(base) as client,
    ):
        assert await read(client, 200) == {200: 200}
        assert await figure(client, "upstream_ejections_total", service="policy") == 1
        assert await figure(client, "upstream_replicas", service="policy", state="ejected") == 1
        asked = len(bad.seen)
        assert await read(client, 100) == {200: 100}
        assert len(bad.seen) == asked, "an ejected replica gets no requests"
        async with client.get("/health") as response:
            entries = (await response.json())["checks"]["policy:responseTime"]
    said = {entry["componentId"]: (entry["status"], entry.get("output", "")) for entry in entries}
    assert said[bad.url] == ("warn", "ejected since its answers fail")
    assert said[good.url][0] == "pass"


async def test_an_ejected_replica_that_is_well_again_comes_back(run_gateway: RunGateway) -> None:
    good, bad = Copy(), Copy(lambda _: 500)
    async with (
        serve_copies(good, bad) as urls,
        run_gateway(policy_url=urls, **QUICK) as base,
        aiohttp.ClientSession(base) as client,
    ):
        assert await read(client, 60) == {200: 60}
        bad.status = lambda _: 200
        asked = len(bad.seen)

        async def is_back() -> bool:
            assert await read(client, 4) == {200: 4}
            return await figure(client, "upstream_replicas", service="policy", state="in_use") == 2

        await until(is_back)
        assert len(bad.seen) >= asked + 3, "it comes back after requests on trial"


async def test_a_replica_that_fails_on_trial_is_ejected_again_and_no_client_sees_it(run_gateway: RunGateway) -> None:
    good, bad = Copy(), Copy(lambda _: 500)
    async with (
        serve_copies(good, bad) as urls,
        run_gateway(policy_url=urls, **QUICK) as base,
        aiohttp.ClientSession(base) as client,
    ):

        async def is_ejected_thrice() -> bool:
            assert await read(client, 4) == {200: 4}
            return await figure(client, "upstream_ejections_total", service="policy") >= 3

        await until(is_ejected_thrice)
        assert len(bad.seen) < len(good.seen) / 2


async def test_what_all_replicas_fail_at_ejects_none_and_is_seldom_repeated(run_gateway: RunGateway) -> None:
    copies = [Copy(lambda _: 503), Copy(lambda _: 503)]
    async with (
        serve_copies(*copies) as urls,
        run_gateway(policy_url=urls, **QUICK) as base,
        aiohttp.ClientSession(base) as client,
    ):
        assert await read(client, 200) == {503: 200}
        assert await figure(client, "upstream_ejections_total", service="policy") == 0
        assert await figure(client, "upstream_retries_refused_total", service="policy") > 0
    assert 200 < sum(len(copy.seen) for copy in copies) <= 200 * 1.2 + 10


async def test_never_more_than_half_are_ejected(run_gateway: RunGateway) -> None:
    copies = [Copy(), *(Copy(half(500)) for _ in range(3))]
    async with (
        serve_copies(*copies) as urls,
        run_gateway(policy_url=urls, **QUICK | {"upstream_ejection_seconds": 60}) as base,
        aiohttp.ClientSession(base) as client,
    ):
        await read(client, 300)
        assert 1 <= await figure(client, "upstream_replicas", service="policy", state="ejected") <= 2


@pytest.mark.parametrize(("method", "status"), [("POST", 503), ("PUT", 500), ("DELETE", 502)])
async def test_what_writes_is_not_repeated_for_its_status(run_gateway: RunGateway, method: str, status: int) -> None:
    copies = [Copy(lambda _: status), Copy(lambda _: status)]
    async with (
        serve_copies(*copies) as urls,
        run_gateway(policy_url=urls) as base,
        aiohttp.ClientSession(base) as client,
        client.request(method, "/api/v1/drafts/1") as response,
    ):
        assert response.status == status
    assert sum(len(copy.seen) for copy in copies) == 1


async def test_the_answer_of_the_only_replica_passes_as_it_is(run_gateway: RunGateway) -> None:
    copy = Copy(lambda _: 503)
    async with serve_copies(copy) as url, run_gateway(policy_url=url) as base, aiohttp.ClientSession(base) as client:
        async with client.get(new_read()) as response:
            assert (response.status, await response.json()) == (503, {"number": 1})
        assert len(copy.seen) == 1
        assert await figure(client, "upstream_failures_total", service="policy", kind="status") == 1


RULES = EjectionRules(window=2, least_requests=5, ratio=0.2, in_a_row=5, seconds=10, most_seconds=35)


def make_replicas(count: int) -> list[Replica]:
    return [Replica(f"http://10.0.0.{n}:80", "policy:80") for n in range(count)]


def fail(outliers: Outliers, replica: Replica, replicas: list[Replica], now: float) -> bool:
    replica.bad += 1
    replica.in_a_row += 1
    return outliers.judge(replica, replicas, now)


def test_each_ejection_is_longer_up_to_a_limit_and_a_good_time_is_rewarded() -> None:
    outliers, replicas, now = Outliers(RULES), make_replicas(2), 100.0
    lengths = []
    for _ in range(4):
        while not fail(outliers, replicas[0], replicas, now):
            pass
        lengths.append(replicas[0].ejected_until - now)
        now = replicas[0].ejected_until
        assert outliers.tick(replicas, now)
        assert replicas[0].trial_since == now
    for length, expected in zip(lengths, (10, 20, 35, 35), strict=True):
        assert expected * 0.89 < length < expected * 1.11
    while not outliers.passed(replicas[0]):
        pass
    outliers.tick(replicas, replicas[0].forgive_at)
    assert replicas[0].ejections == 0


def test_a_few_failures_among_many_answers_or_of_few_do_not_eject() -> None:
    outliers, replicas = Outliers(RULES), make_replicas(2)
    replicas[0].good = 100
    assert not any(fail(outliers, replicas[0], replicas, 1.0) for _ in range(4))
    assert not any(fail(outliers, replicas[1], replicas, 1.0) for _ in range(4))


def test_failures_of_an_earlier_window_are_forgotten() -> None:
    outliers, replicas = Outliers(RULES), make_replicas(2)
    outliers.tick(replicas, 1.0)
    for _ in range(4):
        assert not fail(outliers, replicas[0], replicas, 1.0)
    replicas[0].in_a_row = 0
    outliers.tick(replicas, 2.0)
    outliers.tick(replicas, 3.0)
    assert not fail(outliers, replicas[0], replicas, 3.0)


def test_a_replica_on_which_nothing_is_tried_comes_back_all_the_same() -> None:
    outliers, replicas = Outliers(RULES), make_replicas(2)
    while not fail(outliers, replicas[0], replicas, 1.0):
        pass
    outliers.tick(replicas, 20.0)
    assert not replicas[0].is_in_use
    assert outliers.tick(replicas, 30.0)
    assert replicas[0].is_in_use


@pytest.mark.parametrize(("count", "most"), [(1, 0), (2, 1), (3, 1), (4, 2), (5, 2)])
def test_never_more_than_half_whatever_their_number(count: int, most: int) -> None:
    outliers, replicas = Outliers(RULES), make_replicas(count)
    for replica in replicas:
        for other in replicas:
            other.good, other.bad = 1000, 0  # the others do well while this one fails
        for _ in range(10):
            fail(outliers, replica, replicas, 1.0)
    assert sum(bool(replica.ejected_until) for replica in replicas) == most
