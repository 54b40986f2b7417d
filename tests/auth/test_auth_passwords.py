"""Passwords: which are taken, how they are kept, and that hashing them never stops the loop."""

import asyncio
import time
from collections.abc import AsyncIterator

import aiohttp
import pytest
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from services.auth.accounts.domain import strength_context
from services.auth.accounts.passwords import Passwords
from services.auth.accounts.strength import weakness
from services.auth.app import create_app
from shared.errors import Unavailable
from tests.auth.auth_service import PASSWORD, Auth, auth_settings
from tests.serving import running

PEPPER = "pepper-0123456789abcdefghijklmnopqrst"


@pytest.fixture
async def passwords() -> AsyncIterator[Passwords]:
    made = Passwords(PEPPER, cost=4)
    await made.prepare()
    yield made
    await made.close()


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("eleven-char", "at least 12 characters"),
        ("", "at least 12 characters"),
        ("x7-" * 86, "at most 256 characters"),
        ("passwordpassword", "easy to guess"),
        ("aaaaaaaaaaaaaaaaaaaa", "easy to guess"),
        ("openpolicy2026", "easy to guess"),
        ("gracehopper1", "easy to guess"),
        ("ghopper@example.org", "easy to guess"),
        ("q" * 256, "easy to guess"),
    ],
)
async def test_passwords_that_are_refused(auth: Auth, password: str, reason: str) -> None:
    answer = await auth.register("ghopper@example.org", password=password, name="Grace Hopper", confirmed=False)
    assert answer.status == 422
    assert [(e["pointer"], reason in e["detail"]) for e in answer.body["errors"]] == [("#/password", True)]
    assert password == "" or password not in str(answer.body)


@pytest.mark.parametrize(
    "password",
    [
        "plum orbit tangerine",
        "kj3-9fQ-zz81",
        "пятьдесят лимонов у моря",
        "🦦 otters 🦦 juggle 🦦",
        "jR7#kd0!vTq2&Wm9^Lx4*Zb6" + "~" * 232,
    ],
)
async def test_passwords_that_are_taken(auth: Auth, address: str, password: str) -> None:
    assert (await auth.register(address, password=password)).status == 202
    assert (await auth.login(address, password)).status == 200
    assert (await auth.login(address, password[:-1])).status == 401


@pytest.mark.parametrize(
    "password",
    ["4@8({[<3691!|70$5+7%2" * 5, "@({[<!|$+%0123456789" * 12, "1l|!i7" * 40, "".join(map(chr, range(33, 127))) * 2],
)
def test_judging_takes_about_as_long_as_a_hash_at_most(password: str) -> None:
    started = time.process_time()
    weakness(password, strength_context("grace.hopper@navy.example.org", "Grace Hopper"))
    # Unbounded, the first of these takes ten seconds.
    assert time.process_time() - started < 1.0


@pytest.mark.parametrize("password", ["p@$$w0rd!p@$$w0rd!", "!@$%!@$%!@$%", "({[<({[<({[<", "@bcd@bcd@bcd"])
def test_signs_in_the_place_of_letters_make_no_password_strong(password: str) -> None:
    assert weakness(password, [])


async def test_every_character_counts(passwords: Passwords) -> None:
    long = "a" * 71
    kept = await passwords.hash(long + "b" * 185)
    assert not (await passwords.verify(long + "c" * 185, kept)).matches
    assert (await passwords.verify(long + "b" * 185, kept)).matches


async def test_composed_and_decomposed_are_one_password(passwords: Passwords) -> None:
    kept = await passwords.hash("caf\u00e9 noir sans sucre")
    assert (await passwords.verify("cafe\u0301 noir sans sucre", kept)).matches


async def test_a_hash_is_worth_nothing_without_the_pepper(passwords: Passwords) -> None:
    kept = await passwords.hash(PASSWORD)
    other = Passwords("another-" + PEPPER, cost=4)
    assert not (await other.verify(PASSWORD, kept)).matches
    await other.close()


async def test_without_an_account_nothing_matches(passwords: Passwords) -> None:
    assert not (await passwords.verify(PASSWORD, None)).matches


async def test_a_full_queue_refuses_at_once_and_recovers() -> None:
    small = Passwords(PEPPER, cost=8, threads=1, queue=3)
    await small.prepare()
    outcomes = await asyncio.gather(*(small.hash(str(n)) for n in range(10)), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [str] * 4 + [Unavailable] * 6
    assert await small.hash("afterwards")
    await small.close()


async def test_callers_who_leave_free_their_places() -> None:
    small = Passwords(PEPPER, cost=8, threads=1, queue=3)
    await small.prepare()
    for _ in range(5):
        tasks = [asyncio.create_task(small.hash(str(n))) for n in range(4)]
        await asyncio.sleep(0)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.1)
    assert await small.hash("afterwards")
    await small.close()


async def test_signing_in_renews_a_hash_of_another_cost(auth: Auth, redis_url: str, address: str) -> None:
    await auth.register(address)
    app = create_app(auth_settings(auth.database, redis_url, bcrypt_cost=5))
    async with running(app) as base:
        dearer = Auth(base, auth.session, auth.database, auth.redis)
        assert (await dearer.login(address)).status == 200
        [row] = await auth.rows("SELECT password_hash FROM account")
        assert "$2b$05$" in row["password_hash"]
        assert (await dearer.login(address)).status == 200


async def test_thirty_sign_ins_do_not_stop_the_loop(clean_database: DatabaseUrls, redis_url: str, address: str) -> None:
    redis = Redis.from_url(redis_url)
    app = create_app(auth_settings(clean_database, redis_url, bcrypt_cost=12))
    async with running(app) as base, aiohttp.ClientSession() as session:
        auth = Auth(base, session, clean_database, redis)
        await auth.register(address)
        sign_ins = [asyncio.create_task(auth.login(address)) for _ in range(30)]
        waits = []
        while not all(task.done() for task in sign_ins):
            started = time.perf_counter()
            async with session.get(base + "/livez") as response:
                assert response.status == 200
            waits.append(time.perf_counter() - started)
            await asyncio.sleep(0.02)
        statuses = [(await task).status for task in sign_ins]
    await redis.aclose()
    assert statuses == [200] * 30
    # A single hash on the loop would hold every answer up for a quarter of a second, thirty of them for seconds.
    waits.sort()
    assert len(waits) > 20
    assert waits[len(waits) * 9 // 10] < 0.1, waits[-5:]


async def test_a_flood_is_refused_and_not_queued(clean_database: DatabaseUrls, redis_url: str) -> None:
    redis = Redis.from_url(redis_url)
    app = create_app(auth_settings(clean_database, redis_url, bcrypt_cost=10))
    async with running(app) as base, aiohttp.ClientSession() as session:
        auth = Auth(base, session, clean_database, redis)
        answers = await asyncio.gather(*(auth.login(f"nobody-{n}@example.org") for n in range(80)))
    await redis.aclose()
    statuses = [answer.status for answer in answers]
    assert set(statuses) == {401, 503}
    assert all("Retry-After" in answer.headers for answer in answers if answer.status == 503)
