"""Failures add up, delay, and fade; in Redis as in the process alone."""

import random
from collections.abc import AsyncIterator

import pytest
from redis.asyncio import Redis

from services.auth.lockout.domain import ACCOUNT, ADDRESS, PARALLEL, STRICT_FROM, Attempt, network_of
from services.auth.lockout.service import PREFIX, Lockout
from shared.errors import TooManyRequests

NOWHERE = "redis://127.0.0.1:1/0"


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 1_700_000_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(params=["redis", "alone"])
async def lockout(request: pytest.FixtureRequest, redis_url: str, clock: Clock) -> AsyncIterator[Lockout]:
    """One that counts in Redis, and one that has lost it."""
    redis = Redis.from_url(redis_url if request.param == "redis" else NOWHERE)
    yield Lockout(redis, clock=clock)
    await redis.aclose()


async def _begin(lockout: Lockout, attempt: Attempt) -> float:
    try:
        await lockout.begin(attempt)
    except TooManyRequests as error:
        return error.retry_after
    return 0.0


async def _wait(lockout: Lockout, attempt: Attempt) -> float:
    """A failed attempt: how long it would have to wait to be made."""
    wait = await _begin(lockout, attempt)
    if not wait:
        await lockout.failed(attempt)
    return wait


async def _hammer(lockout: Lockout, attempt: Attempt, clock: Clock) -> None:
    """A failed attempt, as soon as it may be made."""
    wait = await _wait(lockout, attempt)
    if wait:
        clock.now += wait
        assert await _wait(lockout, attempt) == 0


async def test_failures_of_an_account_delay_longer_and_longer_up_to_an_end(lockout: Lockout, clock: Clock) -> None:
    waits: list[float] = []
    for number in range(ACCOUNT.free + 14):
        attempt = Attempt("ada", f"192.0.2.{number}")  # each from elsewhere
        wait = await _wait(lockout, attempt)
        waits.append(wait)
        if wait:
            clock.now += wait
            assert await _wait(lockout, attempt) == 0
    assert waits[: ACCOUNT.free + 1] == [0.0] * (ACCOUNT.free + 1)
    later = waits[ACCOUNT.free + 1 :]
    assert later[:8] == sorted(later[:8])
    assert later[0] == pytest.approx(2, abs=0.1)
    assert later[1] == pytest.approx(4, abs=0.2)
    assert 200 < later[-1] <= ACCOUNT.longest  # the failures before fade while it waits
    assert await _wait(lockout, Attempt("bob", "192.0.2.200")) == 0


async def test_failures_fade(lockout: Lockout, clock: Clock) -> None:
    attempt = Attempt("ada", "192.0.2.1")
    for _ in range(ACCOUNT.free + 8):
        await _hammer(lockout, attempt, clock)
    assert await _wait(lockout, attempt) > 100
    clock.now += 4 * ACCOUNT.half_life
    assert [await _wait(lockout, attempt) for _ in range(ACCOUNT.free - 2)] == [0.0] * (ACCOUNT.free - 2)


async def test_a_known_device_is_not_kept_out_by_others_and_has_a_limit_of_its_own(
    lockout: Lockout, clock: Clock
) -> None:
    for number in range(50):
        await _hammer(lockout, Attempt("ada", f"198.51.100.{number % 7}"), clock)
    assert await _wait(lockout, Attempt("ada", "198.51.100.1")) > 0
    owner = Attempt("ada", "198.51.100.1", known="laptop")
    waits = [await _wait(lockout, owner) for _ in range(30)]
    assert waits[:21] == [0.0] * 21
    assert waits[-1] > 0
    assert await _wait(lockout, Attempt("ada", "198.51.100.1", known="phone")) == 0


async def test_who_succeeds_has_not_failed(lockout: Lockout) -> None:
    attempt = Attempt("ada", "192.0.2.1")
    for _ in range(3 * ACCOUNT.free):
        await lockout.begin(attempt)
        await lockout.succeeded(attempt)
    assert await _wait(lockout, attempt) == 0


async def test_attempts_at_the_same_time_count_before_their_outcome(lockout: Lockout) -> None:
    attempt = Attempt("ada", "192.0.2.1")
    waits = [await _begin(lockout, attempt) for _ in range(100)]
    assert waits.count(0.0) == ACCOUNT.free + PARALLEL + 1
    for wait in waits:
        if not wait:
            await lockout.succeeded(attempt)
    assert await _wait(lockout, attempt) == 0


async def test_one_address_cannot_try_many_accounts(lockout: Lockout) -> None:
    waits = [await _wait(lockout, Attempt(f"a{n}", f"2001:db8:1:2::{n:x}")) for n in range(2 * ADDRESS.free)]
    assert waits.count(0.0) == ADDRESS.free + 1
    assert await _wait(lockout, Attempt("other", "2001:db8:1:3::1")) == 0


async def test_under_attack_from_everywhere_less_is_free(lockout: Lockout) -> None:
    for number in range(int(STRICT_FROM) + 5):
        assert await _wait(lockout, Attempt(f"a{number}", f"10.{number // 250}.0.{number % 250}")) == 0
    waits = [await _wait(lockout, Attempt("new", f"192.0.2.{n}")) for n in range(6)]
    assert waits.count(0.0) == ACCOUNT.strict + 1


async def test_who_was_forgiven_begins_anew(lockout: Lockout) -> None:
    for _ in range(ACCOUNT.free + 5):
        await _wait(lockout, Attempt("ada", "192.0.2.1"))
    assert await _wait(lockout, Attempt("ada", "192.0.2.2")) > 0
    await lockout.forgive("ada")
    assert await _wait(lockout, Attempt("ada", "192.0.2.2")) == 0


async def test_redis_counts_as_the_process_alone_does(redis_url: str) -> None:
    redis, away, clock = Redis.from_url(redis_url), Redis.from_url(NOWHERE), Clock()
    there, here = Lockout(redis, clock=clock), Lockout(away, clock=clock)
    chance = random.Random(7)  # noqa: S311 - any sequence will do
    for _ in range(400):
        clock.now += chance.expovariate(1 / 20)
        attempt = Attempt(chance.choice("ab"), chance.choice(("192.0.2.1", "192.0.2.2")), chance.choice(("", "", "d")))
        one, other = await _begin(there, attempt), await _begin(here, attempt)
        assert one == pytest.approx(other, abs=0.05)
        right = chance.random() < 0.2
        for lockout in (there, here) if not one else ():
            await (lockout.succeeded(attempt) if right else lockout.failed(attempt))
    assert await redis.ttl(f"{PREFIX}account:a") > 0
    await redis.aclose()
    await away.aclose()


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.7", "192.0.2.7"), ("::ffff:192.0.2.7", "192.0.2.7"), ("2001:db8:1:2:3::4", "2001:db8:1:2::/64"),
        ("", "unknown"), ("nonsense", "unknown"),
    ],
)  # fmt: skip
def test_what_stands_for_an_address(address: str, network: str) -> None:
    assert network_of(address) == network
