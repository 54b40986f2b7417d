"""Administrators find accounts, say what each may do, end sessions and disable, with a form and nothing else."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass

import psycopg
import pytest
import pytest_asyncio

from infra.db.addresses import DatabaseUrls
from infra.local.valkey import ValkeyServer
from services.auth.roles.first_admin import make_link
from shared.db import open_database
from tests.conftest import Databases
from tests.web.web_stack import PASSWORD, PUBLIC_URL, Browser, Page, running_auth, running_policy, running_web

USERS = "/admin/users"
ADMIN, ZOE = "admin@example.org", "zoe@example.org"


@dataclass(frozen=True, slots=True)
class Office:
    """A platform with an administrator, and readers."""

    admin: Browser
    database: DatabaseUrls
    ids: dict[str, str]

    def stranger(self) -> Browser:
        """A browser that has never been here."""
        return Browser(self.admin.base, self.admin.session)

    def page(self, email: str) -> str:
        """The address of the page about an account."""
        return f"{USERS}/{self.ids[email]}"

    async def submit(self, email: str, tail: str = "", **fields: str) -> Page:
        """Open the page about an account, and send one of its forms."""
        return await self.admin.submit(self.page(email) + tail, fields, shown_at=self.page(email))


@pytest_asyncio.fixture(scope="module")
async def office(databases: Databases, valkey_server: ValkeyServer) -> AsyncIterator[Office]:
    database, redis_url = databases.create(), valkey_server.url(7)
    async with (
        running_auth(database, redis_url) as auth_url,
        running_policy(database, redis_url) as policy_url,
        running_web(auth_url, policy_url, redis_url) as (base, session),
    ):
        async with open_database(database.auth_url, service="auth", min_size=1, max_size=1) as opened:
            token = (await make_link(opened, PUBLIC_URL)).partition("?token=")[2]
        admin = Browser(base, session)
        fields = {"token": token, "display_name": "Ada", "email": ADMIN, "password": PASSWORD}
        assert (await admin.submit("/first-admin", fields)).status == 303
        assert (await admin.sign_in(ADMIN)).status == 303
        for email in (ZOE, *(f"reader-{number:02}@example.com" for number in range(24))):
            await Browser(base, session).register(email, name="Zoë <b>" if email == ZOE else "Someone")
        with psycopg.connect(database.owner_url) as connection:
            connection.execute("UPDATE auth.account SET verified_at = coalesce(verified_at, now())")
            ids = {email: str(found) for found, email in connection.execute("SELECT id, email FROM auth.account")}
        yield Office(admin, database, ids)
    databases.drop(database)


async def test_accounts_are_found_by_text_and_role_page_by_page(office: Office) -> None:
    first = await office.admin.get(USERS)
    assert first.status == 200, first.text
    assert "Users" in first.text
    found = re.search(r'rel="next" href="([^"]*)"', first.text)
    assert found
    second = await office.admin.get(found[1].replace("&amp;", "&"))
    assert ZOE in second.text
    assert "Zoë &lt;b&gt;" in second.text
    for query, shown in (
        ("q=ZOE", True),
        ("q=Zo%C3%AB", True),
        ("role=reader&q=zoe", True),
        ("role=admin&q=zoe", False),
    ):
        page = await office.admin.get(f"{USERS}?{query}")
        assert (office.ids[ZOE] in page.text) is shown, query
    assert "No account fits" in (await office.admin.get(f"{USERS}?q=nobody-at-all")).text
    assert (await office.admin.get(f"{USERS}?role=king")).status == 400
    french = await office.admin.get(f"{USERS}?q=nobody-at-all", Accept_Language="fr")
    assert "Aucun compte ne correspond" in french.text


async def test_role_and_areas_are_given_and_shown(office: Office) -> None:
    answer = await office.submit(ZOE, role="editor", areas="ca-port-lumen, ca ca")
    assert (answer.status, answer.headers["Location"]) == (303, f"{office.page(ZOE)}?saved")
    page = await office.admin.get(f"{office.page(ZOE)}?saved")
    assert "in force" in page.text
    assert 'value="ca ca-port-lumen"' in page.text
    assert '<option value="editor" selected>' in page.text
    assert "ca, ca-port-lumen" in (await office.admin.get(f"{USERS}?role=editor")).text
    wrong = await office.submit(ZOE, role="editor", areas="Port Lumen!")
    assert (wrong.status, 'aria-invalid="true"' in wrong.text, 'value="Port Lumen!"' in wrong.text) == (422, True, True)
    assert (await office.submit(ZOE, role="king", areas="")).status == 422


async def test_the_last_administrator_stays_one(office: Office) -> None:
    answer = await office.submit(ADMIN, role="reader", areas="")
    assert (answer.status, "last administrator" in answer.text) == (409, True)
    answer = await office.submit(ADMIN, "/state", do="disable")
    assert (answer.status, "last administrator" in answer.text) == (409, True)


async def test_sessions_are_ended_and_an_account_is_disabled(office: Office) -> None:
    zoe = office.stranger()
    assert (await zoe.sign_in(ZOE)).status == 303
    assert (await zoe.get("/account")).status == 200
    shown = await office.admin.get(office.page(ZOE))
    [session] = re.findall(r'name="session" value="([^"]+)"', shown.text)
    assert (await office.submit(ZOE, "/sessions", session=session)).status == 303
    assert (await zoe.get("/account")).status == 303
    assert "Nobody is signed in" in (await office.admin.get(office.page(ZOE))).text
    assert (await zoe.sign_in(ZOE)).status == 303
    assert (await office.submit(ZOE, "/state", do="disable")).status == 303
    assert (await zoe.get("/account")).status == 303
    assert (await zoe.sign_in(ZOE)).status == 401
    assert "Enable the account" in (await office.admin.get(office.page(ZOE))).text
    assert (await office.submit(ZOE, "/state", do="enable")).status == 303
    assert (await zoe.sign_in(ZOE)).status == 303
    assert (await office.submit(ZOE, "/factors")).status == 303
    assert (await zoe.get("/account")).status == 303


async def test_nobody_else_sees_or_does_any_of_it(office: Office) -> None:
    reader = office.stranger()
    assert (await reader.get(USERS)).status == 303
    assert (await reader.sign_in("reader-01@example.com")).status == 303
    for path in (USERS, office.page(ZOE)):
        assert (await reader.get(path)).status == 403
    for tail in ("", "/state", "/sessions", "/factors"):
        forged = await office.admin.post(office.page(ZOE) + tail, {"form_token": "x"}, Sec_Fetch_Site="same-origin")
        assert forged.status == 403, tail
    for name in ("x", "..%2fadmin", "%00"):
        assert (await office.admin.get(f"{USERS}/{name}")).status in (400, 404)


@pytest.mark.parametrize("tail", ["", "/state"])
async def test_a_change_asks_again_who_it_is_after_ten_minutes(office: Office, tail: str) -> None:
    with psycopg.connect(office.database.owner_url, autocommit=True) as connection:
        connection.execute("UPDATE auth.session SET authenticated_at = now() - interval '11 minutes'")
        answer = await office.submit(ZOE, tail, **({"do": "disable"} if tail else {"role": "admin", "areas": ""}))
        assert answer.status in (303, 403)
        assert answer.headers.get("Location", "").startswith("/admin/") is False
        assert "admin" not in str(
            connection.execute("SELECT role, disabled_at FROM auth.account WHERE email = %s", (ZOE,)).fetchone()
        )
        connection.execute("UPDATE auth.session SET authenticated_at = now()")
