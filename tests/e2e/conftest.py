"""The whole platform behind its gateway, and Chromium in front of it."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, async_playwright
from pydantic import SecretStr

from infra.local.valkey import ValkeyServer
from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from tests.web.web_fixtures import auth_url, email, library_database, policy_url, pytest_collection_modifyitems
from tests.web.web_stack import KEY, PUBLIC_URL, running_web

__all__ = ["auth_url", "email", "library_database", "policy_url", "pytest_collection_modifyitems"]

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")


@pytest_asyncio.fixture(scope="session")
async def platform(auth_url: str, policy_url: str, valkey_server: ValkeyServer) -> AsyncIterator[str]:
    """The address of a gateway with auth, policy and web behind it, and the sample policies imported."""
    redis_url = valkey_server.url(1)
    async with running_web(auth_url, policy_url, redis_url) as (web_url, _):
        settings = GatewaySettings(
            internal_key=SecretStr(KEY), redis_url=SecretStr(redis_url), public_url=PUBLIC_URL, port=0,
            auth_url=auth_url, policy_url=policy_url, web_url=web_url,
        )  # fmt: skip
        async with open_gateway(settings) as server:
            runner = web.ServerRunner(server, shutdown_timeout=0.5)
            await runner.setup()
            try:
                await web.TCPSite(runner, "127.0.0.1", 0).start()
                yield f"http://127.0.0.1:{runner.addresses[0][1]}"
            finally:
                await runner.cleanup()


@pytest_asyncio.fixture(scope="session")
async def chromium() -> AsyncIterator[Browser]:
    """A headless Chromium; tests that need it are skipped where there is none."""
    if CHROMIUM is None:
        pytest.skip("no Chromium: install the package `chromium`, or name the program in CHROMIUM")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(
            executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"]
        )
        yield browser
        await browser.close()


@pytest_asyncio.fixture(params=[True, False], ids=["script", "no-script"])
async def page(request: pytest.FixtureRequest, chromium: Browser, platform: str) -> AsyncIterator[Page]:
    """A tab of a new visitor, with JavaScript and without. The browser's console must stay empty."""
    context = await chromium.new_context(base_url=platform, locale="en-CA", java_script_enabled=request.param)
    tab = await context.new_page()
    complaints: list[str] = []
    tab.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: complaints.append(str(error)))
    yield tab
    await context.close()
    # A refused sign-in is answered 401, of which Chromium tells the console.
    assert not [complaint for complaint in complaints if "status of 401" not in complaint]


@pytest_asyncio.fixture
async def scripted(chromium: Browser, platform: str) -> AsyncIterator[Page]:
    """A tab with JavaScript, as wide as a laptop's."""
    context = await chromium.new_context(
        base_url=platform, locale="en-CA", viewport={"width": 1280, "height": 800}, color_scheme="light"
    )
    yield await context.new_page()
    await context.close()
