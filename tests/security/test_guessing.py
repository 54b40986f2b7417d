"""Guessing passwords is slowed down, alike for known and unknown accounts, and does not keep the owner out."""

from __future__ import annotations

import re
import secrets
from collections.abc import AsyncIterator
from html import unescape

import aiohttp
import pytest_asyncio

from tests.security.security_stack import ROOMY, Person, Platform, running_gateway
from tests.web.web_stack import PASSWORD

MOST_GUESSES = 40


@pytest_asyncio.fixture
async def outside(platform: Platform) -> AsyncIterator[str]:
    """A gateway behind a proxy that says where requests come from: guesses here are nobody else's."""
    settings = {**ROOMY, "trusted_proxies": "127.0.0.1"}
    async with running_gateway(platform.services, platform.redis_url, **settings) as gateway:
        yield gateway


async def _guesses(platform: Platform, gateway: str, email: str, address: str) -> tuple[int, float]:
    """How many guesses were answered before one was told to wait, and for how long."""
    for number in range(MOST_GUESSES):
        body = {"email": email, "password": secrets.token_urlsafe()}
        async with platform.session.post(
            f"{gateway}/api/v1/auth/login", json=body, headers={"X-Forwarded-For": address}
        ) as response:
            if response.status == 429:
                return number, float(response.headers["Retry-After"])
            assert response.status == 401, await response.text()
    raise AssertionError(f"{MOST_GUESSES} guesses were answered")


async def _sign_in(browser: aiohttp.ClientSession, person: Person) -> int:
    async with browser.get("/login") as response:
        token = re.search(r'name="form_token" value="([^"]*)"', await response.text())
        assert token
    fields = {"form_token": unescape(token[1]), "email": person.email, "password": PASSWORD}
    async with browser.post("/login", data=fields, allow_redirects=False) as response:
        return response.status


async def test_guesses_have_to_wait_whether_or_not_there_is_an_account(platform: Platform, outside: str) -> None:
    known = await platform.person("reader", fresh=True)
    unknown = f"{secrets.token_hex(8)}@example.org"
    first, wait = await _guesses(platform, outside, known.email, "198.51.100.1")
    second, other = await _guesses(platform, outside, unknown, "198.51.100.2")
    assert first == second
    assert wait == other >= 1


async def test_another_address_does_not_help_and_the_owner_gets_in(platform: Platform, outside: str) -> None:
    owner = await platform.person("reader", fresh=True)
    async with aiohttp.ClientSession(platform.gateway, cookie_jar=aiohttp.CookieJar(unsafe=True)) as browser:
        assert await _sign_in(browser, owner) == 303
        await _guesses(platform, outside, owner.email, "198.51.100.3")
        answered, _ = await _guesses(platform, outside, owner.email, "203.0.113.9")
        assert answered == 0
        browser.cookie_jar.clear(lambda cookie: cookie.key == "session")
        assert await _sign_in(browser, owner) == 303
