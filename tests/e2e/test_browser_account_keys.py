"""An API key made in a real browser, used by a program, and ended by a button. Also without JavaScript."""

import asyncio
import re
import secrets

import aiohttp
from playwright.async_api import Page, expect

from tests.web.web_stack import PASSWORD


async def _status(platform: str, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession() as client, client.get(f"{platform}/api/v1/auth/me", headers=headers) as response:
        return response.status


async def test_a_key_from_its_making_to_its_end(page: Page, platform: str) -> None:
    address = f"{secrets.token_hex(6)}@example.org"
    async with aiohttp.ClientSession() as client:
        body = {"email": address, "password": PASSWORD, "display_name": "Ada"}
        async with client.post(f"{platform}/api/v1/auth/register", json=body) as response:
            assert response.status < 300
    await page.goto("/account/keys")
    await page.get_by_label("E-mail").fill(address)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in").click()
    await expect(page).to_have_url(re.compile("/account/keys$"))
    await page.get_by_label("Name").fill("Nightly export")
    await page.get_by_label("see and manage your own account").check()
    await page.get_by_label("How long it works").select_option("30 days")
    await page.get_by_role("button", name="Make the key").click()
    key = await page.locator("#new-key").inner_text()
    assert await _status(platform, key) == 200
    await page.goto("/account/keys")
    await expect(page.get_by_text(f"{key[:8]}…")).to_be_visible()
    assert key not in await page.content()
    await page.get_by_role("button", name=re.compile("Revoke")).click()
    await expect(page.get_by_text("You have no API keys.")).to_be_visible()
    async with asyncio.timeout(5):
        while True:
            if await _status(platform, key) == 401:
                break
            await asyncio.sleep(0.05)
