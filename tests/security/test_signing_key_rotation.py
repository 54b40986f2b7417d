"""Rotating the key that signs tokens refuses nobody; dropping it refuses what it signed."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from services.auth.tokens.domain import Seal
from services.auth.tokens.program import KeySettings, run_drop
from services.auth.tokens.service import KeyRing
from shared.db import open_database
from shared.tokens import key_id_of
from tests.security.security_stack import Person, Platform
from tests.security.signing import SEALING_SECRET
from tests.waiting import until

CLIENTS = 4


async def rotate(platform: Platform) -> str:
    """As the command does it, when the next key has been published for long enough; the id of the key that signs."""
    async with open_database(platform.database.auth_url, service="auth", max_size=2) as database:
        async with database.connection() as connection:
            query = "UPDATE signing_key SET created_at = created_at - $1::interval"
            await connection.execute(query, timedelta(minutes=6))
        return await KeyRing(database, Seal(SEALING_SECRET), issuer="").rotate()


async def use(platform: Platform, person: Person, kid: asyncio.Future[str]) -> list[int]:
    """Ask with the first token and with ever new ones, until some time after tokens are signed with `kid`."""
    statuses, refresh_token, after = [], person.refresh_token, 0
    while after < 5:
        status, body, _ = await platform.call("POST", "/api/v1/auth/refresh", {"refresh_token": refresh_token})
        statuses.append(status)
        refresh_token = body["refresh_token"]
        for token in (body["access_token"], person.access_token):
            for path in ("/api/v1/auth/me", "/api/v1/kinds"):
                status, _, _ = await platform.call("GET", path, Authorization=f"Bearer {token}")
                statuses.append(status)
        after += kid.done() and key_id_of(body["access_token"]) == kid.result()
    return statuses


async def test_under_load_no_valid_token_is_refused(platform: Platform) -> None:
    people = [await platform.person("reader", fresh=True) for _ in range(CLIENTS)]
    kid: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    clients = [asyncio.create_task(use(platform, person, kid)) for person in people]
    kid.set_result(await rotate(platform))
    async with asyncio.timeout(60):
        statuses = [status for answers in await asyncio.gather(*clients) for status in answers]
    assert set(statuses) == {200}
    assert len(statuses) >= CLIENTS * 25


async def renew_until(platform: Platform, token: str, *, kid: str, signs: bool) -> tuple[str, str]:
    """The access and refresh token of the first renewal that `kid` signs, or does not."""
    async with asyncio.timeout(20):
        while True:
            status, body, _ = await platform.call("POST", "/api/v1/auth/refresh", {"refresh_token": token})
            assert status == 200
            token = body["refresh_token"]
            if (key_id_of(body["access_token"]) == kid) is signs:
                return body["access_token"], token
            await asyncio.sleep(0.05)


async def test_what_a_dropped_key_signed_is_refused_and_its_holders_go_on_with_new_tokens(platform: Platform) -> None:
    person = await platform.person("reader", fresh=True)
    kid = await rotate(platform)  # so that nobody else's tokens are signed with it
    access, token = await renew_until(platform, person.refresh_token, kid=kid, signs=True)

    async def is_known() -> (
        bool
    ):  # the gateway, which hears of a key minutes before it signs, had no time for that here
        return await status_of(platform, access) == 200

    await until(is_known)
    settings = KeySettings.model_validate(
        {
            "database_url": platform.database.auth_url,
            "redis_url": platform.redis_url,
            "key_encryption_key": SEALING_SECRET,
        }
    )
    assert await run_drop(kid, settings)
    async with asyncio.timeout(10):
        while True:
            if await status_of(platform, access) == 401:
                break
            await asyncio.sleep(0.02)
    access, _ = await renew_until(platform, token, kid=kid, signs=False)
    assert await status_of(platform, access) == 200
    assert await status_of(platform, person.access_token) == 200, "another key signed this one"


async def status_of(platform: Platform, token: str) -> int:
    status, _, _ = await platform.call("GET", "/api/v1/auth/me", Authorization=f"Bearer {token}")
    return status
