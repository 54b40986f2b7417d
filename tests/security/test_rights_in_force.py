"""What an account may do changes at once: for access tokens, API keys and browsers, through the gateway.

At once is a second: a request that is begun later than that after the change was answered is held to it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from html import unescape
from typing import Any

import aiohttp
import pytest

from tests.security.security_stack import Person, Platform
from tests.web.web_stack import PASSWORD

SECONDS = 1.0
DRAFTS = "/api/v1/drafts"
BASE = {"base": "/api/v1/policies/ca-port-lumen/by-law/2016-04/en@2024-07-01"}


async def _key(platform: Platform, person: Person, *scopes: str) -> dict[str, str]:
    body = {"name": "script", "scopes": list(scopes)}
    status, made, _ = await platform.call("POST", "/api/v1/auth/keys", body, by=person)
    assert status == 201, made
    return {"Authorization": f"Bearer {made['key']}"}


async def _browser(platform: Platform, person: Person) -> aiohttp.ClientSession:
    """A browser in which the person signed in."""
    session = aiohttp.ClientSession(platform.gateway, cookie_jar=aiohttp.CookieJar(unsafe=True))
    async with session.get("/login") as response:
        found = re.search(r'name="form_token" value="([^"]*)"', await response.text())
        assert found
    fields = {"form_token": unescape(found[1]), "email": person.email, "password": PASSWORD}
    async with session.post("/login", data=fields, allow_redirects=False) as response:
        assert response.status == 303, await response.text()
    return session


async def _becomes(wanted: int, ask: Callable[[], Awaitable[int]]) -> None:
    """Ask until the answer is `wanted`; nothing that is begun later than SECONDS from now may be answered otherwise."""
    loop = asyncio.get_running_loop()
    changed = loop.time()
    while True:
        begun = loop.time()
        status = await ask()
        if status == wanted:
            return
        assert begun - changed <= SECONDS, f"{status}, and not {wanted}, more than a second after the change"
        await asyncio.sleep(0.02)


async def _status(platform: Platform, method: str, path: str, headers: dict[str, str], body: Any = None) -> int:
    async with platform.session.request(
        method, platform.gateway + path, headers=headers, json=body, allow_redirects=False
    ) as response:
        return response.status


async def _change(platform: Platform, person: Person, method: str, tail: str, body: Any = None) -> None:
    admin = await platform.person("admin")
    path = f"/api/v1/auth/accounts/{person.account_id}{tail}"
    status, answer, _ = await platform.call(method, path, body, by=admin)
    assert status == 200, answer


async def _renewed(platform: Platform, person: Person) -> dict[str, str]:
    status, tokens, _ = await platform.call("POST", "/api/v1/auth/refresh", {"refresh_token": person.refresh_token})
    assert status == 200, tokens
    return {"Authorization": f"Bearer {tokens['access_token']}"}


async def test_another_role(platform: Platform) -> None:
    editor = await platform.person("editor", fresh=True)
    key = await _key(platform, editor, "policies:read", "drafts:write")
    async with await _browser(platform, editor) as browser:

        async def account_page() -> int:
            async with browser.get("/account", allow_redirects=False) as response:
                return response.status

        async def with_key() -> int:
            return await _status(platform, "GET", DRAFTS, key)

        async def with_token() -> int:
            return await _status(platform, "GET", DRAFTS, editor.headers)

        assert [await with_key(), await with_token(), await account_page()] == [200, 200, 200]
        await _change(platform, editor, "PATCH", "", {"role": "reader"})
        await asyncio.gather(_becomes(403, with_key), _becomes(401, with_token), _becomes(303, account_page))
    assert await _status(platform, "GET", DRAFTS, await _renewed(platform, editor)) == 403


async def test_other_areas(platform: Platform) -> None:
    editor = await platform.person("editor", fresh=True)
    key = await _key(platform, editor, "policies:read", "drafts:write")
    assert await _status(platform, "POST", DRAFTS, key, BASE) == 201
    await _change(platform, editor, "PUT", "/areas", {"areas": ["ca-another-town"]})

    async def with_key() -> int:
        return await _status(platform, "POST", DRAFTS, key, BASE)

    async def with_token() -> int:
        return await _status(platform, "POST", DRAFTS, editor.headers, BASE)

    await asyncio.gather(_becomes(403, with_key), _becomes(401, with_token))
    headers = await _renewed(platform, editor)
    assert await _status(platform, "POST", DRAFTS, headers, BASE) == 403
    assert (await platform.call("GET", DRAFTS, Authorization=headers["Authorization"]))[1]["items"] == []
    await _change(platform, editor, "PUT", "/areas", {"areas": ["ca-port-lumen"]})
    await _becomes(201, with_key)


@pytest.mark.parametrize("what", ["token", "key", "browser"])
async def test_a_disabled_account(platform: Platform, what: str) -> None:
    reader = await platform.person("reader", fresh=True)
    key = await _key(platform, reader, "policies:read", "self:manage")
    async with await _browser(platform, reader) as browser:

        async def account_page() -> int:
            async with browser.get("/account", allow_redirects=False) as response:
                return response.status

        async def ask() -> int:
            if what == "browser":
                return await account_page()
            return await _status(platform, "GET", "/api/v1/auth/me", key if what == "key" else reader.headers)

        assert await ask() == 200
        await _change(platform, reader, "POST", "/disable")
        await _becomes(303 if what == "browser" else 401, ask)
