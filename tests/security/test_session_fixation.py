"""Browser sessions through the gateway: no id is adopted, a logout stands, and Redis may forget."""

from __future__ import annotations

import asyncio
import re

import aiohttp
from redis.asyncio import Redis

from tests.security.security_stack import Platform
from tests.web.web_stack import PASSWORD

_TOKEN = re.compile(r'name="form_token" value="([^"]*)"')


async def _page(client: aiohttp.ClientSession, address: str) -> str:
    async with client.get(address) as response:
        return await response.text()


async def _sign_in(client: aiohttp.ClientSession, platform: Platform, email: str) -> str:
    """Sign in; the id that the browser then has."""
    found = _TOKEN.search(await _page(client, f"{platform.gateway}/login"))
    assert found
    fields = {"form_token": found[1], "email": email, "password": PASSWORD}
    async with client.post(f"{platform.gateway}/login", data=fields, allow_redirects=False) as response:
        assert (response.status, response.headers["Location"]) == (303, "/account")
        return response.cookies["session"].value


async def _status(platform: Platform, session_id: str) -> int:
    headers = {"Cookie": f"session={session_id}"}
    async with platform.session.get(f"{platform.gateway}/account", headers=headers, allow_redirects=False) as response:
        return response.status


def _browser() -> aiohttp.ClientSession:
    return aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True))


async def test_an_id_from_before_the_sign_in_is_worth_nothing(platform: Platform) -> None:
    person, planted = await platform.person("reader"), "A" * 43
    async with _browser() as browser:
        browser.cookie_jar.update_cookies({"session": planted})
        given = await _sign_in(browser, platform, person.email)
        again = await _sign_in(browser, platform, person.email)
    assert len({planted, given, again}) == 3
    assert [await _status(platform, one) for one in (planted, given, again)] == [303, 303, 200]


async def test_a_logout_stands_against_slow_requests(platform: Platform) -> None:
    person = await platform.person("reader")
    async with _browser() as browser:
        session_id = await _sign_in(browser, platform, person.email)
        found = _TOKEN.search(await _page(browser, f"{platform.gateway}/account"))
        assert found
        slow = [asyncio.create_task(_status(platform, session_id)) for _ in range(20)]
        logout = browser.post(f"{platform.gateway}/logout", data={"form_token": found[1]}, allow_redirects=False)
        async with logout as response:
            assert response.status == 303
        await asyncio.gather(*slow)
    assert await _status(platform, session_id) == 303


async def test_redis_may_forget_everything(platform: Platform) -> None:
    reader, editor = await platform.person("reader"), await platform.person("editor")
    async with _browser() as first, _browser() as second, _browser() as third:
        ids = [await _sign_in(first, platform, reader.email), await _sign_in(second, platform, editor.email)]
        ended = await _sign_in(third, platform, reader.email)
        await _sign_in(third, platform, reader.email)  # ends the one before
        async with Redis.from_url(platform.redis_url) as redis:
            await redis.flushdb()
        assert [await _status(platform, one) for one in (*ids, ended)] == [200, 200, 303]
        for browser, person, other in ((first, reader, editor), (second, editor, reader)):
            shown = await _page(browser, f"{platform.gateway}/account")
            assert person.email in shown
            assert other.email not in shown
