"""Nobody learns from an answer, or its time, whether an address has an account."""

import time

import aiohttp
from redis.asyncio import Redis

from infra.db.addresses import DatabaseUrls
from services.auth.app import create_app
from tests.auth.auth_service import PASSWORD, Answer, Auth, auth_settings
from tests.serving import running

OTHER_PASSWORD = "quiet-Lantern-58-meadow"


def _without_request(answer: Answer) -> tuple[int, dict[str, object], set[str]]:
    body = {name: value for name, value in answer.body.items() if name != "request_id"}
    return answer.status, body, set(answer.headers)


async def test_registering_a_known_address_says_and_changes_nothing(auth: Auth, address: str) -> None:
    first = await auth.register(address, name="The Owner")
    second = await auth.register(address.upper(), password=OTHER_PASSWORD, name="An Intruder", confirmed=False)
    assert _without_request(first) == _without_request(second)
    assert (await auth.login(address, OTHER_PASSWORD)).status == 401
    assert (await auth.login(address)).status == 200
    rows = await auth.rows("SELECT display_name FROM account")
    assert [row["display_name"] for row in rows] == ["The Owner"]


async def test_a_weak_password_gets_one_answer_for_known_and_unknown(auth: Auth, address: str) -> None:
    await auth.register(address, confirmed=False)
    known = await auth.register(address, password="passwordpassword", confirmed=False)
    unknown = await auth.register("x" + address, password="passwordpassword", confirmed=False)
    assert known.status == 422
    assert _without_request(known) == _without_request(unknown)


async def test_signing_in_wrongly_gets_one_answer(auth: Auth, address: str) -> None:
    await auth.register(address)
    await auth.register("off-" + address)
    await auth.register("unconfirmed-" + address, confirmed=False)
    await auth.rows("UPDATE account SET disabled_at = now() WHERE email = $1", "off-" + address)
    wrong = await auth.login(address, OTHER_PASSWORD)
    assert wrong.body["detail"] == "E-mail or password is wrong."
    for email, password in (
        ("nobody-" + address, PASSWORD),
        ("off-" + address, PASSWORD),
        ("unconfirmed-" + address, PASSWORD),
        ("not an address", PASSWORD),
        (address, "short"),
        (address, ""),
        (address, "x" * 1024),
    ):
        answer = await auth.login(email, password)
        assert _without_request(answer) == _without_request(wrong), (email, len(password))
        browser = await auth.open_browser(email, password)
        assert (browser.status, browser.body["detail"]) == (401, wrong.body["detail"])


async def test_an_unknown_address_takes_as_long(clean_database: DatabaseUrls, redis_url: str, address: str) -> None:
    redis = Redis.from_url(redis_url)
    app = create_app(auth_settings(clean_database, redis_url, bcrypt_cost=11))
    async with running(app) as base, aiohttp.ClientSession() as session:
        auth = Auth(base, session, clean_database, redis)
        await auth.register(address)
        known: list[float] = []
        unknown: list[float] = []
        for _ in range(5):
            for email, times in ((address, known), ("x" + address, unknown)):
                started = time.perf_counter()
                assert (await auth.login(email, OTHER_PASSWORD)).status == 401
                times.append(time.perf_counter() - started)
    await redis.aclose()
    # The least of each: noise only adds. One hash at this cost is two orders above what could tell them apart.
    assert 0.5 < min(unknown) / min(known) < 2, (known, unknown)
