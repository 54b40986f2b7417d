"""One platform for all tests of this folder, and a browser in front of it.

With WITHOUT_DEFENCE in the environment, the defence of that name is taken out before the platform starts; see
`without_defences`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Iterator

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright
from redis.asyncio import Redis

from infra.local.valkey import ValkeyServer
from shared.contracts.sessions import ANNOUNCED_KEY
from tests.conftest import Databases
from tests.security.defences import VARIABLE, take_out
from tests.security.security_stack import ROOMY, Platform, running_gateway
from tests.waiting import until
from tests.web.web_stack import import_sample, running_auth, running_policy, running_web

CHROMIUM = os.environ.get("CHROMIUM") or shutil.which("chromium") or shutil.which("chromium-browser")
_SESSION_KEYS = "ignore:It is recommended to use web.RequestKey:aiohttp.web_exceptions.NotAppKeyWarning:aiohttp_session"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """aiohttp-session keeps its own state under plain strings, of which aiohttp warns once a process."""
    for item in items:
        if "security" in item.path.parts:
            item.add_marker(pytest.mark.filterwarnings(_SESSION_KEYS))


@pytest.fixture(scope="session")
def without_defence() -> Iterator[str]:
    """The name of the defence that was taken out; empty in every ordinary run."""
    name = os.environ.get(VARIABLE, "")
    with pytest.MonkeyPatch.context() as patch:
        if name:
            take_out(name, patch)
        yield name


@pytest_asyncio.fixture(scope="session")
async def platform(without_defence: str, databases: Databases, valkey_server: ValkeyServer) -> AsyncIterator[Platform]:
    """The platform with the sample policies, and a gateway that does not count requests."""
    database = databases.create()
    import_sample(database)
    redis_url = valkey_server.url(3)  # of our own: two auth services on one would answer for each other
    async with (
        running_auth(database, redis_url) as auth,
        running_policy(database, redis_url) as policy,
        running_web(auth, policy, redis_url) as (web, session),
    ):
        services = {"auth": auth, "policy": policy, "web": web}
        async with running_gateway(services, redis_url, **ROOMY) as gateway:
            yield Platform(gateway, services, database, redis_url, session)


@pytest_asyncio.fixture(autouse=True)
async def told(request: pytest.FixtureRequest) -> None:
    """Where a test made Redis forget everything, the next one waits until auth has said again what was revoked."""
    if "platform" in request.fixturenames:
        platform: Platform = request.getfixturevalue("platform")
        async with Redis.from_url(platform.redis_url) as redis:

            async def is_told() -> bool:
                return await redis.get(ANNOUNCED_KEY) is not None

            await until(is_told)


@pytest_asyncio.fixture(scope="session")
async def visitor() -> AsyncIterator[aiohttp.ClientSession]:
    """Somebody outside, who keeps cookies as a browser does."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield session


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
