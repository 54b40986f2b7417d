"""Second factors in a real browser: an app, without script too, and passkeys with a virtual authenticator."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import psycopg
import pyotp
import pytest
import pytest_asyncio
from aiohttp import web
from playwright.async_api import Browser, Page, expect
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from services.gateway.app import open_gateway
from services.gateway.settings import GatewaySettings
from tests.conftest import free_port
from tests.mailbox import mailed_token
from tests.waiting import until
from tests.web.web_stack import KEY, PASSWORD, running_auth, running_web

REDIS = 5
PLENTY: dict[str, Any] = {f"rate_limit_{who}_{what}": 1_000_000 for who in ("anonymous", "account", "credentials")
          for what in ("per_minute", "burst")}  # fmt: skip


@pytest_asyncio.fixture(scope="module")
async def strict(library_database: DatabaseUrls, policy_url: str, valkey_server: ValkeyServer) -> AsyncIterator[str]:
    """A platform at a name that browsers have passkeys for, whose editors need a second factor."""
    port, redis_url = free_port(), valkey_server.url(REDIS)
    public_url = f"http://localhost:{port}"
    async with (
        running_auth(library_database, redis_url, public_url, two_factor_roles="editor,admin") as auth,
        running_web(auth, policy_url, redis_url, public_url) as (web_url, _),
        open_gateway(
            GatewaySettings(
                internal_key=SecretStr(KEY),
                redis_url=SecretStr(redis_url),
                public_url=public_url,
                port=0,
                auth_url=auth,
                policy_url=policy_url,
                web_url=web_url,
                redis_seconds=10,
                **PLENTY,
            )
        ) as server,
    ):
        runner = web.ServerRunner(server, shutdown_timeout=0.5)
        await runner.setup()
        try:
            await web.TCPSite(runner, "127.0.0.1", port).start()
            yield public_url
        finally:
            await runner.cleanup()


@pytest_asyncio.fixture(params=[True, False], ids=["script", "no-script"])
async def tab(request: pytest.FixtureRequest, chromium: Browser, strict: str) -> AsyncIterator[Page]:
    """A new visitor, with JavaScript and without."""
    context = await chromium.new_context(base_url=strict, locale="en-CA", java_script_enabled=request.param)
    yield await context.new_page()
    await context.close()


@pytest_asyncio.fixture
async def keyed(chromium: Browser, strict: str) -> AsyncIterator[Page]:
    """A visitor whose device has an authenticator that asks for a finger and is shown one."""
    context = await chromium.new_context(base_url=strict, locale="en-CA")
    page = await context.new_page()
    devtools = await context.new_cdp_session(page)
    await devtools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    await devtools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    yield page
    await context.close()


async def _registered(page: Page, email: str, database: DatabaseUrls, role: str = "reader") -> None:
    await page.goto("/register")
    await page.get_by_label("Name").fill("Ada Lovelace")
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Register").click()
    await page.goto(f"/verify?token={await mailed_token(database, email)}")
    await page.locator("main form button").first.click()
    await expect(page.get_by_role("status")).to_contain_text("The address is confirmed")
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("UPDATE auth.account SET role = %s, areas = '*' WHERE email = %s", [role, email])


async def _sign_in(page: Page, email: str, at: str = "/login") -> None:
    await page.goto(at)
    await page.get_by_label("E-mail address").fill(email)
    await page.get_by_label("Password").fill(PASSWORD)
    await page.get_by_role("button", name="Sign in", exact=True).click()


async def test_an_editor_is_led_to_a_second_factor_and_signs_in_with_it(
    tab: Page, strict: str, email: str, library_database: DatabaseUrls
) -> None:
    await _registered(tab, email, library_database, "editor")
    await _sign_in(tab, email)
    await expect(tab.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
    await expect(tab.get_by_role("note")).to_contain_text("Your role asks for a second factor")
    before = {cookie["name"]: cookie["value"] for cookie in await tab.context.cookies()}["session"]
    await tab.get_by_role("button", name="Set up an app").click()
    secret = "".join((await tab.locator("main code").inner_text()).split())
    await expect(tab.get_by_role("img", name="The secret as a drawn code")).to_be_visible()
    assert await tab.locator("img.drawn-code").evaluate("image => image.naturalWidth") > 100
    await tab.get_by_label("Code").fill("000000")
    await tab.get_by_role("button", name="Finish").click()
    await expect(tab.get_by_role("alert").first).to_contain_text("is wrong")
    app = pyotp.TOTP(secret)
    await tab.get_by_label("Code").fill(app.now())
    await tab.get_by_role("button", name="Finish").click()
    codes = await tab.locator(".recovery-codes code").all_inner_texts()
    assert len(set(codes)) == 10
    await tab.get_by_role("link", name="I have kept them").click()
    await expect(tab.get_by_role("note")).to_have_count(0)
    after = {cookie["name"]: cookie["value"] for cookie in await tab.context.cookies()}["session"]
    assert after != before
    await tab.goto("/account")
    await tab.get_by_role("button", name="Sign out").click()

    await _sign_in(tab, email, "/login?next=/account/sessions")
    await expect(tab.get_by_role("heading", name="Second step")).to_be_visible()
    assert "session" not in {cookie["name"] for cookie in await tab.context.cookies()}
    await tab.get_by_label("Code").fill(app.now())  # used already
    await tab.get_by_role("button", name="Sign in").click()
    await expect(tab.get_by_role("alert").first).to_contain_text("was used before")
    await tab.get_by_label("Code").fill(codes[0])
    await tab.get_by_role("button", name="Sign in").click()
    await expect(tab.get_by_role("heading", name="Where you are signed in")).to_be_visible()
    await expect(tab.get_by_role("main")).to_contain_text("this one")
    await _a_key_works_until_it_is_revoked(tab, strict)


async def _a_key_works_until_it_is_revoked(page: Page, platform: str) -> None:
    await page.goto("/account/keys")
    await page.get_by_label("Name").fill("Nightly export")
    await page.get_by_label("see and manage your own account").check()
    await page.get_by_role("button", name="Make the key").click()
    headers = {"Authorization": f"Bearer {await page.locator('#new-key').inner_text()}"}
    async with aiohttp.ClientSession(platform, headers=headers) as program:

        async def status() -> int:
            async with program.get("/api/v1/auth/me") as response:
                return response.status

        assert await status() == 200
        await page.goto("/account/keys")
        await page.get_by_role("button", name=re.compile("Revoke")).click()
        await expect(page.get_by_text("You have no API keys.")).to_be_visible()

        async def is_refused() -> bool:
            return await status() == 401

        await until(is_refused)


async def test_a_sensitive_change_asks_again_and_comes_back(
    tab: Page, email: str, library_database: DatabaseUrls
) -> None:
    await _registered(tab, email, library_database)
    await _sign_in(tab, email, "/login?next=/account/security")
    with psycopg.connect(library_database.owner_url, autocommit=True) as connection:
        connection.execute(
            "UPDATE auth.session SET authenticated_at = now() - interval '11 minutes' FROM auth.account a"
            " WHERE a.id = account_id AND a.email = %s",
            [email],
        )
    await tab.get_by_role("button", name="Set up an app").click()
    await expect(tab.get_by_role("heading", name="Confirm that it is you")).to_be_visible()
    await tab.get_by_label("Password").fill("wrong")
    await tab.get_by_role("button", name="Confirm with the password").click()
    await expect(tab.get_by_role("alert").first).to_contain_text("is wrong")
    await tab.get_by_label("Password").fill(PASSWORD)
    await tab.get_by_role("button", name="Confirm with the password").click()
    await expect(tab.get_by_role("heading", name="Two-factor sign-in")).to_be_visible()
    await tab.get_by_role("button", name="Set up an app").click()
    await expect(tab.get_by_role("button", name="Finish")).to_be_visible()


async def test_a_passkey_is_added_signs_in_alone_and_is_removed(
    keyed: Page, email: str, library_database: DatabaseUrls
) -> None:
    await _registered(keyed, email, library_database)
    await _sign_in(keyed, email, "/login?next=/account/security")
    await keyed.get_by_label("Name of the passkey").fill("My laptop")
    await keyed.get_by_role("button", name="Add a passkey").click()
    await expect(keyed.locator(".recovery-codes li")).to_have_count(10)
    await keyed.goto("/account")
    await keyed.get_by_role("button", name="Sign out").click()

    await keyed.goto("/login?next=/account/security")
    await keyed.get_by_role("button", name="Use a passkey instead").click()
    await expect(keyed.get_by_role("main")).to_contain_text("My laptop")
    await keyed.goto("/account")
    await keyed.get_by_role("button", name="Sign out").click()

    await _sign_in(keyed, email, "/login?next=/account/security")
    await expect(keyed.get_by_role("heading", name="Second step")).to_be_visible()
    await keyed.get_by_role("button", name="Use a passkey").click()
    await expect(keyed.get_by_role("main")).to_contain_text("My laptop")
    await keyed.get_by_role("button", name="Remove My laptop").click()
    await expect(keyed.get_by_role("status")).to_contain_text("removed")
    await expect(keyed.get_by_role("main")).not_to_contain_text("My laptop")


@pytest.mark.parametrize("path", ["/account/security", "/account/sessions", "/account/confirm"])
async def test_these_pages_fit_a_narrow_window(
    keyed: Page, email: str, library_database: DatabaseUrls, path: str
) -> None:
    await _registered(keyed, email, library_database)
    await _sign_in(keyed, email, f"/login?next={path}")
    await keyed.set_viewport_size({"width": 320, "height": 800})
    await keyed.goto(path)
    assert await keyed.evaluate("document.documentElement.scrollWidth") <= 320
