"""An API key made in a real browser, used by a program, and ended by a button. Also without JavaScript."""

import asyncio
import re

import aiohttp
from playwright.async_api import Page, expect

from infra.db.addresses import DatabaseUrls
from tests.mailbox import confirm
from tests.web.web_stack import PASSWORD


async def _status(platform: str, key: str) -> int:
    headers = {"Authorization": f"Bearer {key}"}
    async with aiohttp.ClientSession() as client, client.get(f"{platform}/api/v1/auth/me", headers=headers) as response:
        return response.status


async def _post(platform: str, path: str, body: dict[str, str]) -> int:
    async with aiohttp.ClientSession() as client, client.post(platform + path, json=body) as response:
        return response.status


async def test_a_key_from_its_making_to_its_end(
    page: Page, platform: str, library_database: DatabaseUrls, email: str
) -> None:
    body = {"email": email, "password": PASSWORD, "display_name": "Ada"}
    assert await _post(platform, "/api/v1/auth/register", body) < 300
    await confirm(library_database, email, lambda path, sent: _post(platform, path, sent))
    await page.goto("/account/keys")
    await page.get_by_label("E-mail").fill(email)
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
