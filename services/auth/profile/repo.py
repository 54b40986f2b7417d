"""Reads and writes one's own account."""

from datetime import datetime
from uuid import UUID

import asyncpg

from services.auth.accounts.domain import Account
from services.auth.accounts.repo import account_of
from services.auth.profile.domain import Own
from shared.db import Connection
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def for_reset(connection: Connection, email: str) -> Own | None:
    """The account of a normalised address, confirmed or not."""
    return _own(await connection.fetchrow(QUERIES["account_for_reset"], email))


async def hold(connection: Connection, account_id: UUID) -> Own | None:
    """The account, held until the transaction ends; None when it is disabled."""
    return _own(await connection.fetchrow(QUERIES["hold_own"], account_id))


async def ask_for_reset(connection: Connection, email: str, lang: str, at: datetime, request_id: str) -> None:
    """Note that a link is asked for."""
    await connection.execute(QUERIES["ask_for_reset"], email, lang, at, request_id)


async def take_request(connection: Connection) -> tuple[str, str] | None:
    """(Address, language) of the oldest request, which is thereby answered; None when there is none."""
    row = await connection.fetchrow(QUERIES["take_request"])
    return None if row is None else (row["email"], row["lang"])


async def set_password(
    connection: Connection, account_id: UUID, password_hash: str, at: datetime, *, by_letter: bool
) -> int:
    """Change it; the next epoch. Raises LookupError when the account is disabled."""
    return _epoch(await connection.fetchval(QUERIES["set_password"], account_id, password_hash, at, by_letter))


async def rename(connection: Connection, account_id: UUID, name: str | None, lang: str | None) -> Account | None:
    """Change what is given; None when the account is disabled."""
    row = await connection.fetchrow(QUERIES["rename"], account_id, name, lang)
    return None if row is None else account_of(row)


async def living_browsers(connection: Connection, account_id: UUID) -> list[bytes]:
    """The hashes of the ids of its browsers' sessions."""
    return [row["id_hash"] for row in await connection.fetch(QUERIES["living_browsers"], account_id)]


async def holder(connection: Connection, email: str) -> tuple[UUID, str] | None:
    """(Account, language of its mail) of whoever has shown that the address is theirs."""
    row = await connection.fetchrow(QUERIES["holder"], email)
    return None if row is None else (row["id"], row["lang"])


async def set_email(connection: Connection, account_id: UUID, email: str, at: datetime) -> int | None:
    """Move the account to an address that its owner has shown to be theirs: the next epoch.

    None when the address belongs to somebody else.
    """
    await connection.execute(QUERIES["give_way"], email, account_id)
    try:
        async with connection.transaction():
            return _epoch(await connection.fetchval(QUERIES["set_email"], account_id, email, at))
    except asyncpg.UniqueViolationError:
        return None


async def end_keys(connection: Connection, account_id: UUID, at: datetime) -> list[UUID]:
    """Revoke all its keys; which they are."""
    return [row["id"] for row in await connection.fetch(QUERIES["end_keys"], account_id, at)]


async def empty(connection: Connection, account_id: UUID, at: datetime) -> tuple[int, list[UUID]]:
    """Remove what is personal: (the last epoch, its keys, which are refused from now on)."""
    epoch = _epoch(await connection.fetchval(QUERIES["empty_account"], account_id, at))
    await connection.execute(QUERIES["empty_sessions"], account_id)
    await connection.execute(QUERIES["forget_logins"], account_id)
    return epoch, await end_keys(connection, account_id, at)


def _own(row: asyncpg.Record | None) -> Own | None:
    return None if row is None else Own(account_of(row), row["lang"])


def _epoch(value: int | None) -> int:
    if value is None:
        raise LookupError("the account is not there, or disabled")
    return int(value)
