"""Keeps the outbox."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import asyncpg

from services.auth.mail.domain import Letter
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def insert(connection: Connection, letter: Letter) -> None:
    """Add a letter that is due at once."""
    await connection.execute(
        QUERIES["insert_mail"],
        letter.id, letter.kind, letter.recipient, letter.lang, letter.subject, letter.body, letter.created_at,
        letter.give_up_at,
    )  # fmt: skip


async def count_recent(connection: Connection, recipient: str, since: datetime, kinds: Iterable[str]) -> int:
    """How many letters of `kinds` were written to an address after this moment."""
    return int(await connection.fetchval(QUERIES["count_recent"], recipient, since, list(kinds)))


async def take_due(connection: Connection, now: datetime, leased_until: datetime) -> Letter | None:
    """The letter that is due the longest, with this attempt counted; others leave it alone until `leased_until`."""
    row = await connection.fetchrow(QUERIES["take_due"], now, leased_until)
    return None if row is None else _letter(row)


async def mark_sent(connection: Connection, letter_id: UUID, at: datetime) -> None:
    """A mail server took it."""
    await connection.execute(QUERIES["mark_sent"], letter_id, at)


async def mark_failed(connection: Connection, letter_id: UUID, next_attempt_at: datetime, error: str) -> None:
    """To be tried again."""
    await connection.execute(QUERIES["mark_failed"], letter_id, next_attempt_at, error)


async def mark_given_up(connection: Connection, letter_id: UUID, at: datetime, error: str) -> None:
    """Not to be tried again."""
    await connection.execute(QUERIES["mark_given_up"], letter_id, at, error)


async def forget_done(connection: Connection, before: datetime) -> None:
    """Remove letters that were done with before this moment."""
    await connection.execute(QUERIES["forget_done"], before)


async def forget_recipient(connection: Connection, recipient: str) -> None:
    """Remove every letter to an address."""
    await connection.execute(QUERIES["forget_recipient"], recipient)


async def count_overdue(connection: Connection, before: datetime) -> int:
    """How many letters written before this moment still wait."""
    return int(await connection.fetchval(QUERIES["count_overdue"], before))


async def newest(connection: Connection, limit: int) -> list[Letter]:
    """The letters that are still known, the newest first."""
    return [_letter(row) for row in await connection.fetch(QUERIES["kept_mail"], limit)]


def _letter(row: asyncpg.Record) -> Letter:
    return Letter(**dict(row))
