"""Administrators read the audit trails as a page and as files."""

from __future__ import annotations

import asyncio
import csv
import io
import json
from collections.abc import AsyncIterator
from urllib.parse import quote

import psycopg
import pytest
import pytest_asyncio

from infra.local.valkey import ValkeyServer
from services.auth.roles.first_admin import make_link
from services.web.views.admin.audit import cell
from shared.db import open_database
from tests.conftest import Databases
from tests.web.web_stack import PUBLIC_URL, Browser, running_auth, running_policy, running_web

ADMIN = "admin@example.org"
_STEP = """
INSERT INTO policy.editorial_event (account, request_id, action, detail, version_id)
VALUES (%s, 'r-00000001', 'withdraw-version', %s, 1)
"""


@pytest_asyncio.fixture(scope="module")
async def admin(databases: Databases, valkey_server: ValkeyServer) -> AsyncIterator[Browser]:
    """The browser of an administrator, on a platform of their own."""
    database, redis_url = databases.create(), valkey_server.url(6)
    with psycopg.connect(database.owner_url) as connection:
        for number in range(60):
            connection.execute(_STEP, [f"=account-{number}", f"@SUM({number})"])
    async with (
        running_auth(database, redis_url) as auth_url,
        running_policy(database, redis_url) as policy_url,
        running_web(auth_url, policy_url, redis_url) as (base, session),
    ):
        async with open_database(database.auth_url, service="auth", min_size=1, max_size=1) as opened:
            token = (await make_link(opened, PUBLIC_URL)).partition("?token=")[2]
        browser = Browser(base, session)
        fields = {"token": token, "display_name": "Ada", "email": ADMIN, "password": "plum-Orbit-94-tangerine"}
        assert (await browser.submit("/first-admin", fields)).status == 303
        await browser.sign_in(ADMIN, "a wrong password")
        assert (await browser.sign_in(ADMIN)).status == 303
        yield browser
    databases.drop(database)


async def test_the_page_shows_who_did_what_and_filters(admin: Browser) -> None:
    page = await admin.get("/admin/audit")
    assert page.status == 200, page.text
    assert "Sign-in failed" in page.text
    assert ADMIN in page.text
    page = await admin.get("/admin/audit?action=session.signed-in&who=" + quote(ADMIN))
    assert page.text.count('<th scope="row">') == 1
    assert "Sign-in failed" not in page.text
    assert "Nothing was recorded" in (await admin.get("/admin/audit?until=2020-01-01")).text
    assert "Nothing was recorded" in (await admin.get("/admin/audit?who=not-an-id")).text
    assert (await admin.get("/admin/audit?since=2026-02-31")).status == 400
    assert (await admin.get("/admin/audit?since=yesterday")).status == 400
    french = await admin.get("/admin/audit?ui=fr")
    assert "Échec de connexion" in french.text


async def test_the_trail_of_texts_pages_both_ways(admin: Browser) -> None:
    page = await admin.get("/admin/audit?trail=texts&ui=en")
    assert page.text.count('<th scope="row">') == 50
    older = next(href for href in page.hrefs() if "cursor=" in href and "ui=" not in href)
    page = await admin.get(older)
    assert page.text.count('<th scope="row">') == 10
    newer = next(href for href in page.hrefs() if "cursor=" in href and "ui=" not in href)
    assert (await admin.get(newer)).text.count('<th scope="row">') == 50
    page = await admin.get("/admin/audit?trail=texts&who==account-7")
    assert page.text.count('<th scope="row">') == 1
    assert "Nothing was recorded" in (await admin.get("/admin/audit?trail=texts&who=" + quote(ADMIN))).text


async def test_what_the_web_itself_refuses_is_on_record(admin: Browser) -> None:
    for _ in range(2):
        page = await admin.post("/logout", {}, Sec_Fetch_Site="cross-site")
        assert page.status == 403
    deadline = asyncio.get_running_loop().time() + 20
    while "Nothing was recorded" in (page := await admin.get("/admin/audit?action=access.refused&ui=en")).text:
        assert asyncio.get_running_loop().time() < deadline
        await asyncio.sleep(0.05)
    lines = (await admin.get("/admin/audit.ndjson?action=access.refused")).text.splitlines()
    [event] = [json.loads(line) for line in lines]
    assert event["actor_email"] == ADMIN
    assert {name: event["detail"][name] for name in ("service", "method", "route", "times")} == {
        "service": "web", "method": "POST", "route": "/logout", "times": "2",
    }  # fmt: skip


async def test_a_spreadsheet_takes_no_cell_for_a_formula(admin: Browser) -> None:
    answer = await admin.get("/admin/audit.csv?trail=texts")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="audit-texts.csv"'
    rows = list(csv.DictReader(io.StringIO(answer.text)))
    assert len(rows) == 60
    assert {row["actor"] for row in rows} == {f"'=account-{number}" for number in range(60)}
    assert not [value for row in rows for value in row.values() if value.startswith(("=", "+", "-", "@", "\t", "\r"))]
    for text in ("=1", "+1", "-1", "@x", "\tx", "\rx", "\nx"):
        assert cell(text) == f"'{text}"
    assert (cell("1=2"), cell({"a": "=1"}), cell("")) == ("1=2", '{"a": "=1"}', "")


async def test_the_lines_of_a_file_are_the_events(admin: Browser) -> None:
    answer = await admin.get("/admin/audit.ndjson?trail=texts")
    events = [json.loads(line) for line in answer.text.splitlines()]
    assert [event["position"] for event in events] == list(range(60, 0, -1))
    assert events[0]["detail"] == {"said": "@SUM(59)", "version": "1"}
    assert len(events[0]["hash"]) == 64


@pytest.mark.parametrize("address", ["/admin/audit", "/admin/audit.csv", "/admin/audit.ndjson"])
async def test_others_see_none_of_it(browser: Browser, email: str, address: str) -> None:
    page = await browser.get(address)
    assert (page.status, page.headers["Location"].partition("?")[0]) == (303, "/login")
    await browser.register(email)
    await browser.sign_in(email)
    assert (await browser.get(address)).status in (303, 403)
