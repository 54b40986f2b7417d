"""The lists of those who sign in, read by pages through the gateway while drafts, imports and accounts come and change.

What was there before the first page and stays is read once, in pages of 7, 50 and 200; so is all of it backwards where
a list can be read so.
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator
from dataclasses import dataclass

import aiohttp
import psycopg
import pytest
import pytest_asyncio

from infra.local.valkey import ValkeyServer
from tests.conftest import Databases
from tests.e2e.gateways import roomy_gateway
from tests.e2e.test_drafts_through_the_gateway import PASSWORD, called, signed_in
from tests.e2e.test_paging_while_writing import Reader
from tests.web.web_stack import running_auth, running_policy

HELD = 215
_NUMBERS = itertools.count(1)
_DRAFTS = """
INSERT INTO policy.draft (owner, acted_by, jurisdiction, kind, number, lang, title)
SELECT %(account)s, %(account)s, 'xx', 'act', 'held-' || n, 'en', 'Held ' || n FROM generate_series(1, %(held)s) AS n
"""
_EVENTS = """
WITH long AS (
    INSERT INTO policy.draft (owner, acted_by, jurisdiction, kind, number, lang, title, revision)
    VALUES (%(account)s, %(account)s, 'xx', 'act', 'long', 'en', 'Written often', %(held)s) RETURNING id
)
INSERT INTO policy.editorial_event (draft_id, revision, account, request_id, action)
SELECT long.id, n, %(account)s, 'held-' || n, 'write' FROM long CROSS JOIN generate_series(1, %(held)s) AS n
RETURNING draft_id
"""
_IMPORTS = """
INSERT INTO policy.import_run (importer, source, origin, account, state)
SELECT 'markdown', 'held-' || n, 'upload', %(account)s, 'done' FROM generate_series(1, %(held)s) AS n
"""
_FAILURES = """
WITH run AS (
    INSERT INTO policy.import_run (importer, source, origin, account, state)
    VALUES ('markdown', 'bad', 'upload', %(account)s, 'running') RETURNING id
)
INSERT INTO policy.import_failure (run_id, path, line, message)
SELECT run.id, 'held/' || n * 37 %% 1000, 1, 'it is not well-formed' FROM run
CROSS JOIN generate_series(1, %(held)s) AS n RETURNING run_id
"""
_ACCOUNTS = """
INSERT INTO auth.account (id, email, display_name, password_hash, role, epoch_changed_at, created_at)
SELECT gen_random_uuid(), 'held-' || n * 37 %% 1000 || '@example.org', 'Held', '', 'reader', now(), now()
FROM generate_series(1, %(held)s) AS n
"""


@dataclass(frozen=True)
class Listed:
    """A list: where, read by whom, which field tells the held ones, how it begins, and whether it goes backwards."""

    path: str
    reader: str
    field: str
    held: str
    back: bool = False


@dataclass(frozen=True)
class Office:
    """Two people who are signed in, and the lists they read."""

    editor: aiohttp.ClientSession
    admin: aiohttp.ClientSession
    draft: str
    """A draft that is written while others read."""
    lists: tuple[Listed, ...]

    def reader(self, listed: Listed, limit: int) -> Reader:
        """Somebody before the first page."""
        client = self.admin if listed.reader == "admin" else self.editor
        return Reader(client, f"{listed.path}limit={limit}", lambda item: str(item[listed.field]))


@pytest_asyncio.fixture(scope="module")
async def office(databases: Databases, valkey_server: ValkeyServer) -> AsyncIterator[Office]:
    database, redis_url = databases.create(), valkey_server.url(4)
    async with (
        running_auth(database, redis_url) as auth_url,
        running_policy(database, redis_url) as policy_url,
        roomy_gateway(policy_url, redis_url, auth_url=auth_url) as address,
        await signed_in(address, database, "editor") as editor,
        await signed_in(address, database, "admin") as admin,
    ):
        with psycopg.connect(database.owner_url, autocommit=True) as connection:
            account = (await called(editor, 200, "GET", "/api/v1/auth/me"))[0]["id"]
            named = {"account": account, "held": HELD}
            connection.execute("SET session_replication_role = replica")  # else each step is taken one by one
            for statement in (_DRAFTS, _IMPORTS, _ACCOUNTS):
                connection.execute(statement, named)
            long, run = (connection.execute(statement, named).fetchone() for statement in (_EVENTS, _FAILURES))
        assert long is not None
        assert run is not None
        yield Office(editor, admin, str(long[0]), (
            Listed("/api/v1/drafts?jurisdiction=xx&", "editor", "title", "Held ", back=True),
            Listed("/api/v1/drafts?mine=own&state=draft&", "editor", "title", "Held ", back=True),
            Listed(f"/api/v1/drafts/{long[0]}/events?", "editor", "request_id", "held-"),
            Listed("/api/v1/imports?", "editor", "source", "held-"),
            Listed("/api/v1/imports?state=done&", "admin", "source", "held-"),
            Listed(f"/api/v1/imports/{run[0]}/failures?", "editor", "path", "held/"),
            Listed("/api/v1/auth/accounts?", "admin", "email", "held-", back=True),
        ))  # fmt: skip
    databases.drop(database)


async def work(office: Office, number: int) -> None:
    """One more draft, step in a draft, import, ended import and account, before, between and behind the others."""
    new = {"jurisdiction": "xx", "kind": "act", "number": f"new-{number}", "lang": "en", "title": "New", "text": "A."}
    made, etag = await called(office.editor, 201, "POST", "/api/v1/drafts", new)
    await called(office.editor, 200, "POST", f"/api/v1/drafts/{made['id']}/withdraw", If_Match=etag)
    _, etag = await called(office.editor, 200, "GET", f"/api/v1/drafts/{office.draft}?content=none")
    await called(
        office.editor, 200, "PATCH", f"/api/v1/drafts/{office.draft}", {"title": f"Title {number}"}, If_Match=etag
    )
    form = aiohttp.FormData({"importer": "markdown"})
    form.add_field("file", b"# A title", filename=f"new-{number}.md")
    async with office.editor.post("/api/v1/imports", data=form) as response:
        assert response.status == 202, await response.text()
        cancel = (await response.json())["cancel"]
    await called(office.editor, 200, "POST", cancel)
    body = {"email": f"{number * 89 % 997}-new@example.org", "password": PASSWORD, "display_name": "New"}
    body["email"] = ("a" if number % 2 else "held-5" if number % 3 else "z") + body["email"]
    await called(office.editor, 202, "POST", "/api/v1/auth/register", body)


@pytest.mark.timeout(300)
@pytest.mark.parametrize(("limit", "turns"), [(7, 6), (50, 1), (200, 1)])
async def test_pages_lose_nothing_and_repeat_nothing(office: Office, limit: int, turns: int) -> None:
    forwards = {listed: office.reader(listed, limit) for listed in office.lists}
    await _read(office, forwards, turns)
    back = {
        listed: Reader(reader.client, reader.last, reader.key, "prev")
        for listed, reader in forwards.items()
        if listed.back
    }
    await _read(office, back, turns)


async def _read(office: Office, readers: dict[Listed, Reader], turns: int) -> None:
    """All to their ends, with work after each so many pages; then hold what they read against what was held."""
    for turn in itertools.count(1):
        reading = [reader for reader in readers.values() if reader.address]
        if not reading:
            break
        for reader in reading:
            await reader.turn()
        if turn % turns == 0:
            await work(office, next(_NUMBERS))
    for listed, reader in readers.items():
        held = [one for one in reader.seen if one.startswith(listed.held) and not one.endswith("new@example.org")]
        assert len(held) == len(set(held)) == HELD, f"{listed.path}, {reader.towards}: {len(held)}, {len(set(held))}"
