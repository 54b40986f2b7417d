"""Keeps links, by the hashes of their tokens."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from services.auth.links.domain import LIFE, LINK_REFUSED, Link, LinkRefused, Purpose, hash_token
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def insert(connection: Connection, token: str, purpose: Purpose, link: Link, now: datetime) -> datetime:
    """Add a link; returns until when it is good."""
    until = now + LIFE[purpose]
    await connection.execute(
        QUERIES["insert_link"],
        hash_token(token), link.account_id, purpose.value, link.email, link.password_hash, link.display_name, now,
        until,
    )  # fmt: skip
    return until


async def look_at(connection: Connection, token: str, purpose: Purpose, now: datetime) -> Link:
    """The link, unused as it is. Raises LinkRefused."""
    return _link(await connection.fetchrow(QUERIES["look_at_link"], hash_token(token), purpose.value, now))


async def use(connection: Connection, token: str, purpose: Purpose, now: datetime) -> Link:
    """Use the link up. Raises LinkRefused."""
    return _link(await connection.fetchrow(QUERIES["use_link"], hash_token(token), purpose.value, now))


async def delete(connection: Connection, account_id: UUID, purposes: Iterable[Purpose]) -> None:
    """Remove an account's links for these purposes."""
    await connection.execute(QUERIES["delete_links"], account_id, [purpose.value for purpose in purposes])


async def forget(connection: Connection, before: datetime) -> None:
    """Remove links that expired before this moment."""
    await connection.execute(QUERIES["forget_links"], before)


def _link(row: asyncpg.Record | None) -> Link:
    if row is None:
        raise LinkRefused(LINK_REFUSED)
    return Link(row["account_id"], row["email"], row["password_hash"], row["display_name"])
