"""Signing in with an account elsewhere, as a browser does it: through the gateway and the web, to a real provider."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from html import unescape
from urllib.parse import urlencode, urlsplit

import aiohttp
import psycopg
import pytest
import pytest_asyncio
from pydantic import SecretStr

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from services.auth.federation.settings import Provider
from services.auth.roles.first_admin import make_link
from shared.db import open_database
from tests.auth.identity_provider import CLIENT, SECRET, IdentityProvider
from tests.conftest import Databases
from tests.e2e.gateways import roomy_gateway
from tests.serving import running
from tests.web.web_stack import NOWHERE, PASSWORD, PUBLIC_URL, running_auth, running_web

_PASSKEY = """
INSERT INTO passkey (id, account_id, credential_id, public_key, sign_count, name, created_at)
SELECT gen_random_uuid(), id, 'c', 'p', 0, 'Key', now() FROM account WHERE email = 'fay@example.org'
"""


@dataclass
class Site:
    """The platform's address, the provider, and a client without cookies of its own."""

    address: str
    provider: IdentityProvider
    session: aiohttp.ClientSession
    link_token: str
    """Opens the first administrator's account."""
    database: DatabaseUrls


@dataclass
class Visitor:
    """A browser: keeps the platform's cookies, and follows redirects one by one."""

    site: Site
    cookies: dict[str, str] = field(default_factory=dict)
    seen: list[str] = field(default_factory=list)

    async def get(self, path: str) -> tuple[int, str]:
        """The page that redirects lead to, over the provider if need be; `seen` are the places on the way."""
        address = self.site.address + path
        for _ in range(8):
            status, text, to = await self._send("GET", address)
            if to is None:
                return status, text
            # The platform is known to people, and to the provider, by another address than a test's.
            address = to.replace(PUBLIC_URL, self.site.address) if "://" in to else self.site.address + to
            self.seen.append(urlsplit(address).path)
        raise AssertionError(self.seen)

    async def post(self, path: str, fields: dict[str, str], shown: str) -> tuple[int, str]:
        """Send the form on a page that was shown; then as `get`."""
        token = re.search(r'name="form_token" value="([^"]*)"', shown)
        assert token, shown
        status, text, to = await self._send("POST", self.site.address + path, {"form_token": token[1], **fields})
        return (status, text) if to is None else await self.get(to)

    async def sign_in(self, email: str, shown: str, **hidden: str) -> tuple[int, str]:
        return await self.post("/login", {"email": email, "password": PASSWORD, **hidden}, shown)

    async def _send(self, method: str, address: str, form: dict[str, str] | None = None) -> tuple[int, str, str | None]:
        ours = address.startswith(self.site.address)
        cookie = "; ".join(f"{name}={value}" for name, value in self.cookies.items())
        headers = {"Cookie": cookie} if ours and cookie else {}
        async with self.site.session.request(
            method, address, data=form, headers=headers, allow_redirects=False
        ) as response:
            for name, morsel in response.cookies.items() if ours else ():
                self.cookies.pop(name, None)
                if morsel.value:
                    self.cookies[name] = morsel.value
            to = response.headers["Location"] if response.status in (302, 303) else None
            return response.status, await response.text(), to


@pytest_asyncio.fixture(scope="module")
async def site(databases: Databases, valkey_server: ValkeyServer) -> AsyncIterator[Site]:
    database, redis_url = databases.create(), valkey_server.url(5)
    provider = IdentityProvider({f"{PUBLIC_URL}/login/with/example/callback"}, algorithm="RS256")
    async with running(provider.application()) as provider.issuer:
        configured = Provider(
            name="example", label="Example & Co", issuer=provider.issuer, client_id=CLIENT,
            client_secret=SecretStr(SECRET),
        )  # fmt: skip
        async with (
            running_auth(database, redis_url, oidc_providers=(configured,)) as auth_url,
            running_web(auth_url, NOWHERE, redis_url) as (web_url, _),
            roomy_gateway(NOWHERE, redis_url, auth_url=auth_url, web_url=web_url) as address,
            aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar()) as session,
        ):
            async with open_database(database.auth_url, service="auth", min_size=1, max_size=1) as opened:
                token = (await make_link(opened, PUBLIC_URL)).partition("?token=")[2]
            yield Site(address, provider, session, token, database)
    databases.drop(database)


async def test_a_stranger_is_signed_in_and_comes_back_to_where_they_were(site: Site) -> None:
    site.provider.person = {"sub": "ada", "email": "ada@example.org", "email_verified": True, "name": "Ada L."}
    visitor = Visitor(site)
    _, login = await visitor.get("/login?next=%2Faccount%3Fx%3D1")
    found = re.search(r'href="(/login/with/[^"]+)"', login)
    assert found
    assert "Sign in with Example &amp; Co" in login
    status, page = await visitor.get(unescape(found[1]))
    assert (status, "Ada L." in page, "ada@example.org" in page) == (200, True, True), page
    assert visitor.seen == ["/authorize", "/login/with/example/callback", "/account"]
    assert "federation" not in visitor.cookies
    _, logins = await visitor.get("/account/logins")
    assert site.provider.issuer in logins
    row = re.search(r'name="login" value="([^"]+)"', logins)
    assert row
    status, page = await visitor.post("/account/logins", {"login": row[1]}, logins)
    assert (status, "only way to sign in" in page) == (409, True)


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "/a\nb", "javascript:1"]
)
async def test_nobody_is_led_away(site: Site, target: str) -> None:
    site.provider.person = {"sub": "ada", "email": "ada@example.org", "email_verified": True}
    visitor = Visitor(site)
    status, _ = await visitor.get(f"/login/with/example?{urlencode({'next': target})}")
    assert (status, visitor.seen[-1]) == (200, "/account")


async def test_an_answer_in_another_browser_or_a_second_time_signs_nobody_in(site: Site) -> None:
    site.provider.person = {"sub": "eve", "email": "eve@example.org", "email_verified": True}
    eve, victim = Visitor(site), Visitor(site)
    _, _, to_provider = await eve._send("GET", f"{site.address}/login/with/example")
    assert to_provider
    _, _, back = await eve._send("GET", to_provider)
    assert back
    path = back.removeprefix(PUBLIC_URL)
    await victim._send("GET", f"{site.address}/login/with/example")  # the victim has a flow of their own
    status, page = await victim.get(path)
    assert (status, "did not succeed" in page) == (403, True)
    assert not {"session", "signed-in"} & victim.cookies.keys()
    status, _ = await eve.get(path)
    assert status == 403  # the victim's try used it up
    for query in ("", "?state=x", "?code=1&state=" + "x" * 5000, "?state=%00", "?error=access_denied&state=x"):
        assert (await eve.get(f"/login/with/example/callback{query}"))[0] == 403
    assert (await eve.get("/login/with/unknown"))[0] == 404


async def test_the_second_step_follows_where_the_account_has_one(site: Site) -> None:
    site.provider.person = {"sub": "fay", "email": "fay@example.org", "email_verified": True}
    assert (await Visitor(site).get("/login/with/example"))[0] == 200
    with psycopg.connect(site.database.auth_url) as connection:
        connection.execute(_PASSKEY)
    visitor = Visitor(site)
    status, page = await visitor.get("/login/with/example?next=/browse")
    assert (status, visitor.seen[-1]) == (200, "/login/verify"), page
    assert not {"session", "signed-in"} & visitor.cookies.keys()


async def test_an_address_that_is_somebodys_is_linked_by_its_owner_alone(site: Site) -> None:
    site.provider.person = {"sub": "thief", "email": "owner@example.org", "email_verified": True, "name": "Owner"}
    owner = {"email": "owner@example.org", "password": PASSWORD, "display_name": "Owner", "token": site.link_token}
    async with site.session.post(f"{site.address}/api/v1/auth/first-admin", json=owner) as made:
        assert made.status == 201, await made.text()
    browser = Visitor(site)
    status, login = await browser.get("/login/with/example")
    assert (status, browser.seen[-2:]) == (200, ["/account/logins/confirm", "/login"])
    assert not {"session", "signed-in"} & browser.cookies.keys()
    status, ask = await browser.sign_in("owner@example.org", login, next="/account/logins/confirm")
    assert (status, "Is this login yours?" in ask) == (200, True), ask
    status, logins = await browser.post("/account/logins/confirm", {}, ask)
    assert (status, site.provider.issuer in logins) == (200, True), logins
    again = Visitor(site)
    _, page = await again.get("/login/with/example")
    assert "owner@example.org" in page
    row = re.search(r'name="login" value="([^"]+)"', logins)
    assert row
    status, page = await browser.post("/account/logins", {"login": row[1]}, logins)
    assert (status, "was removed" in page) == (200, True)
    assert "compte externe" in (await Visitor(site).get("/login?ui=fr"))[1]
