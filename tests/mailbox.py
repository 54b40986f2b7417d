"""What people find in their mailboxes: the letters in the outbox, where no mail server takes them."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from urllib.parse import unquote

import asyncpg

from infra.db.addresses import DatabaseUrls
from tests.waiting import until

_LETTERS = "SELECT kind, lang, subject, body FROM auth.mail WHERE recipient = $1 ORDER BY created_at, id"


async def letters(database: DatabaseUrls, email: str) -> list[asyncpg.Record]:
    """All letters to an address, the oldest first: kind, lang, subject, body."""
    connection = await asyncpg.connect(database.auth_url)
    try:
        return await connection.fetch(_LETTERS, email)
    finally:
        await connection.close()


async def mailed_token(database: DatabaseUrls, email: str, kind: str = "verify", *, number: int = 1) -> str:
    """The token of the link in the newest letter of this kind, once there are `number` of them."""
    found: list[str] = []

    async def arrived() -> bool:
        found[:] = [one["body"] for one in await letters(database, email) if one["kind"] == kind]
        return len(found) >= number

    await until(arrived)
    link = re.search(r"\?token=(\S+)", found[-1])
    assert link, found[-1]
    return unquote(link.group(1))


async def confirm(database: DatabaseUrls, email: str, post: Callable[[str, dict[str, str]], Awaitable[int]]) -> None:
    """Follow the link that a registration sent. `post` sends JSON to an address of the API and returns the status."""
    token = await mailed_token(database, email)
    status = await post("/api/v1/auth/verify-email", {"token": token})
    assert status == 200, status
