"""How often a component is asked for its health, and what its word means for the requests."""

from typing import Any

import pytest

from services.gateway.operations.probing import Probed, Refused
from services.gateway.upstreams.replicas import Replicas
from shared.health import Status

WELL = {"status": "pass"}


async def never() -> dict[str, Any]:
    raise AssertionError("these tests ask nobody")


@pytest.fixture
def probed() -> Probed:
    return Probed("policy", "component", "http://10.0.0.1:80", 100, never, Status.FAIL)


def pauses(probed: Probed) -> tuple[float, float]:
    """The shortest and the longest of many."""
    found = [probed.pause() for _ in range(300)]
    return min(found), max(found)


def around(seconds: float, found: tuple[float, float]) -> bool:
    """Whether pauses differ by up to a tenth from `seconds`, and do differ."""
    return 0.9 * seconds <= found[0] < found[1] <= 1.1 * seconds


def test_probes_become_rare_while_all_is_well_and_frequent_when_it_is_not(probed: Probed) -> None:
    assert around(1, pauses(probed)), "while starting"
    for _ in range(3):
        probed.record(1.0, WELL)
    assert around(5, pauses(probed))
    for _ in range(21):
        probed.record(1.0, WELL)
    assert around(5, pauses(probed))
    for _ in range(100):
        probed.record(1.0, WELL)
    assert around(30, pauses(probed))
    probed.record_failure(1500.0, TimeoutError())
    assert around(1, pauses(probed))


def test_three_failures_put_it_out_and_two_successes_back_in(probed: Probed) -> None:
    probed.record(1.0, WELL)
    assert probed.is_able
    able = []
    for _ in range(3):
        probed.record_failure(1500.0, TimeoutError())
        able.append(probed.is_able)
    for _ in range(2):
        probed.record(1.0, WELL)
        able.append(probed.is_able)
    assert able == [True, True, False, False, True]


def test_a_refused_connection_is_believed_at_once(probed: Probed) -> None:
    probed.record(1.0, WELL)
    probed.record_failure(0.1, Refused())
    assert not probed.is_able


def test_whoever_is_not_ready_gets_nothing_though_it_is_well(probed: Probed) -> None:
    probed.record(1.0, WELL | {"ready": False})
    assert (probed.is_able, probed.status) == (False, Status.PASS)
    probed.record(1.0, WELL | {"ready": True})
    assert probed.is_able


async def test_what_was_found_decides_who_is_chosen() -> None:
    replicas = Replicas("http://10.0.0.1:80,http://10.0.0.2:80")
    await replicas.resolve()
    first, second = replicas.all
    replicas.probed(first.url, is_able=False, is_refused=False)
    assert {replicas.choose() for _ in range(20)} == {second}
    replicas.probed(second.url, is_able=False, is_refused=False)
    assert {replicas.choose() for _ in range(50)} == {first, second}, "what may fail is better than nothing"
    replicas.probed(second.url, is_able=False, is_refused=True)
    assert {replicas.choose() for _ in range(20)} == {first}
    replicas.probed(first.url, is_able=True, is_refused=False)
    replicas.found(second)
    assert {replicas.choose() for _ in range(50)} == {first, second}
