"""Reads and writes accounts."""

from datetime import datetime
from uuid import UUID

import asyncpg

from services.auth.accounts.domain import Account, Credentials, Pending, Standing, Wanted
from shared.db import Connection
from shared.permissions import Role
from shared.sql import load_queries

QUERIES = load_queries(__file__)


async def standing(connection: Connection, email: str, address: str, now: datetime) -> Standing:
    """How it stands with a normalised address, and with who asks from `address`."""
    row = await connection.fetchrow(QUERIES["standing"], email, address, now)
    return Standing() if row is None else Standing(row["verified"], row["here"])


async def pending(connection: Connection, email: str) -> Pending | None:
    """Who has this address, held until the transaction ends."""
    row = await connection.fetchrow(QUERIES["pending_account"], email)
    return None if row is None else Pending(row["id"], row["lang"], row["verified"])


async def confirm(
    connection: Connection, account_id: UUID, password_hash: str, display_name: str, at: datetime
) -> bool:
    """Note that an address is its account's; False when there is nothing to confirm."""
    return (
        await connection.fetchval(QUERIES["confirm_account"], account_id, at, password_hash, display_name) is not None
    )


async def forget(connection: Connection, *, unconfirmed: datetime, deleted: datetime) -> None:
    """Remove accounts that were registered, or deleted, before these moments."""
    await connection.execute(QUERIES["forget_unconfirmed"], unconfirmed)
    await connection.execute(QUERIES["forget_deleted"], deleted)


async def insert(connection: Connection, account: Account, password_hash: str, lang: str) -> bool:
    """Add an account whose address is to be confirmed; False when the address is known already."""
    added = await connection.fetchval(
        QUERIES["insert_account"],
        account.id, account.email, account.display_name, password_hash, account.role.value, account.created_at,
        lang,
    )  # fmt: skip
    return added is not None


async def credentials(connection: Connection, email: str) -> Credentials | None:
    """The account of a normalised address with its password hash."""
    row = await connection.fetchrow(QUERIES["credentials_by_email"], email)
    return None if row is None else Credentials(account_of(row), row["password_hash"])


async def get(connection: Connection, account_id: UUID) -> Account | None:
    """The account, also a disabled one."""
    row = await connection.fetchrow(QUERIES["account_by_id"], account_id)
    return None if row is None else account_of(row)


async def hold_open(connection: Connection, account_id: UUID) -> Account | None:
    """The account, unless it is disabled; it stays as it is until the transaction ends."""
    row = await connection.fetchrow(QUERIES["open_account"], account_id)
    return None if row is None else account_of(row)


async def replace_password_hash(connection: Connection, account_id: UUID, old: str, new: str) -> None:
    """Swap the hash, unless the password was changed meanwhile."""
    await connection.execute(QUERIES["replace_password_hash"], account_id, old, new)


async def page(connection: Connection, email: str, limit: int, wanted: Wanted, *, backwards: bool) -> list[Account]:
    """Up to `limit` accounts after (or before) an address, in ascending order of address."""
    query = QUERIES["accounts_before" if backwards else "accounts_after"]
    rows = await connection.fetch(query, email, limit, wanted.role, wanted.text)
    accounts = [account_of(row) for row in rows]
    return accounts[::-1] if backwards else accounts


def account_of(row: asyncpg.Record) -> Account:
    """The account in a row that has its columns."""
    return Account(
        id=row["id"],
        email=row["email"],
        display_name=row["display_name"],
        role=Role(row["role"]),
        epoch=row["epoch"],
        created_at=row["created_at"],
        disabled_at=row["disabled_at"],
        areas=row["areas"],
        plan=row["plan"],
    )
