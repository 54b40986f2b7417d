"""Refresh tokens that are used twice: by a thief, or by a client twenty times at once."""

from __future__ import annotations

import asyncio

from tests.security.security_stack import Person, Platform

REFRESH = "/api/v1/auth/refresh"


async def refresh(platform: Platform, token: str) -> tuple[int, str, str]:
    """Status, access token and refresh token."""
    status, body, _ = await platform.call("POST", REFRESH, {"refresh_token": token})
    return status, body.get("access_token", ""), body.get("refresh_token", "")


async def works(platform: Platform, access_token: str) -> bool:
    status, _, _ = await platform.call("GET", "/api/v1/auth/me", Authorization=f"Bearer {access_token}")
    return status == 200


async def until_refused(platform: Platform, access_token: str) -> None:
    async with asyncio.timeout(10):
        while True:
            if not await works(platform, access_token):
                return
            await asyncio.sleep(0.02)


async def test_of_twenty_uses_at_once_one_has_a_successor_and_the_family_ends(platform: Platform) -> None:
    person = await platform.person("reader", fresh=True)
    answers = await asyncio.gather(*(refresh(platform, person.refresh_token) for _ in range(20)))
    granted = [answer for answer in answers if answer[0] == 200]
    assert [len(granted), *{answer[0] for answer in answers if answer[0] != 200}] == [1, 401]
    assert (await refresh(platform, granted[0][2]))[0] == 401, "its successor is of a family that has ended"
    await until_refused(platform, granted[0][1])
    await until_refused(platform, person.access_token)


async def test_who_uses_a_token_later_once_more_ends_the_family(platform: Platform) -> None:
    person = await platform.person("reader", fresh=True)
    bystander = await platform.person("reader", fresh=True)
    token, access = person.refresh_token, ""
    for _ in range(3):
        status, access, token = await refresh(platform, token)
        assert status == 200
    assert await works(platform, access)
    stolen = person.refresh_token
    assert (await refresh(platform, stolen))[0] == 401
    assert (await refresh(platform, token))[0] == 401
    await until_refused(platform, access)
    assert await works(platform, bystander.access_token)
    assert (await refresh(platform, bystander.refresh_token))[0] == 200


async def test_one_use_after_another_goes_on(platform: Platform) -> None:
    person: Person = await platform.person("reader", fresh=True)
    token = person.refresh_token
    for _ in range(5):
        status, access, token = await refresh(platform, token)
        assert status == 200
        assert await works(platform, access)
