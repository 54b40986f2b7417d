"""A draft on its way through the gateway, with the tokens that people get when they sign in."""

from __future__ import annotations

import secrets
from typing import Any

import aiohttp
import psycopg

from infra.db.addresses import DatabaseUrls
from tests.mailbox import confirm

PASSWORD = "plum-Orbit-94-tangerine"
DRAFTS = "/api/v1/drafts"


async def signed_in(platform: str, database: DatabaseUrls, role: str) -> aiohttp.ClientSession:
    """A session of a new account with this role."""
    email = f"{secrets.token_hex(8)}@example.org"
    session = aiohttp.ClientSession(platform)
    body = {"email": email, "password": PASSWORD, "display_name": role.title()}
    async with session.post("/api/v1/auth/register", json=body) as response:
        assert response.status < 300, await response.text()

    async def post(path: str, sent: dict[str, str]) -> int:
        async with session.post(path, json=sent) as answer:
            return answer.status

    await confirm(database, email, post)
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        connection.execute("UPDATE auth.account SET role = %s, areas = '*' WHERE email = %s", (role, email))
    async with session.post("/api/v1/auth/login", json={"email": email, "password": PASSWORD}) as response:
        session.headers["Authorization"] = f"Bearer {(await response.json())['access_token']}"
    return session


async def called(
    session: aiohttp.ClientSession, status: int, method: str, path: str, body: Any = None, **headers: str
) -> tuple[Any, str]:
    """Body and ETag of an answer that must have this status and be kept by nobody."""
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with session.request(method, path, json=body, headers=sent) as response:
        found = await response.json(content_type=None)
        assert response.status == status, found
        assert "no-store" in response.headers["Cache-Control"]
        return found, response.headers.get("ETag", "")


async def test_a_draft_is_written_and_approved_by_two_people(platform: str, library_database: DatabaseUrls) -> None:
    editor = await signed_in(platform, library_database, "editor")
    reviewer = await signed_in(platform, library_database, "reviewer")
    async with editor, reviewer, aiohttp.ClientSession(platform) as nobody:
        body = {"base": "/api/v1/policies/ca-port-lumen/by-law/2019-12/en@2027-01-01"}
        made, etag = await called(editor, 201, "POST", DRAFTS, body, Idempotency_Key="first")
        again, _ = await called(editor, 201, "POST", DRAFTS, body, Idempotency_Key="first")
        assert again == made
        path = f"{DRAFTS}/{made['id']}"
        await called(nobody, 401, "GET", path)
        eid = next(part["eid"] for part in made["provisions"] if part["kind"] == "section")
        _, section = await called(editor, 200, "GET", f"{path}/provisions/{eid}")
        text = {"format": "markdown", "source": "(1) One guest.\n(2) No parties."}
        await called(editor, 428, "PATCH", f"{path}/provisions/{eid}", text)
        written, _ = await called(editor, 200, "PATCH", f"{path}/provisions/{eid}", text, If_Match=section)
        stale, _ = await called(editor, 412, "PATCH", f"{path}/provisions/{eid}", text, If_Match=section)
        assert stale["current"]["etag"] == written["provision"]["etag"]
        await called(editor, 412, "POST", f"{path}/submit", If_Match=etag)
        _, etag = await called(editor, 200, "POST", f"{path}/submit", If_Match=written["draft"]["etag"])
        await called(editor, 403, "POST", f"{path}/approve", If_Match=etag)
        done, etag = await called(reviewer, 200, "POST", f"{path}/approve", If_Match=etag)
        assert (done["state"], done["actions"]) == ("approved", ["return", "publish", "assign"])
        events, _ = await called(reviewer, 200, "GET", f"{path}/events")
        assert [event["action"] for event in events["items"]] == ["create", "write", "submit", "approve"]
        assert len({event["request_id"] for event in events["items"]}) == 4
